//! For anybody, without signing in: does this paper hold? By number and short hash (the QR code on it), or by the file.
//! What is answered holds no personal data; number and short hash must both be right, so that nobody counts through.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{DigestAlgorithm, same, short_digest as short};
use crate::guardianship::agreement::AgreementState;
use crate::guardianship::bundle;
use crate::guardianship::store::agreement as kept;
use crate::guardianship::store::paper as papers;
use crate::guardianship::verdict::Verdict;
use crate::http::{Answer, Upload, ok};
use crate::problem::{Outcome, Problem};

/// What anybody may know of an agreement whose paper they hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementCheck {
    #[schema(example = "WT-2026-000017")]
    pub number: String,
    pub state: AgreementState,
    /// Counts the versions of one agreement from 1.
    pub revision: i64,
    /// The hash of the frozen text, whole.
    pub document_hash: String,
    #[schema(example = "sha-256")]
    pub algorithm: String,
    pub signed: usize,
    pub parties: usize,
    pub ended_on: Option<NaiveDate>,
    pub sealed_at: Option<Instant>,
    pub stamped_at: Option<Instant>,
    /// SHA-256 of the sealed PDF.
    pub paper_hash: Option<String>,
}

/// What state the agreement is in whose number and short hash stand on a paper.
#[utoipa::path(tag = "guardianship", operation_id = "check_agreement", security(()), params(("number" = String, Path, example = "WT-2026-000017"), ("short" = String, Path, example = "ab12cd34")), responses((status = 200, body = AgreementCheck)))]
#[get("/public/agreement-checks/{number}/{short}")]
pub async fn check_agreement(app: web::Data<App>, path: web::Path<(String, String)>) -> Answer {
    let (number, hash) = path.into_inner();
    ok(look_up(&app, number, hash).await?)
}

async fn look_up(app: &App, number: String, hash: String) -> Outcome<AgreementCheck> {
    app.read(move |conn| {
        let unknown = || Problem::of("check_not_found");
        let agreement = kept::numbered(conn, &number)?.ok_or_else(unknown)?;
        let document_hash = agreement.document_hash.clone().ok_or_else(unknown)?;
        if !same(short(&document_hash), &hash) && !same(&document_hash, &hash) {
            return Err(unknown().into());
        }
        let parties = kept::parties(conn, agreement.id)?;
        let paper = papers::paper(conn, agreement.id)?;
        Ok(AgreementCheck {
            number: agreement.number(),
            state: agreement.state,
            revision: agreement.revision,
            algorithm: DigestAlgorithm::of(&document_hash).to_string(),
            document_hash,
            signed: parties.iter().filter(|party| party.signed_at.is_some()).count(),
            parties: parties.len(),
            ended_on: agreement.ended_on,
            sealed_at: paper.as_ref().and_then(|paper| paper.sealed_at),
            stamped_at: paper.as_ref().and_then(|paper| paper.stamped_at),
            paper_hash: paper.and_then(|paper| paper.hash),
        })
    })
    .await
}

/// Checks a sealed agreement (PDF) or an evidence bundle (ZIP), sent as it is. Nothing of it is kept.
#[utoipa::path(tag = "guardianship", operation_id = "check_document", security(()), request_body(content = Vec<u8>, content_type = "application/octet-stream", example = "…"), responses((status = 200, body = Verdict)))]
#[post("/public/document-checks")]
pub async fn check_document(app: web::Data<App>, upload: Upload) -> Answer {
    let now = app.clock.now();
    let (verdict, bytes) = app.apart(move |press| Ok((bundle::verify_here(press, &upload.0, now)?, upload.0))).await?;
    let vault = app.vault.clone();
    ok(app.read(move |conn| bundle::known_here(conn, &vault, &bytes, verdict)).await?)
}

/// `/check`: the page behind the QR code. It is made of the answers above and needs no account.
pub fn page(config: &mut web::ServiceConfig) {
    config
        .route("/check/check.js", web::get().to(script))
        .route("/check/{number}/{short}", web::get().to(html))
        .route("/check", web::get().to(html));
}

async fn html() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(include_str!("check.html"))
}

async fn script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(include_str!("check.js"))
}
