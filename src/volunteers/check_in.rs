//! A check-in: how each child is on five short scales, what is needed, whether there is worry (P11).
//!
//! It is written in a minute on a phone that may be offline for days. So it carries an id made on the phone,
//! is taken whenever it arrives, and a second copy is recognised. What it says is never overwritten: an edit is
//! a further revision. A place, if given, is rounded to about a kilometre; no track is kept.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::clock::Instant;
use crate::config::VolunteersConfig;
use crate::text_enum;
use crate::volunteers::pairing::PairingState;

text_enum! {
    /// The five scales, each from 1 (bad) to 5 (good).
    pub enum Scale {
        Mood = "mood",
        Health = "health",
        DailyCare = "daily_care",
        School = "school",
        FamilyContact = "family_contact",
    }
}

text_enum! {
    /// What the child was seen to need.
    pub enum Need {
        Clothing = "clothing",
        Food = "food",
        Medical = "medical",
        Schooling = "schooling",
        Counselling = "counselling",
        Company = "company",
        HardshipHelp = "hardship_help",
        LegalAid = "legal_aid",
        HomeSafety = "home_safety",
        Other = "other",
    }
}

text_enum! {
    /// How they met.
    pub enum Meeting {
        HomeVisit = "home_visit",
        AtSchool = "at_school",
        AtChildrensHome = "at_childrens_home",
        Outing = "outing",
        Phone = "phone",
    }
}

text_enum! {
    /// The level a risk assessment gave the child; it sets how often somebody looks in.
    pub enum RiskLevel {
        High = "high",
        Medium = "medium",
        Low = "low",
        None = "none",
    }
}

text_enum! {
    /// What is wrong with a check-in as sent.
    pub enum Fault {
        NoChild = "no_child",
        TooManyChildren = "too_many_children",
        ChildTwice = "child_twice",
        NothingObserved = "nothing_observed",
        ScaleOutOfRange = "scale_out_of_range",
        NoteTooLong = "note_too_long",
        WorryWithoutWords = "worry_without_words",
        TooOld = "too_old",
    }
}

text_enum! {
    /// Something the coordinator should know about a check-in that was taken all the same.
    pub enum Remark {
        Late = "late",
        PhoneClockAhead = "phone_clock_ahead",
        WhilePaused = "while_paused",
        AfterEnd = "after_end",
        BeforePairing = "before_pairing",
    }
}

/// Cadences in days and the limits of what is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckInRules {
    pub high_every_days: u64,
    pub medium_every_days: u64,
    pub low_every_days: u64,
    pub late_after_hours: i64,
    pub oldest_days: i64,
    pub children_at_most: usize,
    pub note_characters_at_most: usize,
}

impl From<&VolunteersConfig> for CheckInRules {
    fn from(config: &VolunteersConfig) -> Self {
        let days = |days: i64, otherwise: u64| u64::try_from(days).unwrap_or(otherwise);
        let usual = Self::default();
        Self {
            high_every_days: days(config.check_in_days_high, usual.high_every_days),
            medium_every_days: days(config.check_in_days_medium, usual.medium_every_days),
            low_every_days: days(config.check_in_days_low, usual.low_every_days),
            oldest_days: config.check_in_oldest_days,
            ..usual
        }
    }
}

impl Default for CheckInRules {
    fn default() -> Self {
        Self {
            high_every_days: 7,
            medium_every_days: 30,
            low_every_days: 90,
            late_after_hours: 24,
            oldest_days: 365,
            children_at_most: 8,
            note_characters_at_most: 1000,
        }
    }
}

/// What was seen of one child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    pub child_id: i64,
    pub scales: Vec<(Scale, i64)>,
    pub needs: BTreeSet<Need>,
    pub note: Option<String>,
    pub worry: bool,
    pub worry_words: Option<String>,
}

/// When the pairing with the child ran, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairingFacts {
    pub state: PairingState,
    pub since: Option<Instant>,
    pub paused_at: Option<Instant>,
    pub ended_at: Option<Instant>,
}

/// Everything wrong with a check-in as sent; empty means it can be stored.
pub fn faults(
    observations: &[Observation],
    made_at: Instant,
    received_at: Instant,
    rules: &CheckInRules,
) -> Vec<Fault> {
    let ids: BTreeSet<_> = observations.iter().map(|o| o.child_id).collect();
    let whole = [
        observations.is_empty().then_some(Fault::NoChild),
        (observations.len() > rules.children_at_most).then_some(Fault::TooManyChildren),
        (ids.len() < observations.len()).then_some(Fault::ChildTwice),
        (received_at.since(made_at).num_days() > rules.oldest_days).then_some(Fault::TooOld),
    ];
    let each = observations.iter().flat_map(|observation| faults_of_one(observation, rules));
    let all: BTreeSet<_> = whole.into_iter().flatten().chain(each).collect();
    all.into_iter().collect()
}

/// When the meeting is taken to have happened: the phone's time, or the time of arrival when the phone is ahead.
pub fn happened_at(made_at: Instant, received_at: Instant) -> Instant {
    made_at.min(received_at)
}

/// What the coordinator should know about this check-in; nothing here keeps it from being stored.
pub fn remarks(made_at: Instant, received_at: Instant, pairing: &PairingFacts, rules: &CheckInRules) -> Vec<Remark> {
    let at = happened_at(made_at, received_at);
    let paused = pairing.state == PairingState::Paused && pairing.paused_at.is_some_and(|paused| at >= paused);
    [
        (received_at.since(made_at).num_hours() >= rules.late_after_hours).then_some(Remark::Late),
        (made_at > received_at).then_some(Remark::PhoneClockAhead),
        paused.then_some(Remark::WhilePaused),
        pairing.ended_at.is_some_and(|ended| at > ended).then_some(Remark::AfterEnd),
        pairing.since.is_none_or(|since| at < since).then_some(Remark::BeforePairing),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many days may pass between two check-ins on a child of this level.
pub fn cadence_days(level: RiskLevel, rules: &CheckInRules) -> u64 {
    match level {
        RiskLevel::High => rules.high_every_days,
        RiskLevel::Medium => rules.medium_every_days,
        RiskLevel::Low | RiskLevel::None => rules.low_every_days,
    }
}

/// The day by which the next check-in is due, counted from the last one or, before the first, from the
/// beginning or resumption of the pairing, whichever is later.
pub fn next_due(began_on: NaiveDate, last_on: Option<NaiveDate>, level: RiskLevel, rules: &CheckInRules) -> NaiveDate {
    let from = last_on.map_or(began_on, |last| last.max(began_on));
    from.checked_add_days(Days::new(cadence_days(level, rules))).unwrap_or(NaiveDate::MAX)
}

/// For how many days a volunteer has been silent about a child: days past `due_on`, once they reach `after_days`.
pub fn silent_days(due_on: NaiveDate, today: NaiveDate, after_days: i64) -> Option<i64> {
    let overdue = (today - due_on).num_days();
    (overdue >= after_days).then_some(overdue)
}

/// A coordinate rounded so that it tells the hamlet and not the house (about a kilometre), in hundredths of a degree.
pub fn coarse_hundredths(degrees: f64) -> Option<i64> {
    let hundredths = (degrees * 100.0).round();
    (hundredths.is_finite() && hundredths.abs() <= 18_000.0).then_some(hundredths as i64)
}

fn faults_of_one(observation: &Observation, rules: &CheckInRules) -> Vec<Fault> {
    let words = observation.worry_words.as_deref().unwrap_or("").trim();
    let note = observation.note.as_deref().unwrap_or("");
    let silent =
        observation.scales.is_empty() && note.trim().is_empty() && observation.needs.is_empty() && !observation.worry;
    let too_long = [note, words].iter().any(|text| text.chars().count() > rules.note_characters_at_most);
    [
        silent.then_some(Fault::NothingObserved),
        observation.scales.iter().any(|(_, value)| !(1..=5).contains(value)).then_some(Fault::ScaleOutOfRange),
        too_long.then_some(Fault::NoteTooLong),
        (observation.worry && words.is_empty() && note.trim().is_empty()).then_some(Fault::WorryWithoutWords),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn noon(date: NaiveDate) -> Instant {
        Instant::start_of(date).plus_hours(12)
    }

    fn fine(child_id: i64) -> Observation {
        Observation { child_id, scales: vec![(Scale::Mood, 4)], ..Observation::default() }
    }

    fn active_since(date: NaiveDate) -> PairingFacts {
        PairingFacts { state: PairingState::Active, since: Some(noon(date)), paused_at: None, ended_at: None }
    }

    #[test]
    fn one_scale_for_each_of_two_siblings_is_enough() {
        let now = noon(day(2026, 11, 23));
        assert!(faults(&[fine(1), fine(2)], now, now, &CheckInRules::default()).is_empty());
    }

    #[test]
    fn the_same_child_twice_and_an_impossible_scale_are_both_named() {
        let now = noon(day(2026, 11, 23));
        let odd = Observation { scales: vec![(Scale::Mood, 6)], ..fine(1) };
        assert_eq!(
            faults(&[fine(1), odd], now, now, &CheckInRules::default()),
            [Fault::ChildTwice, Fault::ScaleOutOfRange]
        );
    }

    #[test]
    fn worry_needs_at_least_a_word() {
        let now = noon(day(2026, 11, 23));
        let mut worried = Observation { worry: true, ..fine(1) };
        assert_eq!(faults(&[worried.clone()], now, now, &CheckInRules::default()), [Fault::WorryWithoutWords]);
        worried.worry_words = Some("胳膊上有伤".into());
        assert!(faults(&[worried], now, now, &CheckInRules::default()).is_empty());
    }

    #[test]
    fn a_check_in_that_arrives_a_week_late_is_taken_and_marked() {
        let made = noon(day(2026, 11, 16));
        let received = noon(day(2026, 11, 23));
        assert!(faults(&[fine(1)], made, received, &CheckInRules::default()).is_empty());
        let seen = remarks(made, received, &active_since(day(2026, 9, 1)), &CheckInRules::default());
        assert_eq!(seen, [Remark::Late]);
    }

    #[test]
    fn a_check_in_made_before_the_lapse_is_not_marked_as_made_while_paused() {
        let facts = PairingFacts {
            state: PairingState::Paused,
            paused_at: Some(noon(day(2026, 11, 20))),
            ..active_since(day(2026, 9, 1))
        };
        let rules = CheckInRules::default();
        let made = noon(day(2026, 11, 19)).plus_hours(20);
        assert_eq!(remarks(made, made, &facts, &rules), []);
        let later = noon(day(2026, 11, 21));
        assert_eq!(remarks(later, later, &facts, &rules), [Remark::WhilePaused]);
    }

    #[test]
    fn a_phone_that_is_ahead_does_not_put_the_meeting_into_the_future() {
        let received = noon(day(2026, 11, 23));
        assert_eq!(happened_at(received.plus_days(300), received), received);
    }

    #[test]
    fn the_cadence_follows_the_risk_level() {
        let rules = CheckInRules::default();
        let began = day(2026, 1, 1);
        assert_eq!(next_due(began, None, RiskLevel::High, &rules), day(2026, 1, 8));
        assert_eq!(next_due(began, Some(day(2026, 1, 10)), RiskLevel::Medium, &rules), day(2026, 2, 9));
        assert_eq!(next_due(began, None, RiskLevel::Low, &rules), day(2026, 4, 1));
    }

    #[test]
    fn a_resumed_pairing_is_not_overdue_on_its_first_day() {
        let rules = CheckInRules::default();
        let due = next_due(day(2026, 11, 1), Some(day(2026, 6, 1)), RiskLevel::High, &rules);
        assert_eq!(due, day(2026, 11, 8));
    }

    #[test]
    fn a_place_is_kept_to_a_hundredth_of_a_degree() {
        assert_eq!(coarse_hundredths(26.647_34), Some(2665));
        assert_eq!(coarse_hundredths(f64::NAN), None);
        assert_eq!(coarse_hundredths(1e9), None);
    }

    proptest! {
        #[test]
        fn an_earlier_check_in_never_moves_the_next_one_later(last in 0u64..400, earlier in 0u64..400) {
            let rules = CheckInRules::default();
            let began = day(2026, 1, 1);
            let (lo, hi) = (last.min(earlier), last.max(earlier));
            for level in RiskLevel::ALL {
                let a = next_due(began, Some(began + Days::new(lo)), *level, &rules);
                let b = next_due(began, Some(began + Days::new(hi)), *level, &rules);
                prop_assert!(a <= b);
            }
        }

        #[test]
        fn a_higher_risk_is_never_looked_at_less_often(days in 0u64..400) {
            let rules = CheckInRules::default();
            let last = Some(day(2026, 1, 1) + Days::new(days));
            let dues: Vec<_> = RiskLevel::ALL.iter().map(|l| next_due(day(2026, 1, 1), last, *l, &rules)).collect();
            prop_assert!(dues.is_sorted());
        }

        #[test]
        fn silence_begins_exactly_when_the_patience_ends(overdue in -50i64..50, patience in 1i64..20) {
            let due = day(2026, 6, 1);
            let today = due + chrono::Duration::days(overdue);
            prop_assert_eq!(silent_days(due, today, patience).is_some(), overdue >= patience);
        }
    }
}
