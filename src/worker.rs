//! The worker: on each tick renews the lease and runs the due jobs when it leads; all the while carries messages.

use std::time::Duration;

use tokio::sync::watch;

use crate::answers;
use crate::app::App;
use crate::messaging;
use crate::problem::{Fault, Outcome};
use crate::scheduler::{Lease, run_due};
use crate::timetable::JOBS;

/// How often the worker looks for messages.
const POST_TICK: Duration = Duration::from_secs(1);

/// Works until `stop` says so; what is in flight is finished first.
pub async fn work(app: App, holder: String, stop: watch::Receiver<bool>) {
    tokio::join!(keep_timetable(app.clone(), holder.clone(), stop.clone()), carry_post(app, holder, stop));
}

/// Every worker carries messages; the database sees to it that each is taken by one.
async fn carry_post(app: App, holder: String, mut stop: watch::Receiver<bool>) {
    let stopping = stop.clone();
    while !*stop.borrow() {
        if let Err(error) = messaging::round(&app, &holder, answers::MEANINGS, &|| !*stopping.borrow()).await {
            tracing::error!(%error, "post round failed");
        }
        tokio::select! {
            () = tokio::time::sleep(POST_TICK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn keep_timetable(app: App, holder: String, mut stop: watch::Receiver<bool>) {
    let tick = Duration::from_secs(app.config.scheduler.tick_seconds.max(1));
    let mut lease = None;
    while !*stop.borrow() {
        let (worker, name) = (app.clone(), holder.clone());
        match tokio::task::spawn_blocking(move || lead(&worker, &name)).await {
            Ok(Ok(held)) => lease = held,
            Ok(Err(error)) => tracing::error!(%error, "tick failed"),
            Err(error) => tracing::error!(%error, "tick panicked"),
        }
        tokio::select! {
            () = tokio::time::sleep(tick) => {}
            _ = stop.changed() => {}
        }
    }
    if let Some(lease) = lease {
        let _ = tokio::task::spawn_blocking(move || lease.release(&app.store, app.clock.now())).await;
    }
}

fn lead(app: &App, holder: &str) -> Outcome<Option<Lease>> {
    let now = app.clock.now();
    let lease = Lease::take_or_renew(&app.store, "timetable", holder, now, app.config.scheduler.lease_seconds)?;
    if lease.is_some() {
        run_due(app, JOBS, now)?;
    }
    Ok::<_, Fault>(lease)
}
