//! Reading requests: bodies and queries are parsed strictly and validated; what is wrong is named by field.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use crate::app::App;
use crate::problem::{Fault, Problem};

/// A JSON body that passed its validation.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T> Body<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Body<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = web::Json::<T>::from_request(request, payload);
        Box::pin(async move {
            let value = json.await.map_err(|error| unreadable(&error))?.into_inner();
            value.validate().map_err(|errors| invalid(&errors))?;
            Ok(Self(value))
        })
    }
}

/// A file as the whole body of a request, whatever its type says.
#[derive(Debug)]
pub struct Upload(pub Vec<u8>);

impl FromRequest for Upload {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<web::Data<App>>().map_or(0, |app| app.config.server.max_upload_bytes);
        let mut payload = payload.take();
        Box::pin(async move {
            let mut bytes = Vec::new();
            while let Some(part) = payload.next().await {
                let part = part.map_err(|_| Problem::of("malformed").with("why", "body"))?;
                if bytes.len() + part.len() > limit {
                    return Err(Problem::of("too_large").into());
                }
                bytes.extend_from_slice(&part);
            }
            Ok(Self(bytes))
        })
    }
}

/// A query string, parsed strictly.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            web::Query::<T>::from_query(request.query_string())
                .map(|query| Self(query.into_inner()))
                .map_err(|_| Problem::of("malformed").with("why", "query").into()),
        )
    }
}

/// The id in a path; what is not a number is not found.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub i64);

impl FromRequest for PathId {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| Problem::not_found().into()))
    }
}

/// The version that a change is based on (`If-Match: "3"`); required.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub i64);

impl IfMatch {
    /// # Errors
    /// 412 when the record has moved on.
    pub fn check(self, version: i64) -> Result<(), Fault> {
        if self.0 == version { Ok(()) } else { Err(Problem::of("version_changed").into()) }
    }
}

impl FromRequest for IfMatch {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let version = request
            .headers()
            .get(actix_web::http::header::IF_MATCH)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.trim().trim_start_matches("W/").trim_matches('"').parse::<i64>());
        ready(match version {
            Some(Ok(version)) => Ok(Self(version)),
            Some(Err(_)) => Err(Problem::of("version_changed").into()),
            None => Err(Problem::of("version_required").into()),
        })
    }
}

/// The address of the caller; behind a trusted proxy, the one it names.
pub fn client_address(request: &HttpRequest, trust_forwarded_for: bool) -> Option<String> {
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    if !trust_forwarded_for {
        return peer;
    }
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
    last.filter(|text| text.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned).or(peer)
}

/// Limits and errors of actix's own readers.
pub fn reader_settings(max_body_bytes: usize) -> impl Fn(&mut web::ServiceConfig) + Clone {
    move |config: &mut web::ServiceConfig| {
        config
            .app_data(
                web::JsonConfig::default()
                    .limit(max_body_bytes)
                    .error_handler(|error, _| unreadable(&error.into()).into()),
            )
            .app_data(web::PathConfig::default().error_handler(|_, _| Fault::from(Problem::not_found()).into()));
    }
}

fn unreadable(error: &actix_web::Error) -> Fault {
    use actix_web::error::JsonPayloadError;
    if let Some(fault) = error.as_error::<Fault>() {
        return fault.code().map_or_else(
            || Fault::internal("unreadable"),
            |code| {
                let why = match fault {
                    Fault::Problem(problem) => problem.value("why").unwrap_or_default().to_owned(),
                    _ => String::new(),
                };
                Problem::of(code).with("why", why).into()
            },
        );
    }
    match error.as_error::<JsonPayloadError>() {
        Some(JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. }) => {
            Problem::of("too_large").into()
        }
        Some(JsonPayloadError::ContentType) => Problem::of("not_acceptable_media").into(),
        Some(JsonPayloadError::Deserialize(why)) => Problem::of("malformed").with("why", plain(why)).into(),
        _ => Problem::of("malformed").with("why", "body").into(),
    }
}

/// Where JSON is wrong, without the value that was sent.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let kind = ["missing field", "unknown field", "unknown variant", "invalid type", "invalid length"]
        .into_iter()
        .find(|kind| text.starts_with(kind))
        .unwrap_or("JSON");
    let field = match kind {
        "missing field" | "unknown field" => text.split('`').nth(1).map(|name| format!(" {name}")).unwrap_or_default(),
        _ => String::new(),
    };
    format!("{kind}{field} (line {}, column {})", error.line(), error.column())
}

/// The fields at fault; the rejected value is never echoed.
fn invalid(errors: &ValidationErrors) -> Fault {
    let mut problem = Problem::of("invalid_input");
    for (field, code) in flatten(errors, "") {
        problem = problem.and_field(field, code);
    }
    problem.into()
}

fn flatten(errors: &ValidationErrors, prefix: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (field, kind) in errors.errors() {
        let name = if prefix.is_empty() { field.to_string() } else { format!("{prefix}.{field}") };
        match kind {
            ValidationErrorsKind::Field(list) => {
                all.extend(list.iter().map(|error| (name.clone(), error.code.to_string())))
            }
            ValidationErrorsKind::Struct(inner) => all.extend(flatten(inner, &name)),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    all.extend(flatten(inner, &format!("{name}[{index}]")));
                }
            }
        }
    }
    all.sort();
    all
}
