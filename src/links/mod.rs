//! Short links 短信链接: from a message straight to the one thing it asks for, without a password.
//!
//! ```text
//! /l/{ticket} ──▶ page of the phone ──▶ code to the addressee's own number ──▶ narrow session: this one thing, half an hour
//!                     │
//!                     └─▶ expired (its days are over) │ used (the duty is met) │ withdrawn (no longer owed, no number)
//! ```
//! A link is a [`Ticket`](crate::messaging::ticket::Ticket) and nothing is kept of it: it is good as long as its days
//! last and its duty is open. Whoever it was forwarded to learns what kind of thing it is for and four digits of a
//! number; everything else comes after the code, which goes to the number that the addressee has now.

mod opening;
pub mod routes;
