//! What follows from a judgement or an end: parents told to change the carer, and hand-overs.

use diesel::prelude::*;

use super::agreement::Agreement;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::problem::Outcome;
use crate::storage::schema::{carer_changes, hand_overs};
use crate::storage::{Conn, changed};
use crate::text_enum;

text_enum! {
    /// How "change the carer" came to its end.
    pub enum ChangeSettled {
        /// Another carer's agreement is in force.
        Changed = "changed",
        /// A parent is back.
        ParentBack = "parent_back",
        /// A newer assessment found the carer fit.
        FoundFit = "found_fit",
    }
}

/// A standing demand that the parents change the carer.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = carer_changes)]
pub(in crate::guardianship) struct CarerChange {
    pub id: i64,
    pub child_id: i64,
    pub carer_id: i64,
    pub village_code: String,
    pub due_at: Instant,
}

pub(in crate::guardianship) fn open_change(
    tx: &mut Conn,
    (told_at, due_at): (Instant, Instant),
    (child_id, carer_id): (i64, i64),
    assessment_id: i64,
    village_code: &str,
) -> Outcome<i64> {
    Ok(diesel::insert_into(carer_changes::table)
        .values((
            carer_changes::child_id.eq(child_id),
            carer_changes::carer_id.eq(carer_id),
            carer_changes::assessment_id.eq(assessment_id),
            carer_changes::village_code.eq(village_code),
            carer_changes::told_at.eq(told_at),
            carer_changes::due_at.eq(due_at),
        ))
        .returning(carer_changes::id)
        .get_result(tx)?)
}

/// The demands that stand for a child.
pub(in crate::guardianship) fn open_changes(conn: &mut Conn, child_id: i64) -> Outcome<Vec<CarerChange>> {
    Ok(carer_changes::table
        .filter(carer_changes::child_id.eq(child_id))
        .filter(carer_changes::settled_at.is_null())
        .select(CarerChange::as_select())
        .order(carer_changes::id)
        .load(conn)?)
}

/// Every demand that stands.
pub(in crate::guardianship) fn all_open_changes(conn: &mut Conn) -> Outcome<Vec<CarerChange>> {
    Ok(carer_changes::table
        .filter(carer_changes::settled_at.is_null())
        .select(CarerChange::as_select())
        .order(carer_changes::id)
        .load(conn)?)
}

pub(in crate::guardianship) fn settle_change(tx: &mut Conn, now: Instant, id: i64, how: ChangeSettled) -> Outcome<()> {
    let open = carer_changes::table.find(id).filter(carer_changes::settled_at.is_null());
    changed(
        diesel::update(open)
            .set((carer_changes::settled_at.eq(now), carer_changes::settled_how.eq(how)))
            .execute(tx)?,
    )
}

/// A hand-over as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = hand_overs)]
pub(in crate::guardianship) struct HandOver {
    pub id: i64,
    pub due_at: Instant,
    pub done_at: Option<Instant>,
    pub received_by_sealed: Option<String>,
}

pub(in crate::guardianship) fn open_hand_over(
    tx: &mut Conn,
    now: Instant,
    due_at: Instant,
    agreement: &Agreement,
) -> Outcome<i64> {
    Ok(diesel::insert_into(hand_overs::table)
        .values((
            hand_overs::agreement_id.eq(agreement.id),
            hand_overs::child_id.eq(agreement.child_id),
            hand_overs::village_code.eq(&agreement.village_code),
            hand_overs::opened_at.eq(now),
            hand_overs::due_at.eq(due_at),
        ))
        .returning(hand_overs::id)
        .get_result(tx)?)
}

pub(in crate::guardianship) fn hand_over(conn: &mut Conn, agreement_id: i64) -> Outcome<Option<HandOver>> {
    Ok(hand_overs::table
        .filter(hand_overs::agreement_id.eq(agreement_id))
        .select(HandOver::as_select())
        .first(conn)
        .optional()?)
}

/// The ids of all hand-overs that are not done.
pub(in crate::guardianship) fn open_hand_overs(conn: &mut Conn) -> Outcome<Vec<i64>> {
    Ok(hand_overs::table
        .filter(hand_overs::done_at.is_null())
        .select(hand_overs::id)
        .order(hand_overs::id)
        .load(conn)?)
}

/// # Errors
/// 409 when it was recorded already.
pub(in crate::guardianship) fn finish_hand_over(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    (id, by): (i64, i64),
    received_by: &str,
    note: Option<&str>,
) -> Outcome<()> {
    let rows = diesel::update(hand_overs::table.find(id).filter(hand_overs::done_at.is_null()))
        .set((
            hand_overs::done_at.eq(now),
            hand_overs::done_by.eq(by),
            hand_overs::received_by_sealed.eq(vault.seal(Purpose::Narrative, received_by)?),
            hand_overs::note_sealed.eq(vault.seal_option(Purpose::Narrative, note)?),
        ))
        .execute(tx)?;
    changed(rows)
}
