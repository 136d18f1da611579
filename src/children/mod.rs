//! The child ledger.

pub mod classification;
pub mod identity_number;
pub mod schooling;
pub mod sheet;
mod store;

pub use store::{require, tie_organisation, tie_person, untie_person, visible, visible_ids};
