//! The clocks of a report: each desk owes its acceptance. The child is not named in the duty, so that nobody learns
//! of a report from a to-do list that shows the child.

use diesel::prelude::*;

use super::routing::Desk;
use super::store::{DESK_POSTS, DeskRow, RoutedDesk};
use crate::areas;
use crate::clock::Instant;
use crate::duties::{self, ClosedHow, DutyKind, Expected, NewDuty, Owed, Subject};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::report_desks;
use crate::text_list;

/// The duties this slice answers for.
pub const KINDS: &[DutyKind] = &[DutyKind::AcceptReport];

fn subject(report_id: i64) -> Subject {
    Subject { kind: "report", id: report_id }
}

/// Opens a desk's acceptance. Owed by name, the ladder rises to the county past the township's desk.
pub fn open_accept(
    tx: &mut Conn,
    now: Instant,
    report_id: i64,
    place: &str,
    desk: &RoutedDesk,
    due_at: Instant,
) -> Outcome<()> {
    if !desk.owes {
        return Ok(());
    }
    let area_code = if desk.named.is_empty() { place.to_owned() } else { areas::county_of(place) };
    for owed_by in debtors(desk.desk, desk.named.iter().copied()) {
        duties::open(
            tx,
            now,
            &NewDuty {
                kind: DutyKind::AcceptReport,
                subject: subject(report_id),
                child_id: None,
                area_code: area_code.clone(),
                owed_by,
                due_at,
                audience: Vec::new(),
            },
        )?;
    }
    Ok(())
}

/// Closes what a desk owed.
pub fn close_accept(tx: &mut Conn, now: Instant, desk: &DeskRow) -> Outcome<()> {
    for owed_by in debtors(desk.desk, text_list::read(&desk.named).into_iter()) {
        duties::close(tx, now, DutyKind::AcceptReport, subject(desk.report_id), owed_by, ClosedHow::Met)?;
    }
    Ok(())
}

/// The duties that the reports call for.
pub fn expected(conn: &mut Conn) -> Outcome<Vec<Expected>> {
    let desks: Vec<DeskRow> = report_desks::table
        .select(DeskRow::as_select())
        .filter(report_desks::owes.eq(true))
        .filter(report_desks::accepted_at.is_null())
        .load(conn)?;
    Ok(desks
        .iter()
        .flat_map(|desk| {
            debtors(desk.desk, text_list::read(&desk.named).into_iter()).into_iter().map(|owed_by| Expected {
                kind: DutyKind::AcceptReport,
                subject: subject(desk.report_id),
                owed_by,
            })
        })
        .collect())
}

fn debtors(desk: Desk, named: impl Iterator<Item = i64>) -> Vec<Owed> {
    let named: Vec<_> = named.map(Owed::Person).collect();
    if !named.is_empty() {
        return named;
    }
    DESK_POSTS.iter().filter(|(of, _)| *of == desk).map(|(_, post)| Owed::Post(*post)).collect()
}
