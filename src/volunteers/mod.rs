//! Volunteers: people who keep a child company without being family (P10, P11).
//!
//! A volunteer applies, is checked against the records that bar work with minors, is trained, admitted,
//! paired with children whose family agrees, and writes down how the child is after each meeting.
//! A check or a training that runs out pauses the pairings that night; renewing it resumes them.
//! Nothing here ranks volunteers or records where they were by the minute.
//!
//! ```text
//! volunteer   applied ──(check clear, training done)──▶ admitted ◀──▶ paused
//!                │                                         │            │
//!                └──▶ declined                             └─▶ ended ◀──┘
//!
//! pairing     proposed ──family agrees──▶ active ◀──lapse, leave──▶ paused
//!                │                          │                          │
//!                └──▶ declined              └────────▶ ended ◀─────────┘
//!
//! check-in    made on the phone ──▶ stored once ──▶ revised any number of times, every version kept
//! ```

mod access;
pub mod check_in;
pub mod digest;
pub mod duties;
mod logging;
pub mod matching;
pub mod night;
pub mod pairing;
mod reasons;
mod recruiting;
mod routes;
mod sight;
mod store;
mod tending;
pub mod volunteer;

/// The steps of volunteering one by one, for whoever takes them without a request.
pub mod steps {
    pub use super::logging::{NewLog, log};
    pub use super::recruiting::{ProofEntry, apply, decide, record_proof};
    pub use super::store::{NewPairing, NewVolunteer, Pairing, ProofKind, Volunteer, volunteer};
    pub use super::tending::{agree, decline, end, propose, rest, suggestion};
}

pub use routes::configure;
pub use tending::child_changed;
