//! Who may do what with wordings: an office words for its own area.

use crate::permissions;

permissions! {
    /// See the wordings in effect, and those before.
    ReadWordings = "wordings.read": posts [TownshipSupervisor, CountyAdministrator], ties [];
    /// Try, set and withdraw the wordings of one's own area.
    ChangeWordings = "wordings.change": posts [TownshipSupervisor, CountyAdministrator], ties [];
}
