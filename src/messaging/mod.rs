//! Telling people: messages, the channels that carry them, and what comes back.

pub mod journey;
pub mod limits;
mod outbox;
pub mod phone;
pub mod quiet;
pub mod reply;
pub mod retry;
pub mod route;
pub mod segments;

pub use outbox::{NewMessage, Recipient, Urgency, post};
