//! `/api/v1/missed-contacts`: what four weeks of silence have led to.

use actix_web::{get, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::contact::access::SettleMissedContact;
use crate::contact::duties;
use crate::contact::missed::{Admonition, TalkOutcome};
use crate::contact::store::{self, MissedContact, Settlement};
use crate::crypto::Purpose;
use crate::duties::ClosedHow;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, id_cursor, ok};
use crate::identity::May;
use crate::problem::Problem;

/// Weeks without contact, and the step that is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissedContactView {
    pub id: i64,
    pub obligation_id: i64,
    pub child_id: i64,
    pub area_code: String,
    /// When the missed contact was due.
    pub due_on: NaiveDate,
    pub raised_at: Instant,
    /// The step to take with the parent.
    pub admonition: Admonition,
    pub talked_on: Option<NaiveDate>,
    pub outcome: Option<TalkOutcome>,
    pub settled_at: Option<Instant>,
}

/// Which items to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MissedFilter {
    /// Also those that are settled.
    #[serde(default)]
    pub settled: bool,
}

/// What came of the talk with the parent.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlementBody {
    pub outcome: TalkOutcome,
    /// The day of the talk, where somebody was reached.
    pub talked_on: Option<NaiveDate>,
    #[validate(length(max = 1000, code = "length"))]
    pub note: Option<String>,
}

/// Weeks without contact in the caller's area, the oldest first.
#[utoipa::path(tag = "contacts", operation_id = "list_missed_contacts", params(MissedFilter, Page), responses((status = 200, body = Listing<MissedContactView>)))]
#[get("/missed-contacts")]
pub async fn list_missed_contacts(
    app: web::Data<App>,
    may: May<SettleMissedContact>,
    filter: Query<MissedFilter>,
    page: Query<Page>,
) -> Answer {
    let listing = app
        .read(move |conn| {
            let rows = store::missed_within(conn, &may.scope, !filter.settled, page.after_id()?, page.fetch())?;
            Ok(page.listing(rows.into_iter().map(view).collect(), |view: &MissedContactView| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

/// Records the talk with the parent, which settles the item.
#[utoipa::path(tag = "contacts", operation_id = "settle_missed_contact", request_body = SettlementBody, params(("id" = i64, Path)), responses((status = 200, body = MissedContactView)))]
#[put("/missed-contacts/{id}/settlement")]
pub async fn settle_missed_contact(
    app: web::Data<App>,
    may: May<SettleMissedContact>,
    id: PathId,
    body: Body<SettlementBody>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    if body.outcome.is_talk() && body.talked_on.is_none() {
        return Err(Problem::field("talked_on", "required").into());
    }
    if body.talked_on.is_some_and(|day| day > now.date()) {
        return Err(Problem::field("talked_on", "date_in_future").into());
    }
    let body = body.into_inner();
    let settled = app
        .write(move |tx| {
            let missed = store::missed_visible(tx, &may.scope, id.0)?;
            if missed.settled_at.is_some() {
                return Err(Problem::of("missed_contact_settled").into());
            }
            let note = inner.vault.seal_option(Purpose::Narrative, body.note.as_deref())?;
            let settlement = Settlement {
                talked_on: body.talked_on,
                outcome: body.outcome,
                note_sealed: note.as_deref(),
                by: Some(may.actor.person_id),
            };
            store::settle_missed(tx, now, id.0, &settlement)?;
            duties::close_review(tx, now, &missed, ClosedHow::Met)?;
            let event = Event {
                actor: Some(&may.actor),
                action: "missed_contact.settled",
                subject_kind: "missed_contact",
                subject_id: id.0,
                child_id: Some(missed.child_id),
                area_code: Some(&missed.area_code),
            };
            let detail = serde_json::json!({ "outcome": body.outcome, "admonition": missed.admonition });
            audit::record(tx, now, &event, &detail)?;
            store::missed_visible(tx, &may.scope, id.0)
        })
        .await?;
    ok(view(settled))
}

fn view(row: MissedContact) -> MissedContactView {
    MissedContactView {
        id: row.id,
        obligation_id: row.obligation_id,
        child_id: row.child_id,
        area_code: row.area_code,
        due_on: row.due_on,
        raised_at: row.raised_at,
        admonition: row.admonition,
        talked_on: row.talked_on,
        outcome: row.outcome,
        settled_at: row.settled_at,
    }
}
