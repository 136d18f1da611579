//! When a number no longer answers: who is asked for the new one, in which order, and when a number is verified again.

use chrono::NaiveDate;

use crate::clock::Instant;
use crate::config::ContactConfig;
use crate::text_enum;

text_enum! {
    /// Who may know the new number, in the order in which they are asked.
    pub enum Source {
        OtherParent = "other_parent",
        BackupContact = "backup_contact",
        Carer = "carer",
        Village = "village",
    }
}

text_enum! {
    /// Where a search for a number stands.
    pub enum SearchState {
        Asking = "asking",
        WithVillage = "with_village",
        Found = "found",
        GivenUp = "given_up",
    }
}

/// How many failures make a number invalid, how long each source is waited for, how long a number stays verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReachabilityRules {
    pub failures_until_invalid: i64,
    pub days_per_source: i64,
    pub verified_days: i64,
}

impl From<&ContactConfig> for ReachabilityRules {
    fn from(config: &ContactConfig) -> Self {
        Self {
            failures_until_invalid: config.number_invalid_after_failures,
            days_per_source: config.ask_each_for_days,
            verified_days: config.number_verified_every_days,
        }
    }
}

impl Default for ReachabilityRules {
    fn default() -> Self {
        Self { failures_until_invalid: 2, days_per_source: 3, verified_days: 90 }
    }
}

/// Somebody who might know, and whether they can be reached themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MightKnow {
    pub source: Source,
    pub person_id: i64,
    /// Order among several of the same kind (first backup contact, second …).
    pub order: i64,
    pub reachable: bool,
}

/// Who was asked and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `None` when it was the village.
    pub person_id: Option<i64>,
    pub at: Instant,
}

/// What to do next in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Ask {
        source: Source,
        person_id: i64,
    },
    TellVillage,
    /// Somebody was asked and still has time, until the given moment.
    Wait(Instant),
    /// The village has it; nothing more happens by itself.
    LeftToVillage,
}

/// Whether a number that failed `failures` times in a row counts as invalid.
pub fn is_invalid(failures: i64, rules: &ReachabilityRules) -> bool {
    failures >= rules.failures_until_invalid
}

/// What a search does next at `now`: the next reachable person who was not yet asked, the village after the last.
pub fn next(candidates: &[MightKnow], asked: &[Asked], now: Instant, rules: &ReachabilityRules) -> Next {
    if asked.iter().any(|one| one.person_id.is_none()) {
        return Next::LeftToVillage;
    }
    if let Some(last) = asked.iter().map(|one| one.at).max() {
        let patience_ends = last.plus_days(rules.days_per_source);
        if now < patience_ends {
            return Next::Wait(patience_ends);
        }
    }
    candidates
        .iter()
        .filter(|one| one.reachable && one.source != Source::Village)
        .filter(|one| !asked.iter().any(|done| done.person_id == Some(one.person_id)))
        .min_by_key(|one| (one.source, one.order, one.person_id))
        .map_or(Next::TellVillage, |one| Next::Ask { source: one.source, person_id: one.person_id })
}

/// The day by which a number must be verified again; the day it became known when it never was.
pub fn verify_due(verified_at: Option<Instant>, known_since: Instant, rules: &ReachabilityRules) -> NaiveDate {
    verified_at.map_or(known_since.date(), |at| at.plus_days(rules.verified_days).date())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Instant {
        Instant::from_millis(1_790_000_000_000)
    }

    fn knows(source: Source, person_id: i64, order: i64, reachable: bool) -> MightKnow {
        MightKnow { source, person_id, order, reachable }
    }

    #[test]
    fn one_failure_is_an_accident_and_two_are_an_invalid_number() {
        let rules = ReachabilityRules::default();
        assert!(!is_invalid(1, &rules));
        assert!(is_invalid(2, &rules));
    }

    #[test]
    fn the_search_asks_in_turn_and_ends_with_the_village() {
        let rules = ReachabilityRules::default();
        let people = [
            knows(Source::Carer, 4, 0, true),
            knows(Source::BackupContact, 3, 2, true),
            knows(Source::BackupContact, 2, 1, true),
            knows(Source::OtherParent, 1, 0, true),
        ];
        let mut asked = vec![];
        let mut at = now();
        let mut order = vec![];
        while let Next::Ask { person_id, .. } = next(&people, &asked, at, &rules) {
            order.push(person_id);
            asked.push(Asked { person_id: Some(person_id), at });
            assert_eq!(next(&people, &asked, at, &rules), Next::Wait(at.plus_days(3)));
            at = at.plus_days(3);
        }
        assert_eq!(order, [1, 2, 3, 4]);
        assert_eq!(next(&people, &asked, at, &rules), Next::TellVillage);
        asked.push(Asked { person_id: None, at });
        assert_eq!(next(&people, &asked, at.plus_days(90), &rules), Next::LeftToVillage);
    }

    #[test]
    fn somebody_who_cannot_be_reached_is_passed_over() {
        let people = [knows(Source::OtherParent, 1, 0, false), knows(Source::Carer, 4, 0, true)];
        assert_eq!(
            next(&people, &[], now(), &ReachabilityRules::default()),
            Next::Ask { source: Source::Carer, person_id: 4 }
        );
    }

    #[test]
    fn with_nobody_to_ask_the_village_is_told_at_once() {
        assert_eq!(next(&[], &[], now(), &ReachabilityRules::default()), Next::TellVillage);
    }

    #[test]
    fn a_number_is_verified_again_after_ninety_days() {
        let rules = ReachabilityRules::default();
        assert_eq!(verify_due(Some(now()), now(), &rules), now().plus_days(90).date());
        assert_eq!(verify_due(None, now(), &rules), now().date());
    }

    proptest! {
        #[test]
        fn every_search_reaches_the_village_and_asks_nobody_twice(
            raw in proptest::collection::vec((0usize..3, 1i64..8, 0i64..3, any::<bool>()), 0..10),
        ) {
            let rules = ReachabilityRules::default();
            let people: Vec<_> = raw.into_iter()
                .map(|(s, id, order, reach)| knows(Source::ALL[s], id, order, reach)).collect();
            let mut asked = vec![];
            let mut at = now();
            for _ in 0..40 {
                match next(&people, &asked, at, &rules) {
                    Next::Ask { person_id, .. } => {
                        prop_assert!(!asked.iter().any(|a: &Asked| a.person_id == Some(person_id)));
                        asked.push(Asked { person_id: Some(person_id), at });
                    }
                    Next::TellVillage => asked.push(Asked { person_id: None, at }),
                    Next::Wait(until) => at = until,
                    Next::LeftToVillage => return Ok(()),
                }
            }
            prop_assert!(false, "the search never reached the village");
        }
    }
}
