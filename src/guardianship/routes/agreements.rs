//! Agreements to read: a list, one, its frozen text.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{AgreementSummary, AgreementView, summary, view};
use crate::app::App;
use crate::audit::Access;
use crate::crypto::{DigestAlgorithm, short_digest as short};
use crate::guardianship::access::ReadAgreement;
use crate::guardianship::act::Act;
use crate::guardianship::agreement::AgreementState;
use crate::guardianship::store::agreement::{self as kept, Narrow, Reach};
use crate::http::{Answer, Listing, Page, PathId, Query, id_cursor, ok, versioned};
use crate::identity::May;
use crate::problem::{Outcome, Problem};

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AgreementFilter {
    pub child_id: Option<i64>,
    pub carer_id: Option<i64>,
    pub state: Option<AgreementState>,
    /// Whose last day is before this one.
    pub ends_before: Option<NaiveDate>,
}

/// The frozen text.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    pub text: String,
    pub hash: String,
    pub short_hash: String,
    #[schema(example = "sha-256")]
    pub algorithm: String,
    /// The version of the wording it was made from.
    #[schema(example = "2026-11")]
    pub wording: String,
}

/// The agreements within the caller's reach, and those the caller is named on, by id.
#[utoipa::path(tag = "guardianship", operation_id = "list_agreements", params(AgreementFilter, Page), responses((status = 200, body = Listing<AgreementSummary>)))]
#[get("/agreements")]
pub async fn list_agreements(
    app: web::Data<App>,
    may: May<ReadAgreement>,
    filter: Query<AgreementFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let listing = app
        .read(move |conn| {
            let narrow = Narrow {
                child_id: filter.child_id,
                carer_id: filter.carer_id,
                state: filter.state,
                ends_before: filter.ends_before,
                after_id: page.after_id()?,
            };
            let found = kept::list(conn, &may.scope, narrow, page.fetch())?;
            let items = found.iter().map(|one| summary(conn, one)).collect::<Outcome<Vec<_>>>()?;
            Ok(page.listing(items, |item| id_cursor(item.id)))
        })
        .await?;
    let seen = listing.items.iter().map(|item| Access::of(&actor, now, item.child.id, "agreement_list", purpose));
    app.access_log.record(seen.collect()).await?;
    ok(listing)
}

/// One version of an agreement, with what is still missing.
#[utoipa::path(tag = "guardianship", operation_id = "get_agreement", params(("id" = i64, Path)), responses((status = 200, body = AgreementView)))]
#[get("/agreements/{id}")]
pub async fn get_agreement(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (now, purpose, actor) = (act.now, may.purpose(), may.actor.clone());
    let shown = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            view(conn, &act, id)
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, shown.child.id, "agreement", purpose)]).await?;
    versioned(shown.version, shown)
}

/// The text that was sent for signing, to the byte.
#[utoipa::path(tag = "guardianship", operation_id = "get_agreement_document", params(("id" = i64, Path)), responses((status = 200, body = DocumentView)))]
#[get("/agreements/{id}/document")]
pub async fn get_agreement_document(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let vault = app.vault.clone();
    let (child_id, frozen) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            let frozen = kept::document(conn, &vault, id)?.ok_or_else(|| Problem::of("agreement_state"))?;
            Ok((kept::load(conn, id)?.child_id, frozen))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "agreement_document", purpose)]).await?;
    let short_hash = short(&frozen.hash).to_owned();
    let algorithm = DigestAlgorithm::of(&frozen.hash).to_string();
    ok(DocumentView { text: frozen.text, hash: frozen.hash, short_hash, algorithm, wording: frozen.wording })
}
