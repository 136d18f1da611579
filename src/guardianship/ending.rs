//! The end of an agreement, before or after it was in force; the child is never without care unnoticed.

use serde_json::{Value, json};

use super::act::Act;
use super::agreement::{AgreementEnd, AgreementState, AgreementStep, PartyRole};
use super::evidence::EventKind;
use super::store::agreement::{self as kept, Agreement, Change};
use super::store::{evidence, following, notice, signature};
use super::{duties, messages, watching};
use crate::children;
use crate::contact;
use crate::duties::{ClosedHow, DutyKind, close_all};
use crate::identity::TieKind;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// A pending agreement is declined or lapses. `body` goes into the evidence, only the reason into the audit.
pub(super) fn give_up(
    tx: &mut Conn,
    act: &Act,
    agreement: &Agreement,
    step: AgreementStep,
    why: AgreementEnd,
    body: &Value,
) -> Outcome<()> {
    let next = agreement.state.after(step, agreement.kind).ok_or_else(|| Problem::of("agreement_state"))?;
    let change = Change { state: Some(next), ended_on: Some(act.today()), end_reason: Some(why), ..Change::default() };
    kept::change(tx, agreement.id, agreement.state, change)?;
    let kind = if next == AgreementState::Lapsed { EventKind::Lapsed } else { EventKind::Declined };
    evidence::append(tx, act, agreement.id, kind, &json!({ "why": why, "detail": body }))?;
    act.audit(tx, "agreement.given_up", agreement.about(), &json!({ "why": why, "state": next }))?;
    close_duties(tx, act, agreement)?;
    signature::close_turns_of(tx, act.now, agreement.id)?;
    if agreement.state == AgreementState::AwaitingSignatures {
        messages::not_made(tx, act, agreement)?;
    }
    watching::look_at_child(tx, act, agreement.child_id)
}

/// An agreement in force ends. Duties and messages of it stop; a hand-over begins where the child must go somewhere.
pub(super) fn end(tx: &mut Conn, act: &Act, agreement: &Agreement, why: AgreementEnd) -> Outcome<()> {
    let next =
        agreement.state.after(AgreementStep::End, agreement.kind).ok_or_else(|| Problem::of("agreement_state"))?;
    let change = Change { state: Some(next), ended_on: Some(act.today()), end_reason: Some(why), ..Change::default() };
    kept::change(tx, agreement.id, AgreementState::InForce, change)?;
    evidence::append(tx, act, agreement.id, EventKind::Ended, &json!({ "why": why }))?;
    act.audit(tx, "agreement.ended", agreement.about(), &json!({ "why": why }))?;
    close_duties(tx, act, agreement)?;
    for issued in notice::open_of(tx, agreement.id)? {
        notice::withdraw(tx, act.now, issued.id)?;
        duties::close_acknowledgement(tx, act, &issued, ClosedHow::Withdrawn)?;
    }
    untie_carer(tx, act, agreement)?;
    if why.needs_handover() {
        let due_at = act.now.plus_days(act.due_days(DutyKind::HandOver));
        let id = following::open_hand_over(tx, act.now, due_at, agreement)?;
        duties::open_hand_over(tx, act, agreement, id, due_at)?;
    }
    messages::ended(tx, act, agreement, why)?;
    watching::look_at_child(tx, act, agreement.child_id)
}

fn close_duties(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    close_all(tx, act.now, None, duties::agreement_subject(agreement.id), ClosedHow::Withdrawn)?;
    for party in kept::parties(tx, agreement.id)? {
        close_all(tx, act.now, None, duties::party_subject(party.id), ClosedHow::Withdrawn)?;
    }
    Ok(())
}

/// The carer no longer sees the child, unless another agreement in force says so.
fn untie_carer(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    let others = kept::of_child(tx, agreement.child_id, &[AgreementState::InForce])?;
    if others.iter().all(|other| other.carer_id != agreement.carer_id) {
        children::untie_person(tx, act.now, agreement.child_id, TieKind::Carer, agreement.carer_id)?;
        contact::carer_changed(tx, &act.config.contact, act.now, agreement.child_id, agreement.carer_id)?;
    }
    Ok(())
}

/// Ends an agreement as somebody asks: a party for its own reasons, the village for any.
///
/// # Errors
/// 403 when a party gives a reason that is not its own to give.
pub fn end_as_asked(tx: &mut Conn, act: &Act, id: i64, why: AgreementEnd, is_official: bool) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    if agreement.state != AgreementState::InForce {
        return Err(Problem::of("agreement_state").into());
    }
    if !is_official && !may_give(tx, act, &agreement, why)? {
        return Err(Problem::of("forbidden").into());
    }
    end(tx, act, &agreement, why)
}

fn may_give(conn: &mut Conn, act: &Act, agreement: &Agreement, why: AgreementEnd) -> Outcome<bool> {
    let role = match why {
        AgreementEnd::ParentsWithdrew | AgreementEnd::ParentReturned => PartyRole::Parent,
        AgreementEnd::CarerWithdrew => PartyRole::Carer,
        _ => return Ok(false),
    };
    let parties = kept::parties(conn, agreement.id)?;
    Ok(parties.iter().any(|party| party.role == role && party.person_id == act.person_id()))
}

/// Takes a pending agreement back.
pub fn take_back(tx: &mut Conn, act: &Act, id: i64) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    give_up(tx, act, &agreement, AgreementStep::Lapse, AgreementEnd::TakenBack, &Value::Null)
}

/// The village records who has the child now.
pub fn hand_over(tx: &mut Conn, act: &Act, id: i64, received_by: &str, note: Option<&str>) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    let record = following::hand_over(tx, id)?.ok_or_else(Problem::not_found)?;
    let by = act.person_id().unwrap_or_default();
    following::finish_hand_over(tx, &act.vault, act.now, (record.id, by), received_by, note)?;
    close_all(tx, act.now, Some(DutyKind::HandOver), duties::hand_over_subject(record.id), ClosedHow::Met)?;
    act.audit(tx, "agreement.handed_over", agreement.about(), &json!({ "hand_over": record.id }))?;
    watching::look_at_child(tx, act, agreement.child_id)
}
