//! `/api/v1/check-ins`: what volunteers saw, logged in a minute, offline if need be.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::app::App;
use crate::audit::Access;
use crate::children;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault, sha256_hex};
use crate::http::{Answer, Body, IfMatch, Listing, Page, PathId, Query, created, id_cursor, ok, versioned};
use crate::identity::{May, SignedIn};
use crate::problem::{Fault, Outcome, Problem};
use crate::protection::report::situation::Situation;
use crate::storage::Conn;
use crate::text_list;
use crate::volunteers::access::ReadCheckIns;
use crate::volunteers::check_in::{Meeting, Need, Observation, Remark, Scale, coarse_hundredths};
use crate::volunteers::logging::{self, Logged, NewLog, of_revision};
use crate::volunteers::sight::{Sight, reach, reachable_child, sight, sight_of};
use crate::volunteers::store::{self, CheckInRow, ObservationRow};

/// A check-in as the phone sends it, now or days later.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInBody {
    /// Made on the phone: sent twice, stored once.
    pub client_uuid: Uuid,
    pub meeting: Meeting,
    /// By the phone's clock.
    pub made_at: Instant,
    /// Kept to about a kilometre; free to leave out.
    pub place: Option<CoarsePlace>,
    /// The children of one household.
    #[validate(length(max = 20, code = "length"), nested)]
    pub children: Vec<ObservationBody>,
    /// What a worry is about, where one could say.
    #[serde(default)]
    pub situations: BTreeSet<Situation>,
    #[serde(default)]
    pub immediate_danger: bool,
}

/// Where they met, roughly.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoarsePlace {
    #[schema(example = 27.81)]
    pub latitude: f64,
    #[schema(example = 106.42)]
    pub longitude: f64,
}

/// What was seen of one child.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservationBody {
    pub child_id: i64,
    /// 1 (bad) to 5 (good); leave out what could not be seen.
    #[serde(default)]
    #[schema(example = json!({"mood": 4, "health": 5, "daily_care": 4, "school": 3, "family_contact": 2}))]
    pub scales: BTreeMap<Scale, i64>,
    #[serde(default)]
    pub needs: BTreeSet<Need>,
    #[validate(length(max = 1000, code = "length"))]
    pub note: Option<String>,
    /// Ticked: a report is opened at once.
    #[serde(default)]
    pub worry: bool,
    #[validate(length(max = 1000, code = "length"))]
    pub worry_words: Option<String>,
}

/// A check-in as read.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInView {
    pub id: i64,
    pub volunteer_id: i64,
    pub meeting: Meeting,
    pub happened_at: Instant,
    pub received_at: Instant,
    /// Latitude and longitude to a hundredth of a degree.
    pub place: Option<CoarsePlace>,
    /// For the coordinator: late, while paused, and the like.
    pub remarks: BTreeSet<Remark>,
    pub revision: i64,
    pub children: Vec<ObservationView>,
    /// The receipt numbers of the reports that worry opened; for the author at the moment of writing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receipt_numbers: Vec<String>,
}

/// What was seen of one child, as far as the reader may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObservationView {
    pub child_id: i64,
    pub scales: BTreeMap<Scale, i64>,
    pub needs: BTreeSet<Need>,
    /// Absent for the family.
    pub note: Option<String>,
    /// Absent for the family and the village; the desks have the report.
    pub worry: Option<bool>,
    pub worry_words: Option<String>,
    pub written_at: Instant,
}

/// Whose check-ins to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckInFilter {
    pub child_id: i64,
}

/// Logs a check-in. Sent twice, it is stored once; worry opens a report in the same transaction.
#[utoipa::path(tag = "check_ins", operation_id = "log_check_in", request_body = CheckInBody, responses((status = 201, body = CheckInView)))]
#[post("/check-ins")]
pub async fn log_check_in(app: web::Data<App>, me: SignedIn, body: Body<CheckInBody>) -> Answer {
    let new = new_log(&body.into_inner())?;
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let logged = logging::log(tx, &inner, now, &me.actor, &new)?;
            written(tx, &inner.vault, logged)
        })
        .await?;
    created(format!("/api/v1/check-ins/{}", view.id), view)
}

/// The check-ins on one child, newest first. A volunteer sees their own.
#[utoipa::path(tag = "check_ins", operation_id = "list_check_ins", params(CheckInFilter, Page), responses((status = 200, body = Listing<CheckInView>)))]
#[get("/check-ins")]
pub async fn list_check_ins(
    app: web::Data<App>,
    may: May<ReadCheckIns>,
    filter: Query<CheckInFilter>,
    page: Query<Page>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let entry = Access::of(&may.actor, now, filter.child_id, "check_in", may.purpose());
    let listing = app
        .read(move |conn| {
            children::require(conn, &may.scope, filter.child_id)?;
            let sight = sight(conn, &may.actor, &may.scope, filter.child_id)?;
            let of_person = (sight == Sight::Author).then_some(may.actor.person_id);
            let rows = store::check_ins_on(conn, filter.child_id, of_person, page.after_id()?, page.fetch())?;
            let views: Outcome<Vec<_>> =
                rows.into_iter().map(|(row, seen)| view(&inner.vault, row, &[&seen], sight)).collect();
            Ok(page.listing(views?, |view| id_cursor(view.id)))
        })
        .await?;
    app.access_log.record(vec![entry]).await?;
    ok(listing)
}

/// One check-in in its current revision.
#[utoipa::path(tag = "check_ins", operation_id = "get_check_in", params(("id" = i64, Path)), responses((status = 200, body = CheckInView)))]
#[get("/check-ins/{id}")]
pub async fn get_check_in(app: web::Data<App>, may: May<ReadCheckIns>, id: PathId) -> Answer {
    let mut views = revisions(&app, may, id.0, true).await?;
    let current = views.pop().ok_or_else(Problem::not_found)?;
    versioned(current.revision, current)
}

/// Every revision of a check-in, oldest first.
#[utoipa::path(tag = "check_ins", operation_id = "list_check_in_revisions", params(("id" = i64, Path)), responses((status = 200, body = Vec<CheckInView>)))]
#[get("/check-ins/{id}/revisions")]
pub async fn list_check_in_revisions(app: web::Data<App>, may: May<ReadCheckIns>, id: PathId) -> Answer {
    ok(revisions(&app, may, id.0, false).await?)
}

/// Writes a further revision; what was written before stays.
#[utoipa::path(tag = "check_ins", operation_id = "revise_check_in", request_body = CheckInBody, params(("id" = i64, Path), ("If-Match" = String, Header)), responses((status = 200, body = CheckInView)))]
#[put("/check-ins/{id}")]
pub async fn revise_check_in(
    app: web::Data<App>,
    may: May<ReadCheckIns>,
    id: PathId,
    version: IfMatch,
    body: Body<CheckInBody>,
) -> Answer {
    let new = new_log(&body.into_inner())?;
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let row = reach(tx, &may.actor, &may.scope, id.0)?;
            let logged = logging::revise(tx, &inner, now, &may.actor, (&row, version.0), &new)?;
            written(tx, &inner.vault, logged)
        })
        .await?;
    versioned(view.revision, view)
}

async fn revisions(
    app: &web::Data<App>,
    may: May<ReadCheckIns>,
    id: i64,
    only_current: bool,
) -> Result<Vec<CheckInView>, Fault> {
    let (inner, now) = (app.clone(), app.clock.now());
    let (actor, purpose) = (may.actor.clone(), may.purpose());
    let views = app
        .read(move |conn| {
            let row = reach(conn, &may.actor, &may.scope, id)?;
            let rows = store::observations_of(conn, id)?;
            let first = if only_current { row.revision } else { 1 };
            let mut views = Vec::new();
            for revision in first..=row.revision {
                let mut seen = Vec::new();
                let mut least = Sight::Author;
                for one in of_revision(&rows, revision) {
                    if reachable_child(conn, &may.actor, &may.scope, &row, one.child_id)? {
                        seen.push(one);
                        least = sight_of(conn, &may.actor, &may.scope, &row, one.child_id)?;
                    }
                }
                views.push(view(&inner.vault, CheckInRow { revision, ..row.clone() }, &seen, least)?);
            }
            Ok(views)
        })
        .await?;
    let seen: BTreeSet<i64> = views.iter().flat_map(|view| view.children.iter().map(|one| one.child_id)).collect();
    let entries = seen.into_iter().map(|child| Access::of(&actor, now, child, "check_in", purpose)).collect();
    app.access_log.record(entries).await?;
    Ok(views)
}

fn new_log(body: &CheckInBody) -> Outcome<NewLog> {
    let place = match body.place {
        Some(place) => Some(coarse(place).ok_or_else(|| Problem::field("place", "invalid"))?),
        None => None,
    };
    Ok(NewLog {
        client_uuid: body.client_uuid.to_string(),
        meeting: body.meeting,
        made_at: body.made_at,
        place,
        observations: body.children.iter().map(observation).collect(),
        situations: body.situations.clone(),
        immediate_danger: body.immediate_danger,
        request_hash: sha256_hex(&serde_json::to_vec(body).map_err(Fault::internal)?),
    })
}

fn coarse(place: CoarsePlace) -> Option<(i64, i64)> {
    Some((coarse_hundredths(place.latitude)?, coarse_hundredths(place.longitude)?))
}

fn observation(body: &ObservationBody) -> Observation {
    Observation {
        child_id: body.child_id,
        scales: body.scales.iter().map(|(scale, value)| (*scale, *value)).collect(),
        needs: body.needs.clone(),
        note: body.note.clone(),
        worry: body.worry,
        worry_words: body.worry_words.clone(),
    }
}

fn written(conn: &mut Conn, vault: &Vault, logged: Logged) -> Outcome<CheckInView> {
    let rows = store::observations_of(conn, logged.row.id)?;
    let seen: Vec<_> = of_revision(&rows, logged.row.revision).collect();
    let mut shown = view(vault, logged.row, &seen, Sight::Author)?;
    shown.receipt_numbers = logged.reports.into_iter().map(|filed| filed.receipt_number).collect();
    Ok(shown)
}

fn view(vault: &Vault, row: CheckInRow, seen: &[&ObservationRow], sight: Sight) -> Outcome<CheckInView> {
    let staff = matches!(sight, Sight::Office | Sight::Village);
    let children: Outcome<Vec<_>> = seen.iter().map(|one| observation_view(vault, one, sight)).collect();
    Ok(CheckInView {
        id: row.id,
        volunteer_id: row.volunteer_id,
        meeting: row.meeting,
        happened_at: row.happened_at,
        received_at: row.received_at,
        place: row.latitude_hundredths.zip(row.longitude_hundredths).filter(|_| sight != Sight::Family).map(place),
        remarks: if staff { text_list::read(&row.remarks) } else { BTreeSet::new() },
        revision: row.revision,
        children: children?,
        receipt_numbers: Vec::new(),
    })
}

fn place((latitude, longitude): (i64, i64)) -> CoarsePlace {
    CoarsePlace { latitude: latitude as f64 / 100.0, longitude: longitude as f64 / 100.0 }
}

fn observation_view(vault: &Vault, row: &ObservationRow, sight: Sight) -> Outcome<ObservationView> {
    let scales = [
        (Scale::Mood, row.mood),
        (Scale::Health, row.health),
        (Scale::DailyCare, row.daily_care),
        (Scale::School, row.school),
        (Scale::FamilyContact, row.family_contact),
    ];
    let note = if sight == Sight::Family { None } else { row.note_sealed.as_deref() };
    let words = if sight == Sight::Author { row.worry_sealed.as_deref() } else { None };
    Ok(ObservationView {
        child_id: row.child_id,
        scales: scales.into_iter().filter_map(|(scale, value)| Some((scale, value?))).collect(),
        needs: text_list::read(&row.needs),
        note: vault.open_option(Purpose::Narrative, note)?,
        worry: matches!(sight, Sight::Author | Sight::Office).then_some(row.worry),
        worry_words: vault.open_option(Purpose::Narrative, words)?,
        written_at: row.written_at,
    })
}
