//! Guessing is slowed down: after some failures a subject (a login from an address) waits.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::config::IdentityConfig;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::guesses;
use crate::storage::{Conn, insert_once};

/// # Errors
/// 429 while the subject waits.
pub fn check(conn: &mut Conn, now: Instant, subject: &str) -> Outcome<()> {
    let until: Option<Option<Instant>> =
        guesses::table.find(subject).select(guesses::blocked_until).first(conn).optional()?;
    match until.flatten() {
        Some(until) if until > now => {
            Err(Problem::of("too_many_requests").with("seconds", until.since(now).num_seconds().max(1)).into())
        }
        _ => Ok(()),
    }
}

/// Counts a failure; failures older than the waiting time are forgotten.
pub fn failed(tx: &mut Conn, config: &IdentityConfig, now: Instant, subject: &str) -> Outcome<()> {
    diesel::delete(
        guesses::table.find(subject).filter(guesses::first_at.le(now.plus_minutes(-config.guess_wait_minutes))),
    )
    .execute(tx)?;
    insert_once(tx, |tx| {
        diesel::insert_into(guesses::table)
            .values((guesses::subject.eq(subject), guesses::failures.eq(0), guesses::first_at.eq(now)))
            .execute(tx)
    })?;
    diesel::update(guesses::table.find(subject)).set(guesses::failures.eq(guesses::failures + 1)).execute(tx)?;
    diesel::update(guesses::table.find(subject).filter(guesses::failures.ge(config.guesses_before_wait)))
        .set(guesses::blocked_until.eq(now.plus_minutes(config.guess_wait_minutes)))
        .execute(tx)?;
    Ok(())
}

/// A success wipes the slate.
pub fn succeeded(tx: &mut Conn, subject: &str) -> Outcome<()> {
    diesel::delete(guesses::table.find(subject)).execute(tx)?;
    Ok(())
}
