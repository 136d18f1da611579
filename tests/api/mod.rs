//! The API, by resource.

mod access;
mod areas;
mod check_ins;
mod children;
mod contact;
pub mod guardianship;
mod identity;
mod imports;
mod insight;
mod offices;
mod reports;
mod robustness;
mod screens;
mod volunteers;
