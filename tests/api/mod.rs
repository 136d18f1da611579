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
mod links;
mod offices;
mod oversight;
mod reports;
mod robustness;
mod screens;
mod settings;
mod volunteers;
mod wordings;
