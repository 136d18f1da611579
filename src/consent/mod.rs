//! Consent 监护人同意: a parent's word to the rules on a child's data (PIPL art. 31: under 14), and its withdrawal.
//!
//! ```text
//!  asked ──a parent agrees to this version of the rules──▶ standing ──new version──▶ outdated (stands until asked again)
//!                                                              └──a parent withdraws──▶ withdrawn
//! ```
//!
//! Protecting a child is a duty by law and needs no consent (PIPL art. 13): ledger, agreement, contact, reports and cases go
//! on. What rests on consent alone ends in the same transaction: pairings with volunteers. `rules.toml` says so to the
//! parents, and is the page they agree to.

pub mod access;
pub mod routes;
mod rules;
mod store;
