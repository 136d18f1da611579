use crate::permissions;

permissions! {
    /// See what the ladders are going to say, to whom and at what cost.
    RehearseReminders = "reminders.rehearse": posts [TownshipSupervisor, CountyAdministrator], ties [];
}
