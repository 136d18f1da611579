//! Health, and HIV status for readers named for it.

use actix_web::{delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::super::access::{AppointHivReaders, KeepHealth, KeepHiv};
use super::super::health::{HealthRecord, HivRecord};
use super::super::ledger::{self, Cause};
use super::super::occasion::Occasion;
use super::super::store;
use super::super::store::children::ChildRow;
use super::log_reads;
use crate::app::App;
use crate::areas;
use crate::audit::{Event, record};
use crate::clock::Instant;
use crate::http::{Answer, Body, IfMatch, PathId, created, no_content, ok, versioned};
use crate::identity::{May, Scope, person};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Disability and illness of a child.
#[utoipa::path(tag = "children", operation_id = "get_health", params(("id" = i64, Path)), responses((status = 200, body = HealthRecord)))]
#[get("/children/{id}/health")]
pub async fn get_health(app: web::Data<App>, may: May<KeepHealth>, id: PathId) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let (version, health) = app
        .read(move |conn| {
            let row = store::children::find(conn, &may.scope, id.0)?;
            Ok((row.version, store::health::get(conn, &Occasion::of(&shared, now, Some(&may.actor)), row.id)?))
        })
        .await?;
    log_reads(&app, &actor, &[id.0], "health", purpose).await?;
    versioned(version, health)
}

/// Writes disability and illness; the labels follow from them.
#[utoipa::path(tag = "children", operation_id = "set_health", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = HealthRecord, responses((status = 200, body = HealthRecord)))]
#[put("/children/{id}/health")]
pub async fn set_health(
    app: web::Data<App>,
    may: May<KeepHealth>,
    id: PathId,
    seen: IfMatch,
    body: Body<HealthRecord>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let (version, health) = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            body.check(occasion.today())?;
            let row = store::children::open(tx, &occasion, &may.scope, id.0, seen)?;
            store::health::set(tx, &occasion, row.id, &body)?;
            let row = ledger::settle(tx, &occasion, row.id, Cause::HealthWritten, &serde_json::json!({}))?;
            Ok((row.version, body.0.clone()))
        })
        .await?;
    versioned(version, health)
}

/// HIV status, for a reader named for the child's area.
#[utoipa::path(tag = "children", operation_id = "get_hiv_status", params(("id" = i64, Path)), responses((status = 200, body = HivRecord)))]
#[get("/children/{id}/hiv-status")]
pub async fn get_hiv_status(app: web::Data<App>, may: May<KeepHiv>, id: PathId) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let hiv = app
        .read(move |conn| {
            let row = find_as_named(conn, &may.scope, id.0)?;
            store::health::hiv(conn, &Occasion::of(&shared, now, Some(&may.actor)), row.id)
        })
        .await?;
    // The purpose in the log is readable by many: it says no more than that something sealed was read.
    log_reads(&app, &actor, &[id.0], "sealed", purpose).await?;
    ok(hiv)
}

/// Writes HIV status. No version, no label and no list shows that it was.
#[utoipa::path(tag = "children", operation_id = "set_hiv_status", params(("id" = i64, Path)), request_body = HivRecord, responses((status = 204)))]
#[put("/children/{id}/hiv-status")]
pub async fn set_hiv_status(app: web::Data<App>, may: May<KeepHiv>, id: PathId, body: Body<HivRecord>) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        body.check(occasion.today())?;
        let row = find_as_named(tx, &may.scope, id.0)?;
        store::health::set_hiv(tx, &occasion, row.id, &body)?;
        let event = Event {
            actor: Some(&may.actor),
            action: "child.sealed_written",
            subject_kind: "child",
            subject_id: row.id,
            child_id: Some(row.id),
            area_code: Some(&row.village_code),
        };
        record(tx, now, &event, &serde_json::json!({}))
    })
    .await?;
    no_content()
}

fn find_as_named(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<ChildRow> {
    let row = store::children::find(conn, scope, id)?;
    if store::health::is_named(conn, scope.person_id, &row.village_code)? {
        Ok(row)
    } else {
        Err(Problem::of("not_named_reader").into())
    }
}

/// Somebody named to read HIV status.
#[derive(Debug, Serialize, ToSchema)]
pub struct HivReader {
    pub id: i64,
    pub person_id: i64,
    pub name: String,
    pub area_code: String,
    pub since: Instant,
}

/// Those named to read HIV status within the caller's area.
#[utoipa::path(tag = "children", operation_id = "list_hiv_readers", responses((status = 200, body = Vec<HivReader>)))]
#[get("/hiv-readers")]
pub async fn list_hiv_readers(app: web::Data<App>, may: May<AppointHivReaders>) -> Answer {
    let readers = app.read(move |conn| store::health::readers(conn, &may.scope.areas)).await?;
    let view = |(id, person_id, name, area_code, since)| HivReader { id, person_id, name, area_code, since };
    ok(readers.into_iter().map(view).collect::<Vec<_>>())
}

/// Whom to name, for which area.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HivReaderWanted {
    pub person_id: i64,
    #[validate(length(equal = 12))]
    #[schema(example = "990101100000")]
    pub area_code: String,
}

/// Names somebody to read HIV status in an area.
#[utoipa::path(tag = "children", operation_id = "name_hiv_reader", request_body = HivReaderWanted, responses((status = 201, body = HivReader)))]
#[post("/hiv-readers")]
pub async fn name_hiv_reader(app: web::Data<App>, may: May<AppointHivReaders>, body: Body<HivReaderWanted>) -> Answer {
    let now = app.clock.now();
    let reader = app
        .write(move |tx| {
            areas::require_code(&body.area_code, "area_code")?;
            may.scope.require(&body.area_code)?;
            areas::name_of(tx, &body.area_code).map_err(|_| Problem::field("area_code", "unknown_area"))?;
            let person = person(tx, body.person_id).map_err(|_| Problem::field("person_id", "unknown_person"))?;
            let id = store::health::name_reader(tx, now, person.id, &body.area_code, may.actor.person_id)?;
            audit_naming(tx, now, &may, "hiv_reader.named", id, &body.area_code)?;
            let area_code = body.area_code.clone();
            Ok(HivReader { id, person_id: person.id, name: person.name, area_code, since: now })
        })
        .await?;
    created(format!("/api/v1/hiv-readers/{}", reader.id), reader)
}

/// Ends a naming.
#[utoipa::path(tag = "children", operation_id = "dismiss_hiv_reader", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/hiv-readers/{id}")]
pub async fn dismiss_hiv_reader(app: web::Data<App>, may: May<AppointHivReaders>, id: PathId) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| {
        let area = store::health::reader_area(tx, id.0)?;
        may.scope.require(&area)?;
        store::health::dismiss_reader(tx, now, id.0)?;
        audit_naming(tx, now, &may, "hiv_reader.dismissed", id.0, &area)
    })
    .await?;
    no_content()
}

fn audit_naming(
    tx: &mut Conn,
    now: Instant,
    may: &May<AppointHivReaders>,
    action: &'static str,
    id: i64,
    area: &str,
) -> Outcome<()> {
    let event = Event {
        actor: Some(&may.actor),
        action,
        subject_kind: "hiv_reader",
        subject_id: id,
        child_id: None,
        area_code: Some(area),
    };
    record(tx, now, &event, &serde_json::json!({}))
}
