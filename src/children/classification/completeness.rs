//! What a record lacks before the rules can judge it (P3): a label that is not given because a fact is missing
//! must not look like a child who needs nothing.

use super::facts::{Condition, Facts, Kin, Stay};
use crate::text_enum;

text_enum! {
    /// A fact that nobody has recorded yet.
    pub enum Gap {
        Father = "father",
        Mother = "mother",
        AwaySince = "away_since",
        ConditionSince = "condition_since",
        IdentityNumber = "identity_number",
        ParentPhone = "parent_phone",
        Carer = "carer",
        School = "school",
    }
}

/// What is known beside the facts that classification needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    pub identity_number: bool,
    pub a_parent_phone: bool,
    pub carer: bool,
    pub school: bool,
    pub of_school_age: bool,
    /// A parent works away, but nobody wrote since when.
    pub away_without_date: bool,
}

/// The gaps of a record, in the order of [`Gap`].
pub fn gaps(facts: &Facts, known: Known) -> Vec<Gap> {
    let adopted = facts.parents.iter().any(|parent| parent.kin.is_adoptive_parent());
    let parentless = facts.parents_unfindable_since.is_some();
    let lacks_parent = |kin| !adopted && !parentless && facts.parents.iter().all(|parent| parent.kin != kin);
    let everyone_gone = !facts.parents.is_empty() && facts.parents.iter().all(|parent| parent.condition.is_gone());
    let away = facts.parents.iter().flat_map(|parent| &parent.stays).any(is_open);
    let undated = facts.parents.iter().any(|parent| needs_date(parent.condition) && parent.condition_since.is_none());
    let missing = [
        (Gap::Father, lacks_parent(Kin::Father)),
        (Gap::Mother, lacks_parent(Kin::Mother)),
        (Gap::AwaySince, known.away_without_date),
        (Gap::ConditionSince, undated),
        (Gap::IdentityNumber, !known.identity_number),
        (Gap::ParentPhone, !known.a_parent_phone && !parentless && !everyone_gone),
        (Gap::Carer, away && !known.carer),
        (Gap::School, known.of_school_age && !known.school),
    ];
    missing.into_iter().filter(|(_, lacking)| *lacking).map(|(gap, _)| gap).collect()
}

fn is_open(stay: &Stay) -> bool {
    stay.until.is_none()
}

fn needs_date(condition: Condition) -> bool {
    condition == Condition::LostContact || condition.is_confined()
}
