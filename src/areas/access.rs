use crate::permissions;

permissions! {
    /// See the areas one works in.
    ReadAreas = "areas.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor, VolunteerCoordinator,
        CountyAdministrator, PoliceContact, SchoolHead, Teacher, ClinicWorker, JudicialOfficer, LabourOfficer,
        OrganisationWorker], ties [];
}
