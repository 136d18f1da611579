//! The messages desk: what a person sees of messages and decides about them.
//!
//! ```text
//!  message  dead | unknown | undelivered ──▶ reached otherwise (delivered) | sent again (queued) | given up
//!  call     open ──▶ reached | wrong number | given up         (what the person says comes in as a receipt)
//!            └─ no answer: open again some hours later
//!  inbox    open ──▶ settled, with a note
//! ```
//!
//! A message about danger is seen by the county only: nobody below learns from the post that somebody reported.

mod access;
mod calls;
mod figures;
mod inbox;
mod messages;
mod own;
mod routes;
mod sight;

pub use calls::CallOutcome;
pub use messages::SettledHow;
pub use routes::configure;
