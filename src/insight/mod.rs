//! Insight: how many, how complete, how fresh, what is late. Read from the records and the duties, kept nowhere (P3).
//!
//! Villages come in the order of their codes and are never ranked; a figure says where help is needed.

mod access;
mod routes;
mod standing;
mod villages;

pub use routes::configure;
