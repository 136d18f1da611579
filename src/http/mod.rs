//! HTTP: how requests are read and answered, the same in every room.
//!
//! A handler takes [`May<Permission>`](crate::identity::May) (who), [`Body`] or [`Query`] (what, validated), and gives
//! an [`Answer`]. A [`Fault`](crate::problem::Fault) is rendered here and nowhere else, as RFC 9457 problem details.

mod answer;
mod idempotency;
mod limits;
pub mod openapi;
mod page;
mod read;

pub use answer::{Answer, created, no_content, ok, render, versioned};
pub use idempotency::{IdempotencyKey, Stored, once};
pub use limits::{RateLimits, limit_rate, security_headers};
pub use page::{Listing, Page, id_cursor, pair_cursor};
pub use read::{Body, IfMatch, PathId, Query, Upload, client_address, reader_settings};
