//! Reports in the database: what is told and who told it lie sealed, each under a key of its own.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};

use super::routing::{Desk, Officer, area_of};
use super::situation::{ReporterRole, Urgency};
use crate::areas;
use crate::clock::Instant;
use crate::identity::{Actor, PostKind};
use crate::problem::Outcome;
use crate::storage::schema::{posts, report_desks, report_suspects, reporter_openings, reports};
use crate::storage::{Conn, Db, changed, insert_once};
use crate::{text_enum, text_list};

text_enum! {
    /// Where a report stands.
    pub enum ReportState {
        Received = "received",
        Accepted = "accepted",
    }
}

text_enum! {
    /// How a report came in.
    pub enum ReportChannel {
        SignedIn = "signed_in",
        Public = "public",
        CheckIn = "check_in",
    }
}

/// What was told; sealed as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub narrative: String,
    pub child_words: Option<String>,
    pub place_words: Option<String>,
}

/// Who told it; sealed as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reporter {
    pub person_id: Option<i64>,
    pub name: Option<String>,
    pub phone: Option<String>,
}

/// A report to store, everything sensitive already sealed or indexed.
pub struct SealedReport<'a> {
    pub receipt_number: &'a str,
    pub channel: ReportChannel,
    pub situations: &'a str,
    pub immediate_danger: bool,
    pub urgency: Urgency,
    pub reporter_role: ReporterRole,
    pub area_code: &'a str,
    pub child_id: Option<i64>,
    pub narrative_sealed: String,
    pub reporter_sealed: Option<String>,
    pub reporter_index: Option<String>,
    pub cause_index: Option<String>,
    pub client_index: Option<String>,
    pub from_index: Option<String>,
    pub accept_by: Instant,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reports)]
pub struct ReportRow {
    pub id: i64,
    pub receipt_number: String,
    pub received_at: Instant,
    pub channel: ReportChannel,
    pub situations: String,
    pub immediate_danger: bool,
    pub urgency: Urgency,
    pub reporter_role: ReporterRole,
    pub must_report: bool,
    pub area_code: String,
    pub child_id: Option<i64>,
    pub narrative_sealed: String,
    pub reporter_sealed: Option<String>,
    pub accept_by: Instant,
    pub state: ReportState,
    pub accepted_at: Option<Instant>,
}

/// A desk that a report goes to.
#[derive(Clone, Debug)]
pub struct RoutedDesk {
    pub desk: Desk,
    pub area_code: String,
    /// Whether the desk owes an acceptance, or is only informed.
    pub owes: bool,
    /// The officers who owe it by name; empty when the post owes it.
    pub named: BTreeSet<i64>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = report_desks)]
pub struct DeskRow {
    pub report_id: i64,
    pub desk: Desk,
    pub area_code: String,
    pub owes: bool,
    pub named: String,
    pub routed_at: Instant,
    pub accepted_at: Option<Instant>,
}

/// Stores the report; `None` when it, or one of the same cause, is stored already.
pub fn insert(tx: &mut Conn, now: Instant, new: &SealedReport<'_>) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(reports::table)
            .values((
                (
                    reports::receipt_number.eq(new.receipt_number),
                    reports::received_at.eq(now),
                    reports::channel.eq(new.channel),
                    reports::situations.eq(new.situations),
                    reports::immediate_danger.eq(new.immediate_danger),
                    reports::urgency.eq(new.urgency),
                    reports::reporter_role.eq(new.reporter_role),
                    reports::must_report.eq(new.reporter_role.must_report()),
                    reports::area_code.eq(new.area_code),
                ),
                (
                    reports::child_id.eq(new.child_id),
                    reports::narrative_sealed.eq(&new.narrative_sealed),
                    reports::reporter_sealed.eq(&new.reporter_sealed),
                    reports::reporter_index.eq(&new.reporter_index),
                    reports::cause_index.eq(&new.cause_index),
                    reports::client_index.eq(&new.client_index),
                    reports::from_index.eq(&new.from_index),
                    reports::accept_by.eq(new.accept_by),
                    reports::state.eq(ReportState::Received),
                ),
            ))
            .returning(reports::id)
            .get_result(tx)
    })?)
}

/// The report that was stored for the same cause or the same try of a phone.
pub fn find_same(conn: &mut Conn, cause: Option<&str>, client: Option<&str>) -> Outcome<Option<ReportRow>> {
    let mut query = reports::table.select(ReportRow::as_select()).filter(reports::id.eq(0)).into_boxed::<Db>();
    if let Some(cause) = cause {
        query = query.or_filter(reports::cause_index.eq(cause.to_owned()).assume_not_null());
    }
    if let Some(client) = client {
        query = query.or_filter(reports::client_index.eq(client.to_owned()).assume_not_null());
    }
    Ok(query.first(conn).optional()?)
}

/// How many reports came from one address since `since`.
pub fn count_from(conn: &mut Conn, from_index: &str, since: Instant) -> Outcome<i64> {
    Ok(reports::table
        .filter(reports::from_index.eq(from_index))
        .filter(reports::received_at.gt(since))
        .count()
        .get_result(conn)?)
}

/// Everybody who sits at a responsible desk for a place, with the area of the desk.
pub fn officers(conn: &mut Conn, area_code: &str, today: NaiveDate) -> Outcome<Vec<(Officer, String)>> {
    let township = area_of(Desk::Township, area_code);
    let county = areas::county_of(area_code);
    let rows: Vec<(i64, PostKind, String)> = posts::table
        .filter(posts::kind.eq_any(DESK_POSTS.map(|(_, post)| post)))
        .filter(posts::area_code.eq_any([&township, &county]))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.gt(today)))
        .order(posts::id)
        .select((posts::person_id, posts::kind, posts::area_code))
        .load(conn)?;
    Ok(DESK_POSTS.iter().flat_map(|(desk, post)| nearest(*desk, *post, &rows, [&township, &county])).collect())
}

/// The post that sits at each desk.
pub const DESK_POSTS: [(Desk, PostKind); 3] = [
    (Desk::Police, PostKind::PoliceContact),
    (Desk::Township, PostKind::TownshipSupervisor),
    (Desk::County, PostKind::CountyAdministrator),
];

/// The holders in the nearest area that has any: a township without a police contact turns to the county's.
fn nearest(
    desk: Desk,
    post: PostKind,
    rows: &[(i64, PostKind, String)],
    areas: [&String; 2],
) -> Vec<(Officer, String)> {
    let holders = |area: &String| -> Vec<_> {
        rows.iter()
            .filter(|(_, kind, code)| *kind == post && code == area)
            .map(|(person_id, _, code)| (Officer { person_id: *person_id, desk }, code.clone()))
            .collect()
    };
    areas.into_iter().map(holders).find(|found| !found.is_empty()).unwrap_or_default()
}

pub fn insert_desk(tx: &mut Conn, now: Instant, report_id: i64, desk: &RoutedDesk) -> Outcome<()> {
    diesel::insert_into(report_desks::table)
        .values((
            report_desks::report_id.eq(report_id),
            report_desks::desk.eq(desk.desk),
            report_desks::area_code.eq(&desk.area_code),
            report_desks::owes.eq(desk.owes),
            report_desks::named.eq(text_list::write(&desk.named)),
            report_desks::routed_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

pub fn insert_suspects(tx: &mut Conn, report_id: i64, people: &BTreeSet<i64>) -> Outcome<()> {
    for person_id in people {
        diesel::insert_into(report_suspects::table)
            .values((report_suspects::report_id.eq(report_id), report_suspects::person_id.eq(*person_id)))
            .execute(tx)?;
    }
    Ok(())
}

/// The desks at which the actor sits, with their areas.
pub fn desks_of(actor: &Actor) -> Vec<(Desk, String)> {
    actor
        .posts
        .iter()
        .filter_map(|post| {
            let desk = DESK_POSTS.iter().find(|(_, kind)| *kind == post.kind)?.0;
            Some((desk, post.area_code.clone()))
        })
        .collect()
}

/// The condition on `reports` that they lie at the actor's desks and do not concern the actor.
///
/// Written out, because a boxed subquery runs on one engine only; it holds digits, and names of our own.
pub fn reachable(actor: &Actor) -> SqlLiteral<Bool> {
    let own = desks_of(actor);
    let desks: Vec<_> = own
        .iter()
        .filter(|(_, area_code)| areas::is_code(area_code))
        .map(|(desk, area_code)| format!("(d.desk = '{desk}' AND d.area_code = '{area_code}')"))
        .collect();
    if desks.is_empty() {
        return sql("1 = 0");
    }
    sql(&format!(
        "(EXISTS (SELECT 1 FROM report_desks d WHERE d.report_id = reports.id AND ({})) \
         AND NOT EXISTS (SELECT 1 FROM report_suspects s WHERE s.report_id = reports.id AND s.person_id = {}))",
        desks.join(" OR "),
        actor.person_id
    ))
}

/// # Errors
/// *Not found* when the report lies at none of the actor's desks.
pub fn get(conn: &mut Conn, actor: &Actor, id: i64) -> Outcome<ReportRow> {
    Ok(reports::table.select(ReportRow::as_select()).filter(reports::id.eq(id)).filter(reachable(actor)).first(conn)?)
}

pub fn by_receipt(conn: &mut Conn, receipt_number: &str) -> Outcome<ReportRow> {
    Ok(reports::table.select(ReportRow::as_select()).filter(reports::receipt_number.eq(receipt_number)).first(conn)?)
}

/// Reports the person made while signed in, newest first.
pub fn of_reporter(conn: &mut Conn, reporter_index: &str) -> Outcome<Vec<ReportRow>> {
    Ok(reports::table
        .select(ReportRow::as_select())
        .filter(reports::reporter_index.eq(reporter_index))
        .order(reports::id.desc())
        .limit(100)
        .load(conn)?)
}

/// Reports at the actor's desks, newest first.
pub fn list(
    conn: &mut Conn,
    actor: &Actor,
    state: Option<ReportState>,
    after: Option<i64>,
    limit: i64,
) -> Outcome<Vec<ReportRow>> {
    let mut query = reports::table.select(ReportRow::as_select()).filter(reachable(actor)).into_boxed::<Db>();
    if let Some(state) = state {
        query = query.filter(reports::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(reports::id.lt(after));
    }
    Ok(query.order(reports::id.desc()).limit(limit).load(conn)?)
}

pub fn desks(conn: &mut Conn, report_ids: &[i64]) -> Outcome<Vec<DeskRow>> {
    Ok(report_desks::table
        .select(DeskRow::as_select())
        .filter(report_desks::report_id.eq_any(report_ids.to_vec()))
        .order(report_desks::id)
        .load(conn)?)
}

/// Accepts for one desk; `false` when that desk accepted before.
pub fn accept(tx: &mut Conn, now: Instant, report_id: i64, desk: Desk, person_id: i64) -> Outcome<bool> {
    let rows = diesel::update(
        report_desks::table
            .filter(report_desks::report_id.eq(report_id))
            .filter(report_desks::desk.eq(desk))
            .filter(report_desks::accepted_at.is_null()),
    )
    .set((report_desks::accepted_at.eq(now), report_desks::accepted_by.eq(person_id)))
    .execute(tx)?;
    // The first desk makes the report accepted; later desks leave that moment as it is.
    diesel::update(reports::table.filter(reports::id.eq(report_id)).filter(reports::state.eq(ReportState::Received)))
        .set((reports::state.eq(ReportState::Accepted), reports::accepted_at.eq(now)))
        .execute(tx)?;
    Ok(rows > 0)
}

pub fn record_opening(tx: &mut Conn, now: Instant, report_id: i64, person_id: i64, reason_sealed: &str) -> Outcome<()> {
    let rows = diesel::insert_into(reporter_openings::table)
        .values((
            reporter_openings::report_id.eq(report_id),
            reporter_openings::person_id.eq(person_id),
            reporter_openings::reason_sealed.eq(reason_sealed),
            reporter_openings::at.eq(now),
        ))
        .execute(tx)?;
    changed(rows)
}
