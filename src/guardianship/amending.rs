//! A change or a further term is a version of its own, drafted from the old one and signed anew by all.

use chrono::NaiveDate;
use serde_json::json;

use super::act::Act;
use super::agreement::{AgreementEnd, AgreementState, AgreementStep};
use super::drafting::{self, Wanted};
use super::ending;
use super::evidence::EventKind;
use super::store::agreement::{self as kept, Agreement, Change, NewAgreement};
use super::store::evidence;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Drafts the next version with other terms. What waits for signatures is taken back; what is in force stays so until
/// the new version is signed.
pub(super) fn amend(tx: &mut Conn, act: &Act, id: i64, wanted: &Wanted) -> Outcome<i64> {
    let old = kept::hold(tx, id)?;
    match old.state {
        AgreementState::InForce => no_other_pending(tx, &old)?,
        AgreementState::AwaitingSignatures => {
            ending::give_up(
                tx,
                act,
                &old,
                AgreementStep::Lapse,
                AgreementEnd::TakenBack,
                &json!({ "for": "amendment" }),
            )?;
        }
        _ => return Err(Problem::of("agreement_state").into()),
    }
    let new = NewAgreement {
        replaces: Some((old.clone(), AgreementEnd::Amended)),
        child_id: old.child_id,
        carer_id: old.carer_id,
        village_code: old.village_code.clone(),
        kind: old.kind,
        term_from: wanted.term_from,
        term_until: wanted.term_until,
        details: wanted.details.clone(),
        terms: wanted.terms,
    };
    let next = follow(tx, act, &old, &new, EventKind::Amended, "agreement.amended")?;
    if let Some(declaration) = old.declaration(&act.vault)? {
        // The carer is the same: what was declared and heard is carried over, and can be made anew.
        let change = Change { declaration_sealed: Some(kept::seal(&act.vault, &declaration)?), ..Change::default() };
        kept::change(tx, next, AgreementState::Draft, change)?;
        drafting::advance(tx, act, next)?;
    }
    Ok(next)
}

/// Drafts a further term with the same words. The declaration is made anew: a year has passed for the child.
pub(super) fn renew(tx: &mut Conn, act: &Act, id: i64, term_from: NaiveDate, term_until: NaiveDate) -> Outcome<i64> {
    let old = kept::hold(tx, id)?;
    let ran_out = old.state == AgreementState::Ended && old.end_reason == Some(AgreementEnd::Expired);
    if old.state != AgreementState::InForce && !ran_out {
        return Err(Problem::of("agreement_state").into());
    }
    no_other_pending(tx, &old)?;
    if term_from <= old.term_until {
        return Err(Problem::field("term_from", "date_order").into());
    }
    let new = NewAgreement {
        replaces: Some((old.clone(), AgreementEnd::Renewed)),
        child_id: old.child_id,
        carer_id: old.carer_id,
        village_code: old.village_code.clone(),
        kind: old.kind,
        term_from,
        term_until,
        details: old.details(&act.vault)?,
        terms: old.terms(),
    };
    follow(tx, act, &old, &new, EventKind::Renewed, "agreement.renewed")
}

fn follow(
    tx: &mut Conn,
    act: &Act,
    old: &Agreement,
    new: &NewAgreement,
    kind: EventKind,
    action: &'static str,
) -> Outcome<i64> {
    drafting::check_term(tx, act, new.child_id, new.term_from, new.term_until)?;
    let id = drafting::insert(tx, act, new)?;
    evidence::append(tx, act, old.id, kind, &json!({ "next": id }))?;
    act.audit(tx, action, old.about(), &json!({ "next": id }))?;
    Ok(id)
}

fn no_other_pending(conn: &mut Conn, old: &Agreement) -> Outcome<()> {
    let pending = kept::of_child(conn, old.child_id, &drafting::PENDING)?;
    if pending.iter().any(|other| other.carer_id == old.carer_id) {
        return Err(Problem::of("already_exists").into());
    }
    Ok(())
}
