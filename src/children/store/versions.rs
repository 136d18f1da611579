//! The record as it stood: one sealed snapshot from each change to the next.

use diesel::prelude::*;

use super::ChildRow;
use crate::children::child::ChildState;
use crate::children::ledger::Cause;
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::Page;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_versions, people};

/// A version as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = child_versions)]
pub struct VersionRow {
    pub id: i64,
    pub child_id: i64,
    pub version: i64,
    pub valid_from: Instant,
    pub valid_until: Option<Instant>,
    pub cause: Cause,
    pub village_code: String,
    pub snapshot_sealed: String,
}

/// Ends the version that was valid until now and begins the one of `row`.
pub fn append(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow, cause: Cause, snapshot: &str) -> Outcome<()> {
    diesel::update(
        child_versions::table.filter(child_versions::child_id.eq(row.id)).filter(child_versions::valid_until.is_null()),
    )
    .set(child_versions::valid_until.eq(occasion.now))
    .execute(tx)?;
    diesel::insert_into(child_versions::table)
        .values((
            child_versions::child_id.eq(row.id),
            child_versions::version.eq(row.version),
            child_versions::valid_from.eq(occasion.now),
            child_versions::cause.eq(cause),
            child_versions::changed_by.eq(occasion.person_id()),
            child_versions::village_code.eq(&row.village_code),
            child_versions::state.eq(row.state),
            child_versions::snapshot_sealed.eq(occasion.vault().seal(Purpose::Snapshot, snapshot)?),
        ))
        .execute(tx)?;
    Ok(())
}

/// The versions of a child with who made them, newest first.
pub fn of_child(conn: &mut Conn, child_id: i64, page: &Page) -> Outcome<Vec<(VersionRow, Option<String>)>> {
    let before = page.after_id()?.unwrap_or(i64::MAX);
    Ok(child_versions::table
        .left_join(people::table.on(child_versions::changed_by.eq(people::id.nullable())))
        .filter(child_versions::child_id.eq(child_id))
        .filter(child_versions::id.lt(before))
        .select((VersionRow::as_select(), people::name.nullable()))
        .order(child_versions::id.desc())
        .limit(page.fetch())
        .load(conn)?)
}

/// The version of a child that was valid at `at`.
///
/// # Errors
/// *Not found* when the child was not on the ledger then.
pub fn at(conn: &mut Conn, child_id: i64, at: Instant) -> Outcome<VersionRow> {
    Ok(child_versions::table
        .filter(child_versions::child_id.eq(child_id))
        .filter(child_versions::valid_from.le(at))
        .filter(child_versions::valid_until.is_null().or(child_versions::valid_until.gt(at)))
        .select(VersionRow::as_select())
        .order(child_versions::id.desc())
        .first(conn)?)
}

/// The ledger at `at`: the versions of active children in the villages of the caller's posts, in the order of the children.
pub fn ledger_at(
    conn: &mut Conn,
    scope: &Scope,
    village: Option<&str>,
    at: Instant,
    page: &Page,
) -> Outcome<Vec<VersionRow>> {
    use crate::areas::within;
    let mut ways: Vec<String> =
        scope.areas.iter().map(|prefix| within("child_versions.village_code", prefix)).collect();
    if ways.is_empty() {
        ways.push("1 = 0".to_owned());
    }
    let village = village.map_or_else(
        || "1 = 1".to_owned(),
        |code| within("child_versions.village_code", crate::areas::significant(code)),
    );
    let reach = format!("({}) AND {village}", ways.join(" OR "));
    Ok(child_versions::table
        .filter(child_versions::valid_from.le(at))
        .filter(child_versions::valid_until.is_null().or(child_versions::valid_until.gt(at)))
        .filter(child_versions::state.eq(ChildState::Active))
        .filter(child_versions::child_id.gt(page.after_id()?.unwrap_or(0)))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&reach))
        .select(VersionRow::as_select())
        .order(child_versions::child_id)
        .limit(page.fetch())
        .load(conn)?)
}
