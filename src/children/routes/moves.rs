//! Moving to another village, leaving the ledger, growing out of it.

use actix_web::{delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::super::access::{EditChild, ExitChild, MoveChild, RestoreChild};
use super::super::exit::{self, ExitWanted};
use super::super::occasion::Occasion;
use super::super::review::{self, AgeReview};
use super::super::store;
use super::super::transfer::{self, TransferState, TransferWanted};
use super::log_reads;
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::{Answer, Body, IfMatch, Listing, Page, PathId, Query, created, id_cursor, no_content, ok};
use crate::identity::May;
use crate::problem::Outcome;

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferMade {
    pub id: i64,
}

/// Proposes that a child moves to another village; nothing moves until that village accepts.
#[utoipa::path(tag = "transfers", operation_id = "propose_transfer", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = TransferWanted, responses((status = 201, body = TransferMade)))]
#[post("/children/{id}/transfers")]
pub async fn propose_transfer(
    app: web::Data<App>,
    may: May<MoveChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<TransferWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let made = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            transfer::propose(tx, &occasion, &may.scope, id.0, seen, &body)
        })
        .await?;
    created(format!("/api/v1/transfers/{made}"), TransferMade { id: made })
}

/// Which transfers to list.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TransferFilter {
    pub state: Option<TransferState>,
}

/// A transfer as both villages see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferView {
    pub id: i64,
    pub child_id: i64,
    pub child_name: String,
    pub from_village: String,
    pub to_village: String,
    pub state: TransferState,
    pub reason: String,
    pub proposed_at: Instant,
    pub decided_at: Option<Instant>,
    /// Why it was refused.
    pub decision: Option<String>,
}

/// Transfers that come to or leave the caller's villages, newest first.
#[utoipa::path(tag = "transfers", operation_id = "list_transfers", params(TransferFilter, Page), responses((status = 200, body = Listing<TransferView>)))]
#[get("/transfers")]
pub async fn list_transfers(
    app: web::Data<App>,
    may: May<MoveChild>,
    filter: Query<TransferFilter>,
    page: Query<Page>,
) -> Answer {
    let (actor, purpose, vault) = (may.actor.clone(), may.purpose(), app.vault.clone());
    let listing = app
        .read(move |conn| {
            let rows = store::transfers::list(conn, &may.scope, filter.state, &page)?;
            let listing = page.listing(rows, |row| id_cursor(row.id));
            let mut items = Vec::with_capacity(listing.items.len());
            for row in listing.items {
                items.push(TransferView {
                    id: row.id,
                    child_id: row.child_id,
                    child_name: store::children::get(conn, row.child_id)?.name,
                    from_village: row.from_village,
                    to_village: row.to_village,
                    state: row.state,
                    reason: vault.open(Purpose::Narrative, &row.reason_sealed)?,
                    proposed_at: row.proposed_at,
                    decided_at: row.decided_at,
                    decision: vault.open_option(Purpose::Narrative, row.decision_sealed.as_deref())?,
                });
            }
            Ok(Listing { items, next_cursor: listing.next_cursor })
        })
        .await?;
    let ids: Vec<i64> = listing.items.iter().map(|item: &TransferView| item.child_id).collect();
    log_reads(&app, &actor, &ids, "transfer", purpose).await?;
    ok(listing)
}

/// Takes the child in; only the receiving village can.
#[utoipa::path(tag = "transfers", operation_id = "accept_transfer", params(("id" = i64, Path)), responses((status = 204)))]
#[put("/transfers/{id}/acceptance")]
pub async fn accept_transfer(app: web::Data<App>, may: May<MoveChild>, id: PathId) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        transfer::accept(tx, &occasion, &may.scope, id.0)
    })
    .await?;
    no_content()
}

/// Why a transfer is refused.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    #[validate(length(min = 1, max = 500))]
    pub why: String,
}

/// Refuses to take the child in; only the receiving village can.
#[utoipa::path(tag = "transfers", operation_id = "refuse_transfer", params(("id" = i64, Path)), request_body = Refusal, responses((status = 204)))]
#[put("/transfers/{id}/refusal")]
pub async fn refuse_transfer(app: web::Data<App>, may: May<MoveChild>, id: PathId, body: Body<Refusal>) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        transfer::refuse(tx, &occasion, &may.scope, id.0, &body.why)
    })
    .await?;
    no_content()
}

/// Takes a proposal back; only the sending village can.
#[utoipa::path(tag = "transfers", operation_id = "withdraw_transfer", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/transfers/{id}")]
pub async fn withdraw_transfer(app: web::Data<App>, may: May<MoveChild>, id: PathId) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        transfer::withdraw(tx, &occasion, &may.scope, id.0)
    })
    .await?;
    no_content()
}

/// Takes a child off the ledger; the record is locked and kept.
#[utoipa::path(tag = "children", operation_id = "exit_child", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = ExitWanted, responses((status = 204)))]
#[put("/children/{id}/exit")]
pub async fn exit_child(
    app: web::Data<App>,
    may: May<ExitChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<ExitWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        exit::exit(tx, &occasion, &may.scope, id.0, seen, body.reason)
    })
    .await?;
    no_content()
}

/// Puts a child back on the ledger.
#[utoipa::path(tag = "children", operation_id = "restore_child", params(("id" = i64, Path), ("If-Match" = String, Header)), responses((status = 204)))]
#[delete("/children/{id}/exit")]
pub async fn restore_child(app: web::Data<App>, may: May<RestoreChild>, id: PathId, seen: IfMatch) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    app.write(move |tx| {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        exit::restore(tx, &occasion, &may.scope, id.0, seen)
    })
    .await?;
    no_content()
}

/// Records the look at a child who grows out of a label (at 16 or 18).
#[utoipa::path(tag = "children", operation_id = "review_age", params(("id" = i64, Path), ("age" = i32, Path), ("If-Match" = String, Header)), request_body = AgeReview, responses((status = 204)))]
#[put("/children/{id}/age-reviews/{age}")]
pub async fn review_age(
    app: web::Data<App>,
    may: May<EditChild>,
    path: web::Path<(i64, i32)>,
    seen: IfMatch,
    body: Body<AgeReview>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let (id, age) = path.into_inner();
    app.write(move |tx| -> Outcome<()> {
        let occasion = Occasion::of(&shared, now, Some(&may.actor));
        review::review(tx, &occasion, &may.scope, id, age, seen, &body)
    })
    .await?;
    no_content()
}
