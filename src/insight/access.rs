use crate::permissions;

permissions! {
    /// See how many, how complete, how fresh; nobody by name.
    ReadFigures = "insight.figures": posts [VillageDirector, ResidentCadre, TownshipSupervisor, CountyAdministrator],
        ties [];
    /// See which duties are open in one's area and who has them.
    ReadDuties = "insight.duties": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
}
