//! A village's ledger coming in as a file: the run, its rows, and putting a row right.

use std::collections::BTreeMap;

use actix_web::{get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::super::access::ImportLedger;
use super::super::import::{self, Correction, Counts, Decision, Mode, RunOutcome, Touched, Verdict};
use super::super::occasion::Occasion;
use super::super::sheet::{Finding, SheetRead};
use super::super::store::imports::{self, ImportRow, KeptRow};
use super::log_reads;
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, Upload, created, id_cursor, ok};
use crate::identity::May;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// How a file is taken in.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportWanted {
    /// The village whose ledger it is.
    #[param(example = "990101100201")]
    pub village_code: String,
    /// What the file is called, for people.
    #[param(example = "石板村台账.xlsx", max_length = 200)]
    pub file_name: Option<String>,
    /// `good` unless told: the good rows are taken, the others wait. `all`: all rows, or none when one needs a person.
    pub mode: Option<Mode>,
    /// Only say what would happen; the run can be applied later.
    #[serde(default)]
    pub dry_run: bool,
}

/// A run of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    pub id: i64,
    #[schema(example = "990101100201")]
    pub village_code: String,
    #[schema(example = "石板村台账.xlsx")]
    pub file_name: String,
    pub file_sha256: String,
    pub mode: Mode,
    pub outcome: RunOutcome,
    pub counts: Counts,
    /// What was made of the sheets of the file, with what is to be said about whole columns.
    pub sheets: Vec<SheetRead>,
    /// Who ran it; absent for the operator of the server.
    pub imported_by: Option<String>,
    pub imported_at: Instant,
}

/// A row of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportRowView {
    /// Order in the file, from 1.
    pub place: i64,
    /// Name of the sheet; empty for csv.
    pub sheet: String,
    /// The number that a spreadsheet shows beside the row.
    pub row_number: u32,
    #[schema(example = "王小雨")]
    pub name: String,
    pub verdict: Verdict,
    /// The child of the ledger; absent for one that was not written.
    pub child_id: Option<i64>,
    /// What the row changed.
    pub touched: Vec<Touched>,
    /// What is to be said about its cells.
    pub findings: Vec<Finding>,
    pub judged_at: Instant,
}

/// A run with a part of its rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportDetail {
    pub import: ImportView,
    pub rows: Listing<ImportRowView>,
}

/// A cell as it was handed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportCell {
    #[schema(example = "C12")]
    pub cell: String,
    #[schema(example = "身份证号")]
    pub heading: String,
    #[schema(example = "child.identity_number")]
    pub field: String,
    pub value: String,
}

/// A row with its cells.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportRowDetail {
    #[serde(flatten)]
    pub row: ImportRowView,
    pub cells: Vec<ImportCell>,
}

/// Takes a village's ledger in, or rehearses it. The body is the file itself: xlsx, or csv in UTF-8 or GB18030.
#[utoipa::path(
    tag = "imports",
    operation_id = "import_ledger",
    params(ImportWanted),
    request_body(content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (String = "text/csv", example = "姓名,性别,出生日期,父亲姓名,父亲电话\n王小雨,女,2017.5.20,王大山,13900000009\n"),
        (Vec<u8> = "application/octet-stream")
    )),
    responses((status = 201, body = ImportView))
)]
#[post("/imports")]
pub async fn import_ledger(
    app: web::Data<App>,
    may: May<ImportLedger>,
    wanted: Query<ImportWanted>,
    file: Upload,
) -> Answer {
    may.scope.require(&wanted.village_code)?;
    let now = app.clock.now();
    let wanted = import::Wanted {
        village_code: wanted.village_code.clone(),
        file_name: file_name(wanted.file_name.as_deref()),
        bytes: file.0,
        mode: wanted.mode.unwrap_or(Mode::Good),
        dry_run: wanted.dry_run,
    };
    let view = app
        .off_thread(move |app| {
            let occasion = Occasion::of(app, now, Some(&may.actor));
            let report = import::run(&app.store, &occasion, &wanted, |_, _| {})?;
            app.store.read(|conn| {
                let (row, by) = imports::find(conn, &may.scope, report.import_id)?;
                view(conn, &occasion, row, by)
            })
        })
        .await?;
    created(format!("/api/v1/imports/{}", view.id), view)
}

/// A name for people only: no path, nothing that nobody sees.
fn file_name(given: Option<&str>) -> String {
    let name = given.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    if name.trim().is_empty() { "-".to_owned() } else { name.trim().to_owned() }
}

/// Which runs to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportFilter {
    #[param(example = "990101100201")]
    pub village_code: Option<String>,
}

/// The runs of the caller's villages, newest first.
#[utoipa::path(tag = "imports", operation_id = "list_imports", params(ImportFilter, Page), responses((status = 200, body = Listing<ImportView>)))]
#[get("/imports")]
pub async fn list_imports(
    app: web::Data<App>,
    may: May<ImportLedger>,
    filter: Query<ImportFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let listing = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let rows = imports::list(conn, &may.scope, filter.village_code.as_deref(), &page)?;
            let listing = page.listing(rows, |(row, _)| id_cursor(row.id));
            let items = listing.items.into_iter().map(|(row, by)| view(conn, &occasion, row, by));
            Ok(Listing { items: items.collect::<Outcome<Vec<_>>>()?, next_cursor: listing.next_cursor })
        })
        .await?;
    ok(listing)
}

/// Which rows to show.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportRowFilter {
    pub verdict: Option<Verdict>,
}

/// One run, and what became of its rows in the order of the file.
#[utoipa::path(tag = "imports", operation_id = "get_import", params(("id" = i64, Path), ImportRowFilter, Page), responses((status = 200, body = ImportDetail)))]
#[get("/imports/{id}")]
pub async fn get_import(
    app: web::Data<App>,
    may: May<ImportLedger>,
    id: PathId,
    filter: Query<ImportRowFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let detail = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let (row, by) = imports::find(conn, &may.scope, id.0)?;
            let rows = imports::rows(conn, &occasion, id.0, filter.verdict, &page)?;
            let rows = page.listing(rows, |row| id_cursor(row.place));
            let rows = Listing { items: rows.items.into_iter().map(row_view).collect(), next_cursor: rows.next_cursor };
            Ok(ImportDetail { import: view(conn, &occasion, row, by)?, rows })
        })
        .await?;
    let ids: Vec<i64> = detail.rows.items.iter().filter_map(|row| row.child_id).collect();
    log_reads(&app, &actor, &ids, "import", purpose).await?;
    ok(detail)
}

/// One row with its cells as they were handed in, to put them right.
#[utoipa::path(tag = "imports", operation_id = "get_import_row", params(("id" = i64, Path), ("place" = i64, Path)), responses((status = 200, body = ImportRowDetail)))]
#[get("/imports/{id}/rows/{place}")]
pub async fn get_import_row(app: web::Data<App>, may: May<ImportLedger>, path: web::Path<(i64, i64)>) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let (id, place) = path.into_inner();
    let detail = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            imports::find(conn, &may.scope, id)?;
            Ok(row_detail(imports::row(conn, &occasion, id, place)?))
        })
        .await?;
    let ids: Vec<i64> = detail.row.child_id.into_iter().collect();
    log_reads(&app, &actor, &ids, "import_row", purpose).await?;
    ok(detail)
}

/// What a person puts right in a row that waits for one.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cells": {"D12": "999999201705200026"}}))]
pub struct RowCorrection {
    /// New words for cells, by address (`D12`) or by heading; a heading that the file lacks may be given too.
    #[serde(default)]
    #[validate(length(max = 60))]
    pub cells: BTreeMap<String, String>,
    /// The row means this child of the village's ledger.
    pub child_id: Option<i64>,
    /// The row means a child that the ledger does not hold, although one looks like it.
    #[serde(default)]
    pub new_child: bool,
}

/// Judges a waiting row once more with corrected cells or a decision, and takes it in when the run was applied.
#[utoipa::path(tag = "imports", operation_id = "correct_import_row", params(("id" = i64, Path), ("place" = i64, Path)), request_body = RowCorrection, responses((status = 200, body = ImportRowDetail)))]
#[post("/imports/{id}/rows/{place}")]
pub async fn correct_import_row(
    app: web::Data<App>,
    may: May<ImportLedger>,
    path: web::Path<(i64, i64)>,
    body: Body<RowCorrection>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let decision = match (body.child_id, body.new_child) {
        (None, false) => Decision::None,
        (Some(id), false) => Decision::Is(id),
        (None, true) => Decision::NewChild,
        (Some(_), true) => return Err(Problem::field("child_id", "child_or_new").into()),
    };
    let correction = Correction { cells: body.0.cells, decision };
    let place = path.into_inner();
    let detail = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            Ok(row_detail(import::retry(tx, &occasion, &may.scope, place, &correction)?))
        })
        .await?;
    ok(detail)
}

/// Which rows of a rehearsed run to take.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationWanted {
    pub mode: Mode,
}

/// Applies a run that wrote nothing yet, with its rows as they were put right since.
#[utoipa::path(tag = "imports", operation_id = "apply_import", params(("id" = i64, Path)), request_body = ApplicationWanted, responses((status = 200, body = ImportView)))]
#[put("/imports/{id}/application")]
pub async fn apply_import(
    app: web::Data<App>,
    may: May<ImportLedger>,
    id: PathId,
    body: Body<ApplicationWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let view = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            import::apply(tx, &occasion, &may.scope, id.0, body.mode)?;
            let (row, by) = imports::find(tx, &may.scope, id.0)?;
            view(tx, &occasion, row, by)
        })
        .await?;
    ok(view)
}

fn view(conn: &mut Conn, occasion: &Occasion<'_>, row: ImportRow, imported_by: Option<String>) -> Outcome<ImportView> {
    Ok(ImportView {
        id: row.id,
        counts: imports::counts(conn, row.id)?,
        sheets: imports::sheets(occasion, &row)?,
        village_code: row.area_code,
        file_name: row.file_name,
        file_sha256: row.file_sha256,
        mode: row.mode,
        outcome: row.outcome,
        imported_by,
        imported_at: row.imported_at,
    })
}

fn row_view(kept: KeptRow) -> ImportRowView {
    ImportRowView {
        place: kept.place,
        sheet: kept.said.written.sheet,
        row_number: kept.said.written.number,
        name: kept.said.name,
        verdict: kept.verdict,
        child_id: kept.child_id,
        touched: kept.said.touched,
        findings: kept.said.findings,
        judged_at: kept.judged_at,
    }
}

fn row_detail(kept: KeptRow) -> ImportRowDetail {
    let cells = kept.said.written.cells.iter().map(|cell| ImportCell {
        cell: kept.said.written.address(cell),
        heading: cell.heading.clone(),
        field: cell.column.to_string(),
        value: cell.cell.words(),
    });
    ImportRowDetail { cells: cells.collect(), row: row_view(kept) }
}
