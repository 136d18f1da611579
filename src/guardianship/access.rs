//! Who may do what in entrusted care. Parties reach an agreement by being named on it, too (`store::agreement`).

use crate::permissions;

permissions! {
    /// See agreements, their texts and their evidence.
    ReadAgreement = "agreements.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [Parent, Carer];
    /// Judge a carer's capacity.
    AssessCapacity = "capacity.assess": posts [VillageDirector, ResidentCadre], ties [];
    /// See the village's judgements on carers.
    ReadCapacity = "capacity.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Draft, declare, send, amend and renew.
    DraftAgreement = "agreements.draft": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Give or refuse the village's consent.
    ConsentToAgreement = "agreements.consent": posts [VillageDirector], ties [];
    /// Host a signing on the own phone.
    HostSigning = "agreements.host": posts [VillageDirector, ResidentCadre], ties [];
    /// Sign or refuse to sign; only a party can, or the host for a party.
    SignAgreement = "agreements.sign": posts [VillageDirector, ResidentCadre], ties [Parent, Carer];
    /// Hand in the scan of an agreement that was signed by hand.
    ReceiveOriginal = "agreements.receive_original": posts [VillageDirector, ResidentCadre], ties [];
    /// End an agreement, or record its end.
    EndAgreement = "agreements.end": posts [VillageDirector, TownshipSupervisor], ties [Parent, Carer];
    /// Record who has the child after an agreement has ended.
    RecordHandOver = "agreements.hand_over": posts [VillageDirector, ResidentCadre], ties [];
    /// Read the notices that a child is in entrusted care.
    ReadNotice = "care_notices.read": posts [VillageDirector, SchoolHead, TownshipSupervisor], ties [];
    /// Acknowledge a notice for the school or village it is addressed to.
    AcknowledgeNotice = "care_notices.acknowledge": posts [VillageDirector, SchoolHead], ties [];
    /// See which children nobody has care of.
    ReadGaps = "guardianship_gaps.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor], ties [];
    /// Record pay.
    RecordPayment = "payments.record": posts [VillageDirector, TownshipSupervisor], ties [Parent];
}
