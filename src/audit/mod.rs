//! Audit: what was done ([`record`], in the transaction of the change) and what was read ([`Recorder`]).
//!
//! A read of a child's record is logged before its answer leaves. To keep that cheap, the entries of all requests of
//! the moment are written in one transaction: a request queues its entry and waits until the batch is committed. The
//! entries form a chain, so that one that goes missing is noticed ([`verify`]).

mod access;
mod chain;
mod handed_out;

use diesel::prelude::*;
use serde::Serialize;

pub use access::{Access, Recorder};
pub use chain::{Head, Tampering, Verdict, verify};
pub use handed_out::{FileKind, HandedOut, hand_out, handed_out, stamp};

use crate::clock::Instant;
use crate::identity::Actor;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::audit_events;

/// One change: who did what to which record.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// `None` for the system itself (a scheduled job, a callback).
    pub actor: Option<&'a Actor>,
    /// Noun and verb in the past: `agreement.signed`.
    pub action: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: i64,
    pub child_id: Option<i64>,
    pub area_code: Option<&'a str>,
}

/// Appends the event, with `detail` as JSON (ids and codes; never a secret, a phone or an identity number).
pub fn record(tx: &mut Conn, now: Instant, event: &Event<'_>, detail: &impl Serialize) -> Outcome<()> {
    record_numbered(tx, now, event, detail).map(|_| ())
}

/// As [`record`]; returns the number of the event.
pub fn record_numbered(tx: &mut Conn, now: Instant, event: &Event<'_>, detail: &impl Serialize) -> Outcome<i64> {
    let detail = serde_json::to_string(detail).map_err(Fault::internal)?;
    Ok(diesel::insert_into(audit_events::table)
        .values((
            audit_events::at.eq(now),
            audit_events::actor_person_id.eq(event.actor.map(|actor| actor.person_id)),
            audit_events::actor_post.eq(event.actor.and_then(Actor::post_label)),
            audit_events::action.eq(event.action),
            audit_events::subject_kind.eq(event.subject_kind),
            audit_events::subject_id.eq(event.subject_id),
            audit_events::child_id.eq(event.child_id),
            audit_events::area_code.eq(event.area_code),
            audit_events::detail.eq(detail),
        ))
        .returning(audit_events::id)
        .get_result(tx)?)
}
