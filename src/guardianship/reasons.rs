//! Why something may not go on yet: one stable code per reason, its Chinese sentence in `problems.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::text_enum;

text_enum! {
    /// A reason in a verdict about carers, agreements, signatures and gaps.
    #[schema(as = CareReason)]
    pub enum Reason {
        // Art. 22: bars, considerations, the child's voice.
        BarHarmedSomeone = "bar_harmed_someone",
        BarAddiction = "bar_addiction",
        BarNeglectedCare = "bar_neglected_care",
        BarOtherwiseUnfit = "bar_otherwise_unfit",
        BarsNotChecked = "bars_not_checked",
        CharacterNotConsidered = "character_not_considered",
        FamilyNotConsidered = "family_not_considered",
        BodyAndMindNotConsidered = "body_and_mind_not_considered",
        BondNotConsidered = "bond_not_considered",
        NotAbleNeedsReason = "not_able_needs_reason",
        ChildsWordsMissing = "childs_words_missing",
        ChildsWishUnanswered = "childs_wish_unanswered",
        // Capacity.
        CarerUnderAge = "carer_under_age",
        CarerBirthDateUnknown = "carer_birth_date_unknown",
        CarerDeceased = "carer_deceased",
        CarerOverSeventy = "carer_over_seventy",
        CaresForManyChildren = "cares_for_many_children",
        WarningNeedsReason = "warning_needs_reason",
        UnfitNeedsReason = "unfit_needs_reason",
        FitAgainstFindings = "fit_against_findings",
        AnswerMissing = "answer_missing",
        AnswerUnknownQuestion = "answer_unknown_question",
        MustBeClarified = "must_be_clarified",
        CapacityLacking = "capacity_lacking",
        SupportNeeded = "support_needed",
        // The way to an agreement.
        DeclarationMissing = "declaration_missing",
        CapacityNotAssessed = "capacity_not_assessed",
        CapacityAssessmentTooOld = "capacity_assessment_too_old",
        CarerUnfit = "carer_unfit",
        VillageConsentMissing = "village_consent_missing",
        VillageConsentRefused = "village_consent_refused",
        RemunerationMissing = "remuneration_missing",
        RemunerationNotSensible = "remuneration_not_sensible",
        TermBackwards = "term_backwards",
        TermTooLong = "term_too_long",
        TermOver = "term_over",
        TermBeyondMajority = "term_beyond_majority",
        CarerIsParent = "carer_is_parent",
        NoGuardianParent = "no_guardian_parent",
        WitnessMissing = "witness_missing",
        WitnessIsParty = "witness_is_party",
        SignatureMissing = "signature_missing",
        HostingMissing = "hosting_missing",
        NotInThisState = "not_in_this_state",
        // One signature.
        AlreadySigned = "already_signed",
        DocumentChanged = "document_changed",
        NotThisParty = "not_this_party",
        CodeMissing = "code_missing",
        HostMissing = "host_missing",
        HostIsParty = "host_is_party",
        NotReadAloud = "not_read_aloud",
        MustSignBeforeHost = "must_sign_before_host",
        PhoneNeedsOwnCode = "phone_needs_own_code",
        StrokesMissing = "strokes_missing",
        StrokesTooFew = "strokes_too_few",
        StrokesTooMany = "strokes_too_many",
        StrokesOutOfBounds = "strokes_out_of_bounds",
        StrokesTimesBackwards = "strokes_times_backwards",
        StrokesTooQuick = "strokes_too_quick",
        StrokesTooLong = "strokes_too_long",
        StrokesTooSmall = "strokes_too_small",
        PadNotSensible = "pad_not_sensible",
        // Care without a gap (P13).
        NoParentPresent = "no_parent_present",
        NoAgreementInForce = "no_agreement_in_force",
        AgreementExpired = "agreement_expired",
        AgreementNotYetBegun = "agreement_not_yet_begun",
        AgreementAwaitsSignatures = "agreement_awaits_signatures",
        CarerOfAgreementUnfit = "carer_of_agreement_unfit",
        NoPlacement = "no_placement",
        // Payment.
        PeriodOutsideTerm = "period_outside_term",
        PeriodAlreadyPaid = "period_already_paid",
        PeriodNotAgreed = "period_not_agreed",
    }
}

#[derive(Deserialize, Default)]
struct Texts {
    fields: BTreeMap<String, String>,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| toml::from_str(include_str!("problems.toml")).unwrap_or_default());

impl Reason {
    /// The Chinese sentence for this reason; the code itself when the text file lacks it (a test prevents that).
    pub fn text(self) -> &'static str {
        TEXTS.fields.get(self.as_str()).map_or(self.as_str(), String::as_str)
    }
}

/// The problem `code` with every finding as one of its errors; a finding about nothing named is about `whole`.
pub fn refusal(code: &'static str, whole: &'static str, findings: impl IntoIterator<Item = Finding>) -> Problem {
    findings.into_iter().fold(Problem::of(code), |problem, finding| {
        problem.and_field(finding.about.unwrap_or_else(|| whole.to_owned()), finding.code)
    })
}

/// A reason as the API tells it: code for programs, sentence for people, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    pub code: String,
    pub text: String,
    /// The party, question or record concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl From<Reason> for Finding {
    fn from(reason: Reason) -> Self {
        Self { code: reason.as_str().into(), text: reason.text().into(), about: None }
    }
}

impl Finding {
    /// `reason` about one party, question or record.
    pub fn about(reason: Reason, what: impl Into<String>) -> Self {
        Self { about: Some(what.into()), ..reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_sentence() {
        for reason in Reason::ALL {
            assert!(TEXTS.fields.contains_key(reason.as_str()), "no text for {reason}");
        }
    }

    #[test]
    fn no_sentence_speaks_of_transferred_guardianship() {
        assert!(!TEXTS.fields.values().any(|text| text.contains("监护权转移") || text.contains("转移监护")));
    }
}
