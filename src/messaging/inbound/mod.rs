//! News from outside: receipts and replies. Stored raw and once, answered at once; a job interprets them.
//!
//! ```text
//! callback ─▶ kept (raw, deduplicated) ─▶ interpreted: receipt ─▶ attempt, message
//!                     │                                reply ───▶ duty answered | asked back | stopped | village inbox
//!                     └─ a receipt whose attempt is not known yet waits: it may have come before the gateway's answer
//! ```

mod receipts;
mod replies;
mod wechat_events;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

pub(super) use receipts::attempt_of;
pub use replies::{Answered, Handled};

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::messaging::channels::sms::{Fields, Malformed, Receipt, Reply};
use crate::messaging::sandbox::SANDBOX;
use crate::problem::{Fault, Outcome};
use crate::storage::schema::inbound;
use crate::storage::{Conn, insert_once};
use crate::text_enum;

/// The name under which a person says what became of an attempt (a call that was made by hand). No callback path leads
/// to it.
pub const PERSON: &str = "person";

/// Rows interpreted in one transaction.
const BATCH: i64 = 500;
/// How long a receipt may wait for its attempt to be known.
const PATIENCE_HOURS: i64 = 48;

text_enum! {
    /// What kind of news.
    pub enum Kind {
        Receipt = "receipt",
        Reply = "reply",
        /// What a person did with subscribe messages.
        WechatEvent = "wechat_event",
    }
}

text_enum! {
    /// What became of a piece of news.
    pub enum Fate {
        Applied = "applied",
        /// It says nothing new, or something that is still on its way.
        NoChange = "no_change",
        Malformed = "malformed",
        /// No attempt of ours fits.
        Unmatched = "unmatched",
        /// It belongs to another deployment on the same account.
        Foreign = "foreign",
        Answered = "answered",
        AskedBack = "asked_back",
        Stopped = "stopped",
        Inbox = "inbox",
    }
}

/// A callback as it came in.
#[derive(Serialize, Deserialize)]
pub struct Raw {
    pub content_type: String,
    pub query: String,
    pub body: String,
}

/// Keeps a callback; `false` when the same one was kept before.
pub fn keep(
    tx: &mut Conn,
    vault: &Vault,
    gateway: &str,
    kind: Kind,
    dedupe_key: &str,
    raw: &Raw,
    now: Instant,
) -> Outcome<bool> {
    let raw = serde_json::to_string(raw).map_err(Fault::internal)?;
    let sealed = vault.seal(Purpose::Inbound, &raw)?;
    let kept = insert_once(tx, |tx| {
        diesel::insert_into(inbound::table)
            .values((
                inbound::gateway.eq(gateway),
                inbound::kind.eq(kind),
                inbound::dedupe_key.eq(format!("{kind}/{dedupe_key}")),
                inbound::raw_sealed.eq(sealed),
                inbound::received_at.eq(now),
            ))
            .execute(tx)
    })?;
    Ok(kept.is_some())
}

/// What news means to the slices whom it concerns; this room knows none of them.
#[derive(Clone, Copy)]
pub struct Meanings {
    /// A question was answered with `1`.
    pub answered: fn(&App, &mut Conn, Instant, &Answered) -> Outcome<Handled>,
    /// The network says that this person's number does not exist.
    pub number_failed: fn(&App, &mut Conn, Instant, i64) -> Outcome<()>,
}

/// Interprets everything that waits; returns how many pieces of news were settled.
pub fn interpret(app: &App, meanings: &Meanings, now: Instant) -> Outcome<usize> {
    let settled = receipts::interpret(app, meanings, now)? + replies::interpret(app, meanings, now)?;
    Ok(settled + wechat_events::interpret(app, now)?)
}

/// A row that this transaction holds.
#[derive(Clone, Debug, Queryable)]
struct Kept {
    id: i64,
    gateway: String,
    raw_sealed: String,
    received_at: Instant,
}

/// Holds rows of one kind after `after`, oldest first; other workers pass over them.
fn hold(tx: &mut Conn, kind: Kind, after: i64, limit: i64) -> Outcome<Vec<Kept>> {
    let lock = if matches!(tx, Conn::Postgres(_)) { "FOR UPDATE SKIP LOCKED" } else { "" };
    let ids: Vec<Id> = diesel::sql_query(format!(
        "SELECT id FROM inbound WHERE processed_at IS NULL AND kind = '{kind}' AND id > {after} \
         ORDER BY id LIMIT {limit} {lock}"
    ))
    .load(tx)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(inbound::table
        .filter(inbound::id.eq_any(ids.into_iter().map(|row| row.id).collect::<Vec<_>>()))
        .order(inbound::id)
        .select((inbound::id, inbound::gateway, inbound::raw_sealed, inbound::received_at))
        .load(tx)?)
}

fn settle(tx: &mut Conn, ids: &[i64], fate: Fate, now: Instant) -> Outcome<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::update(inbound::table.filter(inbound::id.eq_any(ids.to_vec())).filter(inbound::processed_at.is_null()))
        .set((inbound::processed_at.eq(now), inbound::outcome.eq(fate)))
        .execute(tx)?;
    Ok(())
}

fn fields(app: &App, kept: &Kept) -> Outcome<Result<Fields, Malformed>> {
    let raw: Raw =
        serde_json::from_str(&app.vault.open(Purpose::Inbound, &kept.raw_sealed)?).map_err(Fault::internal)?;
    Ok(Fields::read(&raw.content_type, &raw.query, raw.body.as_bytes()))
}

fn read_receipts(app: &App, gateway: &str, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
    match app.office.news(gateway) {
        Some(news) => news.receipts(fields),
        None if gateway.starts_with(SANDBOX) || gateway == PERSON => {
            fields.sandbox_receipt().map(|receipt| vec![receipt])
        }
        None => Err(Malformed::NotConfigured),
    }
}

fn read_replies(app: &App, gateway: &str, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
    match app.office.news(gateway) {
        Some(news) => news.replies(fields),
        None if gateway.starts_with(SANDBOX) => fields.sandbox_reply().map(|reply| vec![reply]),
        None => Err(Malformed::NotConfigured),
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
