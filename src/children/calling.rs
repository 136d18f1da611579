//! Whom to telephone about a child: the family among themselves, and always the village.

use super::classification::facts::{CircumstanceKind, Kin};
use crate::text_enum;

text_enum! {
    /// What somebody is in the list of whom to telephone.
    pub enum CallRole {
        Parent = "parent",
        Carer = "carer",
        /// Asked when the parents cannot be reached.
        Backup = "backup",
        VillageDirector = "village_director",
        ResidentCadre = "resident_cadre",
    }
}

/// Somebody of the household, as far as it decides whether they are telephoned.
#[derive(Clone, Copy, Debug)]
pub struct HouseholdFacts {
    pub kin: Kin,
    pub cares: bool,
    pub is_backup: bool,
    pub alive: bool,
    pub is_caller: bool,
}

/// In which role somebody of the household stands on the list, if at all. Parents are telephoned whoever cares.
pub fn role_of(member: &HouseholdFacts) -> Option<CallRole> {
    if !member.alive || member.is_caller {
        return None;
    }
    match (member.kin.is_parent(), member.cares, member.is_backup) {
        (true, ..) => Some(CallRole::Parent),
        (false, true, _) => Some(CallRole::Carer),
        (false, false, true) => Some(CallRole::Backup),
        (false, false, false) => None,
    }
}

/// Whether the family may be given each other's numbers: not while a harm stands, because it may be one of them.
pub fn numbers_are_safe(open_circumstances: &[CircumstanceKind]) -> bool {
    !open_circumstances.iter().any(|kind| kind.is_harm())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grandmother() -> HouseholdFacts {
        HouseholdFacts { kin: Kin::PaternalGrandmother, cares: true, is_backup: false, alive: true, is_caller: false }
    }

    #[test]
    fn parents_carers_and_those_named_for_it_are_telephoned() {
        assert_eq!(role_of(&grandmother()), Some(CallRole::Carer));
        assert_eq!(
            role_of(&HouseholdFacts { kin: Kin::Father, cares: false, ..grandmother() }),
            Some(CallRole::Parent)
        );
        let uncle = HouseholdFacts { kin: Kin::UncleOrAunt, cares: false, is_backup: true, ..grandmother() };
        assert_eq!(role_of(&uncle), Some(CallRole::Backup));
        assert_eq!(role_of(&HouseholdFacts { is_backup: false, ..uncle }), None);
    }

    #[test]
    fn nobody_telephones_the_dead_or_themselves() {
        assert_eq!(role_of(&HouseholdFacts { alive: false, ..grandmother() }), None);
        assert_eq!(role_of(&HouseholdFacts { is_caller: true, ..grandmother() }), None);
    }

    #[test]
    fn while_a_harm_stands_the_family_gets_only_the_village() {
        assert!(numbers_are_safe(&[CircumstanceKind::MinimumLivingAllowance]));
        assert!(!numbers_are_safe(&[CircumstanceKind::MinimumLivingAllowance, CircumstanceKind::DomesticViolence]));
    }
}
