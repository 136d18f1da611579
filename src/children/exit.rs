//! Leaving the ledger: the record is locked, nothing is deleted; every duty about the child closes, every tie ends.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::child::{ChildState, ExitReason};
use super::ledger::{self, Cause};
use super::occasion::Occasion;
use super::store::{self, ChildRow};
use super::transfer;
use crate::duties::{ClosedHow, close_for_child};
use crate::http::IfMatch;
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Why a child leaves the ledger.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitWanted {
    pub reason: ExitReason,
}

/// # Errors
/// `child_exited` when the record is locked.
pub fn require_active(row: &ChildRow) -> Outcome<()> {
    if row.state == ChildState::Active { Ok(()) } else { Err(Problem::of("child_exited").into()) }
}

/// Locks the record.
pub fn exit(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    child_id: i64,
    seen: IfMatch,
    reason: ExitReason,
) -> Outcome<()> {
    let row = store::children::open(tx, occasion, scope, child_id, seen)?;
    lock(tx, occasion, &row, reason)
}

/// Locks a record that is open for a change.
pub fn lock(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow, reason: ExitReason) -> Outcome<()> {
    transfer::drop_waiting(tx, occasion, row.id)?;
    store::children::exit(tx, occasion.now, row.id, reason)?;
    close_for_child(tx, occasion.now, row.id, ClosedHow::Withdrawn)?;
    store::untie_all(tx, occasion.now, row.id)?;
    ledger::settle(tx, occasion, row.id, Cause::Exited, &serde_json::json!({ "reason": reason }))?;
    Ok(())
}

/// Unlocks the record; labels, duties and the parents' ties come back from the facts.
pub fn restore(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, child_id: i64, seen: IfMatch) -> Outcome<()> {
    let row = store::children::find(tx, scope, child_id)?;
    if row.state != ChildState::Exited {
        return Err(Problem::of("child_not_exited").into());
    }
    seen.check(row.version)?;
    let row = store::children::next_version(tx, occasion.now, row)?;
    store::children::restore(tx, occasion.now, row.id)?;
    ledger::settle(tx, occasion, row.id, Cause::Restored, &serde_json::json!({}))?;
    Ok(())
}
