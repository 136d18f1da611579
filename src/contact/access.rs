use crate::permissions;

permissions! {
    /// See which contact is owed to a child, and what was recorded.
    ReadContacts = "contacts.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [Parent, Carer, Teacher];
    /// Record a contact, confirm or contradict one.
    RecordContact = "contacts.record": posts [VillageDirector, ResidentCadre], ties [Parent, Carer];
    /// Say that a parent is home for a while.
    LetRest = "contacts.rest": posts [VillageDirector, ResidentCadre], ties [Parent, Carer];
    /// Give a household a cadence of its own.
    SetCadence = "contacts.set_cadence": posts [VillageDirector, TownshipSupervisor], ties [];
    /// See and settle what weeks without contact have led to.
    SettleMissedContact = "missed_contacts.settle": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// See whose number no longer answers, and write down the new one.
    FindNumber = "number_searches.settle": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
}
