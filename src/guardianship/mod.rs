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
mod acknowledging;
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
mod standing;
mod store;
pub mod strokes;
pub mod text;
pub mod verdict;
pub mod watch;
mod watching;

pub use act::Act;
pub use sealing::seal_papers;
pub use standing::{Standing, guardians_of, hold_standing};
pub use store::cover::lacks_care;
pub use watching::{Watched, reconcile_child, watch_over};

/// The steps of an agreement one by one, for whoever takes them without a request.
pub mod steps {
    pub use super::acknowledging::acknowledge;
    pub use super::drafting::{ProposedCarer, Wanted, assess, consent, declare, draft};
    pub use super::ending::{end_as_asked, hand_over, take_back};
    pub use super::paying::{agreed_periods, record as pay};
    pub use super::sending::send;
    pub use super::signing::{Signed, Wanted as Signature, code_fits, open_turn, refuse, send_code, sign};
    pub use super::store::agreement::{Details, Party, agreement_of, document_hash, parties};
    pub use super::store::notice::{Notice, open_of as open_notices};
}

use chrono::NaiveDate;

use crate::duties::Difference;
use crate::problem::Outcome;
use crate::storage::Conn;

/// The duties that the records of this slice call for on `today`, against those that are open: there must be none.
pub fn differences(conn: &mut Conn, today: NaiveDate) -> Outcome<Vec<Difference>> {
    let expected = duties::expected(conn, today)?;
    crate::duties::differences(conn, &duties::KINDS, expected)
}
