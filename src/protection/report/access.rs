use crate::permissions;

permissions! {
    /// Read the reports that were routed to one's own desk.
    ReadReports = "reports.read": posts [PoliceContact, TownshipSupervisor, CountyAdministrator], ties [];
    /// Accept a report for one's own desk.
    AcceptReport = "reports.accept": posts [PoliceContact, TownshipSupervisor, CountyAdministrator], ties [];
    /// Learn who reported, with a reason that is kept.
    OpenReporter = "reports.open_reporter": posts [PoliceContact, TownshipSupervisor], ties [];
    /// Name a child on the ledger in a report: whoever can see the child.
    NameChild = "reports.name_child": posts [VillageDirector, ResidentCadre, TownshipSupervisor, VolunteerCoordinator,
        CountyAdministrator, PoliceContact, ClinicWorker], ties [Parent, Carer, Volunteer, Teacher, School];
}
