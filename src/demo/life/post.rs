//! The jobs of the last days and the post that they gave rise to, so that the phones of the demo hold what phones hold:
//! messages that arrived, some that did not, and some of which nobody knows.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;

use crate::answers::MEANINGS;
use crate::app::App;
use crate::children::{Occasion, ledger};
use crate::clock::{Clock, Instant};
use crate::demo::Ground;
use crate::duties;
use crate::guardianship;
use crate::messaging::channels::{Address, Channel, Outcome as Sent, Outgoing, Refusal};
use crate::messaging::journey::State;
use crate::messaging::route::ChannelKind;
use crate::messaging::sandbox::SandboxChannel;
use crate::messaging::{self, PostOffice};
use crate::problem::{Fault, Outcome};
use crate::storage::schema::messages;
use crate::{contact, volunteers};

/// The mornings on which the demo's people were reminded, in days ago.
const MORNINGS: [i64; 3] = [3, 2, 1];
/// Rounds that clear away the post of months; far more than there are.
const ROUNDS_AT_MOST: usize = 2_000;

/// What the nights of the last week found.
pub fn nights(app: &App, _: &Ground, now: Instant) -> Outcome<()> {
    for night in [now.plus_days(-6), now] {
        ledger::relabel_due(&app.store, &Occasion::of(app, night, None))?;
        volunteers::night::run(app, night)?;
        contact::night::run(app, night)?;
        guardianship::watch_over(app, night)?;
    }
    Ok(())
}

/// What was sent in all that time, each message at its hour; nothing of it leaves the sandbox.
pub fn deliver(app: &App, _: &Ground, now: Instant) -> Outcome<()> {
    let past = Past::of(app);
    for days in MORNINGS {
        let morning = duties_begin(now, days);
        past.deliver_until(morning)?;
        duties::remind(&app.store, &app.config.ladders, morning)?;
        messaging::compose(&app.store, app.office.settings.quiet, morning)?;
        // Once for the reminders, once for the receipts, once for those that no receipt came for.
        for minutes in [1, 10, 200] {
            past.round(morning.plus_minutes(minutes))?;
        }
    }
    past.deliver_until(now)
}

/// Nine in the morning, so many days ago.
fn duties_begin(now: Instant, days: i64) -> Instant {
    Instant::start_of(now.plus_days(-days).date()).plus_hours(9)
}

/// The program as it was, with a clock that can be set back and the sandbox for its only gateway.
struct Past {
    app: App,
}

impl Past {
    fn of(app: &App) -> Self {
        let kinds = [ChannelKind::Sms, ChannelKind::Email, ChannelKind::Wechat];
        let channels = kinds.map(|kind| {
            let inner = SandboxChannel::new(kind, app.store.clone(), Arc::clone(&app.vault));
            Arc::new(Wayward { inner }) as Arc<dyn Channel>
        });
        let office = PostOffice::with(Arc::clone(&app.office.templates), app.office.settings, channels.into());
        Self { app: App { office: Arc::new(office), clock: Clock::fixed(app.clock.now()), ..app.clone() } }
    }

    /// Sends what waits, oldest first, until nothing older than `end` waits.
    fn deliver_until(&self, end: Instant) -> Outcome<()> {
        for _ in 0..ROUNDS_AT_MOST {
            match self.next_waiting()?.filter(|at| *at < end) {
                Some(at) => self.round(at.plus_minutes(20).min(end))?,
                None => break,
            }
        }
        Ok(())
    }

    fn next_waiting(&self) -> Outcome<Option<Instant>> {
        self.app.store.read(|conn| {
            let waiting = messages::table.filter(messages::state.eq(State::Queued));
            Ok(waiting.select(diesel::dsl::min(messages::not_before)).first(conn)?)
        })
    }

    /// One round of the worker at a moment of the past.
    fn round(&self, at: Instant) -> Outcome<()> {
        self.app.clock.set(at);
        let app = &self.app;
        // A thread of its own, because the caller may be on a runtime already.
        std::thread::scope(|scope| {
            let round = scope.spawn(|| {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::internal)?;
                // What gateways refused months ago is no news for today's log.
                tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
                    runtime.block_on(messaging::round(app, "demo", MEANINGS, &|| true)).map(drop)
                })
            });
            round.join().map_err(|_| Fault::internal("the post of the demo stopped"))?
        })
    }
}

/// A gateway as gateways are: most messages arrive, a few numbers are refused, or stay silent, or nobody can tell.
struct Wayward {
    inner: SandboxChannel,
}

#[async_trait]
impl Channel for Wayward {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn kind(&self) -> ChannelKind {
        self.inner.kind()
    }

    fn has_receipts(&self) -> bool {
        self.inner.has_receipts()
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Sent {
        let number = match &message.to {
            Address::Mobile(mobile) => mobile.digits().parse::<u64>().unwrap_or_default(),
            Address::Email(_) | Address::Wechat(_) => 0,
        };
        match number % 41 {
            7 => Sent::refused(Refusal::FinalForRecipient, "no_such_number"),
            // Taken, and never heard of again: after two hours the next channel.
            17 => Sent::Accepted { provider_id: None },
            29 => Sent::unknown("timeout"),
            _ => self.inner.send(message, now).await,
        }
    }
}
