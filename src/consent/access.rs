//! Who may: a table.

use crate::permissions;

permissions! {
    /// See whether a parent has agreed.
    ReadConsent = "consent.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [Parent, Carer];
    /// Agree, as a parent; or write down a parent's word, given in person or on paper.
    GiveConsent = "consent.give": posts [VillageDirector, ResidentCadre], ties [Parent];
    /// Withdraw, the same way.
    WithdrawConsent = "consent.withdraw": posts [VillageDirector, ResidentCadre], ties [Parent];
}
