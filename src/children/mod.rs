//! The child ledger.

pub mod classification;
pub mod identity_number;
mod store;

pub use store::{require, tie_organisation, tie_person, untie_person, visible, visible_ids};
