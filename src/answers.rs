//! What an answered question means: kind of duty → the slice that owns it, a line each.
//!
//! A kind belongs here exactly when its message says what a reply `1` stands for (`done` in its template); a test holds
//! the two together. Whatever has no line is read by a person.

use crate::app::App;
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::messaging::inbound::{Answered, Handled};
use crate::problem::Outcome;
use crate::storage::Conn;

/// Hands an answer `1` to the slice that owns the duty.
pub fn answer(_app: &App, _tx: &mut Conn, _now: Instant, answered: &Answered) -> Outcome<Handled> {
    match answered.kind {
        DutyKind::ContactChild | DutyKind::VerifyPhone => Ok(Handled::NotHere),
        _ => Ok(Handled::NotHere),
    }
}
