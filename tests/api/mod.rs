//! The API, by resource.

mod access;
mod areas;
mod children;
mod contact;
mod identity;
mod offices;
mod reports;
mod robustness;
