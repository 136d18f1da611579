//! Running what is due, and remembering it.

use diesel::prelude::*;

use super::Times;
use crate::app::App;
use crate::clock::Instant;
use crate::problem::Outcome;
use crate::storage::insert_once;
use crate::storage::schema::job_runs;

/// A recurring job: when it is due, what it does, and why it exists.
pub struct Job {
    pub name: &'static str,
    pub cron: &'static str,
    pub why: &'static str,
    /// Returns a line for the log.
    pub run: fn(&App, Instant) -> Outcome<String>,
}

/// Runs every job whose latest cron time lies after the one it last ran for. Returns the names of those that ran.
///
/// A job that fails is logged, and tried again at the next tick.
pub fn run_due(app: &App, jobs: &[Job], now: Instant) -> Outcome<Vec<&'static str>> {
    let mut ran = Vec::new();
    for job in jobs {
        let times: Times = job.cron.parse().map_err(crate::problem::Fault::internal)?;
        let last = last_run(app, job, now)?;
        let bound = last.max(now.plus_days(-app.config.scheduler.catch_up_days));
        let Some(due) = times.latest(bound, now) else { continue };
        started(app, job, now)?;
        let outcome = (job.run)(app, now);
        match &outcome {
            Ok(summary) => tracing::info!(job = job.name, %due, summary, "job done"),
            Err(error) => tracing::error!(job = job.name, %due, %error, "job failed"),
        }
        metrics::counter!("xiangban_job_runs_total", "job" => job.name, "ok" => if outcome.is_ok() { "true" } else { "false" }).increment(1);
        if let Ok(summary) = outcome {
            finished(app, job, due, &summary)?;
            ran.push(job.name);
        }
    }
    Ok(ran)
}

/// What the job last ran for; a job never seen before begins to count now.
fn last_run(app: &App, job: &Job, now: Instant) -> Outcome<Instant> {
    let known: Option<Instant> = app
        .store
        .read(|conn| Ok(job_runs::table.find(job.name).select(job_runs::scheduled_for).first(conn).optional()?))?;
    if let Some(known) = known {
        return Ok(known);
    }
    // A minute back, so that a job whose time is this very moment runs.
    let begin = now.plus_minutes(-1);
    app.store.write(|tx| {
        insert_once(tx, |tx| {
            diesel::insert_into(job_runs::table)
                .values((job_runs::job.eq(job.name), job_runs::scheduled_for.eq(begin), job_runs::started_at.eq(now)))
                .execute(tx)
        })?;
        Ok(())
    })?;
    Ok(begin)
}

fn started(app: &App, job: &Job, now: Instant) -> Outcome<()> {
    app.store.write(|tx| {
        diesel::update(job_runs::table.find(job.name))
            .set((job_runs::started_at.eq(now), job_runs::finished_at.eq(None::<Instant>)))
            .execute(tx)?;
        Ok(())
    })
}

fn finished(app: &App, job: &Job, due: Instant, summary: &str) -> Outcome<()> {
    let now = app.clock.now();
    app.store.write(|tx| {
        diesel::update(job_runs::table.find(job.name))
            .set((job_runs::scheduled_for.eq(due), job_runs::finished_at.eq(now), job_runs::outcome.eq(summary)))
            .execute(tx)?;
        Ok(())
    })
}
