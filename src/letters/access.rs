//! Who may do what with letters. Whom a letter is addressed to gets it on paper, against a receipt.

use crate::permissions;

permissions! {
    /// Admonish parents in writing.
    Admonish = "letters.admonish": posts [VillageDirector, TownshipSupervisor], ties [];
    /// Decide on a subsidy.
    DecideSubsidy = "letters.decide_subsidy": posts [TownshipSupervisor], ties [];
    /// See letters about a child, and their papers.
    ReadLetters = "letters.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Write down how a letter was served.
    ServeLetters = "letters.serve": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
}
