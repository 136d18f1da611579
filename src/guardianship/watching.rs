//! What is looked at without anybody asking: terms that end, signings nobody finishes, carers who died, children
//! whom nobody has care of (P13). Every look gives the same result whenever and however often it is done.

use serde_json::Value;

use super::act::Act;
use super::agreement::{AgreementEnd, AgreementState, AgreementStep};
use super::gap::{Cover, CoverVerdict, cover};
use super::store::agreement::{self as kept, Agreement};
use super::store::following::{self, ChangeSettled};
use super::store::{cover as covered, family};
use super::{drafting, duties, ending};
use crate::app::App;
use crate::clock::Instant;
use crate::identity::person;
use crate::problem::Outcome;
use crate::storage::Conn;

const BATCH: i64 = 500;

/// Opens or closes the duty about a child without care, as the facts are now; to be called in the transaction in which
/// the ledger changes what the question depends on: a parent's whereabouts, condition or guardianship, a move, an exit.
pub fn reconcile_child(tx: &mut Conn, app: &App, now: Instant, child_id: i64) -> Outcome<()> {
    look_at_child(tx, &Act::by_itself(app, now), child_id)
}

/// As [`reconcile_child`], for an act of this room.
pub(super) fn look_at_child(tx: &mut Conn, act: &Act, child_id: i64) -> Outcome<()> {
    let family = family::family(tx, child_id)?;
    let facts = covered::facts_of(tx, &family)?;
    let verdict = cover(&facts, act.today());
    if family.child.state == "active" && matches!(verdict, CoverVerdict::Gap { .. }) {
        return duties::open_gap(tx, act, child_id, &family.child.village_code);
    }
    duties::close_gap(tx, act, child_id)?;
    if verdict == (CoverVerdict::Covered { by: Cover::Parent }) {
        for demand in following::open_changes(tx, child_id)? {
            drafting::settle_change(tx, act, demand.id, ChangeSettled::ParentBack)?;
        }
    }
    Ok(())
}

/// What one look at everything did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    pub ended: usize,
    pub lapsed: usize,
    pub gaps_opened: usize,
    pub gaps_closed: usize,
}

/// Looks at everything, as of `now`; each record in a transaction of its own.
pub fn watch_over(app: &App, now: Instant) -> Outcome<Watched> {
    let act = Act::by_itself(app, now);
    let mut watched = Watched::default();
    for agreement in app.store.read(kept::alive)? {
        let done = app.store.write(|tx| look_at_agreement(tx, &act, agreement.id))?;
        watched.ended += usize::from(done == Some(AgreementState::Ended));
        watched.lapsed += usize::from(done == Some(AgreementState::Lapsed));
    }
    let mut after = 0;
    loop {
        let children = app.store.read(|conn| covered::uncovered(conn, None, now.date(), after, BATCH))?;
        let Some(last) = children.last() else { break };
        after = last.0;
        watched.gaps_opened += app.store.write(|tx| open_gaps(tx, &act, &children))?;
    }
    for child_id in app.store.read(covered::children_with_gap_duty)? {
        let closed = app.store.write(|tx| {
            look_at_child(tx, &act, child_id)?;
            Ok(!covered::has_gap_duty(tx, child_id)?)
        })?;
        watched.gaps_closed += usize::from(closed);
    }
    Ok(watched)
}

fn open_gaps(tx: &mut Conn, act: &Act, children: &[covered::Uncovered]) -> Outcome<usize> {
    let mut opened = 0;
    for (child_id, _, village_code, _) in children {
        if !covered::has_gap_duty(tx, *child_id)? {
            duties::open_gap(tx, act, *child_id, village_code)?;
            opened += 1;
        }
    }
    Ok(opened)
}

/// Ends or lapses one agreement if its time has come; returns the state it went to.
fn look_at_agreement(tx: &mut Conn, act: &Act, id: i64) -> Outcome<Option<AgreementState>> {
    let agreement = kept::hold(tx, id)?;
    if let Some(why) = end_of(tx, act, &agreement)? {
        ending::end(tx, act, &agreement, why)?;
        return Ok(Some(AgreementState::Ended));
    }
    if is_forgotten(act, &agreement) {
        ending::give_up(tx, act, &agreement, AgreementStep::Lapse, AgreementEnd::NobodyWentOn, &Value::Null)?;
        return Ok(Some(AgreementState::Lapsed));
    }
    Ok(None)
}

/// Why an agreement in force is over today, if it is.
fn end_of(conn: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<Option<AgreementEnd>> {
    if agreement.state != AgreementState::InForce {
        return Ok(None);
    }
    let successor = kept::successor(conn, agreement.id)?;
    Ok(if successor.is_some_and(|next| next.term_from <= act.today()) {
        Some(AgreementEnd::Renewed)
    } else if agreement.term_until < act.today() {
        Some(AgreementEnd::Expired)
    } else if person(conn, agreement.carer_id)?.deceased_on.is_some() {
        Some(AgreementEnd::CarerDied)
    } else {
        None
    })
}

fn is_forgotten(act: &Act, agreement: &Agreement) -> bool {
    let settings = &act.config.guardianship;
    match (agreement.state, agreement.sent_at) {
        (AgreementState::AwaitingSignatures, Some(sent_at)) => {
            sent_at.plus_days(settings.signing_lapses_after_days) <= act.now || agreement.term_until < act.today()
        }
        (state, _) if state.is_pending() => agreement.created_at.plus_days(settings.draft_lapses_after_days) <= act.now,
        _ => false,
    }
}
