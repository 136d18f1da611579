//! Who may do what with the ledger: a table. County sees figures here; persons only on a reasoned request, which is
//! another room. Police, clinics and offices reach a child through the reports and cases that were sent to them.

use crate::permissions;

permissions! {
    /// Find children: name, age, village, labels. No number, no family.
    ListChildren = "children.list": posts [VillageDirector, ResidentCadre, TownshipSupervisor],
        ties [Parent, Carer, Volunteer, Teacher, School];
    /// Read a child's record; parents and carers see their own family's, without what was said about harm.
    ReadChild = "children.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [Parent, Carer];
    /// See the ledger as it stood on a day, and what a record was before.
    ReadLedger = "children.ledger": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Write the record: child, household, schooling, circumstances.
    EditChild = "children.edit": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Say that nothing has changed.
    ConfirmChild = "children.confirm": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// See identity numbers and phones in full, for a purpose that is logged.
    RevealNumbers = "children.reveal_numbers": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// See whom to telephone about a child, with numbers: the family among themselves, and the village.
    TelephoneFamily = "children.telephone": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [Parent, Carer];
    /// Read and write disability and illness.
    KeepHealth = "children.health": posts [VillageDirector, TownshipSupervisor], ties [];
    /// Read and write HIV status; the caller must be named for it besides.
    KeepHiv = "children.hiv": posts [TownshipSupervisor, ClinicWorker, CountyAdministrator], ties [];
    /// Name those who may.
    AppointHivReaders = "children.hiv_readers": posts [CountyAdministrator], ties [];
    /// Propose that a child moves, accept or refuse one that comes.
    MoveChild = "children.move": posts [VillageDirector, TownshipSupervisor], ties [];
    /// Take a child off the ledger.
    ExitChild = "children.exit": posts [VillageDirector, TownshipSupervisor], ties [];
    /// Put a child back on the ledger.
    RestoreChild = "children.restore": posts [TownshipSupervisor], ties [];
    /// Read a village's file into the ledger.
    ImportLedger = "children.import": posts [VillageDirector, TownshipSupervisor], ties [];
    /// Hand the ledger out as a file.
    ExportLedger = "children.export": posts [VillageDirector, TownshipSupervisor], ties [];
}
