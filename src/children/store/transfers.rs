//! Rows of transfers: proposed by one village, accepted or refused by the other.

use diesel::prelude::*;

use crate::areas::within;
use crate::children::occasion::Occasion;
use crate::children::transfer::TransferState;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::Page;
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::child_transfers;
use crate::storage::{Conn, insert_once};

/// A transfer as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = child_transfers)]
pub struct TransferRow {
    pub id: i64,
    pub child_id: i64,
    pub from_village: String,
    pub to_village: String,
    pub state: TransferState,
    pub reason_sealed: String,
    pub proposed_at: Instant,
    pub decided_at: Option<Instant>,
    pub decision_sealed: Option<String>,
}

/// Proposes a transfer.
///
/// # Errors
/// `transfer_open` when one is waiting already.
pub fn propose(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    child_id: i64,
    villages: (&str, &str),
    reason: &str,
    by: i64,
) -> Outcome<i64> {
    let reason = occasion.vault().seal(Purpose::Narrative, reason)?;
    let id = insert_once(tx, |tx| {
        diesel::insert_into(child_transfers::table)
            .values((
                child_transfers::child_id.eq(child_id),
                child_transfers::from_village.eq(villages.0),
                child_transfers::to_village.eq(villages.1),
                child_transfers::state.eq(TransferState::Proposed),
                child_transfers::reason_sealed.eq(reason),
                child_transfers::proposed_by.eq(by),
                child_transfers::proposed_at.eq(occasion.now),
            ))
            .returning(child_transfers::id)
            .get_result(tx)
    })?;
    id.ok_or_else(|| Problem::of("transfer_open").into())
}

pub fn get(conn: &mut Conn, id: i64) -> Outcome<TransferRow> {
    Ok(child_transfers::table.find(id).select(TransferRow::as_select()).first(conn)?)
}

/// Decides a waiting transfer.
///
/// # Errors
/// `transfer_decided` when it was decided before.
pub fn decide(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    id: i64,
    state: TransferState,
    words: Option<&str>,
) -> Outcome<()> {
    let waiting = child_transfers::table
        .filter(child_transfers::id.eq(id))
        .filter(child_transfers::state.eq(TransferState::Proposed));
    let rows = diesel::update(waiting)
        .set((
            child_transfers::state.eq(state),
            child_transfers::decided_by.eq(occasion.person_id()),
            child_transfers::decided_at.eq(occasion.now),
            child_transfers::decision_sealed.eq(occasion.vault().seal_option(Purpose::Narrative, words)?),
        ))
        .execute(tx)?;
    if rows == 0 { Err(Problem::of("transfer_decided").into()) } else { Ok(()) }
}

/// The waiting transfer of a child.
pub fn waiting_of(conn: &mut Conn, child_id: i64) -> Outcome<Option<TransferRow>> {
    Ok(child_transfers::table
        .filter(child_transfers::child_id.eq(child_id))
        .filter(child_transfers::state.eq(TransferState::Proposed))
        .select(TransferRow::as_select())
        .first(conn)
        .optional()?)
}

/// Transfers that come to or go from the villages of the caller's posts, newest first.
pub fn list(conn: &mut Conn, scope: &Scope, state: Option<TransferState>, page: &Page) -> Outcome<Vec<TransferRow>> {
    let mut ways = vec!["1 = 0".to_owned()];
    for prefix in &scope.areas {
        ways.push(within("child_transfers.to_village", prefix));
        ways.push(within("child_transfers.from_village", prefix));
    }
    let mut query = child_transfers::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("({})", ways.join(" OR "))))
        .filter(child_transfers::id.lt(page.after_id()?.unwrap_or(i64::MAX)))
        .select(TransferRow::as_select())
        .into_boxed::<crate::storage::Db>();
    if let Some(state) = state {
        query = query.filter(child_transfers::state.eq(state));
    }
    Ok(query.order(child_transfers::id.desc()).limit(page.fetch()).load(conn)?)
}

/// Every waiting transfer, for the nightly comparison of duties.
pub fn all_waiting(conn: &mut Conn) -> Outcome<Vec<i64>> {
    Ok(child_transfers::table
        .filter(child_transfers::state.eq(TransferState::Proposed))
        .select(child_transfers::id)
        .order(child_transfers::id)
        .load(conn)?)
}
