//! Moving to another village (DOMAIN 4.1): nothing moves until the receiving village accepts.
//!
//! ```text
//!  proposed ──▶ accepted (the child moves, with its household when no sibling stays behind)
//!     ├───────▶ refused   (by the receiving village, with a reason)
//!     └───────▶ withdrawn (by the sending village)
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::ledger::{self, Cause};
use super::occasion::Occasion;
use super::store::transfers::TransferRow;
use super::store::{self, ChildRow};
use super::{duties, exit};
use crate::areas::{self, AreaLevel};
use crate::contact;
use crate::http::IfMatch;
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::text_enum;

text_enum! {
    pub enum TransferState {
        Proposed = "proposed",
        Accepted = "accepted",
        Refused = "refused",
        Withdrawn = "withdrawn",
    }
}

/// A move to propose.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferWanted {
    #[validate(length(equal = 12))]
    #[schema(example = "990101100202")]
    pub to_village: String,
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "随外婆到柳溪村居住")]
    pub reason: String,
}

/// Proposes that a child moves; the receiving village owes an answer.
pub fn propose(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    child_id: i64,
    seen: IfMatch,
    wanted: &TransferWanted,
) -> Outcome<i64> {
    let row = store::children::find(tx, scope, child_id)?;
    exit::require_active(&row)?;
    seen.check(row.version)?;
    areas::require_code(&wanted.to_village, "to_village")?;
    areas::exists(tx, &wanted.to_village, AreaLevel::Village, "to_village")?;
    if wanted.to_village == row.village_code {
        return Err(Problem::field("to_village", "same_village").into());
    }
    let by = occasion.person_id().ok_or_else(|| Problem::of("unauthorized"))?;
    let villages = (row.village_code.as_str(), wanted.to_village.as_str());
    let id = store::transfers::propose(tx, occasion, child_id, villages, &wanted.reason, by)?;
    duties::ask_for_acceptance(tx, occasion, id, child_id, &wanted.to_village)?;
    audit(tx, occasion, "transfer.proposed", id, &row, &wanted.to_village)?;
    Ok(id)
}

/// Takes the child in: by the receiving village only.
pub fn accept(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64) -> Outcome<i64> {
    let transfer = store::transfers::get(tx, id)?;
    scope.require(&transfer.to_village)?;
    store::transfers::decide(tx, occasion, id, TransferState::Accepted, None)?;
    let row = store::children::get(tx, transfer.child_id)?;
    exit::require_active(&row)?;
    let household = household_there(tx, occasion, &row, &transfer)?;
    store::children::relocate(tx, row.id, &transfer.to_village, household)?;
    duties::answer_transfer(tx, occasion, id)?;
    audit(tx, occasion, "transfer.accepted", id, &row, &transfer.to_village)?;
    ledger::step(tx, occasion, row, Cause::Moved, &serde_json::json!({ "transfer": id }))?;
    Ok(transfer.child_id)
}

/// Refuses, with a reason: by the receiving village only.
pub fn refuse(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64, why: &str) -> Outcome<()> {
    let transfer = store::transfers::get(tx, id)?;
    scope.require(&transfer.to_village)?;
    close(tx, occasion, &transfer, TransferState::Refused, Some(why), "transfer.refused")
}

/// Takes the proposal back: by the sending village only.
pub fn withdraw(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64) -> Outcome<()> {
    let transfer = store::transfers::get(tx, id)?;
    scope.require(&transfer.from_village)?;
    close(tx, occasion, &transfer, TransferState::Withdrawn, None, "transfer.withdrawn")
}

/// Takes back what is waiting for a child that leaves the ledger.
pub fn drop_waiting(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64) -> Outcome<()> {
    match store::transfers::waiting_of(tx, child_id)? {
        Some(transfer) => close(tx, occasion, &transfer, TransferState::Withdrawn, None, "transfer.withdrawn"),
        None => Ok(()),
    }
}

fn close(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    transfer: &TransferRow,
    state: TransferState,
    why: Option<&str>,
    action: &'static str,
) -> Outcome<()> {
    store::transfers::decide(tx, occasion, transfer.id, state, why)?;
    duties::answer_transfer(tx, occasion, transfer.id)?;
    let row = store::children::get(tx, transfer.child_id)?;
    audit(tx, occasion, action, transfer.id, &row, &transfer.to_village)
}

/// The whole household moves when no sibling stays; otherwise the child gets one with the same people.
fn household_there(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow, transfer: &TransferRow) -> Outcome<i64> {
    if store::children::of_household(tx, row.household_id)?.len() <= 1 {
        store::household::set_village(tx, occasion, row.household_id, &transfer.to_village)?;
        return Ok(row.household_id);
    }
    let new = store::children::add_household(tx, occasion, &transfer.to_village, None)?;
    store::household::copy_members(tx, occasion, row.household_id, new)?;
    contact::reconcile_household(tx, &occasion.config().contact, occasion.now, row.household_id)?;
    Ok(new)
}

fn audit(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    action: &'static str,
    id: i64,
    row: &ChildRow,
    to_village: &str,
) -> Outcome<()> {
    let event = crate::audit::Event {
        actor: occasion.actor,
        action,
        subject_kind: "transfer",
        subject_id: id,
        child_id: Some(row.id),
        area_code: Some(&row.village_code),
    };
    crate::audit::record(tx, occasion.now, &event, &serde_json::json!({ "to_village": to_village }))
}
