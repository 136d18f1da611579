//! Why a child is on the ledger (DOMAIN 4.1, P1): labels as pure functions of dated facts.
//!
//! Every rule answers with the *span of days* for which it holds. From the spans follow the labels on any day,
//! the day on which the labels will next change without anybody writing anything (a birthday, six months
//! completed, a visit that lasted too long), and the day on which the child grows out of them.
//!
//! ```text
//!   facts ── rules ──► (label, reason, span)*  ── labels(day) ──► labels with reasons and effective dates
//!                                └── next_change(day) ──► when to look again, without a nightly scan of all
//! ```

pub mod ageing;
pub mod completeness;
pub mod facts;
mod rules;
pub mod span;
#[cfg(test)]
mod tests;
mod whereabouts;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use self::facts::{CircumstanceKind, Condition, Facts, Kin, Parent};
use self::span::{Span, join};
use crate::text_enum;

text_enum! {
    /// Why a child is on the ledger; several at once.
    pub enum LabelKind {
        LeftBehind = "left_behind",
        Orphan = "orphan",
        OwnCondition = "own_condition",
        Family = "family",
        Safety = "safety",
        Temporary = "temporary",
        DeFactoUnsupported = "de_facto_unsupported",
        KeyVagrant = "key_vagrant",
        KeyOutOfSchool = "key_out_of_school",
        KeyDomesticViolence = "key_domestic_violence",
        KeyDrinkersChild = "key_drinkers_child",
        KeyDrugUsersChild = "key_drug_users_child",
        KeyPrisonersChild = "key_prisoners_child",
    }
}

impl LabelKind {
    /// The birthday with which the label ends (16 for left_behind, else 18).
    pub fn ends_at_age(self) -> i32 {
        if self == Self::LeftBehind { 16 } else { 18 }
    }

    /// Whether the label tells of harm done to the child; such labels stand in no export.
    pub fn is_harm(self) -> bool {
        matches!(self, Self::Safety | Self::KeyDomesticViolence)
    }

    pub fn is_key_target(self) -> bool {
        self.as_str().starts_with("key_")
    }
}

text_enum! {
    /// Which rule gave a label.
    pub enum ReasonCode {
        BothAway = "both_away",
        OneAwayOtherUnable = "one_away_other_unable",
        ParentsGone = "parents_gone",
        ParentsUnfindable = "parents_unfindable",
        GraveDisability = "grave_disability",
        SeriousIllness = "serious_illness",
        Hiv = "hiv",
        PoorWithHealthCareHardship = "poor_with_health_care_hardship",
        PoorWithSchoolingHardship = "poor_with_schooling_hardship",
        SpecialHardshipSupport = "special_hardship_support",
        NoParentSupports = "no_parent_supports",
        OneGoneOtherUnsupporting = "one_gone_other_unsupporting",
        Abuse = "abuse",
        Abandonment = "abandonment",
        UnlawfulHarm = "unlawful_harm",
        Vagrancy = "vagrancy",
        Begging = "begging",
        SuddenEvent = "sudden_event",
        Accident = "accident",
        GraveIllness = "grave_illness",
        OtherHardship = "other_hardship",
        OutOfSchool = "out_of_school",
        DomesticViolence = "domestic_violence",
        DrinkerParent = "drinker_parent",
        DrugUserParent = "drug_user_parent",
        ParentImprisoned = "parent_imprisoned",
    }
}

/// The numbers of the rules; the defaults are DOMAIN's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Months outside the county after which a parent counts as away.
    pub away_months: u32,
    /// Days a visit home may last without breaking the absence.
    pub visit_days: u64,
    /// Months that lost contact, or an open detention, must have lasted.
    pub lasting_months: u32,
    /// Household labels that, with a hardship, make family difficulty.
    pub poor_household: Vec<CircumstanceKind>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            away_months: 6,
            visit_days: 60,
            lasting_months: 6,
            poor_household: vec![CircumstanceKind::RegisteredPoor, CircumstanceKind::MinimumLivingAllowance],
        }
    }
}

/// One label as of a day: since when it has held without a break, until when it will if nothing is written, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Label {
    pub kind: LabelKind,
    pub since: NaiveDate,
    /// The first day on which it will no longer hold, as far as that is known already.
    pub until: Option<NaiveDate>,
    pub reasons: Vec<Reason>,
}

/// A rule that holds, for how long, and the parents it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    pub code: ReasonCode,
    #[serde(flatten)]
    pub span: Span,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
}

/// A parent as a reason names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct About {
    pub kin: Kin,
    pub condition: Condition,
}

impl Reason {
    fn new(code: ReasonCode, span: Span) -> Self {
        Self { code, span, about: Vec::new() }
    }

    fn about(mut self, parents: &[&Parent]) -> Self {
        self.about = parents.iter().map(|parent| About { kin: parent.kin, condition: parent.condition }).collect();
        self
    }
}

/// The labels of a child on `day`, in the order of [`LabelKind`].
pub fn labels(facts: &Facts, policy: &Policy, day: NaiveDate) -> Vec<Label> {
    let found = rules::reasons(facts, policy);
    LabelKind::ALL.iter().filter_map(|kind| label(*kind, &found, day)).collect()
}

/// The first day after `day` on which the labels or their reasons change although no fact does.
pub fn next_change(facts: &Facts, policy: &Policy, day: NaiveDate) -> Option<NaiveDate> {
    rules::reasons(facts, policy)
        .into_iter()
        .flat_map(|(_, reason)| [Some(reason.span.from), reason.span.until])
        .flatten()
        .filter(|change| *change > day)
        .min()
}

/// The labels as they may be stored, listed and exported: HIV gives no trace outside its own reading (DOMAIN 4.7).
pub fn without_hiv(labels: Vec<Label>) -> Vec<Label> {
    labels
        .into_iter()
        .filter_map(|mut label| {
            label.reasons.retain(|reason| reason.code != ReasonCode::Hiv);
            label.since = label.reasons.iter().map(|reason| reason.span.from).min().unwrap_or(label.since);
            (!label.reasons.is_empty()).then_some(label)
        })
        .collect()
}

fn label(kind: LabelKind, found: &[(LabelKind, Reason)], day: NaiveDate) -> Option<Label> {
    let mine: Vec<_> = found.iter().filter(|(label, _)| *label == kind).map(|(_, reason)| reason).collect();
    let unbroken = join(mine.iter().map(|reason| reason.span).collect());
    let span = unbroken.into_iter().find(|span| span.contains(day))?;
    let reasons = mine.into_iter().filter(|reason| reason.span.contains(day)).cloned().collect();
    Some(Label { kind, since: span.from, until: span.until, reasons })
}
