//! `/callbacks/{path}/receipts|replies|wechat`: where gateways bring their news. The path is unguessable and names the gateway;
//! what comes in is stored raw and once, and answered before anybody looks at what it says.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::channels::sms::news::field;
use super::channels::wechat::{self, WechatChannel, push};
use super::inbound::{Kind, Raw, keep};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::http::Answer;
use crate::problem::{Outcome, Problem};

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
            .route("/replies", web::post().to(replies))
            .route("/wechat", web::get().to(verify_wechat))
            .route("/wechat", web::post().to(wechat_push)),
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
    Ok(match app.office.news(&gateway) {
        Some(news) => {
            let acknowledgement = news.acknowledgement();
            HttpResponse::Ok().content_type(acknowledgement.content_type).body(acknowledgement.body)
        }
        None => HttpResponse::NoContent().finish(),
    })
}

/// WeChat asks whether the address is ours.
async fn verify_wechat(app: web::Data<App>, request: HttpRequest, query: web::Query<Push>) -> Answer {
    let channel = wechat_at(&app, &request)?;
    match channel.push() {
        Some(keys) if keys.verifies(&query.signed()) => {
            Ok(HttpResponse::Ok().content_type("text/plain").body(query.echostr.clone()))
        }
        _ => Err(Problem::not_found().into()),
    }
}

/// Something happened at WeChat: kept once, whatever it is; what follows is for the worker.
async fn wechat_push(app: web::Data<App>, request: HttpRequest, query: web::Query<Push>, body: web::Bytes) -> Answer {
    let channel = wechat_at(&app, &request)?;
    let keys = channel.push().ok_or_else(Problem::not_found)?;
    let event = match keys.read(&query.signed(), &body) {
        Ok(event) => event,
        Err(why) => {
            tracing::warn!(%why, "a push of WeChat is not believed");
            metrics::counter!("xiangban_pushes_not_believed_total").increment(1);
            return Err(Problem::not_found().into());
        }
    };
    let name = field(&event, "Event").unwrap_or_default();
    let kind = if name == "subscribe_msg_sent_event" { Kind::Receipt } else { Kind::WechatEvent };
    let key = match field(&event, "MsgId") {
        Some(id) => id,
        // Sender, time and event alone would make one of two messages that were shown in the same second.
        None => app.vault.secret_hash(Purpose::Inbound, &event.to_string()),
    };
    let raw = Raw { content_type: "application/json".into(), query: String::new(), body: event.to_string() };
    let (now, vault) = (app.clock.now(), app.vault.clone());
    let is_new = app.write(move |tx| keep(tx, &vault, wechat::NAME, kind, &key, &raw, now)).await?;
    let labels = [("gateway", wechat::NAME.to_owned()), ("kind", kind.to_string()), ("new", is_new.to_string())];
    metrics::counter!("xiangban_callbacks_total", &labels).increment(1);
    Ok(HttpResponse::Ok().content_type("text/plain").body("success"))
}

fn wechat_at<'a>(app: &'a App, request: &HttpRequest) -> Outcome<&'a WechatChannel> {
    let secret = request.match_info().get("secret").unwrap_or_default();
    let here = app.office.gateway_at(secret) == Some(wechat::NAME);
    app.office.wechat().filter(|_| here).ok_or_else(|| Problem::not_found().into())
}

/// The query of WeChat's calls.
#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    signature: String,
    #[serde(default)]
    msg_signature: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    echostr: String,
}

impl Push {
    fn signed(&self) -> push::Query {
        push::Query {
            signature: self.signature.clone(),
            msg_signature: self.msg_signature.clone(),
            timestamp: self.timestamp.clone(),
            nonce: self.nonce.clone(),
        }
    }
}

/// Two equal receipts are one; two equal replies are one only when they come close together.
fn dedupe_key(vault: &Vault, kind: Kind, raw: &Raw, now: Instant) -> String {
    let span = match kind {
        Kind::Receipt | Kind::WechatEvent => 0,
        Kind::Reply => now.seconds() / REPETITION_SECONDS,
    };
    // Keyed: a plain hash of a short reply could be found by trying numbers.
    vault.secret_hash(Purpose::Inbound, &format!("{span}\n{}\n{}", raw.query, raw.body))
}
