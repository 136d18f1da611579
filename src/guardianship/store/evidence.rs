//! The evidence chain in the database: appended under the agreement's row lock, bodies sealed.

use diesel::prelude::*;
use serde::Serialize;

use super::agreement::Agreement;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::act::Act;
use crate::guardianship::evidence::{Event, EventKind, Head};
use crate::problem::Outcome;
use crate::storage::schema::{agreements, evidence_events};
use crate::storage::{Conn, changed};

/// Appends one event to the chain of an agreement.
pub(in crate::guardianship) fn append(
    tx: &mut Conn,
    act: &Act,
    agreement_id: i64,
    kind: EventKind,
    body: &impl Serialize,
) -> Outcome<Event> {
    // Counting up takes the row, so that two events at one moment get two places.
    let (count, hash): (i64, String) = diesel::update(agreements::table.find(agreement_id))
        .set(agreements::evidence_count.eq(agreements::evidence_count + 1))
        .returning((agreements::evidence_count, agreements::evidence_head))
        .get_result(tx)?;
    let head = Head { count: count - 1, hash };
    let body = (act.vault.digest_algorithm(), body);
    let event = Event::next(&head, agreement_id, act.now, kind, act.person_id(), body);
    diesel::insert_into(evidence_events::table)
        .values((
            evidence_events::agreement_id.eq(agreement_id),
            evidence_events::seq.eq(event.seq),
            evidence_events::at.eq(event.at),
            evidence_events::kind.eq(event.kind),
            evidence_events::actor_id.eq(event.actor),
            evidence_events::body_sealed.eq(act.vault.seal(Purpose::Signature, &event.body)?),
            evidence_events::prev_hash.eq(&event.prev),
            evidence_events::hash.eq(&event.hash),
        ))
        .execute(tx)?;
    let rows = diesel::update(agreements::table.find(agreement_id).filter(agreements::evidence_count.eq(count)))
        .set(agreements::evidence_head.eq(&event.hash))
        .execute(tx)?;
    changed(rows)?;
    Ok(event)
}

/// The whole chain, in order.
pub(in crate::guardianship) fn chain(conn: &mut Conn, vault: &Vault, agreement_id: i64) -> Outcome<Vec<Event>> {
    type Row = (i64, Instant, EventKind, Option<i64>, String, String, String);
    let rows: Vec<Row> = evidence_events::table
        .filter(evidence_events::agreement_id.eq(agreement_id))
        .order(evidence_events::seq)
        .select((
            evidence_events::seq,
            evidence_events::at,
            evidence_events::kind,
            evidence_events::actor_id,
            evidence_events::body_sealed,
            evidence_events::prev_hash,
            evidence_events::hash,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(seq, at, kind, actor, body, prev, hash)| {
            let body = vault.open(Purpose::Signature, &body)?;
            Ok(Event { agreement: agreement_id, seq, at, kind, actor, body, prev, hash })
        })
        .collect()
}

/// Where the agreement says that its chain ends.
pub(in crate::guardianship) fn head_of(agreement: &Agreement) -> Head {
    Head { count: agreement.evidence_count, hash: agreement.evidence_head.clone() }
}
