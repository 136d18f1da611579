//! The API, by resource.

mod access;
mod areas;
mod contact;
mod identity;
mod offices;
mod reports;
mod robustness;
