//! Rows of `children`: found through the caller's reach, changed behind a version.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::reach::visible;
use crate::areas::{significant, within};
use crate::children::child::{CheckedChild, ChildState, ExitReason};
use crate::children::identity_number::IdentityNumber;
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::IfMatch;
use crate::identity::{Scope, Sex, TieKind};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{child_ties, children, households};
use crate::volunteers::check_in::RiskLevel;

/// A child as stored; numbers stay sealed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = children)]
pub struct ChildRow {
    pub id: i64,
    pub household_id: i64,
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    pub village_code: String,
    pub identity_number_sealed: Option<String>,
    pub identity_number_index: Option<String>,
    pub phone_sealed: Option<String>,
    pub rural_registration: bool,
    pub ethnicity: Option<String>,
    pub state: ChildState,
    pub risk_level: RiskLevel,
    pub confirmed_at: Instant,
    pub exited_at: Option<Instant>,
    pub exit_reason: Option<ExitReason>,
    pub version: i64,
    pub created_at: Instant,
    pub remark_sealed: Option<String>,
    pub parents_unfindable_since: Option<NaiveDate>,
    pub labels_change_on: Option<NaiveDate>,
}

/// A child within reach.
///
/// # Errors
/// *Not found* otherwise.
pub fn find(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<ChildRow> {
    Ok(children::table.filter(children::id.eq(id)).filter(visible(scope)).select(ChildRow::as_select()).first(conn)?)
}

/// A child by id, for work that no caller asked for.
pub fn get(conn: &mut Conn, id: i64) -> Outcome<ChildRow> {
    Ok(children::table.find(id).select(ChildRow::as_select()).first(conn)?)
}

/// The child with an identity number, in whatever state and village.
pub fn with_number(conn: &mut Conn, occasion: &Occasion<'_>, number: &IdentityNumber) -> Outcome<Option<ChildRow>> {
    let index = occasion.vault().index(Purpose::IdentityNumber, number.digits());
    Ok(children::table
        .filter(children::identity_number_index.eq(index))
        .select(ChildRow::as_select())
        .first(conn)
        .optional()?)
}

/// The children of a county with a name and a birth date, in whatever state, oldest record first.
pub fn named(conn: &mut Conn, county: &str, name: &str, born: NaiveDate) -> Outcome<Vec<ChildRow>> {
    Ok(children::table
        .filter(children::name.eq(name))
        .filter(children::birth_date.eq(born))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&within("children.village_code", significant(county))))
        .select(ChildRow::as_select())
        .order(children::id)
        .load(conn)?)
}

/// Active children of a household.
pub fn of_household(conn: &mut Conn, household_id: i64) -> Outcome<Vec<ChildRow>> {
    Ok(children::table
        .filter(children::household_id.eq(household_id))
        .filter(children::state.eq(ChildState::Active))
        .select(ChildRow::as_select())
        .order(children::id)
        .load(conn)?)
}

/// Active children of a village, in the order of their households.
pub fn of_village(conn: &mut Conn, village: &str) -> Outcome<Vec<ChildRow>> {
    Ok(children::table
        .filter(children::village_code.eq(village))
        .filter(children::state.eq(ChildState::Active))
        .select(ChildRow::as_select())
        .order((children::household_id, children::id))
        .load(conn)?)
}

/// The active children to whom a person is tied, eldest first, once for each tie.
pub fn tied_to(conn: &mut Conn, person_id: i64) -> Outcome<Vec<(ChildRow, TieKind)>> {
    Ok(child_ties::table
        .inner_join(children::table)
        .filter(child_ties::person_id.eq(person_id))
        .filter(child_ties::until.is_null())
        .filter(children::state.eq(ChildState::Active))
        .select((ChildRow::as_select(), child_ties::kind))
        .order((children::birth_date, children::id, child_ties::id))
        .load(conn)?)
}

/// Opens a record for a change: within reach, active, and the version that the caller saw.
///
/// # Errors
/// *Not found*, `child_exited`, or `version_changed`.
pub fn open(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64, seen: IfMatch) -> Outcome<ChildRow> {
    let row = find(tx, scope, id)?;
    if row.state != ChildState::Active {
        return Err(Problem::of("child_exited").into());
    }
    seen.check(row.version)?;
    next_version(tx, occasion.now, row)
}

/// Moves a record one version on.
///
/// # Errors
/// `version_changed` when somebody was faster.
pub fn next_version(tx: &mut Conn, now: Instant, row: ChildRow) -> Outcome<ChildRow> {
    let rows =
        diesel::update(children::table.filter(children::id.eq(row.id)).filter(children::version.eq(row.version)))
            .set((children::version.eq(row.version + 1), children::updated_at.eq(now)))
            .execute(tx)?;
    if rows == 0 {
        Err(Problem::of("version_changed").into())
    } else {
        Ok(ChildRow { version: row.version + 1, ..row })
    }
}

/// Adds a child to a household and gives the id.
///
/// # Errors
/// `identity_number_taken` when an active or exited record holds the number already.
pub fn insert(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    household_id: i64,
    village: &str,
    child: &CheckedChild,
) -> Outcome<i64> {
    let vault = occasion.vault();
    let number = child.identity_number.as_ref().map(|number| number.digits());
    let index = number.map(|number| vault.index(Purpose::IdentityNumber, number));
    require_free(tx, index.as_deref(), None)?;
    let inserted = diesel::insert_into(children::table)
        .values((
            children::household_id.eq(household_id),
            children::name.eq(&child.fields.name),
            children::sex.eq(child.fields.sex),
            children::birth_date.eq(child.fields.birth_date),
            children::village_code.eq(village),
            children::identity_number_sealed.eq(vault.seal_option(Purpose::IdentityNumber, number)?),
            children::identity_number_index.eq(index),
            children::phone_sealed
                .eq(vault.seal_option(Purpose::Phone, child.phone.as_ref().map(|phone| phone.digits()))?),
            children::rural_registration.eq(child.fields.rural_registration),
            children::ethnicity.eq(&child.fields.ethnicity),
            children::remark_sealed.eq(vault.seal_option(Purpose::Narrative, child.fields.remark.as_deref())?),
            children::parents_unfindable_since.eq(child.fields.parents_unfindable_since),
            children::confirmed_at.eq(occasion.now),
            children::created_at.eq(occasion.now),
            children::updated_at.eq(occasion.now),
        ))
        .returning(children::id)
        .get_result(tx);
    inserted.map_err(|error| match error {
        // Somebody wrote the same number at the same moment.
        diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _) => {
            Problem::of("identity_number_taken").into()
        }
        other => Fault::from(other),
    })
}

/// Writes the fields of a child's own; a number that is not given stays.
///
/// # Errors
/// `identity_number_taken`.
pub fn update(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow, child: &CheckedChild) -> Outcome<()> {
    let vault = occasion.vault();
    if let Some(number) = &child.identity_number {
        let index = vault.index(Purpose::IdentityNumber, number.digits());
        require_free(tx, Some(&index), Some(row.id))?;
        if row.identity_number_index.as_deref() != Some(index.as_str()) {
            diesel::update(children::table.find(row.id))
                .set((
                    children::identity_number_sealed.eq(vault.seal(Purpose::IdentityNumber, number.digits())?),
                    children::identity_number_index.eq(index),
                ))
                .execute(tx)?;
        }
    }
    if let Some(phone) = &child.phone {
        diesel::update(children::table.find(row.id))
            .set(children::phone_sealed.eq(vault.seal(Purpose::Phone, phone.digits())?))
            .execute(tx)?;
    }
    let fields = &child.fields;
    diesel::update(children::table.find(row.id))
        .set((
            children::name.eq(&fields.name),
            children::sex.eq(fields.sex),
            children::birth_date.eq(fields.birth_date),
            children::ethnicity.eq(&fields.ethnicity),
            children::rural_registration.eq(fields.rural_registration),
            children::parents_unfindable_since.eq(fields.parents_unfindable_since),
            children::remark_sealed.eq(vault.seal_option(Purpose::Narrative, fields.remark.as_deref())?),
        ))
        .execute(tx)?;
    Ok(())
}

fn require_free(tx: &mut Conn, index: Option<&str>, except: Option<i64>) -> Outcome<()> {
    let Some(index) = index else { return Ok(()) };
    let holders: Vec<i64> =
        children::table.filter(children::identity_number_index.eq(index)).select(children::id).load(tx)?;
    let taken = holders.into_iter().any(|id| Some(id) != except);
    if taken { Err(Problem::of("identity_number_taken").into()) } else { Ok(()) }
}

/// Marks the record as confirmed now.
pub fn confirm(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    diesel::update(children::table.find(id)).set(children::confirmed_at.eq(now)).execute(tx)?;
    Ok(())
}

/// Locks the record.
pub fn exit(tx: &mut Conn, now: Instant, id: i64, reason: ExitReason) -> Outcome<()> {
    let rows =
        diesel::update(children::table.filter(children::id.eq(id)).filter(children::state.eq(ChildState::Active)))
            .set((
                children::state.eq(ChildState::Exited),
                children::exited_at.eq(now),
                children::exit_reason.eq(reason),
                children::labels_change_on.eq(None::<NaiveDate>),
            ))
            .execute(tx)?;
    crate::storage::changed(rows)
}

/// Unlocks the record.
pub fn restore(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    let rows =
        diesel::update(children::table.filter(children::id.eq(id)).filter(children::state.eq(ChildState::Exited)))
            .set((
                children::state.eq(ChildState::Active),
                children::exited_at.eq(None::<Instant>),
                children::exit_reason.eq(None::<ExitReason>),
                children::confirmed_at.eq(now),
            ))
            .execute(tx)?;
    crate::storage::changed(rows)
}

/// Moves a child to a village and a household there.
pub fn relocate(tx: &mut Conn, id: i64, village: &str, household_id: i64) -> Outcome<()> {
    let rows =
        diesel::update(children::table.filter(children::id.eq(id)).filter(children::state.eq(ChildState::Active)))
            .set((children::village_code.eq(village), children::household_id.eq(household_id)))
            .execute(tx)?;
    crate::storage::changed(rows)
}

/// A household without members.
pub fn add_household(tx: &mut Conn, occasion: &Occasion<'_>, village: &str, address: Option<&str>) -> Outcome<i64> {
    Ok(diesel::insert_into(households::table)
        .values((
            households::village_code.eq(village),
            households::address_sealed.eq(occasion.vault().seal_option(Purpose::Address, address)?),
            households::created_at.eq(occasion.now),
            households::updated_at.eq(occasion.now),
        ))
        .returning(households::id)
        .get_result(tx)?)
}
