//! `/callbacks/{path}/receipts|replies`: where gateways bring their news. The path is unguessable and names the gateway;
//! what comes in is stored raw and once, and answered before anybody looks at what it says.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

use super::inbound::{Kind, Raw, keep};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::http::Answer;
use crate::problem::Problem;

const BODY_LIMIT_BYTES: usize = 256 * 1024;
/// A reply that comes in again word for word within this time is the gateway's repetition.
const REPETITION_SECONDS: i64 = 15 * 60;

/// Mounts the callbacks; they are no part of the contract for programs.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/callbacks/{secret}")
            .app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES))
            .route("/receipts", web::get().to(receipts))
            .route("/receipts", web::post().to(receipts))
            .route("/replies", web::get().to(replies))
            .route("/replies", web::post().to(replies)),
    );
}

async fn receipts(app: web::Data<App>, request: HttpRequest, body: web::Bytes) -> Answer {
    take(&app, &request, &body, Kind::Receipt).await
}

async fn replies(app: web::Data<App>, request: HttpRequest, body: web::Bytes) -> Answer {
    take(&app, &request, &body, Kind::Reply).await
}

async fn take(app: &App, request: &HttpRequest, body: &web::Bytes, kind: Kind) -> Answer {
    let secret = request.match_info().get("secret").unwrap_or_default();
    let gateway = app.office.gateway_at(secret).ok_or_else(Problem::not_found)?.to_owned();
    let raw = Raw {
        content_type: request.content_type().to_owned(),
        query: request.query_string().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    let now = app.clock.now();
    let (vault, key, from) = (app.vault.clone(), dedupe_key(&app.vault, kind, &raw, now), gateway.clone());
    let is_new = app.write(move |tx| keep(tx, &vault, &from, kind, &key, &raw, now)).await?;
    let labels = [("gateway", gateway.clone()), ("kind", kind.to_string()), ("new", is_new.to_string())];
    metrics::counter!("xiangban_callbacks_total", &labels).increment(1);
    Ok(match app.office.http(&gateway) {
        Some(http) => {
            let acknowledgement = http.acknowledgement();
            HttpResponse::Ok().content_type(acknowledgement.content_type.as_str()).body(acknowledgement.body.clone())
        }
        None => HttpResponse::NoContent().finish(),
    })
}

/// Two equal receipts are one; two equal replies are one only when they come close together.
fn dedupe_key(vault: &Vault, kind: Kind, raw: &Raw, now: Instant) -> String {
    let span = match kind {
        Kind::Receipt => 0,
        Kind::Reply => now.seconds() / REPETITION_SECONDS,
    };
    // Keyed: a plain hash of a short reply could be found by trying numbers.
    vault.secret_hash(Purpose::Inbound, &format!("{span}\n{}\n{}", raw.query, raw.body))
}
