//! Four weeks without contact: a risk item for the village, and one step of admonition that a person takes (P12, P21).

use crate::text_enum;

text_enum! {
    /// The step against a parent who does not act; the later ones are decided elsewhere.
    pub enum Admonition {
        Talk = "talk",
        WrittenNotice = "written_notice",
    }
}

text_enum! {
    /// What came of it.
    pub enum TalkOutcome {
        PromisedToCall = "promised_to_call",
        HardshipFound = "hardship_found",
        NumberChanged = "number_changed",
        CouldNotReach = "could_not_reach",
        Refused = "refused",
        ContactResumed = "contact_resumed",
        ObligationEnded = "obligation_ended",
    }
}

/// The step to take: a talk the first time, a written notice when a talk was held before.
pub fn next_step(talks_before: i64) -> Admonition {
    if talks_before == 0 { Admonition::Talk } else { Admonition::WrittenNotice }
}

impl TalkOutcome {
    /// Whether somebody spoke with the parent, so that the step counts as taken.
    pub fn is_talk(self) -> bool {
        matches!(self, Self::PromisedToCall | Self::HardshipFound | Self::NumberChanged | Self::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_a_talk_and_the_second_a_letter() {
        assert_eq!(next_step(0), Admonition::Talk);
        assert_eq!(next_step(1), Admonition::WrittenNotice);
        assert!(!TalkOutcome::ContactResumed.is_talk());
    }
}
