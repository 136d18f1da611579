//! The entrustment agreement itself: whom it may name, which way it must go, what is still missing (P13, P17–P19).
//!
//! The drawing of the states stands in the module head (`mod.rs`). A change is a new version of its own, with new
//! signatures; the old one stays in force until the new one is signed by all.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::capacity::Fitness;
use super::reasons::{Finding, Reason};
use super::remuneration::Terms;
use crate::clock::{age_on, birthday};
use crate::text_enum;

/// From this age a child signs its wish; before, the wish is recorded in words.
pub const CHILD_SIGNS_FROM: i32 = 8;

text_enum! {
    /// How the carer is related decides the path.
    pub enum CarerKind {
        Grandparent = "grandparent",
        AdultSibling = "adult_sibling",
        Relative = "relative",
        /// A friend or neighbour chosen by the parents.
        Friend = "friend",
        /// Named by the village because the parents found nobody (P19).
        Designated = "designated",
    }
}

impl CarerKind {
    /// Relatives and friends need the village's consent (P18).
    pub fn needs_consent(self) -> bool {
        matches!(self, Self::Relative | Self::Friend)
    }

    /// Relatives and friends sign before the village (P18).
    pub fn needs_hosting(self) -> bool {
        self.needs_consent()
    }

    /// A designated carer's pay must be stated (P19).
    pub fn needs_remuneration(self) -> bool {
        self == Self::Designated
    }
}

text_enum! {
    /// Where an agreement stands.
    pub enum AgreementState {
        Draft = "draft",
        Assessed = "assessed",
        Consented = "consented",
        AwaitingSignatures = "awaiting_signatures",
        InForce = "in_force",
        Ended = "ended",
        Declined = "declined",
        Lapsed = "lapsed",
    }
}

text_enum! {
    /// A step in the life of an agreement.
    pub enum AgreementStep {
        Assess = "assess",
        Consent = "consent",
        Send = "send",
        Complete = "complete",
        Decline = "decline",
        Lapse = "lapse",
        End = "end",
    }
}

impl AgreementState {
    /// The state that `step` leads to from here, or none when it may not be taken.
    pub fn after(self, step: AgreementStep, kind: CarerKind) -> Option<Self> {
        use AgreementState as S;
        match (self, step) {
            (S::Draft, AgreementStep::Assess) => Some(S::Assessed),
            (S::Assessed, AgreementStep::Consent) if kind.needs_consent() => Some(S::Consented),
            (S::Assessed, AgreementStep::Send) if !kind.needs_consent() => Some(S::AwaitingSignatures),
            (S::Consented, AgreementStep::Send) => Some(S::AwaitingSignatures),
            (S::AwaitingSignatures, AgreementStep::Complete) => Some(S::InForce),
            (S::InForce, AgreementStep::End) => Some(S::Ended),
            (state, AgreementStep::Decline) if state.is_pending() => Some(S::Declined),
            (state, AgreementStep::Lapse) if state.is_pending() => Some(S::Lapsed),
            _ => None,
        }
    }

    /// Not yet in force and not yet given up.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Draft | Self::Assessed | Self::Consented | Self::AwaitingSignatures)
    }
}

text_enum! {
    /// Why an agreement is over, or never came in force.
    pub enum AgreementEnd {
        Expired = "expired",
        ParentsWithdrew = "parents_withdrew",
        CarerWithdrew = "carer_withdrew",
        ParentReturned = "parent_returned",
        CarerUnfit = "carer_unfit",
        CarerDied = "carer_died",
        ChildDied = "child_died",
        ChildGrownUp = "child_grown_up",
        CustodyChanged = "custody_changed",
        Violence = "violence",
        Placed = "placed",
        /// Before it came in force:
        VillageRefused = "village_refused",
        PartyRefused = "party_refused",
        NobodyWentOn = "nobody_went_on",
        TakenBack = "taken_back",
        /// Another version took its place.
        Amended = "amended",
        Renewed = "renewed",
    }
}

impl AgreementEnd {
    /// Whether the family is written to about it: not of a dead child, not where there was violence, and not when a new
    /// version speaks for itself.
    pub fn is_told(self) -> bool {
        !matches!(self, Self::Amended | Self::Renewed | Self::ChildDied | Self::Violence | Self::CustodyChanged)
    }

    /// After these somebody must see to it that the child is cared for.
    pub fn needs_handover(self) -> bool {
        !matches!(self, Self::Amended | Self::Renewed | Self::ChildDied | Self::ChildGrownUp)
    }

    /// Which an agreement in force may end with, as recorded by a person.
    pub fn ends_care(self) -> bool {
        !matches!(
            self,
            Self::Expired
                | Self::Amended
                | Self::Renewed
                | Self::VillageRefused
                | Self::PartyRefused
                | Self::NobodyWentOn
                | Self::TakenBack
        )
    }
}

text_enum! {
    /// Who signs.
    pub enum PartyRole {
        Parent = "parent",
        Carer = "carer",
        Child = "child",
        Witness = "witness",
    }
}

/// One party on an agreement. The child has no person of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartyFacts {
    pub id: i64,
    pub role: PartyRole,
    pub person: Option<i64>,
    pub signed: bool,
    /// Signed on the spot before a village official.
    pub hosted: bool,
}

/// The newest assessment of the carer for this child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssessmentFacts {
    pub conclusion: Fitness,
    pub on: NaiveDate,
}

/// Everything the rules ask about one agreement.
#[derive(Clone, Debug)]
pub struct Facts {
    pub kind: CarerKind,
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub child_birth_date: NaiveDate,
    pub carer: i64,
    /// The parents who hold guardianship today.
    pub guardians: Vec<i64>,
    /// Objections to the art. 22 declaration; none when it was not made.
    pub declaration: Option<Vec<Reason>>,
    pub assessment: Option<AssessmentFacts>,
    pub consent: Option<bool>,
    pub remuneration: Option<Terms>,
    pub parties: Vec<PartyFacts>,
}

/// Limits a township may set for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub term_months: u32,
    pub assessment_valid_days: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { term_months: 12, assessment_valid_days: 365 }
    }
}

/// What stands in the way of `step` on `today`; empty when it may be taken.
pub fn missing_for(step: AgreementStep, facts: &Facts, limits: Limits, today: NaiveDate) -> Vec<Finding> {
    let mut missing = Vec::new();
    if matches!(step, AgreementStep::Assess | AgreementStep::Consent | AgreementStep::Send) {
        missing.extend(declaration_missing(facts));
        missing.extend(assessment_missing(facts, limits, today));
        missing.extend(parties_wrong(facts));
        let term = term_wrong((facts.from, facts.until), facts.child_birth_date, limits, today);
        missing.extend(term.map(Finding::from));
        missing.extend(remuneration_missing(facts).map(Finding::from));
    }
    if step == AgreementStep::Send {
        missing.extend(consent_missing(facts).map(Finding::from));
    }
    if matches!(step, AgreementStep::Send | AgreementStep::Complete) {
        missing.extend(witness_wrong(facts).map(Finding::from));
    }
    if step == AgreementStep::Complete {
        missing.extend(signatures_missing(facts));
    }
    missing
}

fn declaration_missing(facts: &Facts) -> Vec<Finding> {
    match &facts.declaration {
        None => vec![Reason::DeclarationMissing.into()],
        Some(objections) => objections.iter().map(|reason| (*reason).into()).collect(),
    }
}

fn assessment_missing(facts: &Facts, limits: Limits, today: NaiveDate) -> Option<Finding> {
    let reason = match facts.assessment {
        None => Reason::CapacityNotAssessed,
        Some(AssessmentFacts { conclusion: Fitness::Unfit, .. }) => Reason::CarerUnfit,
        Some(assessment) if assessment.on + Days::new(limits.assessment_valid_days) < today => {
            Reason::CapacityAssessmentTooOld
        }
        Some(_) => return None,
    };
    Some(reason.into())
}

fn parties_wrong(facts: &Facts) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if facts.guardians.is_empty() {
        wrong.push(Reason::NoGuardianParent.into());
    }
    if facts.guardians.contains(&facts.carer) {
        wrong.push(Reason::CarerIsParent.into());
    }
    wrong
}

/// What is wrong with the term on the day it is looked at, if anything.
pub fn term_wrong(
    (from, until): (NaiveDate, NaiveDate),
    child_birth_date: NaiveDate,
    limits: Limits,
    today: NaiveDate,
) -> Option<Reason> {
    let longest = from.checked_add_months(Months::new(limits.term_months)).unwrap_or(NaiveDate::MAX);
    if until < from {
        Some(Reason::TermBackwards)
    } else if until >= longest {
        Some(Reason::TermTooLong)
    } else if until < today {
        Some(Reason::TermOver)
    } else if until >= birthday(child_birth_date, 18) {
        Some(Reason::TermBeyondMajority)
    } else {
        None
    }
}

fn remuneration_missing(facts: &Facts) -> Option<Reason> {
    match facts.remuneration {
        None => facts.kind.needs_remuneration().then_some(Reason::RemunerationMissing),
        Some(terms) => (!terms.is_sensible()).then_some(Reason::RemunerationNotSensible),
    }
}

fn consent_missing(facts: &Facts) -> Option<Reason> {
    match (facts.kind.needs_consent(), facts.consent) {
        (false, _) | (true, Some(true)) => None,
        (true, Some(false)) => Some(Reason::VillageConsentRefused),
        (true, None) => Some(Reason::VillageConsentMissing),
    }
}

fn witness_wrong(facts: &Facts) -> Option<Reason> {
    let witnesses: Vec<Option<i64>> =
        facts.parties.iter().filter(|party| party.role == PartyRole::Witness).map(|party| party.person).collect();
    let is_party = |person: &Option<i64>| person.is_some_and(|id| id == facts.carer || facts.guardians.contains(&id));
    if witnesses.is_empty() {
        Some(Reason::WitnessMissing)
    } else {
        witnesses.iter().any(is_party).then_some(Reason::WitnessIsParty)
    }
}

fn signatures_missing(facts: &Facts) -> Vec<Finding> {
    let unsigned = facts.parties.iter().filter(|party| !party.signed);
    let mut missing: Vec<Finding> =
        unsigned.map(|party| Finding::about(Reason::SignatureMissing, party.id.to_string())).collect();
    let unhosted = |party: &&PartyFacts| party.role == PartyRole::Carer && party.signed && !party.hosted;
    if facts.kind.needs_hosting() && facts.parties.iter().any(|party| unhosted(&party)) {
        missing.push(Reason::HostingMissing.into());
    }
    missing
}

/// Does a child born on `birth_date` sign its wish on `on`?
pub fn child_signs(birth_date: NaiveDate, on: NaiveDate) -> bool {
    age_on(birth_date, on) >= CHILD_SIGNS_FROM
}

#[cfg(test)]
#[path = "agreement_tests.rs"]
mod tests;
