//! `/sandbox`: the phones in the browser, the little API that their page uses, and the WeChat stand-in. There only while
//! a channel is kept in the sandbox, and never in production: whoever sees the phones sees every sign-in code.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{phones, wechat};
use crate::app::App;
use crate::http::{Answer, Body, Query, no_content, ok};
use crate::messaging::phone::Mobile;
use crate::problem::{Fault, Problem};

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Mounts the sandbox; it is no part of the contract for programs.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/sandbox")
            .route("", web::get().to(page))
            .route("/", web::get().to(page))
            .route("/page.css", web::get().to(style))
            .route("/page.js", web::get().to(script))
            .route("/api/phones", web::get().to(list_phones))
            .route("/api/phones/{phone}/texts", web::get().to(list_texts))
            .route("/api/phones/{phone}/reading", web::put().to(mark_read))
            .route("/api/texts", web::post().to(write_text))
            .route("/wechat/sns/jscode2session", web::get().to(jscode2session)),
    );
}

/// Proof that the sandbox is open; whoever asks for it where it is not finds nothing.
struct Open;

impl FromRequest for Open {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let open = request
            .app_data::<web::Data<App>>()
            .is_some_and(|app| app.office.has_sandbox() && !app.config.is_production());
        ready(if open { Ok(Self) } else { Err(Problem::not_found().into()) })
    }
}

async fn page(_: Open) -> HttpResponse {
    file("text/html; charset=utf-8", PAGE)
}

async fn style(_: Open) -> HttpResponse {
    file("text/css; charset=utf-8", STYLE)
}

async fn script(_: Open) -> HttpResponse {
    file("text/javascript; charset=utf-8", SCRIPT)
}

fn file(content_type: &str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(content)
}

#[derive(Debug, Deserialize)]
struct Wanted {
    /// A part of a name, or a number.
    q: Option<String>,
}

#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

async fn list_phones(_: Open, app: web::Data<App>, wanted: Query<Wanted>) -> Answer {
    let vault = app.vault.clone();
    let items = app.read(move |conn| phones::list(conn, &vault, wanted.q.as_deref())).await?;
    ok(Items { items })
}

async fn list_texts(_: Open, app: web::Data<App>, phone: web::Path<String>) -> Answer {
    let vault = app.vault.clone();
    let items = app.read(move |conn| phones::texts(conn, &vault, &phone)).await?;
    ok(Items { items })
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Reading {
    up_to: i64,
}

async fn mark_read(_: Open, app: web::Data<App>, phone: web::Path<String>, body: Body<Reading>) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| phones::mark_read(tx, now, &phone, body.up_to)).await?;
    no_content()
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct NewText {
    /// The phone on which it is typed.
    from: String,
    #[validate(length(min = 1, max = 500, code = "length"))]
    text: String,
}

async fn write_text(_: Open, app: web::Data<App>, body: Body<NewText>) -> Answer {
    let from = Mobile::parse(&body.from).map_err(|_| Problem::field("from", "phone_invalid"))?;
    let (vault, now) = (app.vault.clone(), app.clock.now());
    app.write(move |tx| phones::write(tx, &vault, now, &from, &body.text)).await?;
    no_content()
}

async fn jscode2session(_: Open, asked: Query<wechat::Asked>) -> Answer {
    ok(wechat::answer(&asked))
}
