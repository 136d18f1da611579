//! Openings, and reading the access log.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::offices::Place;
use super::opening::OpeningVerdict;
use crate::areas::within;
use crate::clock::Instant;
use crate::identity::{Actor, Scope};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{access_log, children, record_openings, reporter_openings};

/// A look beyond reach, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = record_openings)]
pub struct Opening {
    pub id: i64,
    pub child_id: i64,
    pub village_code: String,
    pub person_id: i64,
    pub post: Option<String>,
    pub reason_sealed: String,
    pub opened_at: Instant,
    pub reviewed_at: Option<Instant>,
    pub verdict: Option<OpeningVerdict>,
}

pub fn insert(
    tx: &mut Conn,
    now: Instant,
    actor: &Actor,
    (child_id, village): (i64, &str),
    reason_sealed: &str,
) -> Outcome<i64> {
    Ok(diesel::insert_into(record_openings::table)
        .values((
            record_openings::child_id.eq(child_id),
            record_openings::village_code.eq(village),
            record_openings::person_id.eq(actor.person_id),
            record_openings::post.eq(actor.post_label()),
            record_openings::reason_sealed.eq(reason_sealed),
            record_openings::opened_at.eq(now),
        ))
        .returning(record_openings::id)
        .get_result(tx)?)
}

pub fn get(conn: &mut Conn, id: i64) -> Outcome<Opening> {
    Ok(record_openings::table.find(id).select(Opening::as_select()).first(conn)?)
}

/// Openings of children in these areas, newest first.
pub fn list(conn: &mut Conn, scope: &Scope, open_only: bool, before: Option<i64>, limit: i64) -> Outcome<Vec<Opening>> {
    let mut rows = record_openings::table
        .filter(diesel::dsl::sql::<Bool>(&reach("record_openings.village_code", &scope.areas)))
        .select(Opening::as_select())
        .order(record_openings::id.desc())
        .limit(limit)
        .into_boxed();
    if open_only {
        rows = rows.filter(record_openings::reviewed_at.is_null());
    }
    if let Some(before) = before {
        rows = rows.filter(record_openings::id.lt(before));
    }
    Ok(rows.load(conn)?)
}

pub fn unreviewed(conn: &mut Conn) -> Outcome<Vec<Opening>> {
    Ok(record_openings::table
        .filter(record_openings::reviewed_at.is_null())
        .select(Opening::as_select())
        .order(record_openings::id)
        .load(conn)?)
}

/// `false` when it was reviewed before.
pub fn set_review(
    tx: &mut Conn,
    now: Instant,
    id: i64,
    by: i64,
    verdict: OpeningVerdict,
    note_sealed: Option<String>,
) -> Outcome<bool> {
    let rows = diesel::update(record_openings::table.find(id).filter(record_openings::reviewed_at.is_null()))
        .set((
            record_openings::reviewed_at.eq(now),
            record_openings::reviewed_by.eq(by),
            record_openings::verdict.eq(verdict),
            record_openings::note_sealed.eq(note_sealed),
        ))
        .execute(tx)?;
    Ok(rows == 1)
}

/// A look at a child's record.
#[derive(Clone, Debug, Queryable)]
pub struct Look {
    pub id: i64,
    pub at: Instant,
    pub post: Option<String>,
    pub organisation_id: Option<i64>,
}

impl Look {
    pub fn place(&self) -> Place {
        Place { post: self.post.clone(), organisation_id: self.organisation_id }
    }
}

/// Looks at a child's record by others than its family, newest first; the police's are left out, because they may be
/// about the family.
pub fn looks(conn: &mut Conn, child_id: i64, before: Option<i64>, limit: i64) -> Outcome<Vec<Look>> {
    let family = "access_log.post IS NOT NULL OR NOT EXISTS (SELECT 1 FROM child_ties t \
         WHERE t.child_id = access_log.child_id AND t.person_id = access_log.person_id AND t.kind IN ('parent', 'carer'))";
    let mut rows = access_log::table
        .filter(access_log::child_id.eq(child_id))
        .filter(diesel::dsl::sql::<Bool>(&format!("({family})")))
        .filter(access_log::post.is_null().or(access_log::post.not_like("police_contact@%")))
        .select((access_log::id, access_log::at, access_log::post, access_log::organisation_id))
        .order(access_log::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        rows = rows.filter(access_log::id.lt(before));
    }
    Ok(rows.load(conn)?)
}

/// One line of what was read in a span: by which post and organisation, what, how often, of how many children.
pub type Tally = (Option<String>, Option<i64>, String, i64, i64);

/// What was read of the children of these areas from one moment to another.
pub fn tallies(conn: &mut Conn, areas: &[String], from: Instant, until: Instant) -> Outcome<Vec<Tally>> {
    Ok(access_log::table
        .inner_join(children::table.on(children::id.eq(access_log::child_id)))
        .filter(diesel::dsl::sql::<Bool>(&reach("children.village_code", areas)))
        .filter(access_log::at.ge(from))
        .filter(access_log::at.lt(until))
        .group_by((access_log::post, access_log::organisation_id, access_log::what))
        .select((
            access_log::post,
            access_log::organisation_id,
            access_log::what,
            diesel::dsl::count_star(),
            diesel::dsl::count(access_log::child_id).aggregate_distinct(),
        ))
        .order((access_log::post, access_log::organisation_id, access_log::what))
        .load(conn)?)
}

/// Openings of children of these areas in a span.
pub fn openings_in(conn: &mut Conn, areas: &[String], from: Instant, until: Instant) -> Outcome<Vec<Opening>> {
    Ok(record_openings::table
        .filter(diesel::dsl::sql::<Bool>(&reach("record_openings.village_code", areas)))
        .filter(record_openings::opened_at.ge(from))
        .filter(record_openings::opened_at.lt(until))
        .select(Opening::as_select())
        .order(record_openings::id)
        .load(conn)?)
}

/// How often a reporter's name was opened in a span.
pub fn reporters_opened(conn: &mut Conn, areas: &[String], from: Instant, until: Instant) -> Outcome<i64> {
    use crate::storage::schema::reports;
    Ok(reporter_openings::table
        .inner_join(reports::table.on(reports::id.eq(reporter_openings::report_id)))
        .filter(diesel::dsl::sql::<Bool>(&reach("reports.area_code", areas)))
        .filter(reporter_openings::at.ge(from))
        .filter(reporter_openings::at.lt(until))
        .count()
        .get_result(conn)?)
}

/// SQL for "a code in one of these areas"; digits only.
pub fn reach(column: &str, areas: &[String]) -> String {
    // No digits: the whole country.
    if areas.iter().any(String::is_empty) {
        return "1 = 1".to_owned();
    }
    let ways: Vec<String> = areas.iter().map(|prefix| within(column, prefix)).collect();
    if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) }
}
