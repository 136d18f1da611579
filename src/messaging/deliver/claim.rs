//! Taking messages from the queue: urgent ones first, each by one worker only.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use crate::clock::Instant;
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::messages;

/// A message that this transaction holds.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub(super) struct Claimed {
    pub id: i64,
    pub person_id: Option<i64>,
    pub to_sealed: Option<String>,
    pub template: String,
    pub urgency: Urgency,
    pub data_sealed: String,
    pub child_id: Option<i64>,
    pub area_code: Option<String>,
    pub channel: Option<ChannelKind>,
    pub channels_tried: String,
    pub attempts: i64,
    pub channel_attempts: i64,
    pub origin_id: Option<i64>,
    pub expires_at: Option<Instant>,
    pub accepted_at: Option<Instant>,
    pub state_why: Option<String>,
}

impl Claimed {
    /// The message whose reminders this one tells.
    pub fn source_id(&self) -> i64 {
        self.origin_id.unwrap_or(self.id)
    }

    pub fn tried(&self) -> Vec<ChannelKind> {
        self.channels_tried.split(',').filter_map(|kind| kind.parse().ok()).collect()
    }
}

/// Holds up to `limit` messages that are due at `now`.
pub(super) fn claim(tx: &mut Conn, now: Instant, limit: i64) -> Outcome<Vec<Claimed>> {
    let mut ids = queued(tx, now, "<>", limit)?;
    let rest = limit - i64::try_from(ids.len()).unwrap_or(limit);
    if rest > 0 {
        ids.extend(queued(tx, now, "=", rest)?);
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(messages::table.filter(messages::id.eq_any(ids)).order(messages::id).select(Claimed::as_select()).load(tx)?)
}

fn queued(tx: &mut Conn, now: Instant, relation: &str, limit: i64) -> Outcome<Vec<i64>> {
    // Other workers pass over what is locked instead of waiting for it; on SQLite there is one writer at a time.
    let lock = if matches!(tx, Conn::Postgres(_)) { "FOR UPDATE SKIP LOCKED" } else { "" };
    let rows: Vec<Id> = diesel::sql_query(format!(
        "SELECT id FROM messages WHERE state = 'queued' AND urgency {relation} '{}' AND not_before <= $1 \
         ORDER BY not_before, id LIMIT {limit} {lock}",
        Urgency::Routine
    ))
    .bind::<Timestamp, _>(now)
    .load(tx)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
