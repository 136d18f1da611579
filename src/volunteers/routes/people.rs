//! `/api/v1/volunteers`: application, proofs, decisions.

use actix_web::{get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::entries::{OfferBody, new_volunteer};
use super::views::{self, VolunteerView, one};
use crate::app::App;
use crate::http::{Answer, Body, IfMatch, Listing, Page, PathId, Query, created, id_cursor, ok, versioned};
use crate::identity::{self, May, SignedIn};
use crate::problem::Problem;
use crate::volunteers::access::{ManageVolunteers, ReadSilences, ReadVolunteers};
use crate::volunteers::digest::{self, Silence};
use crate::volunteers::recruiting::{self, ProofEntry};
use crate::volunteers::store::{self, ProofKind};
use crate::volunteers::volunteer::{Action, CheckOutcome, VolunteerState};

/// A record check or a training.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofBody {
    pub kind: ProofKind,
    /// `barred` only for a record check that found a record.
    #[serde(default = "clear")]
    pub outcome: CheckOutcome,
    pub done_on: NaiveDate,
    /// The number of the document, or the name of the course.
    #[validate(length(max = 100, code = "length"))]
    pub reference: Option<String>,
}

/// What is decided about a volunteer.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    pub action: Action,
    #[validate(length(max = 200, code = "length"))]
    pub why: Option<String>,
}

/// Which volunteers to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VolunteerFilter {
    pub state: Option<VolunteerState>,
}

/// A volunteer with what the office needs to reach them.
#[derive(Debug, Serialize, ToSchema)]
pub struct VolunteerDetail {
    #[serde(flatten)]
    pub volunteer: VolunteerView,
    /// In full for those who look after volunteers.
    #[schema(example = "13900001234")]
    pub phone: Option<String>,
    pub proofs: Vec<ProofView>,
}

/// A proof on file; what a check found is shown as whether the volunteer may go on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofView {
    pub id: i64,
    pub kind: ProofKind,
    pub done_on: NaiveDate,
    pub expires_on: NaiveDate,
    pub reference: Option<String>,
}

/// The volunteers of the caller's area.
#[utoipa::path(tag = "volunteers", operation_id = "list_volunteers", params(VolunteerFilter, Page), responses((status = 200, body = Listing<VolunteerView>)))]
#[get("/volunteers")]
pub async fn list_volunteers(
    app: web::Data<App>,
    may: May<ReadVolunteers>,
    filter: Query<VolunteerFilter>,
    page: Query<Page>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let listing = app
        .read(move |conn| {
            let rows = store::volunteers_within(conn, &may.scope, filter.state, page.after_id()?, page.fetch())?;
            Ok(page.listing(views::volunteers(conn, &inner, now, rows)?, |view| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

/// Volunteers from whom nothing was heard for too long, by name.
#[utoipa::path(tag = "volunteers", operation_id = "list_volunteer_silences", responses((status = 200, body = Vec<Silence>)))]
#[get("/volunteer-silences")]
pub async fn list_volunteer_silences(app: web::Data<App>, may: May<ReadSilences>) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    ok(app.read(move |conn| digest::silences(conn, &inner, now, &may.scope)).await?)
}

/// The caller's own application and standing.
#[utoipa::path(tag = "volunteers", operation_id = "get_my_volunteering", responses((status = 200, body = VolunteerView)))]
#[get("/me/volunteering")]
pub async fn get_my_volunteering(app: web::Data<App>, me: SignedIn) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .read(move |conn| {
            let own = store::volunteer_of_person(conn, me.actor.person_id)?.ok_or_else(Problem::not_found)?;
            one(conn, &inner, now, own)
        })
        .await?;
    ok(view)
}

/// One volunteer with number and proofs.
#[utoipa::path(tag = "volunteers", operation_id = "get_volunteer", params(("id" = i64, Path)), responses((status = 200, body = VolunteerDetail)))]
#[get("/volunteers/{id}")]
pub async fn get_volunteer(app: web::Data<App>, may: May<ManageVolunteers>, id: PathId) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let detail = app
        .read(move |conn| {
            let row = store::volunteer_within(conn, &may.scope, id.0)?;
            let person = identity::person(conn, row.person_id)?;
            let proofs = store::proofs_of(conn, &[row.id])?;
            Ok(VolunteerDetail {
                phone: identity::phone_of(&inner.vault, &person)?,
                proofs: proofs
                    .into_iter()
                    .map(|proof| ProofView {
                        id: proof.id,
                        kind: proof.kind,
                        done_on: proof.done_on,
                        expires_on: proof.expires_on,
                        reference: proof.reference,
                    })
                    .collect(),
                volunteer: one(conn, &inner, now, row)?,
            })
        })
        .await?;
    versioned(detail.volunteer.version, detail)
}

/// Changes what a volunteer offers.
#[utoipa::path(tag = "volunteers", operation_id = "change_volunteer", request_body = OfferBody, params(("id" = i64, Path), ("If-Match" = String, Header)), responses((status = 200, body = VolunteerView)))]
#[put("/volunteers/{id}")]
pub async fn change_volunteer(
    app: web::Data<App>,
    may: May<ManageVolunteers>,
    id: PathId,
    version: IfMatch,
    body: Body<OfferBody>,
) -> Answer {
    let offer = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let before = store::volunteer_within(tx, &may.scope, id.0)?;
            version.check(before.version)?;
            may.scope.require(&offer.area_code)?;
            let new = new_volunteer(tx, before.person_id, &offer)?;
            store::update_offer(tx, &before, &new)?;
            let after = store::volunteer(tx, id.0)?;
            recruiting::note(tx, now, Some(&may.actor), "volunteer.changed", &after, &serde_json::json!({}))?;
            one(tx, &inner, now, after)
        })
        .await?;
    versioned(view.version, view)
}

/// Records a record check or a training; a barring result ends every pairing at once.
#[utoipa::path(tag = "volunteers", operation_id = "record_volunteer_proof", request_body = ProofBody, params(("id" = i64, Path)), responses((status = 201, body = VolunteerView)))]
#[post("/volunteers/{id}/proofs")]
pub async fn record_volunteer_proof(
    app: web::Data<App>,
    may: May<ManageVolunteers>,
    id: PathId,
    body: Body<ProofBody>,
) -> Answer {
    let body = body.into_inner();
    let entry = ProofEntry { kind: body.kind, outcome: body.outcome, done_on: body.done_on, reference: body.reference };
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let row = store::volunteer_within(tx, &may.scope, id.0)?;
            let after = recruiting::record_proof(tx, &inner, now, &may.actor, &row, &entry)?;
            one(tx, &inner, now, after)
        })
        .await?;
    created(format!("/api/v1/volunteers/{}", view.id), view)
}

/// Admits, declines, pauses, resumes or ends.
#[utoipa::path(tag = "volunteers", operation_id = "decide_on_volunteer", request_body = DecisionBody, params(("id" = i64, Path)), responses((status = 200, body = VolunteerView)))]
#[put("/volunteers/{id}/decision")]
pub async fn decide_on_volunteer(
    app: web::Data<App>,
    may: May<ManageVolunteers>,
    id: PathId,
    body: Body<DecisionBody>,
) -> Answer {
    let body = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let row = store::volunteer_within(tx, &may.scope, id.0)?;
            let decision = (body.action, body.why.as_deref());
            let after = recruiting::decide(tx, &inner, now, &may.actor, &row, decision)?;
            one(tx, &inner, now, after)
        })
        .await?;
    ok(view)
}

fn clear() -> CheckOutcome {
    CheckOutcome::Clear
}
