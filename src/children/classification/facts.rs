//! The facts that classification judges: dated, and about one child.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text_enum;

text_enum! {
    /// What somebody is to the child.
    pub enum Kin {
        Father = "father",
        Mother = "mother",
        AdoptiveFather = "adoptive_father",
        AdoptiveMother = "adoptive_mother",
        StepFather = "step_father",
        StepMother = "step_mother",
        PaternalGrandfather = "paternal_grandfather",
        PaternalGrandmother = "paternal_grandmother",
        MaternalGrandfather = "maternal_grandfather",
        MaternalGrandmother = "maternal_grandmother",
        Brother = "brother",
        Sister = "sister",
        UncleOrAunt = "uncle_or_aunt",
        OtherRelative = "other_relative",
        Neighbour = "neighbour",
        Friend = "friend",
        Other = "other",
    }
}

impl Kin {
    /// Whether the law counts this person as a parent (a step-parent without adoption is none).
    pub fn is_parent(self) -> bool {
        self.is_birth_parent() || self.is_adoptive_parent()
    }

    pub fn is_birth_parent(self) -> bool {
        matches!(self, Self::Father | Self::Mother)
    }

    pub fn is_adoptive_parent(self) -> bool {
        matches!(self, Self::AdoptiveFather | Self::AdoptiveMother)
    }
}

text_enum! {
    /// What keeps a parent from caring for the child.
    pub enum Condition {
        Able = "able",
        /// Judged by the village to be without guardianship ability (too old, too weak, another reason).
        WithoutAbility = "without_ability",
        /// Disability of grade 1 or 2.
        SevereDisability = "severe_disability",
        /// Mental or intellectual disability of grade 3 or 4.
        MentalDisability = "mental_disability",
        SeriousIllness = "serious_illness",
        Imprisoned = "imprisoned",
        CompulsoryRehab = "compulsory_rehab",
        Detained = "detained",
        LostContact = "lost_contact",
        GuardianshipRevoked = "guardianship_revoked",
        Deported = "deported",
        /// Declared missing, or not to be found.
        Missing = "missing",
        Dead = "dead",
    }
}

impl Condition {
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Dead | Self::Missing)
    }

    /// Whether the person is behind bars or in compulsory rehabilitation.
    pub fn is_confined(self) -> bool {
        matches!(self, Self::Imprisoned | Self::CompulsoryRehab | Self::Detained)
    }
}

text_enum! {
    /// A dated circumstance of a child that gives rise to a label, or stands beside it.
    pub enum CircumstanceKind {
        /// 建档立卡, the legacy label.
        RegisteredPoor = "registered_poor",
        OutOfPoverty = "out_of_poverty",
        PovertyWatch = "poverty_watch",
        MinimumLivingAllowance = "minimum_living_allowance",
        MinimumLivingMargin = "minimum_living_margin",
        RigidExpenditure = "rigid_expenditure",
        SpecialHardshipSupport = "special_hardship_support",
        HealthCareHardship = "health_care_hardship",
        SchoolingHardship = "schooling_hardship",
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
    }
}

impl CircumstanceKind {
    /// Whether the fact tells of harm done to the child; such facts stand in no export.
    pub fn is_harm(self) -> bool {
        matches!(self, Self::Abuse | Self::Abandonment | Self::UnlawfulHarm | Self::DomesticViolence)
    }
}

text_enum! {
    /// Kind of a certified disability.
    pub enum DisabilityKind {
        Sight = "sight",
        Hearing = "hearing",
        Speech = "speech",
        Body = "body",
        Intellectual = "intellectual",
        Mental = "mental",
        Multiple = "multiple",
    }
}

/// All that classification looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub birth_date: NaiveDate,
    pub rural_registration: bool,
    /// Parents of the child as far as they are recorded.
    pub parents: Vec<Parent>,
    /// Since when it is established that no parent can be found (a foundling).
    pub parents_unfindable_since: Option<NaiveDate>,
    pub health: Health,
    pub circumstances: Vec<Circumstance>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub kin: Kin,
    pub condition: Condition,
    /// Unknown for old records; conditions that must last six months then prove nothing.
    pub condition_since: Option<NaiveDate>,
    /// The end of a sentence or of compulsory rehabilitation, as it stands in the decision.
    pub condition_expected_until: Option<NaiveDate>,
    pub stays: Vec<Stay>,
}

/// A stay away from home for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
    pub outside_county: bool,
    /// The stay ended because the parent came home to live; otherwise its end was a visit or a move.
    pub home_for_good: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub disability: Option<Disability>,
    /// Since when an illness reaches the local threshold of serious-illness insurance.
    pub serious_illness_since: Option<NaiveDate>,
    /// Since when HIV is known; read under its own key, never part of a stored or listed reason.
    pub hiv_since: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Disability {
    /// 1 (gravest) to 4.
    pub grade: u8,
    pub kind: Option<DisabilityKind>,
    pub since: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    pub kind: CircumstanceKind,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
}
