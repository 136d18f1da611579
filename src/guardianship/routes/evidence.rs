//! The evidence of an agreement: its chain, whether it holds, the signatures as written.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Access;
use crate::crypto::DigestAlgorithm;
use crate::guardianship::access::ReadAgreement;
use crate::guardianship::evidence::{Event, Finding, Head, verify, verify_document};
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::store::{evidence, signature};
use crate::http::{Answer, PathId, ok};
use crate::identity::May;

/// The chain, for anybody to check.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    /// That of the newest event; every hash that was made by another than SHA-256 names its own.
    #[schema(example = "sha-256")]
    pub algorithm: String,
    pub head: Head,
    pub document_hash: Option<String>,
    pub events: Vec<Event>,
}

/// Whether chain and text hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationView {
    pub holds: bool,
    pub events: usize,
    pub findings: Vec<Finding>,
}

/// Everything that happened to an agreement, as a hash chain.
#[utoipa::path(tag = "guardianship", operation_id = "get_evidence", params(("id" = i64, Path)), responses((status = 200, body = EvidenceView)))]
#[get("/agreements/{id}/evidence")]
pub async fn get_evidence(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let (child_id, shown) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let agreement = kept::load(conn, id)?;
            let events = evidence::chain(conn, &vault, id)?;
            let head = evidence::head_of(&agreement);
            let document_hash = agreement.document_hash;
            let algorithm = DigestAlgorithm::of(&head.hash).to_string();
            Ok((agreement.child_id, EvidenceView { algorithm, head, document_hash, events }))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "agreement_evidence", purpose)]).await?;
    ok(shown)
}

/// Checks the chain against its head, and the text against the hash that was signed.
#[utoipa::path(tag = "guardianship", operation_id = "verify_evidence", params(("id" = i64, Path)), responses((status = 200, body = VerificationView)))]
#[get("/agreements/{id}/evidence/verification")]
pub async fn verify_evidence(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let vault = app.vault.clone();
    let shown = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let agreement = kept::load(conn, id)?;
            let events = evidence::chain(conn, &vault, id)?;
            let mut findings = verify(id, &events, &evidence::head_of(&agreement));
            if let (Some(frozen), Some(hash)) = (kept::document(conn, &vault, id)?, &agreement.document_hash) {
                findings.extend(verify_document(&frozen.text, hash, &events));
            }
            Ok(VerificationView { holds: findings.is_empty(), events: events.len(), findings })
        })
        .await?;
    ok(shown)
}

/// A signature as it was written.
#[utoipa::path(tag = "guardianship", operation_id = "get_signature_picture", params(("id" = i64, Path), ("party" = i64, Path)), responses((status = 200, content_type = "image/svg+xml", body = String)))]
#[get("/agreements/{id}/signatures/{party}/picture")]
pub async fn get_signature_picture(
    app: web::Data<App>,
    may: May<ReadAgreement>,
    path: web::Path<(i64, i64)>,
) -> Answer {
    let (id, party_id) = path.into_inner();
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let (child_id, picture) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let child_id = kept::load(conn, id)?.child_id;
            Ok((child_id, signature::strokes(conn, &vault, id, party_id)?.svg()))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "signature", purpose)]).await?;
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(picture))
}
