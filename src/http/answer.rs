//! Answers: JSON with its version, or a problem.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use uuid::Uuid;

use crate::problem::{Fault, Problem};

pub type Answer = Result<HttpResponse, Fault>;

/// 200 with `value`.
pub fn ok(value: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(value))
}

/// 200 with `value` and its version as `ETag`.
pub fn versioned(version: i64, value: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().insert_header((header::ETAG, format!("\"{version}\""))).json(value))
}

/// 201 with `value`, found at `location` from now on.
pub fn created(location: String, value: impl Serialize) -> Answer {
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(value))
}

/// 200 with a file to keep under `name`.
pub fn file(media_type: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let disposition = format!("inline; filename=\"{name}\"");
    let mut answer = HttpResponse::Ok();
    answer.content_type(media_type).insert_header((header::CONTENT_DISPOSITION, disposition));
    Ok(answer.body(bytes))
}

/// 204.
pub fn no_content() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(problem_of(self).status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        render(self)
    }
}

/// The response for a fault. What is ours is logged with an id, and only the id is shown.
pub fn render(fault: &Fault) -> HttpResponse {
    let problem = problem_of(fault);
    let mut document = problem.document();
    let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_server_error() {
        let id = Uuid::now_v7();
        tracing::error!(%id, error = %fault, "request failed");
        document.instance = Some(format!("urn:uuid:{id}"));
    }
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, "5"));
    }
    if let Some(seconds) = problem.value("seconds") {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    response.content_type("application/problem+json; charset=utf-8").json(document)
}

fn problem_of(fault: &Fault) -> Problem {
    match fault {
        Fault::Problem(problem) => (**problem).clone(),
        Fault::Database(diesel::result::Error::NotFound) => Problem::not_found(),
        Fault::Unavailable(_) => Problem::of("unavailable"),
        Fault::Database(error) if connection_lost(error) => Problem::of("unavailable"),
        Fault::Database(_) | Fault::Internal(_) => Problem::of("internal"),
    }
}

fn connection_lost(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        Error::BrokenTransactionManager | Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => true,
        Error::DatabaseError(_, info) => {
            let text = info.message();
            [
                "server closed",
                "no connection",
                "terminating connection",
                "shutting down",
                "disk is full",
                "database is locked",
                "disk I/O error",
            ]
            .iter()
            .any(|sign| text.contains(sign))
        }
        _ => false,
    }
}
