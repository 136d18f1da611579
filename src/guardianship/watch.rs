//! What to keep an eye on while an agreement is in force: its end, a parent who is home, a carer who grew old.

use chrono::NaiveDate;

use super::capacity::{self, CarerFacts};
use super::reasons::Reason;
use crate::clock::birthday;
use crate::text_enum;

text_enum! {
    /// What to keep an eye on while an agreement is in force.
    pub enum Watch {
        EndsWithin60Days = "ends_within_60_days",
        EndsWithin30Days = "ends_within_30_days",
        EndsWithin7Days = "ends_within_7_days",
        TermIsOver = "term_is_over",
        ParentIsHome = "parent_is_home",
        CarerDeceased = "carer_deceased",
        CarerOverSeventy = "carer_over_seventy",
        CaresForManyChildren = "cares_for_many_children",
        ChildTurnsSixteen = "child_turns_sixteen",
        ChildTurnsEighteen = "child_turns_eighteen",
    }
}

/// What the watch looks at.
#[derive(Clone, Copy, Debug)]
pub struct WatchFacts {
    pub until: NaiveDate,
    pub child_birth_date: NaiveDate,
    pub a_guardian_is_home: bool,
    pub carer: CarerFacts,
}

/// Everything worth a look on `today`, for an agreement in force.
pub fn watch(facts: &WatchFacts, today: NaiveDate) -> Vec<Watch> {
    let mut seen = Vec::new();
    seen.extend(match (facts.until - today).num_days() {
        ..0 => Some(Watch::TermIsOver),
        0..=7 => Some(Watch::EndsWithin7Days),
        8..=30 => Some(Watch::EndsWithin30Days),
        31..=60 => Some(Watch::EndsWithin60Days),
        _ => None,
    });
    let soon = |years| (0..=180).contains(&(birthday(facts.child_birth_date, years) - today).num_days());
    let warned = capacity::warnings(&facts.carer, today);
    let warns = |reason: Reason| warned.iter().any(|finding| finding.code == reason.as_str());
    let further = [
        (facts.a_guardian_is_home, Watch::ParentIsHome),
        (!facts.carer.alive, Watch::CarerDeceased),
        (warns(Reason::CarerOverSeventy), Watch::CarerOverSeventy),
        (warns(Reason::CaresForManyChildren), Watch::CaresForManyChildren),
        (soon(16), Watch::ChildTurnsSixteen),
        (soon(18), Watch::ChildTurnsEighteen),
    ];
    seen.extend(further.into_iter().filter(|(holds, _)| *holds).map(|(_, watch)| watch));
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn the_watch_tells_of_the_end_of_term_once_per_band() {
        let carer = CarerFacts { birth_date: Some(day(1960, 1, 1)), alive: true, other_children_in_care: 0 };
        let seen = |until, home| {
            watch(
                &WatchFacts { until, child_birth_date: day(2016, 5, 1), a_guardian_is_home: home, carer },
                day(2026, 11, 23),
            )
        };
        assert_eq!(seen(day(2027, 3, 1), false), vec![]);
        assert_eq!(seen(day(2027, 1, 22), false), vec![Watch::EndsWithin60Days]);
        assert_eq!(seen(day(2026, 12, 23), false), vec![Watch::EndsWithin30Days]);
        assert_eq!(seen(day(2026, 11, 30), true), vec![Watch::EndsWithin7Days, Watch::ParentIsHome]);
        assert_eq!(seen(day(2026, 11, 22), false), vec![Watch::TermIsOver]);
    }
}
