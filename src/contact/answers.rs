//! What a reply to a reminder does here. The texts of replies are read elsewhere; only their meaning arrives.

use chrono::NaiveDate;

use super::record::{ContactKind, RecordedVia, Voice};
use super::recording::{self, NewContact};
use super::{duties, searching, store};
use crate::app::App;
use crate::clock::Instant;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// The parent replied that the call took place, on `happened_on` (the day of the reply). `key` names the reply, so that
/// the same one is recorded once.
///
/// # Errors
/// 404 when the obligation is not this person's.
pub fn contact_done(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    obligation_id: i64,
    person_id: i64,
    happened_on: NaiveDate,
    key: &str,
) -> Outcome<()> {
    let obligation = store::obligation(tx, obligation_id)?;
    if obligation.parent_person_id != person_id {
        return Err(Problem::not_found().into());
    }
    let new = NewContact {
        client_uuid: format!("reply:{key}"),
        kind: ContactKind::Call,
        with_child: true,
        with_carer: obligation.carer_counts,
        happened_on,
        note: None,
        via: RecordedVia::Reply,
    };
    recording::record(tx, app, now, &obligation, (person_id, Voice::Parent), &new)?;
    Ok(())
}

/// The number answered: it is in use and theirs.
///
/// A search for the number ends; the duty to verify it is met, and the next opens, while anybody needs the number.
pub fn phone_confirmed(tx: &mut Conn, app: &App, now: Instant, person_id: i64) -> Outcome<()> {
    store::mark_verified(tx, now, person_id)?;
    if let Some(search) = store::open_search_for(tx, person_id)? {
        searching::reached(tx, now, &search)?;
    }
    match duties::verification_area(tx, person_id)? {
        Some(area_code) => duties::sync_phone(tx, &app.config.contact, now, person_id, &area_code),
        None => Ok(()),
    }
}
