//! Volunteers and what proves them fit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::areas::within;
use crate::clock::Instant;
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::{check_ins, pairings, people, volunteer_proofs, volunteers};
use crate::storage::{Conn, Db, changed, insert_once};
use crate::text_enum;
use crate::volunteers::pairing::PairingState;
use crate::volunteers::volunteer::{CheckOutcome, Engagement, Qualifications, RecordCheck, Training, VolunteerState};

text_enum! {
    /// What proves a volunteer fit.
    pub enum ProofKind {
        RecordCheck = "record_check",
        Training = "training",
    }
}

/// A volunteer as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = volunteers)]
pub struct Volunteer {
    pub id: i64,
    pub person_id: i64,
    pub area_code: String,
    pub organisation_id: Option<i64>,
    pub party_member: bool,
    pub skills: String,
    pub languages: String,
    pub load_wish: i64,
    pub words_sealed: Option<String>,
    pub state: VolunteerState,
    pub applied_at: Instant,
    pub admitted_at: Option<Instant>,
    pub version: i64,
}

/// An application to store.
#[derive(Clone, Debug)]
pub struct NewVolunteer {
    pub person_id: i64,
    pub area_code: String,
    pub organisation_id: Option<i64>,
    pub party_member: bool,
    pub skills: String,
    pub languages: String,
    pub load_wish: i64,
    pub words_sealed: Option<String>,
}

/// A record check or training as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = volunteer_proofs)]
pub struct Proof {
    pub id: i64,
    pub volunteer_id: i64,
    pub kind: ProofKind,
    pub outcome: CheckOutcome,
    pub done_on: NaiveDate,
    pub expires_on: NaiveDate,
    pub reference_sealed: Option<String>,
}

/// Stores an application; `None` when the person has one that is open.
pub fn insert_volunteer(tx: &mut Conn, now: Instant, new: &NewVolunteer) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(volunteers::table)
            .values((
                volunteers::person_id.eq(new.person_id),
                volunteers::area_code.eq(&new.area_code),
                volunteers::organisation_id.eq(new.organisation_id),
                volunteers::party_member.eq(new.party_member),
                volunteers::skills.eq(&new.skills),
                volunteers::languages.eq(&new.languages),
                volunteers::load_wish.eq(new.load_wish),
                volunteers::words_sealed.eq(&new.words_sealed),
                volunteers::state.eq(VolunteerState::Applied),
                volunteers::applied_at.eq(now),
                volunteers::state_since.eq(now),
            ))
            .returning(volunteers::id)
            .get_result(tx)
    })?)
}

pub fn volunteer(conn: &mut Conn, id: i64) -> Outcome<Volunteer> {
    Ok(volunteers::table.find(id).select(Volunteer::as_select()).first(conn)?)
}

/// The person's application that is not over, else the latest one.
pub fn volunteer_of_person(conn: &mut Conn, person_id: i64) -> Outcome<Option<Volunteer>> {
    Ok(volunteers::table
        .select(Volunteer::as_select())
        .filter(volunteers::person_id.eq(person_id))
        .order(volunteers::id.desc())
        .first(conn)
        .optional()?)
}

/// # Errors
/// *Not found* outside the areas of the caller's posts.
pub fn volunteer_within(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<Volunteer> {
    Ok(volunteers::table
        .select(Volunteer::as_select())
        .filter(volunteers::id.eq(id))
        .filter(in_areas("volunteers.area_code", scope))
        .first(conn)?)
}

pub fn volunteers_within(
    conn: &mut Conn,
    scope: &Scope,
    state: Option<VolunteerState>,
    after: Option<i64>,
    limit: i64,
) -> Outcome<Vec<Volunteer>> {
    let mut query = volunteers::table
        .select(Volunteer::as_select())
        .filter(in_areas("volunteers.area_code", scope))
        .into_boxed::<Db>();
    if let Some(state) = state {
        query = query.filter(volunteers::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(volunteers::id.gt(after));
    }
    Ok(query.order(volunteers::id).limit(limit).load(conn)?)
}

/// Changes the state, guarded by the state and version it was decided on.
pub fn set_volunteer_state(
    tx: &mut Conn,
    now: Instant,
    before: &Volunteer,
    state: VolunteerState,
    why_sealed: Option<String>,
) -> Outcome<()> {
    let admitted_at = before.admitted_at.or((state == VolunteerState::Admitted).then_some(now));
    let rows = diesel::update(
        volunteers::table
            .filter(volunteers::id.eq(before.id))
            .filter(volunteers::state.eq(before.state))
            .filter(volunteers::version.eq(before.version)),
    )
    .set((
        volunteers::state.eq(state),
        volunteers::state_why_sealed.eq(why_sealed),
        volunteers::state_since.eq(now),
        volunteers::admitted_at.eq(admitted_at),
        volunteers::version.eq(volunteers::version + 1),
    ))
    .execute(tx)?;
    changed(rows)
}

/// Changes what a volunteer offers, guarded by the version it was read at.
pub fn update_offer(tx: &mut Conn, before: &Volunteer, new: &NewVolunteer) -> Outcome<()> {
    let rows = diesel::update(
        volunteers::table.filter(volunteers::id.eq(before.id)).filter(volunteers::version.eq(before.version)),
    )
    .set((
        volunteers::area_code.eq(&new.area_code),
        volunteers::organisation_id.eq(new.organisation_id),
        volunteers::party_member.eq(new.party_member),
        volunteers::skills.eq(&new.skills),
        volunteers::languages.eq(&new.languages),
        volunteers::load_wish.eq(new.load_wish),
        volunteers::words_sealed.eq(&new.words_sealed),
        volunteers::version.eq(volunteers::version + 1),
    ))
    .execute(tx)?;
    changed(rows)
}

/// A proof to store.
pub struct NewProof {
    pub kind: ProofKind,
    pub outcome: CheckOutcome,
    pub done_on: NaiveDate,
    pub expires_on: NaiveDate,
    pub reference_sealed: Option<String>,
}

pub fn insert_proof(tx: &mut Conn, now: Instant, volunteer_id: i64, new: &NewProof, by: i64) -> Outcome<i64> {
    Ok(diesel::insert_into(volunteer_proofs::table)
        .values((
            volunteer_proofs::volunteer_id.eq(volunteer_id),
            volunteer_proofs::kind.eq(new.kind),
            volunteer_proofs::outcome.eq(new.outcome),
            volunteer_proofs::done_on.eq(new.done_on),
            volunteer_proofs::expires_on.eq(new.expires_on),
            volunteer_proofs::reference_sealed.eq(&new.reference_sealed),
            volunteer_proofs::recorded_by.eq(by),
            volunteer_proofs::recorded_at.eq(now),
        ))
        .returning(volunteer_proofs::id)
        .get_result(tx)?)
}

/// All proofs of some volunteers, the latest done last.
pub fn proofs_of(conn: &mut Conn, volunteer_ids: &[i64]) -> Outcome<Vec<Proof>> {
    Ok(volunteer_proofs::table
        .select(Proof::as_select())
        .filter(volunteer_proofs::volunteer_id.eq_any(volunteer_ids.to_vec()))
        .order((volunteer_proofs::done_on, volunteer_proofs::id))
        .load(conn)?)
}

/// What is on file about each of some volunteers: birth date, latest check, latest training.
pub fn qualifications(conn: &mut Conn, of: &[Volunteer]) -> Outcome<BTreeMap<i64, Qualifications>> {
    let people_ids: Vec<_> = of.iter().map(|volunteer| volunteer.person_id).collect();
    let born: BTreeMap<i64, Option<NaiveDate>> = people::table
        .filter(people::id.eq_any(people_ids))
        .select((people::id, people::birth_date))
        .load::<(i64, Option<NaiveDate>)>(conn)?
        .into_iter()
        .collect();
    let ids: Vec<_> = of.iter().map(|volunteer| volunteer.id).collect();
    let mut all: BTreeMap<i64, Qualifications> = of
        .iter()
        .map(|volunteer| {
            let birth_date = born.get(&volunteer.person_id).copied().flatten();
            (volunteer.id, Qualifications { birth_date, ..Qualifications::default() })
        })
        .collect();
    for proof in proofs_of(conn, &ids)? {
        let Some(entry) = all.get_mut(&proof.volunteer_id) else { continue };
        match proof.kind {
            ProofKind::RecordCheck => {
                entry.record_check = Some(RecordCheck { outcome: proof.outcome, expires_on: proof.expires_on });
            }
            ProofKind::Training => entry.training = Some(Training { expires_on: proof.expires_on }),
        }
    }
    Ok(all)
}

/// How far the pairings of each of some volunteers have come.
pub fn engagements(conn: &mut Conn, volunteer_ids: &[i64]) -> Outcome<BTreeMap<i64, Engagement>> {
    let loads: Vec<(i64, i64)> = pairings::table
        .filter(pairings::volunteer_id.eq_any(volunteer_ids.to_vec()))
        .filter(pairings::state.eq_any([PairingState::Active, PairingState::Paused]))
        .group_by(pairings::volunteer_id)
        .select((pairings::volunteer_id, count_star()))
        .load(conn)?;
    let visited: BTreeSet<i64> = check_ins::table
        .filter(check_ins::volunteer_id.eq_any(volunteer_ids.to_vec()))
        .select(check_ins::volunteer_id)
        .distinct()
        .load(conn)?
        .into_iter()
        .collect();
    let loads: BTreeMap<_, _> = loads.into_iter().collect();
    Ok(volunteer_ids
        .iter()
        .map(|id| {
            let pairings = loads.get(id).copied().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
            (*id, Engagement { pairings, has_checked_in: visited.contains(id) })
        })
        .collect())
}

/// # Errors
/// 422 when there is no such organisation.
pub fn require_organisation(conn: &mut Conn, id: i64) -> Outcome<()> {
    use crate::storage::schema::organisations;
    let found: i64 = organisations::table.filter(organisations::id.eq(id)).count().get_result(conn)?;
    if found == 0 { Err(Problem::field("organisation_id", "unknown_organisation").into()) } else { Ok(()) }
}

/// Names of volunteers by their id.
pub fn volunteer_names(conn: &mut Conn, volunteer_ids: Vec<i64>) -> Outcome<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> = volunteers::table
        .inner_join(people::table)
        .filter(volunteers::id.eq_any(volunteer_ids))
        .select((volunteers::id, people::name))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Names of people by id.
pub fn names(conn: &mut Conn, person_ids: Vec<i64>) -> Outcome<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> =
        people::table.filter(people::id.eq_any(person_ids)).select((people::id, people::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Volunteers whose application is not over, by id after `after`.
pub fn volunteers_after(conn: &mut Conn, after: i64, limit: i64) -> Outcome<Vec<Volunteer>> {
    Ok(volunteers::table
        .select(Volunteer::as_select())
        .filter(volunteers::state.eq_any([VolunteerState::Applied, VolunteerState::Admitted, VolunteerState::Paused]))
        .filter(volunteers::id.gt(after))
        .order(volunteers::id)
        .limit(limit)
        .load(conn)?)
}

/// The condition that an area code lies within the areas of the caller's posts.
pub(super) fn in_areas(column: &str, scope: &Scope) -> SqlLiteral<Bool> {
    let ways: Vec<_> = scope.areas.iter().map(|prefix| within(column, prefix)).collect();
    diesel::dsl::sql(&if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) })
}
