//! May this person sign this document now? On the own phone with a code, or on the spot before a village official.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agreement::{AgreementState, CarerKind, PartyRole};
use super::reasons::Reason;
use super::strokes::Handwriting;
use crate::text_enum;

/// Version of the sentence a signer agrees to when signing by phone; kept with every signature.
pub const CONSENT_TEXT_VERSION: &str = "2026-11";

text_enum! {
    /// The two ways of signing.
    pub enum Manner {
        /// Signed in, on the own phone, with a code sent to it.
        OwnPhone = "own_phone",
        /// On the phone of a village official, who is named as host.
        InPerson = "in_person",
    }
}

text_enum! {
    /// How the signer came to know the text.
    pub enum Reading {
        Read = "read",
        ReadAloud = "read_aloud",
    }
}

text_enum! {
    /// How a signer's turn on the host's phone ended.
    pub enum TurnOutcome {
        Signed = "signed",
        Refused = "refused",
        Abandoned = "abandoned",
    }
}

/// Who is there when somebody signs in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// Holds a village post where the child lives.
    pub host_is_official: bool,
    /// Is a parent or the carer on this very agreement.
    pub host_is_party: bool,
    /// The host opened a turn for this very party, and it is still open.
    pub turn_is_open: bool,
    /// Why the host vouches although the signer has a phone.
    pub vouched_because: Option<String>,
}

/// One attempt to sign, with everything that decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    pub state: AgreementState,
    pub kind: CarerKind,
    pub role: PartyRole,
    pub already_signed: bool,
    pub frozen_hash: &'a str,
    /// The hash the signer's screen showed.
    pub shown_hash: &'a str,
    /// The signed-in person is the party.
    pub actor_is_party: bool,
    pub party_has_phone: bool,
    pub party_can_read: bool,
    pub code_verified: bool,
    pub reading: Reading,
    pub hosting: Option<Hosting>,
    pub handwriting: &'a Handwriting,
}

impl Attempt<'_> {
    /// Everything that stands against this signature; empty when it counts.
    pub fn objections(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        reasons.extend((self.state != AgreementState::AwaitingSignatures).then_some(Reason::NotInThisState));
        reasons.extend(self.already_signed.then_some(Reason::AlreadySigned));
        reasons.extend((self.shown_hash != self.frozen_hash).then_some(Reason::DocumentChanged));
        match &self.hosting {
            None => reasons.extend(self.on_own_phone()),
            Some(hosting) => reasons.extend(self.in_person(hosting)),
        }
        reasons.extend(self.handwriting.objections());
        reasons
    }

    fn on_own_phone(&self) -> Vec<Reason> {
        let before_host = self.role == PartyRole::Child || (self.kind.needs_hosting() && self.role == PartyRole::Carer);
        [
            (!self.actor_is_party, Reason::NotThisParty),
            (before_host, Reason::MustSignBeforeHost),
            (!self.code_verified, Reason::CodeMissing),
        ]
        .into_iter()
        .filter(|(stands, _)| *stands)
        .map(|(_, reason)| reason)
        .collect()
    }

    fn in_person(&self, hosting: &Hosting) -> Vec<Reason> {
        let vouched = hosting.vouched_because.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        let must_hear = !self.party_has_phone || !self.party_can_read || self.role == PartyRole::Child;
        [
            (!hosting.host_is_official || !hosting.turn_is_open, Reason::HostMissing),
            (hosting.host_is_party, Reason::HostIsParty),
            (must_hear && self.reading != Reading::ReadAloud, Reason::NotReadAloud),
            (self.party_has_phone && !self.code_verified && !vouched, Reason::PhoneNeedsOwnCode),
        ]
        .into_iter()
        .filter(|(stands, _)| *stands)
        .map(|(_, reason)| reason)
        .collect()
    }
}

/// What a signer hands in (the code is used up apart from it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Time on the signer's device, milliseconds since 1970; recorded beside the server's, never trusted.
    pub clock_ms: i64,
    /// What the device calls itself.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::guardianship::strokes::tests::written;

    fn hosting() -> Hosting {
        Hosting { host_is_official: true, host_is_party: false, turn_is_open: true, vouched_because: None }
    }

    fn father_at_work(handwriting: &Handwriting) -> Attempt<'_> {
        Attempt {
            state: AgreementState::AwaitingSignatures,
            kind: CarerKind::Grandparent,
            role: PartyRole::Parent,
            already_signed: false,
            frozen_hash: "aa",
            shown_hash: "aa",
            actor_is_party: true,
            party_has_phone: true,
            party_can_read: true,
            code_verified: true,
            reading: Reading::Read,
            hosting: None,
            handwriting,
        }
    }

    fn grandmother_without_phone(handwriting: &Handwriting) -> Attempt<'_> {
        Attempt {
            role: PartyRole::Carer,
            actor_is_party: false,
            party_has_phone: false,
            party_can_read: false,
            code_verified: false,
            reading: Reading::ReadAloud,
            hosting: Some(hosting()),
            ..father_at_work(handwriting)
        }
    }

    #[test]
    fn a_father_signs_far_away_with_his_code() {
        assert_eq!(father_at_work(&written()).objections(), vec![]);
    }

    #[test]
    fn a_grandmother_without_phone_signs_before_the_village_after_hearing_the_text() {
        let ink = written();
        assert_eq!(grandmother_without_phone(&ink).objections(), vec![]);
        let unheard = Attempt { reading: Reading::Read, ..grandmother_without_phone(&ink) };
        assert_eq!(unheard.objections(), vec![Reason::NotReadAloud]);
    }

    #[test]
    fn nobody_signs_for_another_on_the_own_phone() {
        let ink = written();
        let other = Attempt { actor_is_party: false, ..father_at_work(&ink) };
        assert_eq!(other.objections(), vec![Reason::NotThisParty]);
    }

    #[test]
    fn a_changed_document_is_not_signed() {
        let ink = written();
        assert_eq!(Attempt { shown_hash: "ab", ..father_at_work(&ink) }.objections(), vec![Reason::DocumentChanged]);
    }

    #[test]
    fn a_friend_who_would_care_signs_before_the_village_only() {
        let ink = written();
        let friend = Attempt { kind: CarerKind::Friend, role: PartyRole::Carer, ..father_at_work(&ink) };
        assert_eq!(friend.objections(), vec![Reason::MustSignBeforeHost]);
    }

    #[test]
    fn a_party_cannot_be_the_host() {
        let ink = written();
        let host = Hosting { host_is_party: true, ..hosting() };
        assert_eq!(
            Attempt { hosting: Some(host), ..grandmother_without_phone(&ink) }.objections(),
            vec![Reason::HostIsParty]
        );
    }

    #[test]
    fn who_has_a_phone_gets_a_code_even_in_the_village_office_unless_the_host_says_why() {
        let ink = written();
        let present = Attempt { hosting: Some(hosting()), code_verified: false, ..father_at_work(&ink) };
        assert_eq!(present.objections(), vec![Reason::PhoneNeedsOwnCode]);
        let vouched = Hosting { vouched_because: Some("手机没电".into()), ..hosting() };
        assert_eq!(Attempt { hosting: Some(vouched), ..present }.objections(), vec![]);
    }

    proptest! {
        #[test]
        fn no_signature_counts_without_proof_of_who(
            is_party in any::<bool>(), has_phone in any::<bool>(), code in any::<bool>(), hosted in any::<bool>(),
            official in any::<bool>(), open in any::<bool>(), vouched in proptest::option::of("[a-z ]{0,3}"),
        ) {
            let ink = written();
            let host = Hosting { host_is_official: official, host_is_party: false, turn_is_open: open, vouched_because: vouched.clone() };
            let attempt = Attempt {
                actor_is_party: is_party, party_has_phone: has_phone, code_verified: code, reading: Reading::ReadAloud,
                hosting: hosted.then_some(host), ..father_at_work(&ink)
            };
            if attempt.objections().is_empty() {
                let before_host = official && open && (code || !has_phone || vouched.is_some());
                let proven = if hosted { before_host } else { is_party && code };
                prop_assert!(proven);
            }
        }
    }
}
