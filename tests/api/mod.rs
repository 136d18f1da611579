//! The API, by resource.

mod access;
mod areas;
mod check_ins;
mod children;
mod consent;
mod contact;
pub mod guardianship;
mod identity;
mod imports;
mod insight;
mod letters;
mod offices;
mod oversight;
mod reports;
mod robustness;
mod screens;
mod volunteers;
mod wordings;
