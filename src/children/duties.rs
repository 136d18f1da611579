//! Duties that the ledger gives rise to: re-confirm the record, look at a child who grows out of a label, answer a
//! transfer. Each is a function of the records, so that the nightly comparison derives the same.

use diesel::prelude::*;

use super::child::ChildState;
use super::classification::LabelKind;
use super::occasion::Occasion;
use super::store::{self, ChildRow};
use crate::clock::{Instant, birthday};
use crate::duties::{ClosedHow, DutyKind, Expected, NewDuty, Owed, Subject, close, close_all, open, open_of};
use crate::identity::PostKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_age_reviews, child_labels, children};

/// The kinds that this room answers for.
pub const KINDS: [DutyKind; 3] = [DutyKind::ReconfirmRecord, DutyKind::ReviewAgeOut, DutyKind::AcceptTransfer];

const VILLAGE: Owed = Owed::Post(PostKind::VillageDirector);

fn about(child_id: i64) -> Subject {
    Subject { kind: "child", id: child_id }
}

/// Makes the open duties about an active child equal to what its record calls for. `confirmed` says that the old
/// re-confirmation was met, not replaced.
pub fn reconcile(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow, confirmed: bool) -> Outcome<()> {
    let due = row.confirmed_at.plus_days(occasion.config().children.reconfirm_days);
    let how = if confirmed { ClosedHow::Met } else { ClosedHow::Superseded };
    keep_one(tx, occasion, row, DutyKind::ReconfirmRecord, Some(due), how)?;
    let review = age_to_review(tx, row)?.map(|age| Instant::start_of(birthday(row.birth_date, age)));
    let how = if review.is_some() { ClosedHow::Superseded } else { ClosedHow::Withdrawn };
    keep_one(tx, occasion, row, DutyKind::ReviewAgeOut, review, how)
}

fn keep_one(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    row: &ChildRow,
    kind: DutyKind,
    due: Option<Instant>,
    how: ClosedHow,
) -> Outcome<()> {
    let standing = open_of(tx, kind, about(row.id))?;
    let fits = |duty: &crate::duties::Duty| Some(duty.due_at) == due && duty.area_code == row.village_code;
    if standing.len() == usize::from(due.is_some()) && standing.iter().all(fits) {
        return Ok(());
    }
    close_all(tx, occasion.now, Some(kind), about(row.id), how)?;
    if let Some(due_at) = due {
        let new = NewDuty {
            kind,
            subject: about(row.id),
            child_id: Some(row.id),
            area_code: row.village_code.clone(),
            owed_by: VILLAGE,
            due_at,
            audience: Vec::new(),
        };
        open(tx, occasion.now, &new)?;
    }
    Ok(())
}

/// The birthday (16 or 18) that ends or ended a label of the child and was not reviewed yet; the earliest.
pub fn age_to_review(conn: &mut Conn, row: &ChildRow) -> Outcome<Option<i32>> {
    let labels: Vec<(LabelKind, Option<chrono::NaiveDate>)> = child_labels::table
        .filter(child_labels::child_id.eq(row.id))
        .select((child_labels::kind, child_labels::until))
        .load(conn)?;
    let reviewed: Vec<i64> = child_age_reviews::table
        .filter(child_age_reviews::child_id.eq(row.id))
        .select(child_age_reviews::age)
        .load(conn)?;
    let ends_label = |age: i32| {
        let on = Some(birthday(row.birth_date, age));
        labels.iter().any(|(kind, until)| kind.ends_at_age() == age && *until == on)
    };
    Ok([16, 18].into_iter().find(|age| ends_label(*age) && !reviewed.contains(&i64::from(*age))))
}

/// The review was made.
pub fn met_age_review(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64) -> Outcome<()> {
    close(tx, occasion.now, DutyKind::ReviewAgeOut, about(child_id), VILLAGE, ClosedHow::Met)?;
    Ok(())
}

/// The receiving village owes an answer.
pub fn ask_for_acceptance(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    transfer_id: i64,
    child_id: i64,
    to_village: &str,
) -> Outcome<()> {
    let days = occasion.config().ladders.of(DutyKind::AcceptTransfer).due_days;
    let new = NewDuty {
        kind: DutyKind::AcceptTransfer,
        subject: Subject { kind: "transfer", id: transfer_id },
        child_id: Some(child_id),
        area_code: to_village.to_owned(),
        owed_by: VILLAGE,
        due_at: occasion.now.plus_days(days),
        audience: Vec::new(),
    };
    open(tx, occasion.now, &new)?;
    Ok(())
}

/// The transfer was answered, one way or another.
pub fn answer_transfer(tx: &mut Conn, occasion: &Occasion<'_>, transfer_id: i64) -> Outcome<()> {
    let subject = Subject { kind: "transfer", id: transfer_id };
    close(tx, occasion.now, DutyKind::AcceptTransfer, subject, VILLAGE, ClosedHow::Met)?;
    Ok(())
}

/// Every duty that the records call for, derived afresh.
pub fn expected(conn: &mut Conn) -> Outcome<Vec<Expected>> {
    let rows: Vec<ChildRow> = children::table
        .filter(children::state.eq(ChildState::Active))
        .select(ChildRow::as_select())
        .order(children::id)
        .load(conn)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.push(Expected { kind: DutyKind::ReconfirmRecord, subject: about(row.id), owed_by: VILLAGE });
        if age_to_review(conn, row)?.is_some() {
            all.push(Expected { kind: DutyKind::ReviewAgeOut, subject: about(row.id), owed_by: VILLAGE });
        }
    }
    let waiting = store::transfers::all_waiting(conn)?;
    all.extend(waiting.into_iter().map(|id| Expected {
        kind: DutyKind::AcceptTransfer,
        subject: Subject { kind: "transfer", id },
        owed_by: VILLAGE,
    }));
    Ok(all)
}
