//! One volunteer and one child: proposed by a person, agreed by the family, paused by night, ended with a reason (P10).

use crate::text_enum;
use crate::volunteers::volunteer::{Missing, VolunteerState};

text_enum! {
    /// What kind of bond the pairing is (the plan's names for them).
    pub enum PairingKind {
        LovingParent = "loving_parent",
        LovingMother = "loving_mother",
        HandInHand = "hand_in_hand",
        Neighbour = "neighbour",
        Tutor = "tutor",
        Other = "other",
    }
}

text_enum! {
    /// Where a pairing stands.
    pub enum PairingState {
        Proposed = "proposed",
        Active = "active",
        Paused = "paused",
        Declined = "declined",
        Ended = "ended",
    }
}

text_enum! {
    /// Why a pairing rests.
    pub enum PauseReason {
        QualificationLapsed = "qualification_lapsed",
        VolunteerPaused = "volunteer_paused",
        Decision = "decision",
    }
}

text_enum! {
    /// Why a pairing came to its end.
    pub enum EndReason {
        ParentHome = "parent_home",
        ChildMoved = "child_moved",
        ChildLeftLedger = "child_left_ledger",
        FamilyAsked = "family_asked",
        VolunteerAsked = "volunteer_asked",
        VolunteerEnded = "volunteer_ended",
        RecordBarred = "record_barred",
        ConcernAboutVolunteer = "concern_about_volunteer",
        Other = "other",
    }
}

text_enum! {
    /// Who spoke for the family when it agreed or declined.
    pub enum FamilyVoice {
        Parent = "parent",
        Carer = "carer",
        VillageOnBehalf = "village_on_behalf",
    }
}

text_enum! {
    /// What somebody may do with a pairing.
    pub enum Action {
        Agree = "agree",
        Decline = "decline",
        Pause = "pause",
        Resume = "resume",
        End = "end",
    }
}

/// What the night finds to change about a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightChange {
    Pause(PauseReason),
    Resume,
    End(EndReason),
}

/// The state after `action`, or `None` when the pairing's state does not know it.
pub fn act(state: PairingState, action: Action) -> Option<PairingState> {
    use PairingState as S;
    match (state, action) {
        (S::Proposed, Action::Agree) | (S::Paused, Action::Resume) => Some(S::Active),
        (S::Proposed, Action::Decline) => Some(S::Declined),
        (S::Active, Action::Pause) => Some(S::Paused),
        (S::Active | S::Paused | S::Proposed, Action::End) => Some(S::Ended),
        _ => None,
    }
}

/// What must change tonight, given the volunteer's state and what is missing; `None` when nothing must.
///
/// A pause that a person decided is never lifted by the night.
pub fn tonight(
    state: PairingState,
    paused_for: Option<PauseReason>,
    volunteer: VolunteerState,
    missing: &[Missing],
) -> Option<NightChange> {
    let open = matches!(state, PairingState::Proposed | PairingState::Active | PairingState::Paused);
    if open && missing.contains(&Missing::RecordCheckBarred) {
        return Some(NightChange::End(EndReason::RecordBarred));
    }
    if open && volunteer.is_final() {
        return Some(NightChange::End(EndReason::VolunteerEnded));
    }
    match (state, cause_of_pause(volunteer, missing)) {
        (PairingState::Active, Some(reason)) => Some(NightChange::Pause(reason)),
        (PairingState::Paused, None) if paused_for != Some(PauseReason::Decision) => Some(NightChange::Resume),
        _ => None,
    }
}

fn cause_of_pause(volunteer: VolunteerState, missing: &[Missing]) -> Option<PauseReason> {
    match volunteer {
        VolunteerState::Paused => Some(PauseReason::VolunteerPaused),
        _ if !missing.is_empty() => Some(PauseReason::QualificationLapsed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairing_pauses_when_the_record_check_lapses() {
        assert_eq!(
            tonight(PairingState::Active, None, VolunteerState::Admitted, &[Missing::RecordCheckLapsed]),
            Some(NightChange::Pause(PauseReason::QualificationLapsed))
        );
    }

    #[test]
    fn renewal_resumes_what_the_lapse_had_paused() {
        let lapsed = Some(PauseReason::QualificationLapsed);
        assert_eq!(tonight(PairingState::Paused, lapsed, VolunteerState::Admitted, &[]), Some(NightChange::Resume));
    }

    #[test]
    fn the_night_never_lifts_a_pause_that_a_person_decided() {
        let decided = Some(PauseReason::Decision);
        assert_eq!(tonight(PairingState::Paused, decided, VolunteerState::Admitted, &[]), None);
    }

    #[test]
    fn a_barring_record_ends_even_a_proposal() {
        for state in [PairingState::Proposed, PairingState::Active, PairingState::Paused] {
            assert_eq!(
                tonight(state, None, VolunteerState::Admitted, &[Missing::RecordCheckBarred]),
                Some(NightChange::End(EndReason::RecordBarred))
            );
        }
    }

    #[test]
    fn only_the_family_turns_a_proposal_into_a_pairing() {
        let into_active: Vec<_> =
            Action::ALL.iter().filter(|a| act(PairingState::Proposed, **a) == Some(PairingState::Active)).collect();
        assert_eq!(into_active, [&Action::Agree]);
    }

    fn apply(change: NightChange) -> (PairingState, Option<PauseReason>) {
        match change {
            NightChange::Pause(reason) => (PairingState::Paused, Some(reason)),
            NightChange::Resume => (PairingState::Active, None),
            NightChange::End(_) => (PairingState::Ended, None),
        }
    }

    proptest! {
        #[test]
        fn a_second_run_of_the_same_night_changes_nothing(
            state in proptest::sample::select(PairingState::ALL),
            paused_for in proptest::option::of(proptest::sample::select(PauseReason::ALL)),
            volunteer in proptest::sample::select(VolunteerState::ALL),
            gaps in proptest::collection::vec(proptest::sample::select(Missing::ALL), 0..3),
        ) {
            if let Some(change) = tonight(state, paused_for, volunteer, &gaps) {
                let (state, paused_for) = apply(change);
                prop_assert_eq!(tonight(state, paused_for, volunteer, &gaps), None);
            }
        }

        #[test]
        fn no_pairing_stays_active_under_an_unfit_volunteer(
            volunteer in proptest::sample::select(VolunteerState::ALL),
            gaps in proptest::collection::vec(proptest::sample::select(Missing::ALL), 1..3),
        ) {
            prop_assert!(tonight(PairingState::Active, None, volunteer, &gaps).is_some());
        }
    }
}
