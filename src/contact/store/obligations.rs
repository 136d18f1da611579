use chrono::NaiveDate;
use diesel::prelude::*;

use crate::children;
use crate::clock::Instant;
use crate::contact::obligation::{NotOwed, ObligationState};
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::schema::{children as ledger, contact_obligations};
use crate::storage::{Conn, Db, changed, insert_once};

/// An obligation as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contact_obligations)]
pub struct Obligation {
    pub id: i64,
    pub household_id: i64,
    pub parent_person_id: i64,
    pub child_id: i64,
    pub area_code: String,
    pub state: ObligationState,
    pub counted_from: NaiveDate,
    pub carer_counts: bool,
    pub with_child_on: Option<NaiveDate>,
    pub with_carer_on: Option<NaiveDate>,
    pub due_on: NaiveDate,
    pub rest_from: Option<NaiveDate>,
    pub rest_until: Option<NaiveDate>,
    pub version: i64,
}

/// What is derived afresh at every change.
#[derive(Clone, Debug)]
pub struct Derived {
    pub child_id: i64,
    pub area_code: String,
    pub carer_counts: bool,
    pub with_child_on: Option<NaiveDate>,
    pub with_carer_on: Option<NaiveDate>,
    pub due_on: NaiveDate,
}

/// Opens an obligation; `None` when one is open already.
pub fn open_obligation(
    tx: &mut Conn,
    now: Instant,
    household_id: i64,
    parent_person_id: i64,
    counted_from: NaiveDate,
    derived: &Derived,
) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(contact_obligations::table)
            .values((
                contact_obligations::household_id.eq(household_id),
                contact_obligations::parent_person_id.eq(parent_person_id),
                contact_obligations::child_id.eq(derived.child_id),
                contact_obligations::area_code.eq(&derived.area_code),
                contact_obligations::state.eq(ObligationState::Owed),
                contact_obligations::counted_from.eq(counted_from),
                contact_obligations::carer_counts.eq(derived.carer_counts),
                contact_obligations::due_on.eq(derived.due_on),
                contact_obligations::opened_at.eq(now),
            ))
            .returning(contact_obligations::id)
            .get_result(tx)
    })?)
}

pub fn obligation(conn: &mut Conn, id: i64) -> Outcome<Obligation> {
    Ok(contact_obligations::table.find(id).select(Obligation::as_select()).first(conn)?)
}

/// The obligations of a household that have not ended, by id.
pub fn open_of_household(conn: &mut Conn, household_id: i64) -> Outcome<Vec<Obligation>> {
    Ok(contact_obligations::table
        .select(Obligation::as_select())
        .filter(contact_obligations::household_id.eq(household_id))
        .filter(contact_obligations::state.ne(ObligationState::Ended))
        .order(contact_obligations::id)
        .load(conn)?)
}

/// All that have not ended, or those of one parent.
pub fn open_obligations(conn: &mut Conn, parent_person_id: Option<i64>) -> Outcome<Vec<Obligation>> {
    let mut query = contact_obligations::table
        .select(Obligation::as_select())
        .filter(contact_obligations::state.ne(ObligationState::Ended))
        .into_boxed::<Db>();
    if let Some(parent) = parent_person_id {
        query = query.filter(contact_obligations::parent_person_id.eq(parent));
    }
    Ok(query.order(contact_obligations::id).load(conn)?)
}

/// The obligations within the caller's sight, by due day.
pub fn obligations_visible(
    conn: &mut Conn,
    scope: &Scope,
    child_id: Option<i64>,
    limit: i64,
    after: Option<i64>,
) -> Outcome<Vec<Obligation>> {
    let mut query = contact_obligations::table
        .select(Obligation::as_select())
        .filter(contact_obligations::state.ne(ObligationState::Ended))
        .filter(contact_obligations::household_id.eq_any(visible_households(scope)))
        .into_boxed::<Db>();
    if let Some(child_id) = child_id {
        let own = ledger::table.filter(ledger::id.eq(child_id)).select(ledger::household_id);
        query = query.filter(contact_obligations::household_id.eq_any(own));
    }
    if let Some(after) = after {
        query = query.filter(contact_obligations::id.gt(after));
    }
    Ok(query.order(contact_obligations::id).limit(limit).load(conn)?)
}

/// # Errors
/// *Not found* when no child of the household is in the caller's sight.
pub fn obligation_visible(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<Obligation> {
    Ok(contact_obligations::table
        .select(Obligation::as_select())
        .filter(contact_obligations::id.eq(id))
        .filter(contact_obligations::household_id.eq_any(visible_households(scope)))
        .first(conn)?)
}

/// # Errors
/// *Not found* when no child of the household is in the caller's sight.
pub fn require_household(conn: &mut Conn, scope: &Scope, household_id: i64) -> Outcome<()> {
    let _: i64 = ledger::table
        .filter(ledger::household_id.eq(household_id))
        .filter(children::visible(scope))
        .select(ledger::id)
        .first(conn)?;
    Ok(())
}

/// Writes what was derived, guarded by the version it was derived from.
pub fn update_obligation(tx: &mut Conn, before: &Obligation, derived: &Derived) -> Outcome<()> {
    let rows = diesel::update(
        contact_obligations::table
            .filter(contact_obligations::id.eq(before.id))
            .filter(contact_obligations::version.eq(before.version)),
    )
    .set((
        contact_obligations::child_id.eq(derived.child_id),
        contact_obligations::area_code.eq(&derived.area_code),
        contact_obligations::carer_counts.eq(derived.carer_counts),
        contact_obligations::with_child_on.eq(derived.with_child_on),
        contact_obligations::with_carer_on.eq(derived.with_carer_on),
        contact_obligations::due_on.eq(derived.due_on),
        contact_obligations::version.eq(contact_obligations::version + 1),
    ))
    .execute(tx)?;
    changed(rows)
}

/// Sets or lifts a rest.
pub fn set_rest(tx: &mut Conn, before: &Obligation, rest: Option<(NaiveDate, NaiveDate)>) -> Outcome<()> {
    let rows = diesel::update(
        contact_obligations::table
            .filter(contact_obligations::id.eq(before.id))
            .filter(contact_obligations::version.eq(before.version))
            .filter(contact_obligations::state.eq(ObligationState::Owed)),
    )
    .set((
        contact_obligations::rest_from.eq(rest.map(|(from, _)| from)),
        contact_obligations::rest_until.eq(rest.map(|(_, until)| until)),
        contact_obligations::version.eq(contact_obligations::version + 1),
    ))
    .execute(tx)?;
    changed(rows)
}

pub fn end_obligation(tx: &mut Conn, now: Instant, before: &Obligation, why: NotOwed) -> Outcome<()> {
    let rows = diesel::update(
        contact_obligations::table
            .filter(contact_obligations::id.eq(before.id))
            .filter(contact_obligations::state.ne(ObligationState::Ended)),
    )
    .set((
        contact_obligations::state.eq(ObligationState::Ended),
        contact_obligations::ended_at.eq(now),
        contact_obligations::end_reason.eq(why.as_str()),
        contact_obligations::version.eq(contact_obligations::version + 1),
    ))
    .execute(tx)?;
    changed(rows)
}

/// Obligations whose contact was due on or before `due_until`, by id after `after`.
pub fn overdue_obligations(conn: &mut Conn, due_until: NaiveDate, after: i64, limit: i64) -> Outcome<Vec<Obligation>> {
    Ok(contact_obligations::table
        .select(Obligation::as_select())
        .filter(contact_obligations::state.eq(ObligationState::Owed))
        .filter(contact_obligations::due_on.le(due_until))
        .filter(contact_obligations::id.gt(after))
        .order(contact_obligations::id)
        .limit(limit)
        .load(conn)?)
}

#[diesel::dsl::auto_type]
fn visible_households<'a>(scope: &'a Scope) -> _ {
    let condition: diesel::expression::SqlLiteral<diesel::sql_types::Bool> = children::visible(scope);
    ledger::table.select(ledger::household_id).filter(condition)
}
