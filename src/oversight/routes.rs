//! `/children/{id}/access-log`, `/children/{id}/openings`, `/openings`, `/audit-reports`, `/handed-out-files`.

use actix_web::{HttpResponse, get, post, put, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::access::{OpenRecord, ReviewOpenings, SeeHandedOut, SeeReaders, TakeAuditReport};
use super::offices::{self, Place};
use super::opening::{self, OpeningVerdict};
use super::report::{Span, workbook};
use super::store::{self, Opening};
use crate::app::App;
use crate::audit::{self, Access, FileKind, HandedOut};
use crate::children::fields::View;
use crate::children::record::ChildRecord;
use crate::children::require;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, created, id_cursor, ok};
use crate::identity::May;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::people;

/// Every operation of the room.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_readers)
        .service(open_record)
        .service(list_openings)
        .service(review_opening)
        .service(take_audit_report)
        .service(list_handed_out_files);
}

/// A look at a child's record.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReaderLine {
    pub at: Instant,
    /// The office, not the person.
    #[schema(example = "石桥镇人民政府")]
    pub office: String,
    #[serde(skip)]
    id: i64,
}

/// Which offices looked at the child's record, and when; newest first.
#[utoipa::path(tag = "oversight", operation_id = "list_readers", params(("id" = i64, Path), Page), responses((status = 200, body = Listing<ReaderLine>)))]
#[get("/children/{id}/access-log")]
pub async fn list_readers(app: web::Data<App>, may: May<SeeReaders>, id: PathId, page: Query<Page>) -> Answer {
    let listing = app
        .read(move |conn| {
            require(conn, &may.scope, id.0)?;
            let looks = store::looks(conn, id.0, page.after_id()?, page.fetch())?;
            let places: Vec<Place> = looks.iter().map(store::Look::place).collect();
            let names = offices::names(conn, &places)?;
            let lines = looks
                .into_iter()
                .map(|look| ReaderLine {
                    at: look.at,
                    office: names.get(&look.place()).cloned().unwrap_or_default(),
                    id: look.id,
                })
                .collect();
            Ok(page.listing(lines, |line: &ReaderLine| id_cursor(line.id)))
        })
        .await?;
    ok(listing)
}

/// Why a record beyond reach is to be seen.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningWanted {
    #[validate(length(min = 8, max = 500))]
    #[schema(example = "孩子在县城走失，派出所请求核对家庭情况")]
    pub reason: String,
}

/// A record that was opened; it is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opened {
    pub id: i64,
    #[schema(value_type = ChildRecord)]
    pub record: Value,
}

/// Shows the record of a child beyond the caller's reach, once; the supervisor owes a review of it.
#[utoipa::path(tag = "oversight", operation_id = "open_record", params(("id" = i64, Path)), request_body = OpeningWanted, responses((status = 201, body = Opened)))]
#[post("/children/{id}/openings")]
pub async fn open_record(app: web::Data<App>, may: May<OpenRecord>, id: PathId, body: Body<OpeningWanted>) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let reason = body.into_inner().reason;
    let words = reason.clone();
    let opened = app.write(move |tx| opening::open(tx, &shared, now, &may, id.0, &words)).await?;
    let entry = Access::of(&actor, now, id.0, "child", purpose).because(&reason).showing(View::Opened.as_str());
    app.access_log.record(vec![entry]).await?;
    created(format!("/api/v1/openings/{}", opened.id), opened)
}

/// A look beyond reach, as its reviewer sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpeningView {
    pub id: i64,
    pub child_id: i64,
    #[schema(example = "990101100201")]
    pub village_code: String,
    pub person_id: i64,
    #[schema(example = "郑县管")]
    pub person_name: String,
    #[schema(example = "county_administrator@990101000000")]
    pub post: Option<String>,
    pub reason: String,
    pub opened_at: Instant,
    pub reviewed_at: Option<Instant>,
    pub verdict: Option<OpeningVerdict>,
}

/// Which openings to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OpeningFilter {
    /// Only those that nobody has reviewed.
    pub unreviewed: Option<bool>,
}

/// Looks beyond reach at children of the caller's areas, newest first.
#[utoipa::path(tag = "oversight", operation_id = "list_openings", params(OpeningFilter, Page), responses((status = 200, body = Listing<OpeningView>)))]
#[get("/openings")]
pub async fn list_openings(
    app: web::Data<App>,
    may: May<ReviewOpenings>,
    filter: Query<OpeningFilter>,
    page: Query<Page>,
) -> Answer {
    let shared = app.clone();
    let listing = app
        .read(move |conn| {
            let open_only = filter.unreviewed.unwrap_or(false);
            let rows = store::list(conn, &may.scope, open_only, page.after_id()?, page.fetch())?;
            let views = rows.into_iter().map(|row| view(conn, &shared, row)).collect::<Outcome<Vec<_>>>()?;
            Ok(page.listing(views, |view: &OpeningView| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

/// What the review found.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    pub verdict: OpeningVerdict,
    #[validate(length(max = 1000))]
    pub note: Option<String>,
}

/// Reviews a look beyond reach; not one's own.
#[utoipa::path(tag = "oversight", operation_id = "review_opening", params(("id" = i64, Path)), request_body = ReviewBody, responses((status = 200, body = OpeningView)))]
#[put("/openings/{id}/review")]
pub async fn review_opening(
    app: web::Data<App>,
    may: May<ReviewOpenings>,
    id: PathId,
    body: Body<ReviewBody>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let view = app
        .write(move |tx| {
            let found = (body.verdict, body.note.as_deref());
            let row = opening::review(tx, &shared, now, &may, id.0, found)?;
            view(tx, &shared, row)
        })
        .await?;
    ok(view)
}

fn view(conn: &mut Conn, app: &App, row: Opening) -> Outcome<OpeningView> {
    Ok(OpeningView {
        person_name: people::table.find(row.person_id).select(people::name).first(conn)?,
        reason: app.vault.open(Purpose::Narrative, &row.reason_sealed)?,
        id: row.id,
        child_id: row.child_id,
        village_code: row.village_code,
        person_id: row.person_id,
        post: row.post,
        opened_at: row.opened_at,
        reviewed_at: row.reviewed_at,
        verdict: row.verdict,
    })
}

/// The yearly access audit of the caller's county as a workbook.
#[utoipa::path(tag = "oversight", operation_id = "take_audit_report", params(("year" = i32, Path)), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/audit-reports/{year}")]
pub async fn take_audit_report(app: web::Data<App>, may: May<TakeAuditReport>, year: web::Path<i32>) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let span = Span::year(*year, now)?;
    let bytes = web::block(move || workbook(&shared, Some(&may.actor), &may.scope.areas, span, now))
        .await
        .map_err(|_| Fault::Unavailable("the server is stopping".into()))??;
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"access-audit-{year}.xlsx\"")))
        .body(bytes))
}

/// A file that left the house with its number on every page.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandedOutView {
    #[serde(skip)]
    id: i64,
    /// As it stands on the file.
    #[schema(example = "E1204")]
    pub number: String,
    pub at: Instant,
    pub kind: FileKind,
    /// None when the operator of the machine took it.
    pub person_id: Option<i64>,
    #[schema(example = "李秀兰")]
    pub person_name: Option<String>,
    #[schema(example = "township_supervisor@990101100000")]
    pub post: Option<String>,
    /// The village of a ledger, else the area that the file is about.
    #[schema(example = "990101100201")]
    pub area_code: Option<String>,
    /// Lines of a ledger.
    pub rows: Option<i64>,
    /// Whether numbers of people stood in it in full.
    pub full_numbers: bool,
}

/// Files that were handed out about the caller's areas, newest first: whom a file that turned up elsewhere leads to.
#[utoipa::path(tag = "oversight", operation_id = "list_handed_out_files", params(Page), responses((status = 200, body = Listing<HandedOutView>)))]
#[get("/handed-out-files")]
pub async fn list_handed_out_files(app: web::Data<App>, may: May<SeeHandedOut>, page: Query<Page>) -> Answer {
    let listing = app
        .read(move |conn| {
            let reach = store::reach("audit_events.area_code", &may.scope.areas);
            let files = audit::handed_out(conn, &reach, page.after_id()?, page.fetch())?;
            let views = files.into_iter().map(|file| handed_out(conn, file)).collect::<Outcome<Vec<_>>>()?;
            Ok(page.listing(views, |view: &HandedOutView| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

fn handed_out(conn: &mut Conn, file: HandedOut) -> Outcome<HandedOutView> {
    let detail: Value = serde_json::from_str(&file.detail).map_err(Fault::internal)?;
    let name = |id| people::table.find(id).select(people::name).first(conn);
    Ok(HandedOutView {
        person_name: file.person_id.map(name).transpose()?,
        id: file.id,
        number: format!("E{}", file.id),
        at: file.at,
        kind: file.action.parse().map_err(|_| Fault::internal("a file of unknown kind"))?,
        person_id: file.person_id,
        post: file.post,
        area_code: file.area_code,
        rows: detail.get("rows").and_then(Value::as_i64),
        full_numbers: detail.get("numbers").and_then(Value::as_str) == Some("full"),
    })
}
