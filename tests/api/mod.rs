//! The API, by resource.

mod areas;
mod identity;
