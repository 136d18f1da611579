use crate::permissions;

permissions! {
    /// See the volunteers of one's area.
    ReadVolunteers = "volunteers.read": posts [VolunteerCoordinator, TownshipSupervisor, CountyAdministrator, VillageDirector], ties [];
    /// Take applications, record checks and trainings, admit, decline, pause, end.
    ManageVolunteers = "volunteers.manage": posts [VolunteerCoordinator, TownshipSupervisor], ties [];
    /// Look for a volunteer for a child and propose a pairing.
    ProposePairing = "pairings.propose": posts [VolunteerCoordinator, TownshipSupervisor, VillageDirector], ties [];
    /// See who keeps a child company.
    ReadPairings = "pairings.read": posts [VolunteerCoordinator, TownshipSupervisor, VillageDirector, ResidentCadre],
        ties [Parent, Carer, Volunteer];
    /// Agree or decline for the family; the village does so on its behalf.
    AgreePairing = "pairings.agree": posts [VillageDirector, TownshipSupervisor], ties [Parent, Carer];
    /// Let a pairing rest and go on.
    PausePairing = "pairings.pause": posts [VolunteerCoordinator, TownshipSupervisor, VillageDirector], ties [];
    /// End a pairing; family and volunteer may at any time.
    EndPairing = "pairings.end": posts [VolunteerCoordinator, TownshipSupervisor, VillageDirector],
        ties [Parent, Carer, Volunteer];
    /// Read what volunteers saw; the family sees how the child is, not what worried somebody.
    ReadCheckIns = "check_ins.read": posts [VolunteerCoordinator, TownshipSupervisor, VillageDirector, ResidentCadre],
        ties [Parent, Carer, Volunteer];
    /// See which volunteers have gone silent.
    ReadSilences = "volunteers.silences": posts [VolunteerCoordinator, TownshipSupervisor], ties [];
}
