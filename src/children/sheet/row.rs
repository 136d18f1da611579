//! A row of a village's ledger once it is understood: typed values, and what is to be said about its cells.

use chrono::NaiveDate;

use super::finding::{Finding, Weight};
use crate::children::classification::LabelKind;
use crate::children::classification::facts::{CircumstanceKind, Condition, DisabilityKind, Kin};
use crate::children::identity_number::IdentityNumber;
use crate::children::schooling::Schooling;
use crate::identity::Sex;
use crate::messaging::phone::Mobile;

/// One child of a ledger file.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// Name of the sheet; empty for csv.
    pub sheet: String,
    /// The number a person sees beside the row.
    pub number: u32,
    pub child: ChildCells,
    pub father: AdultCells,
    pub mother: AdultCells,
    pub carer: AdultCells,
    pub findings: Vec<Finding>,
}

impl LedgerRow {
    /// Whether the row waits for a person.
    pub fn needs_person(&self) -> bool {
        self.findings.iter().any(|finding| finding.weight == Weight::Fault)
    }

    /// Whether both rows say the same about the same people, wherever they stand.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.child == other.child
            && self.father == other.father
            && self.mother == other.mother
            && self.carer == other.carer
    }
}

/// What the row says about the child.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChildCells {
    pub name: String,
    pub sex: Option<Sex>,
    pub birth_date: Option<NaiveDate>,
    pub identity_number: Option<IdentityNumber>,
    pub phone: Option<Mobile>,
    pub ethnicity: Option<String>,
    pub village: Option<String>,
    pub address: Option<String>,
    pub rural_registration: Option<bool>,
    pub schooling: Schooling,
    pub disability: Option<WrittenDisability>,
    /// What the village wrote about illness, in its words.
    pub illness: Option<String>,
    pub circumstances: Vec<CircumstanceKind>,
    /// Labels the village wrote down; they are compared with what the facts give, never taken over.
    pub stated: Vec<LabelKind>,
    pub remark: Option<String>,
}

/// A disability as a ledger states it: without a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenDisability {
    /// 1 (gravest) to 4.
    pub grade: u8,
    pub kind: Option<DisabilityKind>,
}

/// What the row says about a parent or the carer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdultCells {
    pub name: Option<String>,
    pub sex: Option<Sex>,
    pub birth_date: Option<NaiveDate>,
    pub identity_number: Option<IdentityNumber>,
    pub phones: Vec<Mobile>,
    pub kin: Option<Kin>,
    pub condition: Option<Condition>,
    /// Where the person works, in the village's words.
    pub place: Option<String>,
    pub outside_county: Option<bool>,
    pub away: Option<bool>,
    pub away_since: Option<NaiveDate>,
}

impl AdultCells {
    /// Whether the row says anything about this person.
    pub fn is_told(&self) -> bool {
        self.name.is_some() || self.identity_number.is_some() || self.condition.is_some()
    }
}
