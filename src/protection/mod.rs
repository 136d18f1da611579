//! Protection: from somebody's word that a child is in danger to help that lasts (P4, P6, P8).
//!
//! Only the report is here so far; its case comes with its own module.

pub mod report;
