//! `/api/v1/pairings`: suggestions, proposal, the family's word, rest and end.

use std::collections::BTreeSet;

use actix_web::{delete, get, post, put, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::views::{self, PairingView};
use crate::app::App;
use crate::audit::Access;
use crate::children;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, created, id_cursor, ok};
use crate::identity::{Actor, May, Scope};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::household_members;
use crate::text_list;
use crate::volunteers::access::{AgreePairing, EndPairing, PausePairing, ProposePairing, ReadPairings};
use crate::volunteers::matching::{Distance, MatchingRules, Suggestion, suggest};
use crate::volunteers::pairing::{EndReason, FamilyVoice, PairingKind, PairingState};
use crate::volunteers::reasons::VolunteerReason;
use crate::volunteers::store::{self, NewPairing, Pairing};
use crate::volunteers::tending;
use crate::volunteers::volunteer::{ServiceForm, VolunteerRules};

/// What the child needs, as forms of service separated by commas.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NeedsFilter {
    #[param(example = "tutoring,company")]
    pub needs: Option<String>,
}

/// A volunteer who might keep the child company, and why, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionView {
    pub volunteer_id: i64,
    pub volunteer_name: String,
    pub distance: Distance,
    pub load: i64,
    pub fits: Vec<VolunteerReason>,
    pub doubts: Vec<VolunteerReason>,
    /// With any of these the pairing cannot be proposed.
    pub obstacles: Vec<VolunteerReason>,
}

/// A pairing to propose.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalBody {
    pub child_id: i64,
    pub volunteer_id: i64,
    pub kind: PairingKind,
    pub service_forms: BTreeSet<ServiceForm>,
}

/// Why a pairing ends.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PairingEndingBody)]
pub struct EndingBody {
    pub reason: EndReason,
    #[validate(length(max = 500, code = "length"))]
    pub words: Option<String>,
}

/// Which pairings to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PairingFilter {
    pub child_id: Option<i64>,
    pub volunteer_id: Option<i64>,
    pub state: Option<PairingState>,
}

/// Volunteers for one child, best fit first, each with the reasons for and against; a person decides.
#[utoipa::path(tag = "pairings", operation_id = "suggest_volunteers", params(("id" = i64, Path), NeedsFilter), responses((status = 200, body = Vec<SuggestionView>)))]
#[get("/children/{id}/pairing-suggestions")]
pub async fn suggest_volunteers(
    app: web::Data<App>,
    may: May<ProposePairing>,
    id: PathId,
    filter: Query<NeedsFilter>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let entry = Access::of(&may.actor, now, id.0, "pairing", may.purpose());
    let views = app
        .read(move |conn| {
            children::require(conn, &may.scope, id.0)?;
            let needs = text_list::read(filter.needs.as_deref().unwrap_or_default());
            let facts = store::child_facts(conn, id.0, needs)?;
            let rules = VolunteerRules::from(&inner.config.volunteers);
            let candidates = store::candidates(conn, now, id.0, &rules)?;
            let seen = suggest(&facts, &candidates, &MatchingRules::from(&inner.config.volunteers));
            suggestion_views(conn, seen)
        })
        .await?;
    app.access_log.record(vec![entry]).await?;
    ok(views)
}

/// Proposes a pairing; it begins when the family agrees.
#[utoipa::path(tag = "pairings", operation_id = "propose_pairing", request_body = ProposalBody, responses((status = 201, body = PairingView)))]
#[post("/pairings")]
pub async fn propose_pairing(app: web::Data<App>, may: May<ProposePairing>, body: Body<ProposalBody>) -> Answer {
    let body = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            children::require(tx, &may.scope, body.child_id)?;
            let forms = body.service_forms.clone();
            let seen = tending::suggestion(tx, &inner, now, body.child_id, body.volunteer_id, forms)?;
            let new = NewPairing {
                volunteer_id: body.volunteer_id,
                child_id: body.child_id,
                kind: body.kind,
                service_forms: text_list::write(&body.service_forms),
                why: text_list::write(codes(&seen)),
                proposed_by: may.actor.person_id,
            };
            let pairing = tending::propose(tx, now, &may.actor, &new, &seen)?;
            one(tx, pairing)
        })
        .await?;
    created(format!("/api/v1/pairings?child_id={}", view.child_id), view)
}

/// The pairings of children in the caller's sight, newest first.
#[utoipa::path(tag = "pairings", operation_id = "list_pairings", params(PairingFilter, Page), responses((status = 200, body = Listing<PairingView>)))]
#[get("/pairings")]
pub async fn list_pairings(
    app: web::Data<App>,
    may: May<ReadPairings>,
    filter: Query<PairingFilter>,
    page: Query<Page>,
) -> Answer {
    let listing = app
        .read(move |conn| {
            let wanted = (filter.child_id, filter.volunteer_id, filter.state);
            let rows = store::pairings_visible(conn, &may.scope, wanted, page.after_id()?, page.fetch())?;
            Ok(page.listing(views::pairings(conn, rows)?, |view| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

/// The family agrees: the pairing begins.
#[utoipa::path(tag = "pairings", operation_id = "agree_pairing", params(("id" = i64, Path)), responses((status = 200, body = PairingView)))]
#[put("/pairings/{id}/agreement")]
pub async fn agree_pairing(app: web::Data<App>, may: May<AgreePairing>, id: PathId) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let pairing = store::pairing_visible(tx, &may.scope, id.0)?;
            let voice = voice(tx, &may.actor, &may.scope, &pairing)?;
            let begun = tending::agree(tx, &inner, now, &may.actor, &pairing, voice)?;
            one(tx, begun)
        })
        .await?;
    ok(view)
}

/// The family declines.
#[utoipa::path(tag = "pairings", operation_id = "decline_pairing", params(("id" = i64, Path)), responses((status = 200, body = PairingView)))]
#[delete("/pairings/{id}/agreement")]
pub async fn decline_pairing(app: web::Data<App>, may: May<AgreePairing>, id: PathId) -> Answer {
    let now = app.clock.now();
    let view = app
        .write(move |tx| {
            let pairing = store::pairing_visible(tx, &may.scope, id.0)?;
            let voice = voice(tx, &may.actor, &may.scope, &pairing)?;
            let declined = tending::decline(tx, now, &may.actor, &pairing, voice)?;
            one(tx, declined)
        })
        .await?;
    ok(view)
}

/// Lets a pairing rest until a person lets it go on.
#[utoipa::path(tag = "pairings", operation_id = "rest_pairing", params(("id" = i64, Path)), responses((status = 200, body = PairingView)))]
#[put("/pairings/{id}/rest")]
pub async fn rest_pairing(app: web::Data<App>, may: May<PausePairing>, id: PathId) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let pairing = store::pairing_visible(tx, &may.scope, id.0)?;
            let rested = tending::rest(tx, &inner, now, &may.actor, &pairing)?;
            one(tx, rested)
        })
        .await?;
    ok(view)
}

/// Lets a resting pairing go on.
#[utoipa::path(tag = "pairings", operation_id = "resume_pairing", params(("id" = i64, Path)), responses((status = 200, body = PairingView)))]
#[delete("/pairings/{id}/rest")]
pub async fn resume_pairing(app: web::Data<App>, may: May<PausePairing>, id: PathId) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let pairing = store::pairing_visible(tx, &may.scope, id.0)?;
            let resumed = tending::go_on(tx, &inner, now, &may.actor, &pairing)?;
            one(tx, resumed)
        })
        .await?;
    ok(view)
}

/// Ends a pairing with a reason.
#[utoipa::path(tag = "pairings", operation_id = "end_pairing", request_body = EndingBody, params(("id" = i64, Path)), responses((status = 200, body = PairingView)))]
#[put("/pairings/{id}/ending")]
pub async fn end_pairing(app: web::Data<App>, may: May<EndPairing>, id: PathId, body: Body<EndingBody>) -> Answer {
    let body = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let pairing = store::pairing_visible(tx, &may.scope, id.0)?;
            let why = (body.reason, body.words.as_deref());
            let ended = tending::end(tx, &inner, now, Some(&may.actor), &pairing, why)?;
            one(tx, ended)
        })
        .await?;
    ok(view)
}

fn one(conn: &mut Conn, pairing: Pairing) -> Outcome<PairingView> {
    views::pairings(conn, vec![pairing])?.pop().ok_or_else(|| Problem::not_found().into())
}

fn codes(seen: &Suggestion) -> Vec<String> {
    let fits = seen.fits.iter().map(|because| because.code.to_string());
    fits.chain(seen.doubts.iter().map(|because| because.code.to_string())).collect()
}

fn suggestion_views(conn: &mut Conn, seen: Vec<Suggestion>) -> Outcome<Vec<SuggestionView>> {
    let names = store::volunteer_names(conn, seen.iter().map(|one| one.volunteer_id).collect())?;
    Ok(seen
        .into_iter()
        .map(|one| SuggestionView {
            volunteer_id: one.volunteer_id,
            volunteer_name: names.get(&one.volunteer_id).cloned().unwrap_or_default(),
            distance: one.distance,
            load: one.load,
            fits: one.fits.iter().map(VolunteerReason::from).collect(),
            doubts: one.doubts.iter().map(VolunteerReason::from).collect(),
            obstacles: one.obstacles.iter().map(|code| VolunteerReason::of(code.as_str())).collect(),
        })
        .collect())
}

/// Whose word it is: a parent of the household, its carer, or the village for the family.
fn voice(conn: &mut Conn, actor: &Actor, scope: &Scope, pairing: &Pairing) -> Outcome<FamilyVoice> {
    let child = store::paired_child(conn, pairing.child_id)?;
    let kin: Option<bool> = household_members::table
        .filter(household_members::household_id.eq(child.household_id))
        .filter(household_members::person_id.eq(actor.person_id))
        .filter(household_members::until.is_null())
        .select(household_members::holds_guardianship)
        .first(conn)
        .optional()?;
    Ok(match (kin, scope.covers(&child.village_code)) {
        (Some(true), _) => FamilyVoice::Parent,
        (Some(false), _) | (None, false) => FamilyVoice::Carer,
        (None, true) => FamilyVoice::VillageOnBehalf,
    })
}
