//! Papers to read and keep: the agreement, its evidence, the scan of its original, notices, judgements, hand-over lists.

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::guardianship::access::{ReadAgreement, ReadCapacity, ReadNotice, ReceiveOriginal};
use crate::guardianship::act::Act;
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::store::paper as papers;
use crate::guardianship::store::{capacity, notice};
use crate::guardianship::{bundle, original, paper};
use crate::http::{Answer, PathId, Query, Upload, file, ok};
use crate::identity::May;
use crate::papers::Manuscript;
use crate::problem::Problem;
use crate::text_enum;
use crate::{children, http};

const PDF: &str = "application/pdf";

text_enum! {
    /// Which paper of an agreement.
    pub enum PaperForm {
        /// The text as sent for signing, with empty places for the signatures: the twin to print.
        Frozen = "frozen",
        /// Signed by all and sealed.
        Sealed = "sealed",
    }
}

/// Which paper.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PaperQuery {
    /// Without it, the sealed paper where there is one, else the frozen one.
    #[param(inline)]
    pub form: Option<PaperForm>,
}

/// A scan as kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperOriginalView {
    /// The hash of the text that was signed by hand.
    pub document_hash: String,
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// SHA-256 of the scan as kept (it is written anew, so it is not the hash of what was sent).
    pub hash: String,
    pub bytes: i64,
    pub received_at: Instant,
}

impl From<papers::Original> for PaperOriginalView {
    fn from(kept: papers::Original) -> Self {
        Self {
            document_hash: kept.document_hash,
            media_type: kept.media_type,
            hash: kept.hash,
            bytes: kept.bytes,
            received_at: kept.received_at,
        }
    }
}

/// The agreement as PDF/A: sealed once it is in force, before that as sent for signing.
#[utoipa::path(tag = "guardianship", operation_id = "get_agreement_paper", params(("id" = i64, Path), PaperQuery), responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[get("/agreements/{id}/document.pdf")]
pub async fn get_agreement_paper(
    app: web::Data<App>,
    may: May<ReadAgreement>,
    PathId(id): PathId,
    query: Query<PaperQuery>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (now, purpose, actor, form) = (act.now, may.purpose(), may.actor.clone(), query.form);
    let (child_id, number, sealed, manuscript) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let agreement = kept::load(conn, id)?;
            let sealed = if form == Some(PaperForm::Frozen) { None } else { papers::file(conn, &act.vault, id)? };
            let manuscript = match (&sealed, form) {
                (Some(_), _) => None,
                (None, Some(PaperForm::Sealed)) => return Err(Problem::of("paper_not_ready").into()),
                (None, _) => Some(paper::agreement(conn, &act, id, false)?),
            };
            Ok((agreement.child_id, agreement.number(), sealed, manuscript))
        })
        .await?;
    let bytes = match (sealed, manuscript) {
        (Some(bytes), _) => bytes,
        (None, Some(manuscript)) => app.apart(move |press| manuscript.set(press)).await?,
        (None, None) => return Err(Problem::of("paper_not_ready").into()),
    };
    app.access_log.record(vec![Access::of(&actor, now, child_id, "agreement_document", purpose)]).await?;
    file(PDF, &format!("{number}.pdf"), bytes)
}

/// Everything that shows what was agreed and by whom, in one file (ZIP) that can be checked without this server.
#[utoipa::path(tag = "guardianship", operation_id = "get_evidence_bundle", params(("id" = i64, Path)), responses((status = 200, content_type = "application/zip", body = Vec<u8>)))]
#[get("/agreements/{id}/evidence-bundle")]
pub async fn get_evidence_bundle(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (now, purpose, actor) = (act.now, may.purpose(), may.actor.clone());
    let (child_id, number, bytes) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let agreement = kept::load(conn, id)?;
            Ok((agreement.child_id, agreement.number(), bundle::bundle(conn, &act, id)?))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "agreement_evidence", purpose)]).await?;
    file("application/zip", &format!("{number}.zip"), bytes)
}

/// Hands in the scan of the printed twin after it was signed by hand (JPEG, PNG or PDF, sent as it is). A newer scan
/// takes the place of the older, which is kept.
#[utoipa::path(tag = "guardianship", operation_id = "put_paper_original", params(("id" = i64, Path)), request_body(content = Vec<u8>, content_type = "application/octet-stream", example = "…"), responses((status = 200, body = PaperOriginalView)))]
#[put("/agreements/{id}/paper-original")]
pub async fn put_paper_original(
    app: web::Data<App>,
    may: May<ReceiveOriginal>,
    PathId(id): PathId,
    upload: Upload,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let scope = may.scope.clone();
    app.read(move |conn| kept::require(conn, &scope, Reach::Child, id)).await?;
    let scan = app.apart(move |press| press.scan(&upload.0)).await?;
    let shown: PaperOriginalView = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            original::receive(tx, &act, id, &scan)?;
            let kept = papers::original(tx, id)?.ok_or_else(Problem::not_found)?;
            Ok(kept.into())
        })
        .await?;
    ok(shown)
}

/// The newest scan of the paper original.
#[utoipa::path(tag = "guardianship", operation_id = "get_paper_original", params(("id" = i64, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
#[get("/agreements/{id}/paper-original")]
pub async fn get_paper_original(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let (agreement, found, bytes) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let found = papers::original(conn, id)?.ok_or_else(Problem::not_found)?;
            let bytes = papers::scan(conn, &vault, found.id)?;
            Ok((kept::load(conn, id)?, found, bytes))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, agreement.child_id, "agreement_document", purpose)]).await?;
    let ending = found.media_type.rsplit('/').next().unwrap_or_default();
    file(&found.media_type, &format!("{}-original.{ending}", agreement.number()), bytes)
}

/// A notice as PDF/A, with a slip to send back.
#[utoipa::path(tag = "guardianship", operation_id = "get_notice_paper", params(("id" = i64, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[get("/care-notices/{id}/notice.pdf")]
pub async fn get_notice_paper(app: web::Data<App>, may: May<ReadNotice>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let access = (act.now, may.purpose(), may.actor.clone());
    let made = app
        .read(move |conn| {
            let found = notice::load(conn, &may.actor, id)?;
            Ok((found.child_id, paper::notice(conn, &act, &found)?))
        })
        .await?;
    set(&app, access, "care_notice", made, &format!("notice-{id}.pdf")).await
}

/// The judgement on a carer as PDF/A, question by question.
#[utoipa::path(tag = "guardianship", operation_id = "get_assessment_paper", params(("id" = i64, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[get("/capacity-assessments/{id}/assessment.pdf")]
pub async fn get_assessment_paper(app: web::Data<App>, may: May<ReadCapacity>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let access = (act.now, may.purpose(), may.actor.clone());
    let made = app
        .read(move |conn| {
            let found = capacity::load(conn, id)?;
            children::require(conn, &may.scope, found.child_id)?;
            Ok((found.child_id, paper::assessment(conn, &act, &found)?))
        })
        .await?;
    set(&app, access, "capacity_assessment", made, &format!("assessment-{id}.pdf")).await
}

/// The list to fill in and sign when the child is handed over after an agreement has ended.
#[utoipa::path(tag = "guardianship", operation_id = "get_hand_over_paper", params(("id" = i64, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[get("/agreements/{id}/hand-over.pdf")]
pub async fn get_hand_over_paper(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let access = (act.now, may.purpose(), may.actor.clone());
    let made = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            Ok((kept::load(conn, id)?.child_id, paper::hand_over(conn, &act, id)?))
        })
        .await?;
    set(&app, access, "hand_over", made, &format!("hand-over-{id}.pdf")).await
}

type By = (Instant, &'static str, crate::identity::Actor);

async fn set(
    app: &App,
    (now, purpose, actor): By,
    what: &'static str,
    (child_id, manuscript): (i64, Manuscript),
    name: &str,
) -> Answer {
    let bytes = app.apart(move |press| manuscript.set(press)).await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, what, purpose)]).await?;
    http::file(PDF, name, bytes)
}
