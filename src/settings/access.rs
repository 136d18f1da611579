use crate::permissions;

permissions! {
    /// See the settings in force and the words of messages, and try other words.
    ReadSettings = "settings.read": posts [TownshipSupervisor, CountyAdministrator], ties [];
}
