//! Agreements to make: draft, declaration, consent, sending.

use actix_web::{post, put, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use super::input::{DraftBody, TermsBody, words};
use super::view::{AgreementView, view};
use crate::app::App;
use crate::guardianship::access::{ConsentToAgreement, DraftAgreement};
use crate::guardianship::act::Act;
use crate::guardianship::bars::{self, Declaration};
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::{drafting, sending};
use crate::http::{Answer, Body, IdempotencyKey, IfMatch, PathId, Stored, once, versioned};
use crate::identity::May;

/// Begins an agreement for a child.
#[utoipa::path(tag = "guardianship", operation_id = "draft_agreement", request_body = DraftBody, responses((status = 201, body = AgreementView)))]
#[post("/agreements")]
pub async fn draft_agreement(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    key: IdempotencyKey,
    body: Body<DraftBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let body = body.into_inner();
    let stored = app
        .write(move |tx| {
            let wanted = body.wanted()?;
            once(tx, act.now, may.actor.person_id, &key, &body, |tx| {
                let id = drafting::draft(tx, &act, &may.scope, &wanted)?;
                Stored::new(201, &view(tx, &act, id)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

/// New terms for a draft.
#[utoipa::path(tag = "guardianship", operation_id = "change_draft", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = TermsBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/terms")]
pub async fn change_draft(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    PathId(id): PathId,
    if_match: IfMatch,
    body: Body<TermsBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            let draft = kept::hold(tx, id)?;
            if_match.check(draft.version)?;
            drafting::redraft(tx, &act, id, &body.wanted(draft.child_id, draft.carer_id, draft.kind)?)?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}

/// The four bars, the four considerations, and the child's own words.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct DeclarationBody(Declaration);

impl Validate for DeclarationBody {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        for (field, text) in bars::texts(&self.0) {
            if text.chars().count() > 500 {
                errors.add(field, validator::ValidationError::new("length"));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Records what art. 22 asks about the carer. Whatever is present or left out stands in `missing` afterwards.
#[utoipa::path(tag = "guardianship", operation_id = "declare_bars", params(("id" = i64, Path)), request_body = DeclarationBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/declaration")]
pub async fn declare_bars(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    PathId(id): PathId,
    body: Body<DeclarationBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            drafting::declare(tx, &act, id, &body.0.0)?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}

/// The village's answer.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    pub granted: bool,
    /// Needed when consent is refused.
    #[validate(length(max = 500, code = "length"), custom(function = "words"))]
    pub reason: Option<String>,
}

/// The village consents, or does not: for relatives and friends (P18).
#[utoipa::path(tag = "guardianship", operation_id = "decide_consent", params(("id" = i64, Path)), request_body = ConsentBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/consent")]
pub async fn decide_consent(
    app: web::Data<App>,
    may: May<ConsentToAgreement>,
    PathId(id): PathId,
    body: Body<ConsentBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            if !body.granted && body.reason.is_none() {
                return Err(crate::problem::Problem::field("reason", "required").into());
            }
            drafting::consent(tx, &act, id, body.granted, body.reason.as_deref())?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}

/// Who witnesses for the village.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendingBody {
    /// A village official; the caller unless told.
    pub witness_id: Option<i64>,
}

/// Freezes the text and asks every party to sign.
#[utoipa::path(tag = "guardianship", operation_id = "send_for_signing", params(("id" = i64, Path)), request_body = SendingBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/sending")]
pub async fn send_for_signing(
    app: web::Data<App>,
    may: May<DraftAgreement>,
    PathId(id): PathId,
    body: Body<SendingBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            sending::send(tx, &act, id, body.witness_id.unwrap_or(may.actor.person_id))?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}
