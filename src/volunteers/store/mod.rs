//! All SQL of volunteers, by record.

mod candidates;
mod check_ins;
mod pairings;
mod people;
mod silences;

pub use candidates::*;
pub use check_ins::*;
pub use pairings::*;
pub use people::*;
pub use silences::*;
