//! The review of a look beyond reach: owed by a post, never by whoever looked.

use super::opening::reviewer_area;
use super::store::{self, Opening};
use crate::app::App;
use crate::clock::Instant;
use crate::duties::{self, ClosedHow, DutyKind, Expected, NewDuty, Owed, Subject};
use crate::problem::Outcome;
use crate::storage::Conn;

/// The duties this room answers for.
pub const KINDS: &[DutyKind] = &[DutyKind::ReviewOpening];

fn subject(id: i64) -> Subject {
    Subject { kind: "opening", id }
}

pub fn owe_review(tx: &mut Conn, app: &App, now: Instant, opening: &Opening) -> Outcome<()> {
    let (post, area_code) = reviewer_area(opening);
    let days = app.config.ladders.of(DutyKind::ReviewOpening).due_days;
    let new = NewDuty {
        kind: DutyKind::ReviewOpening,
        subject: subject(opening.id),
        child_id: None,
        area_code,
        owed_by: Owed::Post(post),
        due_at: now.plus_days(days),
        audience: Vec::new(),
    };
    duties::open(tx, now, &new)?;
    Ok(())
}

pub fn close_review(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    duties::close_all(tx, now, Some(DutyKind::ReviewOpening), subject(id), ClosedHow::Met)?;
    Ok(())
}

/// The reviews that the openings call for.
pub fn expected(conn: &mut Conn) -> Outcome<Vec<Expected>> {
    Ok(store::unreviewed(conn)?
        .iter()
        .map(|opening| Expected {
            kind: DutyKind::ReviewOpening,
            subject: subject(opening.id),
            owed_by: Owed::Post(reviewer_area(opening).0),
        })
        .collect())
}
