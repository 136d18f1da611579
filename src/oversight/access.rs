//! Who may look at who looked: a table.

use crate::permissions;

permissions! {
    /// See which offices looked at one's child's record.
    SeeReaders = "oversight.readers": posts [], ties [Parent, Carer];
    /// See a child's record beyond one's reach, in the same county, for a reason that is reviewed.
    OpenRecord = "oversight.open": posts [CountyAdministrator, TownshipSupervisor], ties [];
    /// Review such looks.
    ReviewOpenings = "oversight.review": posts [CountyAdministrator, TownshipSupervisor], ties [];
    /// See which files were handed out, and to whom.
    SeeHandedOut = "oversight.handed_out": posts [CountyAdministrator, TownshipSupervisor], ties [];
    /// Take the yearly audit report.
    TakeAuditReport = "oversight.report": posts [CountyAdministrator], ties [];
}
