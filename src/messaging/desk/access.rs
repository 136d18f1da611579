use crate::permissions;

permissions! {
    /// See what was sent to whom and what became of it, and settle what no machine could.
    KeepMessages = "messages.keep": posts [TownshipSupervisor, CountyAdministrator], ties [];
    /// Phone whom no machine could tell.
    MakeCalls = "calls.make": posts [VillageDirector, ResidentCadre, TownshipSupervisor, CountyAdministrator], ties [];
    /// Read what people answered in words, and settle it.
    ReadInbox = "inbox.read": posts [VillageDirector, TownshipSupervisor, CountyAdministrator], ties [];
}
