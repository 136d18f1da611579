//! Reaching children: every query about a child begins at [`visible`] or [`visible_ids`].

use diesel::dsl::{Filter, Select, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::areas::within;
use crate::clock::Instant;
use crate::identity::{Scope, TieKind};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_ties, children};

/// A subquery of the ids of children; `eq_any` takes it on both engines.
pub type ChildIds = Filter<Select<children::table, children::id>, SqlLiteral<Bool>>;

/// The ids of the children whom the caller may reach: by area of a post, or by a tie that is not over.
///
/// The condition is written out, because a boxed subquery runs on one engine only. It holds nothing but digits of area
/// codes, ids, and names of our own.
pub fn visible_ids(scope: &Scope) -> ChildIds {
    children::table.select(children::id).filter(visible(scope))
}

/// As [`visible_ids`], as a condition on `children` itself.
pub fn visible(scope: &Scope) -> SqlLiteral<Bool> {
    sql::<Bool>(&reach(scope))
}

fn reach(scope: &Scope) -> String {
    let mut ways: Vec<String> = scope.areas.iter().map(|prefix| within("children.village_code", prefix)).collect();
    if !scope.ties.is_empty() {
        let kinds = scope.ties.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
        let holders = std::iter::once(format!("person_id = {}", scope.person_id))
            .chain(scope.organisations.iter().map(|id| format!("organisation_id = {id}")))
            .collect::<Vec<_>>()
            .join(" OR ");
        ways.push(format!(
            "children.id IN (SELECT child_id FROM child_ties WHERE until IS NULL AND kind IN ({kinds}) AND ({holders}))"
        ));
    }
    if ways.is_empty() { "1 = 0".into() } else { format!("({})", ways.join(" OR ")) }
}

/// Whether the caller may reach this child.
///
/// # Errors
/// *Not found* otherwise.
pub fn require(conn: &mut Conn, scope: &Scope, child_id: i64) -> Outcome<()> {
    let found: i64 =
        children::table.filter(children::id.eq(child_id)).filter(visible(scope)).count().get_result(conn)?;
    if found == 0 { Err(crate::problem::Problem::not_found().into()) } else { Ok(()) }
}

/// Gives a person sight of a child; nothing happens when they have it already.
pub fn tie_person(tx: &mut Conn, now: Instant, child_id: i64, kind: TieKind, person_id: i64) -> Outcome<()> {
    let open: i64 = child_ties::table
        .filter(child_ties::child_id.eq(child_id))
        .filter(child_ties::kind.eq(kind))
        .filter(child_ties::person_id.eq(person_id))
        .filter(child_ties::until.is_null())
        .count()
        .get_result(tx)?;
    if open == 0 {
        diesel::insert_into(child_ties::table)
            .values((
                child_ties::child_id.eq(child_id),
                child_ties::kind.eq(kind),
                child_ties::person_id.eq(person_id),
                child_ties::since.eq(now),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// Ends a person's sight of a child.
pub fn untie_person(tx: &mut Conn, now: Instant, child_id: i64, kind: TieKind, person_id: i64) -> Outcome<()> {
    diesel::update(
        child_ties::table
            .filter(child_ties::child_id.eq(child_id))
            .filter(child_ties::kind.eq(kind))
            .filter(child_ties::person_id.eq(person_id))
            .filter(child_ties::until.is_null()),
    )
    .set(child_ties::until.eq(now))
    .execute(tx)?;
    Ok(())
}

/// Gives an organisation (a school) sight of a child, in place of any other of its kind.
pub fn tie_organisation(
    tx: &mut Conn,
    now: Instant,
    child_id: i64,
    kind: TieKind,
    organisation_id: Option<i64>,
) -> Outcome<()> {
    diesel::update(
        child_ties::table
            .filter(child_ties::child_id.eq(child_id))
            .filter(child_ties::kind.eq(kind))
            .filter(child_ties::organisation_id.is_not_null())
            .filter(child_ties::until.is_null()),
    )
    .set(child_ties::until.eq(now))
    .execute(tx)?;
    if let Some(organisation_id) = organisation_id {
        diesel::insert_into(child_ties::table)
            .values((
                child_ties::child_id.eq(child_id),
                child_ties::kind.eq(kind),
                child_ties::organisation_id.eq(organisation_id),
                child_ties::since.eq(now),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// The people who have sight of a child by a tie of one kind.
pub fn tied(conn: &mut Conn, child_id: i64, kind: TieKind) -> Outcome<Vec<i64>> {
    let ids: Vec<Option<i64>> = child_ties::table
        .filter(child_ties::child_id.eq(child_id))
        .filter(child_ties::kind.eq(kind))
        .filter(child_ties::until.is_null())
        .select(child_ties::person_id)
        .load(conn)?;
    Ok(ids.into_iter().flatten().collect())
}

/// Ends everybody's sight of a child.
pub fn untie_all(tx: &mut Conn, now: Instant, child_id: i64) -> Outcome<()> {
    diesel::update(child_ties::table.filter(child_ties::child_id.eq(child_id)).filter(child_ties::until.is_null()))
        .set(child_ties::until.eq(now))
        .execute(tx)?;
    Ok(())
}
