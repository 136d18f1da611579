//! The child ledger.

pub mod classification;
pub mod identity_number;
