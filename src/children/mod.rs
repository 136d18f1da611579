//! Children: the ledger of left-behind children and children in difficulty (P1–P3, DOMAIN 3 and 4.1).
//!
//! ```text
//!               file ── sheet ──▶ rows ── import ──┐          nobody writes, a birthday passes
//!                                                  ▼                        │
//!  add ──▶ active ──(every change)──▶ ledger::settle ──▶ labels · ties · duties · version ◀── relabel_due
//!             │ ▲                                                  │
//!        exit ▼ │ restore                                          ▼
//!           exited (locked)                        the ledger as it stood on day X
//! ```
//!
//! A child lives in a household; the household's members are people of the system. Why a child is listed follows from
//! dated facts by pure rules ([`classification`]); labels are stored with reasons and effective dates and looked at
//! again on every change and on the day they change by themselves. What others need of a child they ask here.

pub mod access;
pub mod calling;
pub mod child;
pub mod classification;
pub mod duties;
pub mod exit;
pub mod export;
pub mod fields;
pub mod health;
pub mod household;
pub mod identity_number;
pub mod import;
pub mod ledger;
pub mod occasion;
pub mod record;
pub mod review;
pub mod routes;
pub mod schooling;
pub mod sheet;
mod store;
pub mod transfer;

use crate::identity::Person;
use crate::problem::Outcome;
use crate::storage::Conn;

pub use occasion::Occasion;
pub use store::{ChildRow, MemberRow};
pub use store::{require, tie_organisation, tie_person, untie_person, visible, visible_ids};

/// A child by id, whoever asks; for rules of other rooms that have checked the caller's reach.
pub fn get(conn: &mut Conn, child_id: i64) -> Outcome<ChildRow> {
    store::children::get(conn, child_id)
}

/// The facts that classification judges; HIV is not among them.
pub fn facts_of(conn: &mut Conn, occasion: &Occasion<'_>, child_id: i64) -> Outcome<classification::facts::Facts> {
    let row = store::children::get(conn, child_id)?;
    store::facts::load(conn, occasion, &row)
}

/// Where a child learns, as its record has it.
pub fn schooling_of(conn: &mut Conn, child_id: i64) -> Outcome<schooling::Schooling> {
    Ok(store::facts::schooling(conn, child_id)?.0)
}

/// The present members of a household with who they are.
pub fn members_of(conn: &mut Conn, household_id: i64) -> Outcome<Vec<(MemberRow, Person)>> {
    store::household::members(conn, household_id)
}

/// The active children of a household, oldest record first.
pub fn children_of(conn: &mut Conn, household_id: i64) -> Outcome<Vec<ChildRow>> {
    store::children::of_household(conn, household_id)
}
