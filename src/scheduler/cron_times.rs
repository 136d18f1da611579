//! Cron times in Shanghai. Six fields with seconds first; days of the week are written as names, because `1-5` would
//! mean Sunday to Thursday to this parser.

use std::str::FromStr;

use chrono::{FixedOffset, TimeZone};

use crate::clock::Instant;

/// When a job is due.
#[derive(Clone, Debug)]
pub struct Times(cron::Schedule);

#[derive(Debug, thiserror::Error)]
pub enum CronError {
    #[error("not a cron line: {0}")]
    Unreadable(String),
    #[error("write days of the week as names (MON-FRI): {0}")]
    NumberedWeekday(String),
}

impl FromStr for Times {
    type Err = CronError;

    fn from_str(line: &str) -> Result<Self, CronError> {
        if line.split_whitespace().nth(5).is_some_and(|days| days.bytes().any(|byte| byte.is_ascii_digit())) {
            return Err(CronError::NumberedWeekday(line.to_owned()));
        }
        cron::Schedule::from_str(line).map(Self).map_err(|error| CronError::Unreadable(error.to_string()))
    }
}

impl Times {
    /// The latest time at or before `now` and after `since`, if the schedule has one.
    pub fn latest(&self, since: Instant, now: Instant) -> Option<Instant> {
        // The schedule can only look forward: step back until a window holds a time.
        let zone = FixedOffset::east_opt(8 * 3600)?;
        let mut hours = 1;
        loop {
            let from = now.plus_hours(-hours).max(since);
            let local = zone.from_utc_datetime(&from.utc().naive_utc());
            let latest = self
                .0
                .after(&local)
                .map(|at| Instant::from(at.with_timezone(&chrono::Utc)))
                .take_while(|at| *at <= now)
                .last();
            if latest.is_some() || from <= since {
                return latest;
            }
            hours *= 8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_time_is_found_once_it_has_passed() {
        let times: Times = "0 0 7 * * *".parse().unwrap();
        let since = at("2026-03-01T07:00:00+08:00");
        assert_eq!(times.latest(since, at("2026-03-02T06:59:59+08:00")), None);
        assert_eq!(times.latest(since, at("2026-03-02T07:00:00+08:00")), Some(at("2026-03-02T07:00:00+08:00")));
    }

    #[test]
    fn after_a_week_down_only_the_latest_time_counts() {
        let times: Times = "0 0 7 * * *".parse().unwrap();
        let latest = times.latest(at("2026-03-01T07:00:00+08:00"), at("2026-03-09T12:00:00+08:00"));
        assert_eq!(latest, Some(at("2026-03-09T07:00:00+08:00")));
    }

    #[test]
    fn monday_means_monday() {
        let times: Times = "0 30 8 * * MON".parse().unwrap();
        let latest = times.latest(at("2026-03-01T00:00:00+08:00"), at("2026-03-05T00:00:00+08:00"));
        assert_eq!(latest, Some(at("2026-03-02T08:30:00+08:00")));
    }

    #[test]
    fn numbered_weekdays_are_refused() {
        assert!("0 0 7 * * 1-5".parse::<Times>().is_err());
    }
}
