//! Bars: who must not be told any more, about one child or at all. Set by the slice that knows, in the transaction of
//! its cause; looked at in the moment of sending, so that what waits in the outbox is frozen before the next send.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::messaging::journey::FreezeReason;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::message_bars;

/// Bars a person from messages about `child_id`, or from all of them; nothing happens when the bar stands already.
pub fn bar(tx: &mut Conn, now: Instant, person_id: i64, child_id: Option<i64>, reason: FreezeReason) -> Outcome<()> {
    if standing(tx, person_id, child_id, reason)?.is_empty() {
        diesel::insert_into(message_bars::table)
            .values((
                message_bars::person_id.eq(person_id),
                message_bars::child_id.eq(child_id),
                message_bars::reason.eq(reason),
                message_bars::since.eq(now),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// Lifts a bar; returns whether there was one.
pub fn lift_bar(
    tx: &mut Conn,
    now: Instant,
    person_id: i64,
    child_id: Option<i64>,
    reason: FreezeReason,
) -> Outcome<bool> {
    let mut lifted = false;
    for id in standing(tx, person_id, child_id, reason)? {
        let rows = diesel::update(message_bars::table.find(id).filter(message_bars::until.is_null()))
            .set(message_bars::until.eq(now))
            .execute(tx)?;
        lifted |= rows > 0;
    }
    Ok(lifted)
}

fn standing(tx: &mut Conn, person_id: i64, child_id: Option<i64>, reason: FreezeReason) -> Outcome<Vec<i64>> {
    let rows: Vec<(i64, Option<i64>)> = message_bars::table
        .filter(message_bars::person_id.eq(person_id))
        .filter(message_bars::reason.eq(reason))
        .filter(message_bars::until.is_null())
        .select((message_bars::id, message_bars::child_id))
        .load(tx)?;
    Ok(rows.into_iter().filter(|(_, child)| *child == child_id).map(|(id, _)| id).collect())
}
