//! Who may act as a volunteer: the record check, the training, admission, and what is still missing (P11).

use chrono::{Months, NaiveDate};

use crate::clock::age_on;
use crate::config::VolunteersConfig;
use crate::text_enum;

text_enum! {
    /// What the office has decided about a volunteer.
    pub enum VolunteerState {
        Applied = "applied",
        Admitted = "admitted",
        Paused = "paused",
        Declined = "declined",
        Ended = "ended",
    }
}

text_enum! {
    /// Where a volunteer stands on the way from application to company kept, derived from state, records and pairings.
    pub enum Stage {
        AwaitingRecordCheck = "awaiting_record_check",
        AwaitingTraining = "awaiting_training",
        ReadyForAdmission = "ready_for_admission",
        Admitted = "admitted",
        Paired = "paired",
        Active = "active",
        Suspended = "suspended",
        Paused = "paused",
        Declined = "declined",
        Ended = "ended",
    }
}

text_enum! {
    /// What keeps somebody from being admitted, or from meeting a child today.
    pub enum Missing {
        AdultAge = "adult_age",
        RecordCheck = "record_check",
        RecordCheckLapsed = "record_check_lapsed",
        RecordCheckBarred = "record_check_barred",
        Training = "training",
        TrainingLapsed = "training_lapsed",
    }
}

text_enum! {
    /// What the record check found: nothing, or a record that bars work with minors (Minor Protection Law art. 62).
    pub enum CheckOutcome {
        Clear = "clear",
        Barred = "barred",
    }
}

text_enum! {
    /// The forms of service the plan names (P11); what a volunteer can offer and what a child may need.
    pub enum ServiceForm {
        LegalAid = "legal_aid",
        Company = "company",
        Counselling = "counselling",
        HardshipHelp = "hardship_help",
        Tutoring = "tutoring",
    }
}

text_enum! {
    /// What somebody may do with a volunteer's standing.
    #[schema(as = VolunteerAction)]
    pub enum Action {
        Admit = "admit",
        Decline = "decline",
        Pause = "pause",
        Resume = "resume",
        End = "end",
    }
}

/// How long the proofs last and how old a volunteer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolunteerRules {
    pub record_check_valid_months: u32,
    pub training_valid_months: u32,
    pub minimum_age_years: i32,
}

impl From<&VolunteersConfig> for VolunteerRules {
    fn from(config: &VolunteersConfig) -> Self {
        Self {
            record_check_valid_months: config.record_check_months,
            training_valid_months: config.training_months,
            minimum_age_years: config.minimum_age_years,
        }
    }
}

impl Default for VolunteerRules {
    fn default() -> Self {
        Self { record_check_valid_months: 12, training_valid_months: 24, minimum_age_years: 18 }
    }
}

/// The latest record check; from `expires_on` on it no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordCheck {
    pub outcome: CheckOutcome,
    pub expires_on: NaiveDate,
}

/// The latest training; from `expires_on` on it no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Training {
    pub expires_on: NaiveDate,
}

/// What is on file about a volunteer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Qualifications {
    pub birth_date: Option<NaiveDate>,
    pub record_check: Option<RecordCheck>,
    pub training: Option<Training>,
}

/// How far a volunteer's pairings have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engagement {
    /// Pairings that are active or paused.
    pub pairings: usize,
    pub has_checked_in: bool,
}

/// Why an action on a volunteer is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The volunteer is not in a state that knows this action.
    NotFrom(VolunteerState),
    /// Admission or resumption with these things missing.
    StillMissing(Vec<Missing>),
}

/// The first day on which a check or training made on `done_on` no longer counts.
pub fn expires_on(done_on: NaiveDate, valid_months: u32) -> NaiveDate {
    done_on.checked_add_months(Months::new(valid_months)).unwrap_or(NaiveDate::MAX)
}

/// Everything that keeps this person from meeting a child on `on`; empty means fit.
pub fn missing(qualifications: &Qualifications, on: NaiveDate, rules: &VolunteerRules) -> Vec<Missing> {
    let age = qualifications
        .birth_date
        .and_then(|born| (age_on(born, on) < rules.minimum_age_years).then_some(Missing::AdultAge));
    let check = match qualifications.record_check {
        None => Some(Missing::RecordCheck),
        Some(check) if check.outcome == CheckOutcome::Barred => Some(Missing::RecordCheckBarred),
        Some(check) if check.expires_on <= on => Some(Missing::RecordCheckLapsed),
        Some(_) => None,
    };
    let training = match qualifications.training {
        None => Some(Missing::Training),
        Some(training) if training.expires_on <= on => Some(Missing::TrainingLapsed),
        Some(_) => None,
    };
    [age, check, training].into_iter().flatten().collect()
}

/// Where the volunteer stands on `on`.
pub fn stage(state: VolunteerState, missing: &[Missing], engagement: Engagement) -> Stage {
    match state {
        VolunteerState::Declined => Stage::Declined,
        VolunteerState::Ended => Stage::Ended,
        VolunteerState::Paused => Stage::Paused,
        VolunteerState::Applied if missing.iter().any(|gap| gap.is_about_check()) => Stage::AwaitingRecordCheck,
        VolunteerState::Applied if !missing.is_empty() => Stage::AwaitingTraining,
        VolunteerState::Applied => Stage::ReadyForAdmission,
        VolunteerState::Admitted if !missing.is_empty() => Stage::Suspended,
        VolunteerState::Admitted if engagement.pairings == 0 => Stage::Admitted,
        VolunteerState::Admitted if engagement.has_checked_in => Stage::Active,
        VolunteerState::Admitted => Stage::Paired,
    }
}

/// The state after `action`.
///
/// # Errors
/// [`Refusal::NotFrom`] when the state does not know the action, [`Refusal::StillMissing`] when admission or
/// resumption lacks a proof.
pub fn act(state: VolunteerState, action: Action, missing: &[Missing]) -> Result<VolunteerState, Refusal> {
    use VolunteerState as S;
    let next = match (state, action) {
        (S::Applied, Action::Admit) => S::Admitted,
        (S::Paused, Action::Resume) => S::Admitted,
        (S::Applied, Action::Decline) => S::Declined,
        (S::Admitted, Action::Pause) => S::Paused,
        (S::Admitted | S::Paused, Action::End) => S::Ended,
        _ => return Err(Refusal::NotFrom(state)),
    };
    if next == S::Admitted && !missing.is_empty() {
        return Err(Refusal::StillMissing(missing.to_vec()));
    }
    Ok(next)
}

impl Missing {
    /// Whether the gap concerns the person rather than the training.
    fn is_about_check(self) -> bool {
        matches!(self, Self::AdultAge | Self::RecordCheck | Self::RecordCheckLapsed | Self::RecordCheckBarred)
    }
}

impl VolunteerState {
    /// Whether the volunteer will never meet a child again under this application.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Declined | Self::Ended)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn fit_until(check: NaiveDate, training: NaiveDate) -> Qualifications {
        Qualifications {
            birth_date: Some(day(1980, 5, 1)),
            record_check: Some(RecordCheck { outcome: CheckOutcome::Clear, expires_on: check }),
            training: Some(Training { expires_on: training }),
        }
    }

    #[test]
    fn an_applicant_is_told_everything_that_is_missing() {
        let gaps = missing(&Qualifications::default(), day(2026, 11, 23), &VolunteerRules::default());
        assert_eq!(gaps, [Missing::RecordCheck, Missing::Training]);
        assert_eq!(act(VolunteerState::Applied, Action::Admit, &gaps), Err(Refusal::StillMissing(gaps.clone())));
        assert_eq!(stage(VolunteerState::Applied, &gaps, Engagement::default()), Stage::AwaitingRecordCheck);
    }

    #[test]
    fn a_record_check_counts_for_a_year_and_not_a_day_longer() {
        let expiry = expires_on(day(2025, 11, 23), 12);
        let facts = fit_until(expiry, day(2030, 1, 1));
        let rules = VolunteerRules::default();
        assert!(missing(&facts, day(2026, 11, 22), &rules).is_empty());
        assert_eq!(missing(&facts, day(2026, 11, 23), &rules), [Missing::RecordCheckLapsed]);
    }

    #[test]
    fn a_lapsed_training_suspends_an_admitted_volunteer() {
        let facts = fit_until(day(2030, 1, 1), day(2026, 11, 23));
        let gaps = missing(&facts, day(2026, 11, 23), &VolunteerRules::default());
        let engaged = Engagement { pairings: 2, has_checked_in: true };
        assert_eq!(stage(VolunteerState::Admitted, &gaps, engaged), Stage::Suspended);
        assert_eq!(stage(VolunteerState::Admitted, &[], engaged), Stage::Active);
    }

    #[test]
    fn a_barring_record_stops_admission_however_fresh_the_check() {
        let mut facts = fit_until(day(2030, 1, 1), day(2030, 1, 1));
        facts.record_check = Some(RecordCheck { outcome: CheckOutcome::Barred, expires_on: day(2030, 1, 1) });
        assert_eq!(missing(&facts, day(2026, 1, 1), &VolunteerRules::default()), [Missing::RecordCheckBarred]);
    }

    #[test]
    fn a_minor_cannot_become_a_volunteer() {
        let mut facts = fit_until(day(2030, 1, 1), day(2030, 1, 1));
        facts.birth_date = Some(day(2008, 11, 24));
        let rules = VolunteerRules::default();
        assert_eq!(missing(&facts, day(2026, 11, 23), &rules), [Missing::AdultAge]);
        assert!(missing(&facts, day(2026, 11, 24), &rules).is_empty());
    }

    #[test]
    fn a_check_made_on_leap_day_runs_out_on_the_last_of_february() {
        assert_eq!(expires_on(day(2024, 2, 29), 12), day(2025, 2, 28));
    }

    proptest! {
        #[test]
        fn nobody_reaches_admitted_with_something_missing(
            state in proptest::sample::select(VolunteerState::ALL),
            action in proptest::sample::select(Action::ALL),
            gaps in proptest::collection::vec(proptest::sample::select(Missing::ALL), 1..4),
        ) {
            prop_assert_ne!(act(state, action, &gaps), Ok(VolunteerState::Admitted));
        }

        #[test]
        fn a_final_state_knows_no_action(action in proptest::sample::select(Action::ALL)) {
            for state in VolunteerState::ALL.iter().copied().filter(|state| state.is_final()) {
                prop_assert_eq!(act(state, action, &[]), Err(Refusal::NotFrom(state)));
            }
        }

        #[test]
        fn once_lapsed_always_lapsed_until_renewed(offset in 0i64..4000) {
            let expiry = day(2026, 3, 1);
            let facts = fit_until(expiry, day(2099, 1, 1));
            let on = expiry + chrono::Duration::days(offset);
            prop_assert!(missing(&facts, on, &VolunteerRules::default()).contains(&Missing::RecordCheckLapsed));
        }
    }
}
