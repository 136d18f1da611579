//! Composing: the reminders of one person become one message, once.
//!
//! A reminder joins the message that waits for its person; without one a message is queued for now, or for tomorrow
//! morning when the person has had today's. So one person hears once a day, however many duties are due. Duties that
//! run by the minute (a report of danger) are told each by itself, at once, day and night.
//!
//! The occasion key of a message holds the id of its first reminder, so that two composers cannot make two of it. The
//! message that a reminder joins is locked first: a worker that is about to send it is waited for or skips it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::messaging::journey::State;
use crate::messaging::quiet::{QuietHours, Urgency};
use crate::problem::Outcome;
use crate::storage::{Conn, Store};

/// The template name of a message that is made of reminders; its words are chosen when it is sent.
pub const REMINDERS: &str = "reminders";
/// People served by one transaction.
const PEOPLE_AT_ONCE: i64 = 2_000;

/// Duties whose ladder runs by the minute.
const PRESSING: [DutyKind; 1] = [DutyKind::AcceptReport];

/// Whether a duty is told at once and at any hour.
pub fn is_pressing(kind: DutyKind) -> bool {
    PRESSING.contains(&kind)
}

/// Gives every reminder its message; returns how many messages were queued.
pub fn compose(store: &Store, quiet: QuietHours, now: Instant) -> Outcome<usize> {
    let mut queued = store.write(|tx| compose_pressing(tx, now))?;
    loop {
        let (messages, reminders) = store.write(|tx| compose_batch(tx, quiet, now))?;
        queued += messages;
        if reminders == 0 {
            return Ok(queued);
        }
    }
}

fn compose_pressing(tx: &mut Conn, now: Instant) -> Outcome<usize> {
    let pressing = kinds("IN");
    let queued = diesel::sql_query(format!(
        "INSERT INTO messages (occasion_key, person_id, template, urgency, data_sealed, area_code, state, not_before, \
             created_at) \
         SELECT 'reminder/' || r.id, r.person_id, '{REMINDERS}', '{urgency}', '', d.area_code, '{state}', $1, $1 \
         FROM reminders r JOIN duties d ON d.id = r.duty_id WHERE r.message_id IS NULL AND d.{pressing}",
        urgency = Urgency::Safety,
        state = State::Queued,
    ))
    .bind::<Timestamp, _>(now)
    .execute(tx)?;
    diesel::sql_query(format!(
        "UPDATE reminders SET message_id = (SELECT m.id FROM messages m WHERE m.occasion_key = 'reminder/' || reminders.id) \
         WHERE message_id IS NULL AND duty_id IN (SELECT id FROM duties d WHERE d.{pressing})"
    ))
    .execute(tx)?;
    Ok(queued)
}

fn compose_batch(tx: &mut Conn, quiet: QuietHours, now: Instant) -> Outcome<(usize, usize)> {
    let Some(people) = next_people(tx)? else { return Ok((0, 0)) };
    let waiting = format!(
        "m.template = '{REMINDERS}' AND m.urgency = '{}' AND m.state = 'queued' AND m.attempts = 0",
        Urgency::Routine
    );
    // Locks the messages to be joined; on SQLite the whole transaction is alone anyway.
    diesel::sql_query(format!(
        "UPDATE messages SET created_at = created_at WHERE id IN (SELECT m.id FROM messages m WHERE m.person_id IN ({people}) \
         AND {waiting}) AND state = 'queued'"
    ))
    .execute(tx)?;
    let messages = queue_new(tx, &people, &waiting, quiet, now)?;
    let reminders = diesel::sql_query(format!(
        "UPDATE reminders SET message_id = (SELECT MAX(m.id) FROM messages m WHERE m.person_id = reminders.person_id \
         AND {waiting}) WHERE message_id IS NULL AND person_id IN ({people}) \
         AND duty_id IN (SELECT id FROM duties d WHERE d.{})",
        kinds("NOT IN")
    ))
    .execute(tx)?;
    Ok((messages, reminders))
}

fn queue_new(tx: &mut Conn, people: &str, waiting: &str, quiet: QuietHours, now: Instant) -> Outcome<usize> {
    let today = Instant::start_of(now.date());
    Ok(diesel::sql_query(format!(
        "INSERT INTO messages (occasion_key, person_id, template, urgency, data_sealed, area_code, state, not_before, \
             created_at) \
         SELECT 'reminders/' || r.person_id || '/' || MIN(r.id), r.person_id, '{REMINDERS}', '{urgency}', '', \
             MIN(d.area_code), '{state}', CASE WHEN EXISTS (SELECT 1 FROM messages t WHERE t.person_id = r.person_id \
                 AND t.created_at >= $1 AND t.template = '{REMINDERS}' AND t.urgency = '{urgency}' \
                 AND t.not_before >= $2 AND t.state <> '{frozen}') THEN $3 ELSE $4 END, $5 \
         FROM reminders r JOIN duties d ON d.id = r.duty_id \
         WHERE r.message_id IS NULL AND r.person_id IN ({people}) AND d.{ordinary} \
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.person_id = r.person_id AND {waiting}) \
         GROUP BY r.person_id",
        urgency = Urgency::Routine,
        state = State::Queued,
        frozen = State::Frozen,
        ordinary = kinds("NOT IN"),
    ))
    .bind::<Timestamp, _>(today.plus_days(-2))
    .bind::<Timestamp, _>(today)
    .bind::<Timestamp, _>(quiet.tomorrow(now))
    .bind::<Timestamp, _>(quiet.next_allowed(now, Urgency::Routine))
    .bind::<Timestamp, _>(now)
    .execute(tx)?)
}

/// The ids of the next people with reminders that have no message, as a list for `IN`.
fn next_people(conn: &mut Conn) -> Outcome<Option<String>> {
    let people: Vec<Person> = diesel::sql_query(format!(
        "SELECT DISTINCT r.person_id AS id FROM reminders r JOIN duties d ON d.id = r.duty_id \
         WHERE r.message_id IS NULL AND d.{} ORDER BY r.person_id LIMIT {PEOPLE_AT_ONCE}",
        kinds("NOT IN")
    ))
    .load(conn)?;
    let ids: Vec<String> = people.iter().map(|person| person.id.to_string()).collect();
    Ok((!ids.is_empty()).then(|| ids.join(",")))
}

fn kinds(relation: &str) -> String {
    let names: Vec<String> = PRESSING.iter().map(|kind| format!("'{kind}'")).collect();
    format!("kind {relation} ({})", names.join(", "))
}

#[derive(QueryableByName)]
struct Person {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
