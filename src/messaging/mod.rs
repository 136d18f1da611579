//! Telling people: messages, the channels that carry them, and what comes back.

pub mod channels;
pub mod journey;
pub mod limits;
pub mod lint;
mod outbox;
pub mod phone;
pub mod quiet;
pub mod reply;
pub mod retry;
pub mod route;
pub mod segments;
pub mod templates;

pub use outbox::{NewMessage, Recipient, post};
pub use quiet::Urgency;
