//! Quiet hours: nobody's phone rings at night for a form. Safety messages go at any hour.

use chrono::NaiveTime;
use serde::Deserialize;

use crate::clock::Instant;
use crate::text_enum;

text_enum! {
    /// How pressing a message is.
    pub enum Urgency {
        /// Waits for the morning and for the daily limit.
        Routine = "routine",
        /// Asked for by the person this minute (a one-time code, the answer to a reply): sent at once, not counted as a reminder.
        Asked = "asked",
        /// A child may be in danger: every channel, day and night, nothing stops it.
        Safety = "safety",
    }
}

/// The part of the local day in which ordinary messages wait; `from == until` means never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// First quiet moment of the evening, Shanghai time.
    pub from: NaiveTime,
    /// First moment of the morning that is not quiet any more.
    pub until: NaiveTime,
}

impl Default for QuietHours {
    fn default() -> Self {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        Self { from: at(20, 30), until: at(8, 0) }
    }
}

impl QuietHours {
    /// Whether `time` of the local day is quiet.
    pub fn covers(self, time: NaiveTime) -> bool {
        if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }

    /// The first instant from `at` on at which a message of this urgency may go out.
    pub fn next_allowed(self, at: Instant, urgency: Urgency) -> Instant {
        if urgency != Urgency::Routine || !self.covers(at.time_of_day()) {
            return at;
        }
        let this_morning = Instant::at_local(at.date(), self.until);
        if this_morning > at { this_morning } else { this_morning.plus_days(1) }
    }

    /// The first allowed instant of the day after `at`.
    pub fn tomorrow(self, at: Instant) -> Instant {
        let start = Instant::start_of(at.date()).plus_days(1);
        self.next_allowed(start, Urgency::Routine)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}:00+08:00").parse().unwrap()
    }

    #[test]
    fn an_evening_reminder_waits_for_the_next_morning() {
        let quiet = QuietHours::default();
        for (asked, allowed) in [
            ("2026-11-23T20:29", "2026-11-23T20:29"),
            ("2026-11-23T20:30", "2026-11-24T08:00"),
            ("2026-11-23T23:59", "2026-11-24T08:00"),
            ("2026-11-24T00:00", "2026-11-24T08:00"),
            ("2026-11-24T07:59", "2026-11-24T08:00"),
            ("2026-11-24T08:00", "2026-11-24T08:00"),
            ("2026-12-31T22:00", "2027-01-01T08:00"),
        ] {
            assert_eq!(quiet.next_allowed(at(asked), Urgency::Routine), at(allowed), "{asked}");
        }
    }

    #[test]
    fn danger_and_a_code_asked_for_do_not_wait() {
        let midnight = at("2026-11-24T00:00");
        for urgency in [Urgency::Safety, Urgency::Asked] {
            assert_eq!(QuietHours::default().next_allowed(midnight, urgency), midnight);
        }
    }

    #[test]
    fn tomorrow_begins_when_the_quiet_ends() {
        assert_eq!(QuietHours::default().tomorrow(at("2026-11-23T09:00")), at("2026-11-24T08:00"));
        assert_eq!(QuietHours::default().tomorrow(at("2026-11-23T02:00")), at("2026-11-24T08:00"));
    }

    proptest! {
        #[test]
        fn a_message_waits_less_than_a_day_and_never_lands_in_the_quiet(
            millis in 1_700_000_000_000i64..1_900_000_000_000,
            from in 0u32..86_400,
            until in 0u32..86_400,
        ) {
            let time = |s| NaiveTime::from_num_seconds_from_midnight_opt(s, 0).unwrap();
            let quiet = QuietHours { from: time(from), until: time(until) };
            let asked = Instant::from_millis(millis);
            let allowed = quiet.next_allowed(asked, Urgency::Routine);
            prop_assert!(allowed >= asked);
            prop_assert!(allowed.since(asked) < chrono::Duration::days(1));
            prop_assert!(!quiet.covers(allowed.time_of_day()));
        }
    }
}
