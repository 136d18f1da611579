//! Entrusted care: a parent who is away entrusts the child to an adult who is able, in writing, signed by all
//! (P13, P17–P20; Minor Protection Law art. 22–23; Civil Code art. 1189).
//!
//! ```text
//!            declaration + capacity        consent of the village           sent: text and SHA-256 frozen
//!   draft ───────────────────────▶ assessed ───────────▶ consented ───────────────▶ awaiting_signatures
//!     │                              │  └── no consent needed ───────────────────────▲     │
//!     │                              │                                                   │ last signature
//!     ├── declined (unfit, refused) ◀┴──────── any pending state ────────────────────────┤
//!     └── lapsed (nobody went on)   ◀──────────────────────────────────────────────────┘ ▼
//!                                                        ended(reason) ◀────────────── in_force
//! ```
//! A change is a new version with new signatures; the old version stays in force until the new one is, and ends
//! `amended` or `renewed` in the same transaction. Parents keep guardianship throughout.

mod access;
mod act;
pub mod agreement;
mod amending;
pub mod bars;
pub mod bundle;
pub mod capacity;
mod drafting;
pub mod duties;
mod ending;
mod entering;
pub mod evidence;
pub mod gap;
mod messages;
pub mod notice;
mod original;
mod paper;
mod paying;
pub mod reasons;
pub mod remuneration;
pub mod rmb;
pub mod routes;
mod sealing;
mod sending;
pub mod signature;
mod signing;
mod store;
pub mod strokes;
pub mod text;
pub mod verdict;
pub mod watch;
mod watching;

pub use act::Act;
pub use sealing::{Sealing, seal_papers};
pub use watching::{Watched, look_at_child, watch_over};

use chrono::NaiveDate;

use crate::duties::Difference;
use crate::problem::Outcome;
use crate::storage::Conn;

/// The duties that the records of this slice call for on `today`, against those that are open: there must be none.
pub fn differences(conn: &mut Conn, today: NaiveDate) -> Outcome<Vec<Difference>> {
    let expected = duties::expected(conn, today)?;
    crate::duties::differences(conn, &duties::KINDS, expected)
}
