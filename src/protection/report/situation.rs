//! What is reported: the nine situations, whether danger is immediate, and what makes a report incomplete.

use crate::text_enum;

text_enum! {
    /// The nine situations in which reporting is a duty.
    pub enum Situation {
        UnexplainedGenitalInjury = "unexplained_genital_injury",
        SexualHarmUnder14 = "sexual_harm_under_14",
        SexualAssaultFrom14 = "sexual_assault_from_14",
        SuspectedViolence = "suspected_violence",
        SelfHarmOrPoisoning = "self_harm_or_poisoning",
        AbandonedOrUncared = "abandoned_or_uncared",
        MissingOrTrafficked = "missing_or_trafficked",
        OrganisedBegging = "organised_begging",
        OtherDanger = "other_danger",
    }
}

text_enum! {
    /// In which role somebody reports.
    pub enum ReporterRole {
        School = "school",
        Clinic = "clinic",
        Police = "police",
        Village = "village",
        Township = "township",
        Volunteer = "volunteer",
        Family = "family",
        Neighbour = "neighbour",
        Child = "child",
        Other = "other",
    }
}

text_enum! {
    /// How fast the desks must move.
    #[schema(as = ReportUrgency)]
    pub enum Urgency {
        Immediate = "immediate",
        Prompt = "prompt",
    }
}

text_enum! {
    /// What a report lacks.
    pub enum ReportFault {
        NoSituation = "no_situation",
        NoWords = "no_words",
        TooLong = "too_long",
        NoPlace = "no_place",
    }
}

/// The longest narrative, in characters.
pub const NARRATIVE_CHARACTERS_AT_MOST: usize = 4000;

/// How fast to move: danger that the reporter saw, or a situation in which waiting costs lives or evidence (our choice).
pub fn urgency(situations: &[Situation], immediate_danger: bool) -> Urgency {
    if immediate_danger || situations.iter().any(|s| s.never_waits()) { Urgency::Immediate } else { Urgency::Prompt }
}

/// What a report lacks; empty means it is taken. A child need not be known, but a place must be, to find a desk.
pub fn faults(situations: &[Situation], narrative: &str, has_place: bool) -> Vec<ReportFault> {
    [
        situations.is_empty().then_some(ReportFault::NoSituation),
        narrative.trim().is_empty().then_some(ReportFault::NoWords),
        (narrative.chars().count() > NARRATIVE_CHARACTERS_AT_MOST).then_some(ReportFault::TooLong),
        (!has_place).then_some(ReportFault::NoPlace),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl ReporterRole {
    /// Whether the law obliges this role to report (art. 11).
    pub fn must_report(self) -> bool {
        matches!(self, Self::School | Self::Clinic | Self::Police | Self::Village | Self::Township | Self::Volunteer)
    }
}

impl Situation {
    fn never_waits(self) -> bool {
        matches!(
            self,
            Self::UnexplainedGenitalInjury
                | Self::SexualHarmUnder14
                | Self::SexualAssaultFrom14
                | Self::SelfHarmOrPoisoning
                | Self::MissingOrTrafficked
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_nine_situations() {
        assert_eq!(Situation::ALL.len(), 9);
    }

    #[test]
    fn self_harm_is_immediate_even_when_nobody_ticked_danger() {
        assert_eq!(urgency(&[Situation::SelfHarmOrPoisoning], false), Urgency::Immediate);
        assert_eq!(urgency(&[Situation::OtherDanger], false), Urgency::Prompt);
        assert_eq!(urgency(&[Situation::OtherDanger], true), Urgency::Immediate);
    }

    #[test]
    fn an_empty_report_is_told_everything_it_lacks() {
        assert_eq!(faults(&[], "  ", false), [ReportFault::NoSituation, ReportFault::NoWords, ReportFault::NoPlace]);
        assert_eq!(faults(&[Situation::OtherDanger], &"字".repeat(4001), true), [ReportFault::TooLong]);
    }

    #[test]
    fn a_neighbour_may_and_a_teacher_must() {
        assert!(!ReporterRole::Neighbour.must_report());
        assert!(ReporterRole::School.must_report());
    }
}
