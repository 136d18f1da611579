//! The moments of a rehearsal, each with the kinds of duty that may have something to say then.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::app::App;
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::messaging::quiet::Urgency;
use crate::problem::Outcome;
use crate::storage::schema::{duties, messages};
use crate::timetable::{JOBS, REMIND};

/// Moments in their order; a moment without kinds is one at which only the post may move.
pub type Marks = BTreeMap<Instant, BTreeSet<DutyKind>>;

/// All moments after `start` and before `until`, and `start` itself for every kind.
pub fn of(stage: &App, start: Instant, until: Instant) -> Outcome<Marks> {
    let mut marks = Marks::from([(start, DutyKind::ALL.iter().copied().collect())]);
    let rounds = Rounds::of_the_timetable();
    let mut put = |at: Instant, kind: DutyKind| {
        let seen = rounds.next(at);
        if seen > start && seen < until {
            marks.entry(seen).or_default().insert(kind);
        }
    };
    let ladders = &stage.config.ladders;
    let (due, paused) = stage.store.read(|conn| {
        let open = duties::table.filter(duties::closed_at.is_null());
        let due: Vec<(DutyKind, Instant)> = open.select((duties::kind, duties::due_at)).distinct().load(conn)?;
        let paused: Vec<(DutyKind, Option<Instant>)> = open
            .filter(duties::paused_until.is_not_null())
            .select((duties::kind, duties::paused_until))
            .distinct()
            .load(conn)?;
        Ok((due, paused))
    })?;
    for (kind, due_at) in due {
        for reached in &ladders.of(kind).stages {
            put(due_at.plus(reached.offset()), kind);
        }
    }
    for (kind, until) in paused {
        until.into_iter().for_each(|until| put(until, kind));
    }
    let waiting: Vec<Instant> = stage.store.read(|conn| {
        Ok(messages::table.filter(messages::state.eq("queued")).select(messages::not_before).load(conn)?)
    })?;
    let quiet = stage.office.settings.quiet;
    let mut morning = quiet.next_allowed(start, Urgency::Routine);
    let mut mornings = Vec::new();
    while morning < until {
        mornings.push(morning);
        morning = quiet.tomorrow(morning);
    }
    for at in waiting.into_iter().chain(mornings).filter(|at| *at > start && *at < until) {
        marks.entry(at).or_default();
    }
    Ok(marks)
}

/// When the timetable looks for due stages: every so many seconds.
struct Rounds {
    seconds: i64,
}

impl Rounds {
    fn of_the_timetable() -> Self {
        let minutes = JOBS
            .iter()
            .find(|job| job.name == REMIND)
            .and_then(|job| job.cron.split_whitespace().nth(1)?.strip_prefix("*/")?.parse::<i64>().ok());
        Self { seconds: minutes.unwrap_or(1) * 60 }
    }

    /// The first round at or after a moment.
    fn next(&self, at: Instant) -> Instant {
        let late = at.millis().rem_euclid(self.seconds * 1000);
        if late == 0 { at } else { Instant::from_millis(at.millis() - late + self.seconds * 1000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_noticed_at_the_next_round() {
        let rounds = Rounds::of_the_timetable();
        let at = |text: &str| format!("2026-03-02T{text}+08:00").parse::<Instant>().unwrap();
        assert_eq!(rounds.next(at("09:00:00")), at("09:00:00"));
        assert_eq!(rounds.next(at("09:00:01")), at("09:05:00"));
        assert_eq!(rounds.next(at("23:58:00")), "2026-03-03T00:00:00+08:00".parse().unwrap());
    }
}
