//! Keeping the obligations true to the ledger: opened when a parent leaves, settled at every contact, ended when the
//! parent is back, dead, barred, or no child is left.

use std::collections::BTreeSet;

use super::duties;
use super::missed::TalkOutcome;
use super::obligation::{LastContact, NotOwed, due_with_rest, next_due, owed};
use super::store::{self, Derived, Household, Obligation, Settlement};
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::config::ContactConfig;
use crate::duties::ClosedHow;
use crate::identity::Actor;
use crate::problem::Outcome;
use crate::storage::Conn;

/// Brings the contact obligations towards one child's household up to date; to be called in the transaction in which
/// a parent's whereabouts, guardianship or condition, a child's place on the ledger, or a carer changes.
pub fn reconcile_child(tx: &mut Conn, config: &ContactConfig, now: Instant, child_id: i64) -> Outcome<()> {
    let household_id = store::household_of_child(tx, child_id)?;
    reconcile_household(tx, config, now, household_id)
}

/// As [`reconcile_child`], for a household. Doing it twice changes nothing.
pub fn reconcile_household(tx: &mut Conn, config: &ContactConfig, now: Instant, household_id: i64) -> Outcome<()> {
    let home = store::household(tx, config, household_id, now.date())?;
    let open = store::open_of_household(tx, household_id)?;
    for parent in &home.parents {
        let standing = open.iter().find(|obligation| obligation.parent_person_id == parent.person_id);
        match (owed(&parent.facts, now.date()), standing) {
            (Ok(()), None) => begin(tx, config, now, &home, parent.person_id)?,
            (Ok(()), Some(obligation)) => settle(tx, now, obligation, &home, ClosedHow::Superseded)?,
            (Err(why), Some(obligation)) => end(tx, now, obligation, why)?,
            (Err(_), None) => {}
        }
    }
    for obligation in &open {
        if !home.parents.iter().any(|parent| parent.person_id == obligation.parent_person_id) {
            end(tx, now, obligation, NotOwed::LeftHousehold)?;
        }
    }
    let owed_before = open.iter().map(|obligation| obligation.parent_person_id);
    let parents = home.parents.iter().map(|parent| parent.person_id);
    let carers = store::carers_ever(tx, household_id)?;
    let people: BTreeSet<i64> = owed_before.chain(parents).chain(carers).collect();
    people.into_iter().try_for_each(|person_id| duties::settle_phone(tx, config, now, person_id, &home.village_code))
}

/// Somebody began or ceased to care for a child: calls are counted with them or without, and their number is needed or not.
pub fn carer_changed(
    tx: &mut Conn,
    config: &ContactConfig,
    now: Instant,
    child_id: i64,
    carer_person_id: i64,
) -> Outcome<()> {
    let household_id = store::household_of_child(tx, child_id)?;
    reconcile_household(tx, config, now, household_id)?;
    let home = store::household(tx, config, household_id, now.date())?;
    duties::settle_phone(tx, config, now, carer_person_id, &home.village_code)
}

/// Derives an obligation afresh and makes its duty follow; `how` tells what an earlier due day came to.
pub fn settle(tx: &mut Conn, now: Instant, obligation: &Obligation, home: &Household, how: ClosedHow) -> Outcome<()> {
    let derived = derive(tx, now, obligation, home)?;
    if !says_the_same(obligation, &derived) {
        store::update_obligation(tx, obligation, &derived)?;
    }
    let after = store::obligation(tx, obligation.id)?;
    if after.due_on > obligation.due_on {
        resume(tx, now, &after)?;
    }
    duties::sync_contact(tx, now, &after, home, how)
}

fn begin(tx: &mut Conn, config: &ContactConfig, now: Instant, home: &Household, parent_person_id: i64) -> Outcome<()> {
    let Some(child_id) = home.children.first().copied() else { return Ok(()) };
    let counted_from = now.date();
    let derived = Derived {
        child_id,
        area_code: home.village_code.clone(),
        carer_counts: !home.carers.is_empty(),
        with_child_on: None,
        with_carer_on: None,
        due_on: next_due(counted_from, &LastContact::default(), home.cadence_days),
    };
    let Some(id) = store::open_obligation(tx, now, home.id, parent_person_id, counted_from, &derived)? else {
        return Ok(());
    };
    let obligation = store::obligation(tx, id)?;
    duties::sync_contact(tx, now, &obligation, home, ClosedHow::Superseded)?;
    duties::sync_phone(tx, config, now, parent_person_id, &home.village_code)?;
    note(tx, now, None, "contact_obligation.opened", &obligation, &serde_json::json!({}))
}

fn end(tx: &mut Conn, now: Instant, obligation: &Obligation, why: NotOwed) -> Outcome<()> {
    store::end_obligation(tx, now, obligation, why)?;
    duties::withdraw_contact(tx, now, obligation.id)?;
    settle_open_items(tx, now, obligation, TalkOutcome::ObligationEnded)?;
    note(tx, now, None, "contact_obligation.ended", obligation, &serde_json::json!({ "why": why }))
}

/// Contact came back: what the silence had raised is settled by that.
fn resume(tx: &mut Conn, now: Instant, obligation: &Obligation) -> Outcome<()> {
    if obligation.due_on > now.date() {
        settle_open_items(tx, now, obligation, TalkOutcome::ContactResumed)?;
    }
    Ok(())
}

fn settle_open_items(tx: &mut Conn, now: Instant, obligation: &Obligation, outcome: TalkOutcome) -> Outcome<()> {
    for missed in store::open_missed_of(tx, obligation.id)? {
        let settlement = Settlement { talked_on: None, outcome, note_sealed: None, by: None };
        store::settle_missed(tx, now, missed.id, &settlement)?;
        duties::close_review(tx, now, &missed, ClosedHow::Withdrawn)?;
    }
    Ok(())
}

fn derive(tx: &mut Conn, now: Instant, obligation: &Obligation, home: &Household) -> Outcome<Derived> {
    let (with_child, with_carer) = store::last_counting(tx, obligation.id)?;
    let carer_counts = !home.carers.is_empty();
    let last = LastContact { with_child, with_carer, carer_counts };
    let due_on = next_due(obligation.counted_from, &last, home.cadence_days);
    let rest = obligation.rest_from.zip(obligation.rest_until);
    Ok(Derived {
        child_id: home.children.first().copied().unwrap_or(obligation.child_id),
        area_code: home.village_code.clone(),
        carer_counts,
        with_child_on: with_child,
        with_carer_on: with_carer,
        due_on: due_with_rest(due_on, rest, now.date(), home.cadence_days),
    })
}

fn says_the_same(obligation: &Obligation, derived: &Derived) -> bool {
    obligation.child_id == derived.child_id
        && obligation.area_code == derived.area_code
        && obligation.carer_counts == derived.carer_counts
        && obligation.with_child_on == derived.with_child_on
        && obligation.with_carer_on == derived.with_carer_on
        && obligation.due_on == derived.due_on
}

/// Appends an audit event about an obligation.
pub fn note(
    tx: &mut Conn,
    now: Instant,
    actor: Option<&Actor>,
    action: &'static str,
    obligation: &Obligation,
    detail: &serde_json::Value,
) -> Outcome<()> {
    let event = Event {
        actor,
        action,
        subject_kind: "contact_obligation",
        subject_id: obligation.id,
        child_id: Some(obligation.child_id),
        area_code: Some(&obligation.area_code),
    };
    audit::record(tx, now, &event, detail)
}
