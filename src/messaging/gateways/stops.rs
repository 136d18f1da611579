//! Stops: a gateway whose account refuses everything, or a form that is not approved. Kept in the database, so that
//! every process knows; told to the county's administrators; lifted by hand or by a probe that got through.
//!
//! ```text
//! refusal of the channel or template ─▶ standing ──by hand──▶ lifted
//!                                         │  ▲ refused: later, twice the time
//!                                         └──┴─ one message as a probe ──accepted──▶ lifted
//! ```

use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Vault;
use crate::identity::{Actor, PostKind};
use crate::messaging::outbox::{NewMessage, Recipient, post};
use crate::messaging::quiet::Urgency;
use crate::messaging::wording;
use crate::problem::Outcome;
use crate::storage::schema::{gateway_stops, posts};
use crate::storage::{Conn, insert_once};

const FIRST_PROBE_MINUTES: i64 = 5;
const LONGEST_PROBE_MINUTES: i64 = 240;

/// A stop that stands.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = gateway_stops)]
pub struct Stop {
    pub id: i64,
    #[schema(example = "aliyun")]
    pub gateway: String,
    /// The form that is stopped; empty = the whole gateway.
    pub form: String,
    /// What the gateway said.
    #[schema(example = "isv.AMOUNT_NOT_ENOUGH")]
    pub code: String,
    pub since: Instant,
    /// When one message goes through it as a probe.
    pub probe_at: Instant,
    pub probes: i64,
}

/// Every stop that stands.
pub fn standing(conn: &mut Conn) -> Outcome<Vec<Stop>> {
    Ok(gateway_stops::table
        .filter(gateway_stops::lifted_at.is_null())
        .order(gateway_stops::id)
        .select(Stop::as_select())
        .load(conn)?)
}

/// Stops `form` of `gateway` (empty: all of it) and tells the administrators; nothing happens when it stands already.
pub fn raise(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    gateway: &str,
    form: &str,
    code: &str,
    until: Option<Instant>,
) -> Outcome<()> {
    let probe_at = until.unwrap_or_else(|| now.plus_minutes(FIRST_PROBE_MINUTES));
    let raised: Option<i64> = insert_once(tx, |tx| {
        diesel::insert_into(gateway_stops::table)
            .values((
                gateway_stops::gateway.eq(gateway),
                gateway_stops::form.eq(form),
                gateway_stops::code.eq(code),
                gateway_stops::since.eq(now),
                gateway_stops::probe_at.eq(probe_at),
            ))
            .returning(gateway_stops::id)
            .get_result(tx)
    })?;
    let Some(id) = raised else { return Ok(()) };
    tracing::error!(gateway, form, code, "a gateway is stopped");
    metrics::counter!("xiangban_gateway_stops_total", "gateway" => gateway.to_owned()).increment(1);
    tell(tx, vault, now, id, gateway, form, code)
}

fn tell(tx: &mut Conn, vault: &Vault, now: Instant, id: i64, gateway: &str, form: &str, code: &str) -> Outcome<()> {
    let administrators: Vec<(i64, String)> = posts::table
        .filter(posts::kind.eq(PostKind::CountyAdministrator))
        .filter(posts::since.le(now.date()))
        .filter(posts::until.is_null().or(posts::until.gt(now.date())))
        .order(posts::person_id)
        .select((posts::person_id, posts::area_code))
        .load(tx)?;
    let template = if form.is_empty() { "notice/gateway_stopped" } else { "notice/form_stopped" };
    for (person_id, area_code) in administrators {
        let message = NewMessage {
            occasion_key: format!("gateway_stop/{id}/{person_id}"),
            to: Recipient::Person(person_id),
            template: template.into(),
            urgency: Urgency::Routine,
            data: json!({ "gateway": gateway, "form": wording::cut(form), "refusal": wording::cut(code) }),
            child_id: None,
            area_code: Some(area_code),
            not_before: now,
            expires_at: None,
        };
        post(tx, vault, now, &message)?;
    }
    Ok(())
}

/// Takes the turn of probing; `false` when another worker was faster or the time has not come.
pub fn claim_probe(tx: &mut Conn, stop: &Stop, now: Instant) -> Outcome<bool> {
    let minutes = FIRST_PROBE_MINUTES.saturating_mul(1 << stop.probes.clamp(0, 10)).min(LONGEST_PROBE_MINUTES);
    let rows = diesel::update(
        gateway_stops::table
            .find(stop.id)
            .filter(gateway_stops::lifted_at.is_null())
            .filter(gateway_stops::probes.eq(stop.probes))
            .filter(gateway_stops::probe_at.le(now)),
    )
    .set((gateway_stops::probes.eq(stop.probes + 1), gateway_stops::probe_at.eq(now.plus_minutes(minutes))))
    .execute(tx)?;
    Ok(rows == 1)
}

/// Who lets a stopped gateway try again.
#[derive(Clone, Copy, Debug)]
pub enum LiftedBy<'a> {
    /// Somebody in the console.
    Person(&'a Actor),
    /// The operator, with `xiangban gateway resume`.
    Operator,
    /// A message that got through.
    Probe,
}

/// Lifts a stop and writes it into the audit; `false` when it did not stand.
pub fn lift(tx: &mut Conn, now: Instant, id: i64, by: LiftedBy<'_>) -> Outcome<bool> {
    let (actor, how) = match by {
        LiftedBy::Person(actor) => (Some(actor), "person"),
        LiftedBy::Operator => (None, "operator"),
        LiftedBy::Probe => (None, "probe"),
    };
    let lifted: Option<(String, String)> =
        diesel::update(gateway_stops::table.find(id).filter(gateway_stops::lifted_at.is_null()))
            .set((gateway_stops::lifted_at.eq(now), gateway_stops::lifted_by.eq(actor.map(|actor| actor.person_id))))
            .returning((gateway_stops::gateway, gateway_stops::form))
            .get_result(tx)
            .optional()?;
    if let Some((gateway, form)) = &lifted {
        let event = Event {
            actor,
            action: "gateway_stop.lifted",
            subject_kind: "gateway_stop",
            subject_id: id,
            child_id: None,
            area_code: None,
        };
        audit::record(tx, now, &event, &json!({ "gateway": gateway, "form": form, "how": how }))?;
    }
    Ok(lifted.is_some())
}

/// Lifts every stop of a gateway, for the operator at the console; returns how many stood.
pub fn lift_all(tx: &mut Conn, now: Instant, gateway: &str) -> Outcome<usize> {
    let mut lifted = 0;
    for stop in standing(tx)?.into_iter().filter(|stop| stop.gateway == gateway) {
        lifted += usize::from(lift(tx, now, stop.id, LiftedBy::Operator)?);
    }
    Ok(lifted)
}
