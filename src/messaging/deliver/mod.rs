//! Delivery: claim, judge, mark `sending`, commit; hand over to the gateways; record what became of it.
//!
//! ```text
//! prepare (one transaction)      send (many at once)        record (one transaction)
//! queued ─▶ sending + attempts ─────▶ gateway ─────▶ outcomes, many attempts at a time
//! ```
//!
//! What is handed over was committed as `sending` before; a crash leaves at most `in_flight` messages in doubt, and
//! none of them is sent again by itself. Preparing and recording are set-based: no transaction per message.

mod choose;
mod claim;
mod facts;
mod plan;
mod prepare;
mod record;
mod words;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

pub(super) use prepare::reference;
pub(super) use record::{NEXT, listed};

use self::claim::Claimed;
use self::facts::Facts;
use self::prepare::{Parcel, Prepared, prepare};
use self::record::{Done, record};
use self::words::Writer;
use crate::app::App;
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::messages;

/// Asked before each batch.
pub type GoOn<'a> = dyn Fn() -> bool + Send + Sync + 'a;

/// How long an outcome may wait for others to be recorded with.
const GATHER: Duration = Duration::from_millis(20);
const RECORD_TRIES: u32 = 40;
const RECORD_PAUSE: Duration = Duration::from_millis(500);

/// Delivers everything that is due, until nothing is left; returns how many messages were handed to gateways.
///
/// `holder` names this worker; several may deliver at the same time. Stops before the next batch when `go_on` says no.
pub async fn deliver(app: &App, holder: &str, go_on: &GoOn<'_>) -> Outcome<usize> {
    let in_flight = Arc::new(Semaphore::new(app.office.settings.in_flight));
    let (outcomes, received) = mpsc::unbounded_channel();
    let recorder = tokio::spawn(record_all(app.clone(), received));
    let handed = hand_over_all(app, holder, &in_flight, &outcomes, go_on).await;
    drop(outcomes);
    recorder.await.map_err(Fault::internal)??;
    handed
}

type Outcomes = mpsc::UnboundedSender<(Done, OwnedSemaphorePermit)>;

async fn hand_over_all(
    app: &App,
    holder: &str,
    in_flight: &Arc<Semaphore>,
    outcomes: &Outcomes,
    go_on: &GoOn<'_>,
) -> Outcome<usize> {
    let (mut handed, mut all_recorded) = (0, false);
    loop {
        let limit = free(app, in_flight).await?;
        if !go_on() {
            return Ok(handed);
        }
        let prepared = prepare_batch(app, holder, limit).await?;
        if prepared.claimed == 0 {
            if all_recorded {
                return Ok(handed);
            }
            // A refusal may put a message back for its next channel.
            recorded(app, in_flight).await?;
            all_recorded = true;
            continue;
        }
        all_recorded = false;
        if prepared.parcels.is_empty() && prepared.busy == prepared.claimed {
            // The gateways are as fast as they may be: asking the queue again at once would only push it about.
            recorded(app, in_flight).await?;
            return Ok(handed);
        }
        for parcel in prepared.parcels {
            let permit = Arc::clone(in_flight).acquire_owned().await.map_err(Fault::internal)?;
            send(app.clone(), parcel, permit, outcomes.clone());
            handed += 1;
        }
    }
}

/// Waits until a good part of a batch may be in flight, and says how large it may be.
async fn free(app: &App, in_flight: &Arc<Semaphore>) -> Outcome<i64> {
    let settings = &app.office.settings;
    let wanted =
        u32::try_from(settings.batch).unwrap_or(u32::MAX).min(u32::try_from(settings.in_flight).unwrap_or(u32::MAX));
    let room = in_flight.acquire_many(wanted.max(1)).await.map_err(Fault::internal)?;
    drop(room);
    Ok(i64::from(wanted.max(1)))
}

/// Waits until nothing is in flight.
async fn recorded(app: &App, in_flight: &Arc<Semaphore>) -> Outcome<()> {
    let all = u32::try_from(app.office.settings.in_flight).unwrap_or(u32::MAX);
    in_flight.acquire_many(all).await.map(drop).map_err(Fault::internal)
}

async fn prepare_batch(app: &App, holder: &str, limit: i64) -> Outcome<Prepared> {
    let (app, holder) = (app.clone(), holder.to_owned());
    spawn_blocking(move || {
        let now = app.clock.now();
        prepare(&app, &holder, now, limit)
    })
    .await
    .map_err(Fault::internal)?
}

fn send(app: App, parcel: Parcel, permit: OwnedSemaphorePermit, outcomes: Outcomes) -> JoinHandle<()> {
    use super::channels::Outcome as SendOutcome;
    tokio::spawn(async move {
        if !parcel.delay.is_zero() {
            tokio::time::sleep(parcel.delay).await;
        }
        let outcome = match app.office.channel(&parcel.gateway) {
            Some(channel) => channel.send(&parcel.outgoing, app.clock.now()).await,
            None => SendOutcome::refused(super::channels::Refusal::RetrySoon, "no_such_gateway"),
        };
        let now = app.clock.now();
        app.office.note(&parcel.gateway, &outcome, now);
        count(&parcel, &outcome);
        // The recorder outlives every sender; should it be gone, the lease runs out and the message is unknown.
        let _ = outcomes.send((Done::of(&parcel, outcome, now), permit));
    })
}

fn count(parcel: &Parcel, outcome: &super::channels::Outcome) {
    use super::channels::Outcome as SendOutcome;
    let (name, code) = match outcome {
        SendOutcome::Accepted { .. } => ("accepted", ""),
        SendOutcome::Refused { code, .. } => ("refused", code.as_str()),
        SendOutcome::Unknown { why } => ("unknown", why.as_str()),
    };
    let labels =
        [("gateway", parcel.gateway.clone()), ("channel", parcel.channel.to_string()), ("outcome", name.to_owned())];
    metrics::counter!("xiangban_messages_handed_over_total", &labels).increment(1);
    if name != "accepted" {
        tracing::warn!(
            message = parcel.id,
            attempt = parcel.number,
            gateway = parcel.gateway,
            outcome = name,
            code,
            "not accepted"
        );
    }
}

async fn record_all(app: App, mut received: mpsc::UnboundedReceiver<(Done, OwnedSemaphorePermit)>) -> Outcome<()> {
    let most = usize::try_from(app.office.settings.batch).unwrap_or(1).max(1);
    while let Some(first) = received.recv().await {
        let mut gathered = vec![first];
        while gathered.len() < most {
            match timeout(GATHER, received.recv()).await {
                Ok(Some(next)) => gathered.push(next),
                Ok(None) | Err(_) => break,
            }
        }
        let (done, permits): (Vec<Done>, Vec<OwnedSemaphorePermit>) = gathered.into_iter().unzip();
        let app = app.clone();
        spawn_blocking(move || record_patiently(&app, &done)).await.map_err(Fault::internal)??;
        drop(permits);
    }
    Ok(())
}

/// Outcomes are worth waiting for the database: without them the messages would stay in doubt.
fn record_patiently(app: &App, done: &[Done]) -> Outcome<()> {
    let mut tries = 0;
    loop {
        match record(app, done, rand::random()) {
            Err(error) if tries < RECORD_TRIES => {
                tracing::warn!(%error, "outcomes cannot be recorded yet");
                tries += 1;
                std::thread::sleep(RECORD_PAUSE);
            }
            recorded => return recorded,
        }
    }
}

/// As if every channel took everything that is due at `now`: for a rehearsal on a copy, whose office is at rest; no
/// network is touched.
pub fn pretend_to_deliver(app: &App, now: Instant) -> Outcome<usize> {
    use super::channels::Outcome as SendOutcome;
    let mut taken = 0;
    loop {
        let prepared = prepare(app, "rehearsal", now, app.office.settings.batch)?;
        if prepared.claimed == 0 {
            return Ok(taken);
        }
        taken += prepared.parcels.len();
        let accepted = |parcel: &Parcel| Done::of(parcel, SendOutcome::Accepted { provider_id: None }, now);
        let done: Vec<Done> = prepared.parcels.iter().map(accepted).collect();
        record(app, &done, 0.0)?;
    }
}

/// The lines of the reminders in these messages, as their people read them: reminder to line.
pub(super) fn lines(conn: &mut Conn, app: &App, message_ids: &[i64], now: Instant) -> Outcome<HashMap<i64, String>> {
    if message_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let batch: Vec<Claimed> =
        messages::table.filter(messages::id.eq_any(message_ids.to_vec())).select(Claimed::as_select()).load(conn)?;
    let facts = Facts::load(conn, &batch, now)?;
    let writer = Writer {
        facts: &facts,
        templates: &app.office.templates,
        vault: &app.vault,
        public_url: &app.config.deployment.public_url,
        link_days: app.config.identity.link_days,
        now,
    };
    Ok(batch.iter().flat_map(|message| writer.lines(message)).collect())
}
