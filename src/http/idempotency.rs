//! `Idempotency-Key`: what a phone sends twice happens once, and is answered the same.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Serialize;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault, same};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::idempotency_keys;

/// The header, when sent: up to 100 visible ASCII characters; with the vault that seals the answer kept under it.
#[derive(Clone)]
pub struct IdempotencyKey(Option<(String, Arc<Vault>)>);

impl FromRequest for IdempotencyKey {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get("idempotency-key") else { return ready(Ok(Self(None))) };
        let text = value.to_str().ok().filter(|text| !text.is_empty() && text.len() <= 100);
        let vault = request.app_data::<web::Data<App>>().map(|app| Arc::clone(&app.vault));
        ready(match (text, vault) {
            (Some(text), Some(vault)) => Ok(Self(Some((text.to_owned(), vault)))),
            _ => Err(Problem::of("malformed").with("why", "Idempotency-Key").into()),
        })
    }
}

impl IdempotencyKey {
    /// For what must not happen twice even once.
    ///
    /// # Errors
    /// 400 when the header was not sent.
    pub fn require(&self) -> Outcome<()> {
        self.0.as_ref().map(|_| ()).ok_or_else(|| Problem::of("malformed").with("why", "Idempotency-Key").into())
    }
}

/// An answer that can be given again.
#[derive(Clone, Debug)]
pub struct Stored {
    status: u16,
    body: String,
}

impl Stored {
    pub fn new(status: u16, value: &impl Serialize) -> Outcome<Self> {
        Ok(Self { status, body: serde_json::to_string(value).map_err(Fault::internal)? })
    }

    pub fn respond(self) -> HttpResponse {
        HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK))
            .content_type("application/json")
            .body(self.body)
    }
}

/// Runs `work` once per person and key inside the transaction `tx`; a repeat gets the first answer.
///
/// # Errors
/// 422 when the key was used for another request.
pub fn once(
    tx: &mut Conn,
    now: Instant,
    person_id: i64,
    key: &IdempotencyKey,
    request: &impl Serialize,
    work: impl FnOnce(&mut Conn) -> Outcome<Stored>,
) -> Outcome<Stored> {
    let Some((key, vault)) = &key.0 else { return work(tx) };
    let request = serde_json::to_string(request).map_err(Fault::internal)?;
    let request_hash = vault.secret_hash(Purpose::Answer, &request);
    let earlier: Option<(String, i64, String)> = idempotency_keys::table
        .filter(idempotency_keys::person_id.eq(person_id))
        .filter(idempotency_keys::idempotency_key.eq(key))
        .select((idempotency_keys::request_hash, idempotency_keys::status, idempotency_keys::body_sealed))
        .first(tx)
        .optional()?;
    if let Some((hash, status, body)) = earlier {
        if !same(&hash, &request_hash) {
            return Err(Problem::of("idempotency_key_reused").into());
        }
        let body = vault.open_or_plain(Purpose::Answer, &body)?;
        return Ok(Stored { status: u16::try_from(status).unwrap_or(200), body });
    }
    let stored = work(tx)?;
    // Two at the same moment: the unique rule fails the second, its transaction rolls back, and its repeat finds the answer.
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::person_id.eq(person_id),
            idempotency_keys::idempotency_key.eq(key),
            idempotency_keys::request_hash.eq(&request_hash),
            idempotency_keys::status.eq(i64::from(stored.status)),
            idempotency_keys::body_sealed.eq(vault.seal(Purpose::Answer, &stored.body)?),
            idempotency_keys::created_at.eq(now),
        ))
        .execute(tx)
        .map_err(|error| match error {
            diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _) => {
                Problem::of("conflict").into()
            }
            other => Fault::from(other),
        })?;
    Ok(stored)
}
