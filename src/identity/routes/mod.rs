//! The identity room's part of the API.

pub mod offices;
pub mod sign_in;
