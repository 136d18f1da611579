//! The duties that contact gives rise to: the next call, the talk after four weeks, the search for a number, and the
//! verification of one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::reachability::{ReachabilityRules, SearchState, verify_due};
use super::store::{self, Household, MissedContact, Obligation, Search};
use crate::clock::Instant;
use crate::config::{ContactConfig, Ladders};
use crate::duties::{self, ClosedHow, DutyKind, Expected, NewDuty, Owed, Subject};
use crate::identity::{PhoneState, PostKind, TieKind};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_ties, children, contact_obligations, people};

/// The duties this slice answers for.
pub const KINDS: &[DutyKind] =
    &[DutyKind::ContactChild, DutyKind::ReviewMissedContact, DutyKind::RestoreContact, DutyKind::VerifyPhone];

pub fn of_obligation(id: i64) -> Subject {
    Subject { kind: "contact_obligation", id }
}

fn of_missed(id: i64) -> Subject {
    Subject { kind: "missed_contact", id }
}

fn of_search(id: i64) -> Subject {
    Subject { kind: "number_search", id }
}

fn of_person(id: i64) -> Subject {
    Subject { kind: "person", id }
}

/// Makes the open duty of an obligation say what the obligation says; `how` tells why the old one goes.
pub fn sync_contact(
    tx: &mut Conn,
    now: Instant,
    obligation: &Obligation,
    home: &Household,
    how: ClosedHow,
) -> Outcome<()> {
    let subject = of_obligation(obligation.id);
    let due_at = Instant::start_of(obligation.due_on);
    let open = duties::open_of(tx, DutyKind::ContactChild, subject)?;
    let stands = |duty: &duties::Duty| duty.due_at == due_at && duty.child_id == Some(obligation.child_id);
    if open.iter().any(stands) {
        return Ok(());
    }
    duties::close_all(tx, now, Some(DutyKind::ContactChild), subject, how)?;
    let others = home.parents.iter().filter(|parent| parent.person_id != obligation.parent_person_id);
    let told = others.filter(|parent| !parent.facts.deceased && !parent.facts.contact_forbidden);
    duties::open(
        tx,
        now,
        &NewDuty {
            kind: DutyKind::ContactChild,
            subject,
            child_id: Some(obligation.child_id),
            area_code: obligation.area_code.clone(),
            owed_by: Owed::Person(obligation.parent_person_id),
            due_at,
            audience: told.map(|parent| ("other_parent", parent.person_id)).collect(),
        },
    )?;
    Ok(())
}

pub fn withdraw_contact(tx: &mut Conn, now: Instant, obligation_id: i64) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::ContactChild), of_obligation(obligation_id), ClosedHow::Withdrawn)?;
    Ok(())
}

pub fn open_review(
    tx: &mut Conn,
    ladders: &Ladders,
    now: Instant,
    missed_id: i64,
    obligation: &Obligation,
) -> Outcome<()> {
    duties::open(
        tx,
        now,
        &NewDuty {
            kind: DutyKind::ReviewMissedContact,
            subject: of_missed(missed_id),
            child_id: Some(obligation.child_id),
            area_code: obligation.area_code.clone(),
            owed_by: Owed::Post(PostKind::VillageDirector),
            due_at: now.plus_days(ladders.of(DutyKind::ReviewMissedContact).due_days),
            audience: Vec::new(),
        },
    )?;
    Ok(())
}

pub fn close_review(tx: &mut Conn, now: Instant, missed: &MissedContact, how: ClosedHow) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::ReviewMissedContact), of_missed(missed.id), how)?;
    Ok(())
}

/// Asks one person, or the village, for a number; whoever was asked before is asked no more.
pub fn ask(tx: &mut Conn, ladders: &Ladders, now: Instant, search: &Search, owed_by: Owed) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::RestoreContact), of_search(search.id), ClosedHow::Superseded)?;
    duties::open(
        tx,
        now,
        &NewDuty {
            kind: DutyKind::RestoreContact,
            subject: of_search(search.id),
            child_id: Some(search.child_id),
            area_code: search.area_code.clone(),
            owed_by,
            due_at: now.plus_days(ladders.of(DutyKind::RestoreContact).due_days),
            audience: Vec::new(),
        },
    )?;
    Ok(())
}

pub fn close_search(tx: &mut Conn, now: Instant, search_id: i64, how: ClosedHow) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::RestoreContact), of_search(search_id), how)?;
    Ok(())
}

/// Makes the open duty to verify a number say what is known of the number. A number that was never verified is due on
/// the day somebody first needs it.
pub fn sync_phone(tx: &mut Conn, config: &ContactConfig, now: Instant, person_id: i64, area_code: &str) -> Outcome<()> {
    let (state, verified_at): (PhoneState, Option<Instant>) =
        people::table.find(person_id).select((people::phone_state, people::phone_verified_at)).first(tx)?;
    let subject = of_person(person_id);
    if !wants_verification(state) {
        duties::close_all(tx, now, Some(DutyKind::VerifyPhone), subject, ClosedHow::Withdrawn)?;
        return Ok(());
    }
    let open = duties::open_of(tx, DutyKind::VerifyPhone, subject)?;
    let due_at = Instant::start_of(verify_due(verified_at, now, &ReachabilityRules::from(config)));
    let stands = |duty: &duties::Duty| duty.due_at == due_at || verified_at.is_none();
    if open.iter().any(stands) {
        return Ok(());
    }
    duties::close_all(tx, now, Some(DutyKind::VerifyPhone), subject, ClosedHow::Met)?;
    duties::open(
        tx,
        now,
        &NewDuty {
            kind: DutyKind::VerifyPhone,
            subject,
            child_id: None,
            area_code: area_code.to_owned(),
            owed_by: Owed::Person(person_id),
            due_at,
            audience: Vec::new(),
        },
    )?;
    Ok(())
}

/// As [`sync_phone`] while anybody needs the number; withdraws the duty when nobody does any more.
pub fn settle_phone(
    tx: &mut Conn,
    config: &ContactConfig,
    now: Instant,
    person_id: i64,
    area_code: &str,
) -> Outcome<()> {
    if is_needed(tx, person_id)? {
        sync_phone(tx, config, now, person_id, area_code)
    } else {
        withdraw_phone(tx, now, person_id)
    }
}

/// Whether a number must keep working: of a parent who owes contact, or of somebody who cares for such a parent's child.
fn is_needed(conn: &mut Conn, person_id: i64) -> Outcome<bool> {
    if !store::open_obligations(conn, Some(person_id))?.is_empty() {
        return Ok(true);
    }
    let owed_to = contact_obligations::table
        .filter(contact_obligations::ended_at.is_null())
        .select(contact_obligations::household_id);
    let cared_for: i64 = child_ties::table
        .inner_join(children::table)
        .filter(child_ties::kind.eq(TieKind::Carer))
        .filter(child_ties::person_id.eq(person_id))
        .filter(child_ties::until.is_null())
        .filter(children::exited_at.is_null())
        .filter(children::household_id.eq_any(owed_to))
        .count()
        .get_result(conn)?;
    Ok(cared_for > 0)
}

pub fn withdraw_phone(tx: &mut Conn, now: Instant, person_id: i64) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::VerifyPhone), of_person(person_id), ClosedHow::Withdrawn)?;
    Ok(())
}

/// The duties that the records call for.
pub fn expected(conn: &mut Conn) -> Outcome<Vec<Expected>> {
    let calls = store::open_obligations(conn, None)?.into_iter().map(|obligation| Expected {
        kind: DutyKind::ContactChild,
        subject: of_obligation(obligation.id),
        owed_by: Owed::Person(obligation.parent_person_id),
    });
    let reviews = store::open_missed(conn)?.into_iter().map(|missed| Expected {
        kind: DutyKind::ReviewMissedContact,
        subject: of_missed(missed.id),
        owed_by: Owed::Post(PostKind::VillageDirector),
    });
    let mut searches = Vec::new();
    for search in store::open_searches(conn)? {
        let asked = store::steps(conn, search.id)?.into_iter().filter_map(|step| step.person_id).next_back();
        let owed_by = match (search.state, asked) {
            (SearchState::Asking, Some(person_id)) => Owed::Person(person_id),
            _ => Owed::Post(PostKind::VillageDirector),
        };
        searches.push(Expected { kind: DutyKind::RestoreContact, subject: of_search(search.id), owed_by });
    }
    let phones = people_to_verify(conn)?.into_keys().map(|person_id| Expected {
        kind: DutyKind::VerifyPhone,
        subject: of_person(person_id),
        owed_by: Owed::Person(person_id),
    });
    Ok(calls.chain(reviews).chain(searches).chain(phones).collect())
}

/// Everybody whose number must keep working: parents who owe contact, and those who care for their children; with the
/// village that looks after it.
pub fn people_to_verify(conn: &mut Conn) -> Outcome<BTreeMap<i64, String>> {
    let owing: Vec<(i64, i64, String)> = contact_obligations::table
        .filter(contact_obligations::ended_at.is_null())
        .select((
            contact_obligations::household_id,
            contact_obligations::parent_person_id,
            contact_obligations::area_code,
        ))
        .order(contact_obligations::id.desc())
        .load(conn)?;
    let households: BTreeSet<i64> = owing.iter().map(|(household, ..)| *household).collect();
    let carers: Vec<(Option<i64>, String)> = child_ties::table
        .inner_join(children::table)
        .filter(child_ties::kind.eq(TieKind::Carer))
        .filter(child_ties::until.is_null())
        .filter(children::exited_at.is_null())
        .filter(children::household_id.eq_any(households))
        .select((child_ties::person_id, children::village_code))
        .load(conn)?;
    let mut people_areas: BTreeMap<i64, String> =
        carers.into_iter().filter_map(|(person, area)| Some((person?, area))).collect();
    people_areas.extend(owing.into_iter().map(|(_, parent, area)| (parent, area)));
    let reachable: BTreeSet<i64> = people::table
        .filter(people::phone_state.eq_any([PhoneState::Unverified, PhoneState::Verified]))
        .filter(people::deceased_on.is_null())
        .filter(people::id.eq_any(people_areas.keys().copied().collect::<Vec<_>>()))
        .select(people::id)
        .load(conn)?
        .into_iter()
        .collect();
    people_areas.retain(|person, _| reachable.contains(person));
    Ok(people_areas)
}

/// Everybody with an open duty to verify a number, as of the duties.
pub fn people_verifying(conn: &mut Conn) -> Outcome<Vec<i64>> {
    use crate::storage::schema::duties as all;
    Ok(all::table
        .filter(all::kind.eq(DutyKind::VerifyPhone))
        .filter(all::closed_at.is_null())
        .select(all::subject_id)
        .load(conn)?)
}

/// The day on which a number of this person must be verified next, when the duty is open.
pub fn verification_due(conn: &mut Conn, person_id: i64) -> Outcome<Option<NaiveDate>> {
    Ok(duties::open_of(conn, DutyKind::VerifyPhone, of_person(person_id))?.first().map(|duty| duty.due_at.date()))
}

/// The village that looks after a person's number: as of the open duty, else as of what the person owes.
pub fn verification_area(conn: &mut Conn, person_id: i64) -> Outcome<Option<String>> {
    if let Some(duty) = duties::open_of(conn, DutyKind::VerifyPhone, of_person(person_id))?.into_iter().next() {
        return Ok(Some(duty.area_code));
    }
    Ok(store::open_obligations(conn, Some(person_id))?.into_iter().next().map(|owing| owing.area_code))
}

fn wants_verification(state: PhoneState) -> bool {
    matches!(state, PhoneState::Unverified | PhoneState::Verified)
}
