//! Stored labels: found by the rules, ended when they no longer hold, never deleted.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::children::classification::{Label, LabelKind};
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{child_labels, children};

/// A label as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = child_labels)]
pub struct LabelRow {
    pub id: i64,
    pub kind: LabelKind,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
    pub reasons_sealed: String,
    pub found_at: Instant,
    pub ended_at: Option<Instant>,
}

impl LabelRow {
    /// The label with its reasons, opened.
    pub fn label(&self, occasion: &Occasion<'_>) -> Outcome<Label> {
        let reasons = occasion.vault().open(Purpose::Narrative, &self.reasons_sealed)?;
        let reasons = serde_json::from_str(&reasons).map_err(Fault::internal)?;
        Ok(Label { kind: self.kind, since: self.since, until: self.until, reasons })
    }
}

/// The labels that hold now.
pub fn current(conn: &mut Conn, child_id: i64) -> Outcome<Vec<LabelRow>> {
    Ok(child_labels::table
        .filter(child_labels::child_id.eq(child_id))
        .filter(child_labels::ended_at.is_null())
        .select(LabelRow::as_select())
        .order(child_labels::id)
        .load(conn)?)
}

/// Every label a child ever had, oldest first.
pub fn history(conn: &mut Conn, child_id: i64) -> Outcome<Vec<LabelRow>> {
    Ok(child_labels::table
        .filter(child_labels::child_id.eq(child_id))
        .select(LabelRow::as_select())
        .order(child_labels::id)
        .load(conn)?)
}

/// Kinds of the current labels of several children.
pub fn kinds_of(conn: &mut Conn, ids: &[i64]) -> Outcome<Vec<(i64, LabelKind)>> {
    Ok(child_labels::table
        .filter(child_labels::child_id.eq_any(ids.to_vec()))
        .filter(child_labels::ended_at.is_null())
        .select((child_labels::child_id, child_labels::kind))
        .order(child_labels::id)
        .load(conn)?)
}

/// Makes the stored labels equal to `labels`; returns whether anything changed.
pub fn store(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64, labels: &[Label]) -> Outcome<bool> {
    let stored = current(tx, child_id)?;
    let mut kept = Vec::new();
    let mut changed = false;
    for row in &stored {
        let label = row.label(occasion)?;
        if labels.contains(&label) {
            kept.push(label);
        } else {
            end(tx, occasion.now, row)?;
            changed = true;
        }
    }
    for label in labels.iter().filter(|label| !kept.contains(label)) {
        insert(tx, occasion, child_id, label)?;
        changed = true;
    }
    Ok(changed)
}

/// A label that ran to its known end keeps that end; one that is cut short ends today.
fn end(tx: &mut Conn, now: Instant, row: &LabelRow) -> Outcome<()> {
    let today = now.date();
    let until = row.until.filter(|until| *until <= today).unwrap_or(today);
    diesel::update(child_labels::table.filter(child_labels::id.eq(row.id)).filter(child_labels::ended_at.is_null()))
        .set((child_labels::ended_at.eq(now), child_labels::until.eq(until)))
        .execute(tx)?;
    Ok(())
}

fn insert(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64, label: &Label) -> Outcome<()> {
    let reasons = serde_json::to_string(&label.reasons).map_err(Fault::internal)?;
    diesel::insert_into(child_labels::table)
        .values((
            child_labels::child_id.eq(child_id),
            child_labels::kind.eq(label.kind),
            child_labels::since.eq(label.since),
            child_labels::until.eq(label.until),
            child_labels::reasons_sealed.eq(occasion.vault().seal(Purpose::Narrative, &reasons)?),
            child_labels::found_at.eq(occasion.now),
        ))
        .execute(tx)?;
    Ok(())
}

/// Remembers when the labels will next change by themselves.
pub fn set_next_change(tx: &mut Conn, child_id: i64, on: Option<NaiveDate>) -> Outcome<()> {
    diesel::update(children::table.find(child_id)).set(children::labels_change_on.eq(on)).execute(tx)?;
    Ok(())
}

/// Active children whose labels change by `today`, after `after`, at most `limit`.
pub fn due_for_change(conn: &mut Conn, today: NaiveDate, after: i64, limit: i64) -> Outcome<Vec<i64>> {
    Ok(children::table
        .filter(children::labels_change_on.le(today))
        .filter(children::state.eq(crate::children::child::ChildState::Active))
        .filter(children::id.gt(after))
        .select(children::id)
        .order(children::id)
        .limit(limit)
        .load(conn)?)
}
