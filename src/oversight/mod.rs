//! Oversight 访问监督: who looked at a child's record, and looks beyond one's reach (DOMAIN 4.7, PIPL art. 51 and 54).
//!
//! ```text
//!  look beyond reach, with a reason ──▶ opened ──▶ duty: the supervisor reviews ──▶ reviewed: justified | unjustified
//!  (the record is shown once)             never by whoever opened it; overdue, the county is told
//! ```
//!
//! A family sees which office looked, and when; never which person, and nothing of the police, whose look may be about
//! the family itself. Once a year everything is counted into a file for the audit that the law asks for.

pub mod access;
pub mod duties;
mod offices;
mod opening;
mod report;
pub mod routes;
mod store;

pub use duties::{KINDS, expected};
pub use report::{Span, workbook};
