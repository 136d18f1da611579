//! What time alone does to messages: a lease that ran out, a receipt that never came, a doubt that somebody must clear.

use diesel::prelude::*;
use diesel::sql_types::Timestamp;

use crate::app::App;
use crate::clock::Instant;
use crate::messaging::deliver::NEXT;
use crate::messaging::quiet::Urgency;
use crate::problem::Outcome;
use crate::storage::Conn;

/// For safety the next channel is tried much sooner.
const SAFETY_MINUTES: i64 = 15;

/// What one sweep changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leases over: nobody knows whether these went out.
    pub unknown: usize,
    /// No receipt in time: on to the next channel.
    pub passed_on: usize,
    /// Put on the call list, because only a person can clear the doubt.
    pub calls: usize,
}

/// Sweeps once; running it often, late or twice changes nothing more.
pub fn sweep(app: &App, now: Instant) -> Outcome<Swept> {
    let cutoff = now.plus_hours(-app.office.settings.undelivered_after_hours);
    app.store.write(|tx| {
        Ok(Swept {
            unknown: end_leases(tx, now)?,
            passed_on: pass_on(app, tx, now, Urgency::Routine, cutoff)?
                + pass_on(app, tx, now, Urgency::Safety, now.plus_minutes(-SAFETY_MINUTES))?,
            calls: call_about_unknown(tx, now, cutoff)?,
        })
    })
}

fn end_leases(tx: &mut Conn, now: Instant) -> Outcome<usize> {
    diesel::sql_query(
        "UPDATE attempts SET state = 'unknown', code = 'lease_over' WHERE state = 'sending' AND message_id IN \
         (SELECT id FROM messages WHERE state = 'sending' AND lease_until < $1)",
    )
    .bind::<Timestamp, _>(now)
    .execute(tx)?;
    Ok(diesel::sql_query(
        "UPDATE messages SET state = 'unknown', lease_holder = NULL, lease_until = NULL \
         WHERE state = 'sending' AND lease_until < $1",
    )
    .bind::<Timestamp, _>(now)
    .execute(tx)?)
}

fn pass_on(app: &App, tx: &mut Conn, now: Instant, urgency: Urgency, cutoff: Instant) -> Outcome<usize> {
    let kinds: Vec<String> = app.office.with_receipts().iter().map(|kind| format!("'{kind}'")).collect();
    if kinds.is_empty() {
        return Ok(0);
    }
    Ok(diesel::sql_query(format!(
        "UPDATE messages SET state = 'queued', state_why = 'no_receipt', not_before = $1, channel = NULL, \
         channel_attempts = 0, {NEXT} WHERE state = 'accepted' AND accepted_at < $2 AND urgency = '{urgency}' \
         AND channel IN ({})",
        kinds.join(", ")
    ))
    .bind::<Timestamp, _>(now)
    .bind::<Timestamp, _>(cutoff)
    .execute(tx)?)
}

/// A family about whose message nobody knows is phoned; staff see the doubt on the list of unsettled messages.
fn call_about_unknown(tx: &mut Conn, now: Instant, cutoff: Instant) -> Outcome<usize> {
    let today = now.date();
    Ok(diesel::sql_query(format!(
        "INSERT INTO calls (message_id, person_id, child_id, area_code, why, words_sealed, state, not_before, created_at) \
         SELECT m.id, m.person_id, m.child_id, COALESCE(m.area_code, p.area_code, ''), 'unknown', m.body_sealed, 'open', \
             $1, $2 FROM messages m JOIN people p ON p.id = m.person_id \
         WHERE m.state = 'unknown' AND m.urgency <> '{asked}' AND m.settled_at IS NULL AND m.body_sealed IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.started_at >= $3) \
             AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.message_id = m.id) \
             AND NOT EXISTS (SELECT 1 FROM posts q WHERE q.person_id = m.person_id AND q.since <= '{today}' \
                 AND (q.until IS NULL OR q.until > '{today}'))",
        asked = Urgency::Asked,
    ))
    .bind::<Timestamp, _>(now)
    .bind::<Timestamp, _>(now)
    .bind::<Timestamp, _>(cutoff)
    .execute(tx)?)
}
