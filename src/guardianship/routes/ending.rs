//! Agreements that change or end: taken back, amended, renewed, ended, handed over.

use actix_web::{post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::input::{TermsBody, words};
use super::view::{AgreementView, view};
use crate::app::App;
use crate::guardianship::access::{DraftAgreement, EndAgreement, RecordHandOver};
use crate::guardianship::act::Act;
use crate::guardianship::agreement::AgreementEnd;
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::{amending, ending};
use crate::http::{Answer, Body, IdempotencyKey, PathId, Stored, once, versioned};
use crate::identity::May;
use crate::problem::Problem;

/// Takes back an agreement that is not in force.
#[utoipa::path(tag = "guardianship", operation_id = "take_agreement_back", params(("id" = i64, Path)), responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/taking-back")]
pub async fn take_agreement_back(app: web::Data<App>, may: May<DraftAgreement>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            ending::take_back(tx, &act, id)?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}

/// Drafts the next version with other terms; the present one stays in force until the new one is signed by all.
#[utoipa::path(tag = "guardianship", operation_id = "amend_agreement", params(("id" = i64, Path)), request_body = TermsBody, responses((status = 201, body = AgreementView)))]
#[post("/agreements/{id}/amendments")]
pub async fn amend_agreement(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    PathId(id): PathId,
    key: IdempotencyKey,
    body: Body<TermsBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let body = body.into_inner();
    let stored = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            once(tx, act.now, may.actor.person_id, &key, &(id, &body), |tx| {
                let old = kept::load(tx, id)?;
                let next = amending::amend(tx, &act, id, &body.wanted(old.child_id, old.carer_id, old.kind)?)?;
                Stored::new(201, &view(tx, &act, next)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

/// A further term.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalBody {
    /// After the last day of the present term.
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
}

/// Drafts a further term with the same words, to be declared, assessed and signed anew.
#[utoipa::path(tag = "guardianship", operation_id = "renew_agreement", params(("id" = i64, Path)), request_body = RenewalBody, responses((status = 201, body = AgreementView)))]
#[post("/agreements/{id}/renewals")]
pub async fn renew_agreement(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    PathId(id): PathId,
    key: IdempotencyKey,
    body: Body<RenewalBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let body = body.into_inner();
    let stored = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            once(tx, act.now, may.actor.person_id, &key, &(id, &body), |tx| {
                let next = amending::renew(tx, &act, id, body.term_from, body.term_until)?;
                Stored::new(201, &view(tx, &act, next)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

/// Why it ends.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndingBody {
    /// Parents may withdraw or have returned, the carer may withdraw; the village and the township may record any reason.
    pub reason: AgreementEnd,
}

/// Ends an agreement in force. Either side may, at any time; the child's hand-over becomes the village's duty.
#[utoipa::path(tag = "guardianship", operation_id = "end_agreement", params(("id" = i64, Path)), request_body = EndingBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/ending")]
pub async fn end_agreement(
    app: web::Data<App>,
    may: May<EndAgreement>,
    PathId(id): PathId,
    body: Body<EndingBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let why = body.reason;
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            if !why.ends_care() {
                return Err(Problem::field("reason", "invalid").into());
            }
            let is_official = may.scope.covers(&kept::load(tx, id)?.village_code);
            ending::end_as_asked(tx, &act, id, why, is_official)?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}

/// Who has the child now.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverBody {
    #[validate(length(max = 50, code = "length"), custom(function = "words"))]
    #[schema(example = "母亲")]
    pub received_by: String,
    #[validate(length(max = 500, code = "length"))]
    pub note: Option<String>,
}

/// Records the hand-over after an agreement has ended.
#[utoipa::path(tag = "guardianship", operation_id = "record_hand_over", params(("id" = i64, Path)), request_body = HandOverBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/hand-over")]
pub async fn record_hand_over(
    app: web::Data<App>,
    may: May<RecordHandOver>,
    PathId(id): PathId,
    body: Body<HandOverBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            ending::hand_over(tx, &act, id, &body.received_by, body.note.as_deref())?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}
