//! The API, by resource.

mod access;
mod areas;
mod check_ins;
mod children;
mod consent;
mod contact;
mod guardianship;
mod identity;
mod offices;
mod oversight;
mod reports;
mod robustness;
mod volunteers;
