//! What was: versions, labels, and the ledger as it stood on a day.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::access::ReadLedger;
use super::super::classification::{Label, LabelKind};
use super::super::ledger::Cause;
use super::super::occasion::Occasion;
use super::super::{record, store};
use super::children::AsOf;
use super::log_reads;
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Listing, Page, PathId, Query, id_cursor, ok};
use crate::identity::{May, Sex};
use crate::problem::Outcome;

/// A version of a record.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    pub version: i64,
    pub valid_from: Instant,
    /// Absent for the present one.
    pub valid_until: Option<Instant>,
    pub cause: Cause,
    /// Who made it; absent for the system itself.
    pub changed_by: Option<String>,
    pub village_code: String,
}

/// The versions of a record, newest first.
#[utoipa::path(tag = "children", operation_id = "list_child_versions", params(("id" = i64, Path), Page), responses((status = 200, body = Listing<VersionView>)))]
#[get("/children/{id}/versions")]
pub async fn list_child_versions(app: web::Data<App>, may: May<ReadLedger>, id: PathId, page: Query<Page>) -> Answer {
    let (actor, purpose) = (may.actor.clone(), may.purpose());
    let listing = app
        .read(move |conn| {
            let row = store::children::find(conn, &may.scope, id.0)?;
            let versions = store::versions::of_child(conn, row.id, &page)?;
            let listing = page.listing(versions, |(version, _)| id_cursor(version.id));
            let items = listing.items.into_iter().map(|(version, changed_by)| VersionView {
                version: version.version,
                valid_from: version.valid_from,
                valid_until: version.valid_until,
                cause: version.cause,
                changed_by,
                village_code: version.village_code,
            });
            Ok(Listing { items: items.collect(), next_cursor: listing.next_cursor })
        })
        .await?;
    log_reads(&app, &actor, &[id.0], "versions", purpose).await?;
    ok(listing)
}

/// A label the child has or had.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelView {
    #[serde(flatten)]
    pub label: Label,
    /// When the rules first gave it.
    pub found_at: Instant,
    /// When it was found to hold no more.
    pub ended_at: Option<Instant>,
}

/// Every label the child has or had, oldest first.
#[utoipa::path(tag = "children", operation_id = "list_child_labels", params(("id" = i64, Path)), responses((status = 200, body = Vec<LabelView>)))]
#[get("/children/{id}/labels")]
pub async fn list_child_labels(app: web::Data<App>, may: May<ReadLedger>, id: PathId) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let labels = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let row = store::children::find(conn, &may.scope, id.0)?;
            let rows = store::labels::history(conn, row.id)?.into_iter();
            rows.map(|row| {
                Ok(LabelView { label: row.label(&occasion)?, found_at: row.found_at, ended_at: row.ended_at })
            })
            .collect::<Outcome<Vec<_>>>()
        })
        .await?;
    log_reads(&app, &actor, &[id.0], "labels", purpose).await?;
    ok(labels)
}

/// Which ledger.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerFilter {
    /// A village, or a larger area within reach.
    pub area_code: Option<String>,
    /// The day at whose end the ledger is asked for; now unless told.
    #[param(example = "2026-03-01")]
    pub as_of: Option<NaiveDate>,
}

/// A line of the ledger as it stood.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    pub child_id: i64,
    pub version: i64,
    pub valid_from: Instant,
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    pub village_code: String,
    pub labels: Vec<LabelKind>,
    pub confirmed_at: Instant,
}

/// The ledger of the caller's villages as it stood at the end of a day.
#[utoipa::path(tag = "children", operation_id = "get_ledger", params(LedgerFilter, Page), responses((status = 200, body = Listing<LedgerLine>)))]
#[get("/ledger")]
pub async fn get_ledger(
    app: web::Data<App>,
    may: May<ReadLedger>,
    filter: Query<LedgerFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let listing = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let at = AsOf { as_of: filter.as_of }.moment(now)?.unwrap_or(now);
            let rows = store::versions::ledger_at(conn, &may.scope, filter.area_code.as_deref(), at, &page)?;
            let listing = page.listing(rows, |row| id_cursor(row.child_id));
            let items = listing.items.into_iter().map(|row| {
                let record = record::reopen(&occasion, &row.snapshot_sealed)?.record;
                Ok(LedgerLine {
                    child_id: row.child_id,
                    version: row.version,
                    valid_from: row.valid_from,
                    labels: record.label_kinds(),
                    name: record.name,
                    sex: record.sex,
                    birth_date: record.birth_date,
                    village_code: record.village_code,
                    confirmed_at: record.confirmed_at,
                })
            });
            Ok(Listing { items: items.collect::<Outcome<Vec<_>>>()?, next_cursor: listing.next_cursor })
        })
        .await?;
    let ids: Vec<i64> = listing.items.iter().map(|line| line.child_id).collect();
    log_reads(&app, &actor, &ids, "ledger", purpose).await?;
    ok(listing)
}
