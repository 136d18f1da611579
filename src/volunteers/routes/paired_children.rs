//! `/api/v1/me/paired-children`: the volunteer's own list.

use std::collections::BTreeSet;

use actix_web::{get, web};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::http::{Answer, ok};
use crate::identity::{Actor, SignedIn};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{children as ledger, duties};
use crate::text_list;
use crate::volunteers::pairing::{PairingKind, PairingState};
use crate::volunteers::store;
use crate::volunteers::volunteer::ServiceForm;

/// A child whom the caller keeps company, and when to look in next.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairedChildView {
    pub pairing_id: i64,
    pub child_id: i64,
    pub child_name: String,
    pub household_id: i64,
    pub village_code: String,
    pub kind: PairingKind,
    pub service_forms: BTreeSet<ServiceForm>,
    pub due_on: Option<NaiveDate>,
    /// Whole days past that day; negative while there is time.
    pub days_overdue: Option<i64>,
}

/// The children whom the caller keeps company as a volunteer, and when to look in next.
#[utoipa::path(tag = "pairings", operation_id = "list_my_paired_children", responses((status = 200, body = Vec<PairedChildView>)))]
#[get("/me/paired-children")]
pub async fn list_my_paired_children(app: web::Data<App>, me: SignedIn) -> Answer {
    let now = app.clock.now();
    ok(app.read(move |conn| paired_children(conn, &me.actor, now)).await?)
}

fn paired_children(conn: &mut Conn, actor: &Actor, now: Instant) -> Outcome<Vec<PairedChildView>> {
    let Some(volunteer) = store::volunteer_of_person(conn, actor.person_id)? else { return Ok(Vec::new()) };
    let own = store::open_pairings_of(conn, volunteer.id)?;
    let active: Vec<_> = own.into_iter().filter(|pairing| pairing.state == PairingState::Active).collect();
    let ids: Vec<_> = active.iter().map(|pairing| pairing.id).collect();
    let dues: Vec<(i64, Instant)> = duties::table
        .filter(duties::kind.eq(DutyKind::CheckIn))
        .filter(duties::subject_kind.eq("pairing"))
        .filter(duties::subject_id.eq_any(ids))
        .filter(duties::closed_at.is_null())
        .select((duties::subject_id, duties::due_at))
        .load(conn)?;
    let homes: Vec<(i64, String, i64, String)> = ledger::table
        .filter(ledger::id.eq_any(active.iter().map(|pairing| pairing.child_id).collect::<Vec<_>>()))
        .select((ledger::id, ledger::name, ledger::household_id, ledger::village_code))
        .load(conn)?;
    let due_of = |id: i64| dues.iter().find(|(pairing, _)| *pairing == id).map(|(_, due)| due.date());
    let mut views: Vec<_> = active
        .into_iter()
        .filter_map(|pairing| {
            let (_, child_name, household_id, village_code) =
                homes.iter().find(|(id, ..)| *id == pairing.child_id).cloned()?;
            let due_on = due_of(pairing.id);
            Some(PairedChildView {
                pairing_id: pairing.id,
                child_id: pairing.child_id,
                child_name,
                household_id,
                village_code,
                kind: pairing.kind,
                service_forms: text_list::read(&pairing.service_forms),
                due_on,
                days_overdue: due_on.map(|due| (now.date() - due).num_days()),
            })
        })
        .collect();
    views.sort_by_key(|view| (view.due_on, view.child_id));
    Ok(views)
}
