//! `/api/v1/reports`: anybody reports, the desks accept, the reporter asks what became of it.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

use super::access::{AcceptReport, OpenReporter, ReadReports};
use super::filing::{self, Filed, NewReport};
use super::routing::Desk;
use super::situation::{ReporterRole, Situation, Urgency};
use super::store::{ReportChannel, ReportState, Reporter, Told};
use super::{reading, receipt};
use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, client_address, created, id_cursor, ok};
use crate::identity::{May, SignedIn};
use crate::problem::Problem;

/// The routes of this slice.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(file_report)
        .service(file_public_report)
        .service(get_report_progress)
        .service(list_my_reports)
        .service(list_reports)
        .service(get_report)
        .service(accept_report)
        .service(open_reporter);
}

/// A report by somebody signed in.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportBody {
    /// Made on the phone: sent twice, filed once.
    pub client_uuid: Uuid,
    pub situations: BTreeSet<Situation>,
    #[serde(default)]
    pub immediate_danger: bool,
    #[validate(length(max = 4000, code = "length"))]
    #[schema(example = "孩子手臂上有多处新伤，不肯说怎么来的。")]
    pub narrative: String,
    /// The village or township where the child is.
    #[schema(example = "520381102201")]
    pub area_code: String,
    /// The child, when on the ledger and in the caller's sight.
    pub child_id: Option<i64>,
    /// Who the child is, in words.
    #[validate(length(max = 200, code = "length"))]
    pub child_words: Option<String>,
    /// Where the child is, in words.
    #[validate(length(max = 200, code = "length"))]
    pub place_words: Option<String>,
    pub reporter_role: ReporterRole,
    /// People on file who may have done the harm: they are never told.
    #[serde(default)]
    #[validate(length(max = 10, code = "length"))]
    pub suspected_person_ids: BTreeSet<i64>,
}

/// A report by somebody who is not signed in; name and phone are free to leave out.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicReportBody {
    pub client_uuid: Uuid,
    pub situations: BTreeSet<Situation>,
    #[serde(default)]
    pub immediate_danger: bool,
    #[validate(length(max = 4000, code = "length"))]
    pub narrative: String,
    pub area_code: String,
    #[validate(length(max = 200, code = "length"))]
    pub child_words: Option<String>,
    #[validate(length(max = 200, code = "length"))]
    pub place_words: Option<String>,
    pub reporter_role: ReporterRole,
    #[validate(length(max = 50, code = "length"))]
    pub reporter_name: Option<String>,
    #[validate(length(max = 20, code = "length"))]
    pub reporter_phone: Option<String>,
}

/// What the reporter takes away.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportReceipt {
    /// To ask later what became of the report.
    #[schema(example = "261123-00004827-8")]
    pub receipt_number: String,
    /// By when a desk must have accepted it.
    pub accept_by: Instant,
    /// The desks that were told at this moment.
    pub told: BTreeSet<Desk>,
}

/// How far a report has come, without a word of what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportProgress {
    pub receipt_number: String,
    pub received_on: NaiveDate,
    pub state: ReportState,
    pub accepted_at: Option<Instant>,
    pub accept_by: Instant,
}

/// A report as listed at a desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportSummary {
    pub id: i64,
    pub receipt_number: String,
    pub received_at: Instant,
    pub urgency: Urgency,
    pub immediate_danger: bool,
    pub situations: BTreeSet<Situation>,
    pub area_code: String,
    pub place: String,
    pub accept_by: Instant,
    pub state: ReportState,
    pub accepted_at: Option<Instant>,
    pub desks: Vec<DeskProgress>,
}

/// What one desk has done: who knew when.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskProgress {
    pub desk: Desk,
    pub routed_at: Instant,
    pub accepted_at: Option<Instant>,
}

/// A report as read at a desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    #[serde(flatten)]
    pub summary: ReportSummary,
    pub narrative: String,
    pub child_words: Option<String>,
    pub place_words: Option<String>,
    pub child_id: Option<i64>,
    pub child_name: Option<String>,
    pub channel: ReportChannel,
    pub reporter_role: ReporterRole,
    pub must_report: bool,
    /// Whether the reporter left a name or number, to be opened with a reason.
    pub reporter_known: bool,
}

/// Which reports to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportFilter {
    pub state: Option<ReportState>,
}

/// Why the reporter's identity is opened.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningBody {
    #[validate(length(min = 4, max = 500, code = "required"))]
    #[schema(example = "需要向报告人核实孩子现在的位置")]
    pub reason: String,
}

/// The reporter, opened with a reason that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReporterView {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub reporter_role: ReporterRole,
}

/// Reports harm, suspicion or danger.
///
/// Nothing is checked before it reaches police contact, township and county.
#[utoipa::path(tag = "reports", operation_id = "file_report", request_body = ReportBody, responses((status = 201, body = ReportReceipt)))]
#[post("/reports")]
pub async fn file_report(app: web::Data<App>, me: SignedIn, body: Body<ReportBody>) -> Answer {
    let body = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let filed = app
        .write(move |tx| {
            let new = reading::signed_in_report(tx, &inner, &me.actor, &body)?;
            filing::file(tx, &inner, now, &new)
        })
        .await?;
    receipt_answer(filed)
}

/// Reports harm, suspicion or danger without signing in; a name is not needed.
#[utoipa::path(tag = "reports", operation_id = "file_public_report", request_body = PublicReportBody, security(()), responses((status = 201, body = ReportReceipt)))]
#[post("/public/reports")]
pub async fn file_public_report(app: web::Data<App>, request: HttpRequest, body: Body<PublicReportBody>) -> Answer {
    let body = body.into_inner();
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let (inner, now) = (app.clone(), app.clock.now());
    let filed = app
        .write(move |tx| {
            reading::not_too_many(tx, &inner, now, address.as_deref())?;
            filing::file(tx, &inner, now, &public_report(&body, address.clone()))
        })
        .await?;
    receipt_answer(filed)
}

/// What became of a report, for whoever holds its receipt number.
#[utoipa::path(tag = "reports", operation_id = "get_report_progress", security(()), params(("number" = String, Path, example = "261123-00004827-8")), responses((status = 200, body = ReportProgress)))]
#[get("/public/reports/{number}")]
pub async fn get_report_progress(app: web::Data<App>, number: web::Path<String>) -> Answer {
    let number = receipt::parse(&number).ok_or_else(|| Problem::field("number", "receipt_invalid"))?;
    ok(app.read(move |conn| reading::progress(conn, &number)).await?)
}

/// The reports the caller made while signed in, and how far they have come.
#[utoipa::path(tag = "reports", operation_id = "list_my_reports", responses((status = 200, body = Vec<ReportProgress>)))]
#[get("/me/reports")]
pub async fn list_my_reports(app: web::Data<App>, me: SignedIn) -> Answer {
    let inner = app.clone();
    ok(app.read(move |conn| reading::own(conn, &inner, me.actor.person_id)).await?)
}

/// The reports at the caller's desks, newest first.
#[utoipa::path(tag = "reports", operation_id = "list_reports", params(ReportFilter, Page), responses((status = 200, body = Listing<ReportSummary>)))]
#[get("/reports")]
pub async fn list_reports(
    app: web::Data<App>,
    may: May<ReadReports>,
    filter: Query<ReportFilter>,
    page: Query<Page>,
) -> Answer {
    let listing = app
        .read(move |conn| {
            let items = reading::summaries(conn, &may.actor, filter.state, page.after_id()?, page.fetch())?;
            Ok(page.listing(items, |item| id_cursor(item.id)))
        })
        .await?;
    ok(listing)
}

/// One report in full. Reading it is recorded.
#[utoipa::path(tag = "reports", operation_id = "get_report", params(("id" = i64, Path)), responses((status = 200, body = ReportView)))]
#[get("/reports/{id}")]
pub async fn get_report(app: web::Data<App>, may: May<ReadReports>, id: PathId) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let (actor, purpose) = (may.actor.clone(), may.purpose());
    let view = app.write(move |tx| reading::view(tx, &inner, now, &may.actor, id.0)).await?;
    if let Some(child_id) = view.child_id {
        app.access_log.record(vec![Access::of(&actor, now, child_id, "report", purpose)]).await?;
    }
    ok(view)
}

/// Accepts a report for the caller's desk.
#[utoipa::path(tag = "reports", operation_id = "accept_report", params(("id" = i64, Path)), responses((status = 200, body = ReportSummary)))]
#[put("/reports/{id}/acceptance")]
pub async fn accept_report(app: web::Data<App>, may: May<AcceptReport>, id: PathId) -> Answer {
    let now = app.clock.now();
    ok(app.write(move |tx| reading::accept(tx, now, &may.actor, id.0)).await?)
}

/// Opens the reporter's identity, with a reason. The opening is recorded.
#[utoipa::path(tag = "reports", operation_id = "open_reporter", request_body = OpeningBody, params(("id" = i64, Path)), responses((status = 200, body = ReporterView)))]
#[post("/reports/{id}/reporter-openings")]
pub async fn open_reporter(app: web::Data<App>, may: May<OpenReporter>, id: PathId, body: Body<OpeningBody>) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let reason = body.into_inner().reason;
    ok(app.write(move |tx| reading::open_reporter(tx, &inner, now, &may.actor, id.0, &reason)).await?)
}

fn receipt_answer(filed: Filed) -> Answer {
    let location = format!("/api/v1/public/reports/{}", filed.receipt_number);
    created(
        location,
        ReportReceipt { receipt_number: filed.receipt_number, accept_by: filed.accept_by, told: filed.desks },
    )
}

fn public_report(body: &PublicReportBody, from_address: Option<String>) -> NewReport {
    let named = body.reporter_name.is_some() || body.reporter_phone.is_some();
    NewReport {
        channel: ReportChannel::Public,
        situations: body.situations.clone(),
        immediate_danger: body.immediate_danger,
        told: Told {
            narrative: body.narrative.clone(),
            child_words: body.child_words.clone(),
            place_words: body.place_words.clone(),
        },
        area_code: body.area_code.clone(),
        child_id: None,
        reporter: named.then(|| Reporter {
            person_id: None,
            name: body.reporter_name.clone(),
            phone: body.reporter_phone.clone(),
        }),
        reporter_role: body.reporter_role,
        suspected: BTreeSet::new(),
        cause: None,
        client: Some(body.client_uuid.to_string()),
        from_address,
    }
}
