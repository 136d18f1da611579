//! All SQL of the ledger.

pub mod children;
pub mod facts;
pub mod health;
pub mod household;
pub mod imports;
pub mod labels;
pub mod list;
pub mod people;
mod reach;
pub mod transfers;
pub mod versions;

pub use children::ChildRow;
pub use household::MemberRow;
pub use reach::{require, tie_organisation, tie_person, tied, untie_all, untie_person, visible, visible_ids};
