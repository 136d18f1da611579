use crate::permissions;

permissions! {
    /// See how the gateways stand and what they cost, and let a stopped one try again.
    RunGateways = "gateways.run": posts [CountyAdministrator], ties [];
}
