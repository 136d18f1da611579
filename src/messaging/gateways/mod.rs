//! The gateways in use: which one carries the next message, within which quotas, and which are stopped.
//!
//! ```text
//!             ┌ stopped by a code (database, all processes) ── probe got through, or lifted by hand ─▶ open
//! candidates ─┤ breaker open (this process) · quota used up · too fast ─▶ wait
//!             └ open: by weight; one that has refused this message only when no other is left
//! ```
//!
//! Another gateway is tried only after a refusal. Silence leaves the message in doubt and is nobody's turn.

mod access;
mod check;
mod choice;
mod ledger;
mod pace;
pub mod routes;
mod stops;

pub use check::{Finding, check};
pub(super) use choice::{Candidate, Pick, expected_price, pick};
pub use ledger::forget_minutes;
pub(super) use ledger::{Ledger, Use, keep_minutes, take_back_minutes};
pub(super) use pace::Paces;
pub use stops::{LiftedBy, Stop, lift, lift_all, standing};
pub(super) use stops::{claim_probe, raise};
