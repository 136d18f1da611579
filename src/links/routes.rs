//! `/api/v1/links/{ticket}`: what a short link is for, its code, its session.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::opening::{self, Tried};
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Body, client_address, ok};
use crate::messaging::ticket::LinkPurpose;
use crate::problem::{Problem, ProblemDocument};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_link).service(request_link_code).service(open_link_session);
}

/// What anybody who has the link may know of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    pub purpose: LinkPurpose,
    /// Where a code would go.
    #[schema(example = "139****0001")]
    pub to: String,
}

/// Whether a link still leads somewhere, and to what kind of thing. Looking changes nothing.
#[utoipa::path(tag = "links", operation_id = "get_link", security(()), params(("ticket" = String, Path)), responses((status = 200, body = LinkView), (status = 410, description = "Over: done, withdrawn, or its days are past", content_type = "application/problem+json", body = ProblemDocument)))]
#[get("/links/{ticket}")]
pub async fn get_link(app: web::Data<App>, ticket: web::Path<String>) -> Answer {
    let (vault, now) = (app.vault.clone(), app.clock.now());
    let link = app.read(move |conn| opening::open(conn, &vault, now, &ticket)).await?;
    ok(LinkView { purpose: link.purpose, to: link.masked() })
}

/// A code is on its way to the addressee of the link.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkCodeSent {
    #[schema(example = "139****0001")]
    pub to: String,
    pub expires_at: Instant,
}

/// Sends a code to the number that the addressee has now.
#[utoipa::path(tag = "links", operation_id = "request_link_code", security(()), params(("ticket" = String, Path)), responses((status = 201, body = LinkCodeSent), (status = 410, description = "Over: done, withdrawn, or its days are past", content_type = "application/problem+json", body = ProblemDocument)))]
#[post("/links/{ticket}/codes")]
pub async fn request_link_code(app: web::Data<App>, request: HttpRequest, ticket: web::Path<String>) -> Answer {
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let (inner, now) = (app.clone(), app.clock.now());
    let sent = app
        .write(move |tx| {
            let link = opening::open(tx, &inner.vault, now, &ticket)?;
            let expires_at = opening::send_code(tx, &inner, now, &link, address.clone())?;
            Ok(LinkCodeSent { to: link.masked(), expires_at })
        })
        .await?;
    Ok(HttpResponse::Created().json(sent))
}

/// The code from the addressee's phone.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSessionBody {
    #[validate(length(min = 4, max = 10, code = "length"))]
    #[schema(example = "402917")]
    pub code: String,
    #[validate(length(max = 200, code = "length"))]
    pub device: Option<String>,
}

/// A session for the one thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkSession {
    pub access_token: String,
    /// It cannot be renewed.
    pub expires_at: Instant,
    pub person_id: i64,
    pub purpose: LinkPurpose,
    /// The agreement to sign, or the obligation to tell of.
    pub subject_id: i64,
    pub child_id: Option<i64>,
}

/// Opens the link's session, which can do the one thing and nothing else.
#[utoipa::path(tag = "links", operation_id = "open_link_session", security(()), params(("ticket" = String, Path)), request_body = LinkSessionBody, responses((status = 201, body = LinkSession), (status = 410, description = "Over: done, withdrawn, or its days are past", content_type = "application/problem+json", body = ProblemDocument)))]
#[post("/links/{ticket}/session")]
pub async fn open_link_session(
    app: web::Data<App>,
    request: HttpRequest,
    ticket: web::Path<String>,
    body: Body<LinkSessionBody>,
) -> Answer {
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let (inner, now, body) = (app.clone(), app.clock.now(), body.into_inner());
    let (link, tried) = app
        .write(move |tx| {
            let link = opening::open(tx, &inner.vault, now, &ticket)?;
            let given = (body.code.as_str(), body.device.as_deref(), address.clone());
            let tried = opening::try_code(tx, &inner, now, &link, given)?;
            Ok((link, tried))
        })
        .await?;
    // A wrong code is counted, so its answer is given after the transaction.
    let Tried::Opened { access_token, expires_at } = tried else { return Err(Problem::of("code_wrong").into()) };
    Ok(HttpResponse::Created().json(LinkSession {
        access_token,
        expires_at,
        person_id: link.person.id,
        purpose: link.purpose,
        subject_id: link.subject_id,
        child_id: link.duty.child_id,
    }))
}
