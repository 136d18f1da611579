//! Recurring jobs: name, time (Shanghai, seconds first), what runs, why.

use crate::app::App;
use crate::children;
use crate::clock::Instant;
use crate::contact;
use crate::duties;
use crate::guardianship;
use crate::letters;
use crate::messaging;
use crate::problem::Outcome;
use crate::reconcile;
use crate::scheduler::Job;
use crate::volunteers;

/// The name of the job with which every reminder begins.
pub const REMIND: &str = "remind";

pub const JOBS: &[Job] = &[
    Job {
        name: REMIND,
        cron: "0 */5 * * * *",
        why: "tell people what is due (every reminder begins here)",
        run: remind,
    },
    Job {
        name: "contact",
        cron: "0 10 1 * * *",
        why: "contact owed after birthdays and visits home, four weeks of silence, numbers to look for",
        run: contact_night,
    },
    Job {
        name: "relabel",
        cron: "0 10 0 * * *",
        why: "give children the labels of the new day: birthdays, six months completed",
        run: relabel,
    },
    Job {
        name: "watch_over_care",
        cron: "0 20 0 * * *",
        why: "end terms that are over, let forgotten signings lapse, find children whom nobody has care of",
        run: watch_over_care,
    },
    Job {
        name: "volunteers",
        cron: "0 40 0 * * *",
        why: "record checks and trainings that ran out pause pairings, renewed ones resume them",
        run: volunteers_night,
    },
    Job {
        name: "coordinator_week",
        cron: "0 30 8 * * Mon",
        why: "tell coordinators which volunteers have gone silent",
        run: coordinator_week,
    },
    Job {
        name: "seal_papers",
        cron: "30 * * * * *",
        why: "typeset and seal letters and agreements that came in force, and have sealed ones stamped with the time",
        run: seal_papers,
    },
    Job {
        name: "reconcile",
        cron: "0 50 2 * * *",
        why: "see that every duty has its record and every record its duty (after the jobs that open and close them)",
        run: reconcile_night,
    },
    Job {
        name: "tidy",
        cron: "0 20 3 * * *",
        why: "forget spent codes, tokens, idempotency keys and counts of gateways",
        run: tidy,
    },
];

fn remind(app: &App, now: Instant) -> Outcome<String> {
    let done = duties::remind(&app.store, &app.config.ladders, now)?;
    for (kind, count) in &done.unheard {
        tracing::error!(kind, count, "duties reached a stage and nobody holds a post that could be told");
    }
    let messages = messaging::compose(&app.store, app.office.settings.quiet, now)?;
    Ok(format!("{} reminders for {} duties in {messages} new messages", done.reminders, done.duties))
}

fn contact_night(app: &App, now: Instant) -> Outcome<String> {
    let done = contact::night::run(app, now)?;
    Ok(format!("{} households, {} long silences raised, {} searches", done.households, done.raised, done.searches))
}

fn relabel(app: &App, now: Instant) -> Outcome<String> {
    let done = children::ledger::relabel_due(&app.store, &children::Occasion::of(app, now, None))?;
    Ok(format!("{} children looked at again, {} with other labels", done.looked_at, done.changed))
}

fn watch_over_care(app: &App, now: Instant) -> Outcome<String> {
    let done = guardianship::watch_over(app, now)?;
    Ok(format!(
        "{} agreements ended, {} lapsed; {} gaps opened, {} closed",
        done.ended, done.lapsed, done.gaps_opened, done.gaps_closed
    ))
}

fn volunteers_night(app: &App, now: Instant) -> Outcome<String> {
    let done = volunteers::night::run(app, now)?;
    Ok(format!("{} volunteers looked at, {} pairings changed", done.volunteers, done.changes))
}

fn coordinator_week(app: &App, now: Instant) -> Outcome<String> {
    Ok(format!("{} coordinators told", volunteers::digest::weekly(app, now)?))
}

fn seal_papers(app: &App, now: Instant) -> Outcome<String> {
    let (agreements, letters) = (guardianship::seal_papers(app, now)?, letters::seal_letters(app, now)?);
    let (sealed, stamped) = (agreements.sealed + letters.sealed, agreements.stamped + letters.stamped);
    Ok(format!("{sealed} sealed, {stamped} stamped, {} in trouble", agreements.troubled + letters.troubled))
}

fn reconcile_night(app: &App, now: Instant) -> Outcome<String> {
    Ok(format!("{} differences", reconcile::run(app, now)?))
}

fn tidy(app: &App, now: Instant) -> Outcome<String> {
    use crate::storage::schema::{idempotency_keys, one_time_codes, spent_refresh_tokens};
    use diesel::prelude::*;
    app.rate_limits.tidy();
    app.store.write(|tx| {
        let codes = diesel::delete(one_time_codes::table.filter(one_time_codes::created_at.lt(now.plus_days(-2))))
            .execute(tx)?;
        let keys = diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(now.plus_days(-30))))
            .execute(tx)?;
        let age = app.config.identity.refresh_token_days * 2;
        let tokens =
            diesel::delete(spent_refresh_tokens::table.filter(spent_refresh_tokens::spent_at.lt(now.plus_days(-age))))
                .execute(tx)?;
        let minutes = messaging::gateways::forget_minutes(tx, now.plus_days(-2))?;
        Ok(format!(
            "{codes} codes, {keys} idempotency keys, {tokens} refresh tokens, {minutes} minutes of gateways forgotten"
        ))
    })
}
