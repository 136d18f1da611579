//! A village's ledger going out as a file.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::access::{ExportLedger, RevealNumbers};
use super::super::export::{self, Numbers};
use super::super::occasion::Occasion;
use crate::app::App;
use crate::audit::Access;
use crate::http::{Answer, Query};
use crate::identity::May;
use crate::problem::Problem;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which ledger, and how its numbers are written.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportWanted {
    #[param(example = "990101100201")]
    pub village_code: String,
    /// `masked` unless told. `full` is for those who may see numbers, and needs a purpose.
    #[param(inline)]
    pub numbers: Option<Numbers>,
    /// Why full numbers are wanted; stands in the access log.
    #[param(example = "报送镇民政办", min_length = 2, max_length = 200)]
    pub purpose: Option<String>,
}

/// The ledger of a village as a workbook: text cells only, and what tells of harm left out.
#[utoipa::path(
    tag = "imports",
    operation_id = "export_ledger",
    params(ExportWanted),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
)]
#[get("/ledger/export")]
pub async fn export_ledger(app: web::Data<App>, may: May<ExportLedger>, wanted: Query<ExportWanted>) -> Answer {
    may.scope.require(&wanted.village_code)?;
    let numbers = wanted.numbers.unwrap_or(Numbers::Masked);
    let reason = match numbers {
        Numbers::Masked => None,
        Numbers::Full => {
            May::<RevealNumbers>::of(may.actor.clone())?.scope.require(&wanted.village_code)?;
            let purpose =
                wanted.purpose.as_deref().map(str::trim).filter(|purpose| (2..=200).contains(&purpose.chars().count()));
            Some(purpose.ok_or_else(|| Problem::field("purpose", "purpose_missing"))?.to_owned())
        }
    };
    let (now, village, actor, purpose) =
        (app.clock.now(), wanted.village_code.clone(), may.actor.clone(), may.purpose());
    let exported = app
        .off_thread(move |app| export::of_village(&Occasion::of(app, now, Some(&may.actor)), &village, numbers))
        .await?;
    let entries = exported.children.iter().map(|id| {
        let entry = Access::of(&actor, now, *id, "export", purpose);
        reason.as_deref().map_or_else(|| entry.clone(), |reason| entry.clone().because(reason))
    });
    app.access_log.record(entries.collect()).await?;
    let name: String = exported.file_name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"ledger.xlsx\"; filename*=UTF-8''{name}"),
        ))
        .body(exported.bytes))
}
