//! Sessions: a signed-in device. The refresh token changes at each use; an old one used again ends the session.

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::people::posts_of;
use super::sign_in::SignInGrant;
use super::{Actor, Only, Tokens};
use crate::clock::Instant;
use crate::config::IdentityConfig;
use crate::crypto::{Purpose, Vault, new_token};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{people, sessions, spent_refresh_tokens};

/// What is needed to open or renew a session.
pub struct Keys<'a> {
    pub vault: &'a Vault,
    pub tokens: &'a Tokens,
    pub config: &'a IdentityConfig,
}

/// A signed-in device of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    pub id: i64,
    #[schema(example = "sms_code")]
    pub method: String,
    pub device: Option<String>,
    pub created_at: Instant,
    pub refreshed_at: Instant,
    /// The device that asks.
    pub current: bool,
}

pub fn open(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    person_id: i64,
    method: &str,
    device: Option<&str>,
) -> Outcome<SignInGrant> {
    let refresh_token = new_token();
    let session_id: i64 = diesel::insert_into(sessions::table)
        .values((
            sessions::person_id.eq(person_id),
            sessions::token_hash.eq(keys.vault.secret_hash(Purpose::Token, &refresh_token)),
            sessions::method.eq(method),
            sessions::device.eq(device),
            sessions::created_at.eq(now),
            sessions::refreshed_at.eq(now),
            sessions::expires_at.eq(now.plus_days(keys.config.refresh_token_days)),
        ))
        .returning(sessions::id)
        .get_result(tx)?;
    grant(tx, keys, now, person_id, session_id, refresh_token)
}

/// Opens a session that is limited to `only`: it carries no posts, cannot be renewed and ends by itself. Returns the
/// access token with its end.
pub fn open_only(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    person_id: i64,
    device: Option<&str>,
    only: Only,
) -> Outcome<(String, Instant)> {
    let minutes = keys.config.link_session_minutes;
    let session_id: i64 = diesel::insert_into(sessions::table)
        .values((
            sessions::person_id.eq(person_id),
            // Nobody is given this token: there is nothing to renew.
            sessions::token_hash.eq(keys.vault.secret_hash(Purpose::Token, &new_token())),
            sessions::method.eq("link"),
            sessions::device.eq(device),
            sessions::created_at.eq(now),
            sessions::refreshed_at.eq(now),
            sessions::expires_at.eq(now.plus_minutes(minutes)),
        ))
        .returning(sessions::id)
        .get_result(tx)?;
    let actor = Actor { only: Some(only), ..Actor::signed_in(person_id, session_id, Vec::new()) };
    keys.tokens.sign_for(&actor, now, minutes)
}

/// What a refresh came to; the caller commits, then answers.
pub enum Refreshed {
    Granted(SignInGrant),
    /// Unknown, over or revoked.
    Refused,
    /// An old token was used again: the session has been revoked.
    Reused,
}

pub fn refresh(tx: &mut Conn, keys: &Keys<'_>, now: Instant, refresh_token: &str) -> Outcome<Refreshed> {
    let old_hash = keys.vault.secret_hash(Purpose::Token, refresh_token);
    let new_refresh = new_token();
    let renewed: Option<(i64, i64)> = diesel::update(
        sessions::table
            .filter(sessions::token_hash.eq(&old_hash))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt(now)),
    )
    .set((
        sessions::token_hash.eq(keys.vault.secret_hash(Purpose::Token, &new_refresh)),
        sessions::refreshed_at.eq(now),
        sessions::expires_at.eq(now.plus_days(keys.config.refresh_token_days)),
    ))
    .returning((sessions::id, sessions::person_id))
    .get_result(tx)
    .optional()?;
    if let Some((session_id, person_id)) = renewed {
        diesel::insert_into(spent_refresh_tokens::table)
            .values((
                spent_refresh_tokens::token_hash.eq(&old_hash),
                spent_refresh_tokens::session_id.eq(session_id),
                spent_refresh_tokens::spent_at.eq(now),
            ))
            .execute(tx)?;
        return grant(tx, keys, now, person_id, session_id, new_refresh).map(Refreshed::Granted);
    }
    let spent: Option<i64> =
        spent_refresh_tokens::table.find(&old_hash).select(spent_refresh_tokens::session_id).first(tx).optional()?;
    match spent {
        Some(session_id) => {
            revoke(tx, now, session_id, "refresh_token_reused")?;
            Ok(Refreshed::Reused)
        }
        None => Ok(Refreshed::Refused),
    }
}

pub fn revoke(tx: &mut Conn, now: Instant, session_id: i64, why: &str) -> Outcome<()> {
    diesel::update(sessions::table.find(session_id).filter(sessions::revoked_at.is_null()))
        .set((sessions::revoked_at.eq(now), sessions::revoked_why.eq(why)))
        .execute(tx)?;
    Ok(())
}

/// Ends every session of a person (a lost phone, a new password).
pub fn revoke_all(tx: &mut Conn, now: Instant, person_id: i64, why: &str) -> Outcome<()> {
    diesel::update(sessions::table.filter(sessions::person_id.eq(person_id)).filter(sessions::revoked_at.is_null()))
        .set((sessions::revoked_at.eq(now), sessions::revoked_why.eq(why)))
        .execute(tx)?;
    Ok(())
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// 404 for anybody else's.
pub fn revoke_own(tx: &mut Conn, now: Instant, person_id: i64, session_id: i64) -> Outcome<()> {
    let rows = diesel::update(
        sessions::table
            .find(session_id)
            .filter(sessions::person_id.eq(person_id))
            .filter(sessions::revoked_at.is_null()),
    )
    .set((sessions::revoked_at.eq(now), sessions::revoked_why.eq("signed_out")))
    .execute(tx)?;
    if rows == 0 { Err(Problem::not_found().into()) } else { Ok(()) }
}

/// The sessions of the actor that are not over, the latest used first.
pub fn list(conn: &mut Conn, now: Instant, actor: &Actor) -> Outcome<Vec<SessionView>> {
    type Row = (i64, String, Option<String>, Instant, Instant);
    let rows: Vec<Row> = sessions::table
        .filter(sessions::person_id.eq(actor.person_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((sessions::id, sessions::method, sessions::device, sessions::created_at, sessions::refreshed_at))
        .order(sessions::refreshed_at.desc())
        .limit(100)
        .load(conn)?;
    let view = |(id, method, device, created_at, refreshed_at): Row| SessionView {
        id,
        method,
        device,
        created_at,
        refreshed_at,
        current: id == actor.session_id,
    };
    Ok(rows.into_iter().map(view).collect())
}

fn grant(
    conn: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    person_id: i64,
    session_id: i64,
    refresh_token: String,
) -> Outcome<SignInGrant> {
    let deceased: Option<chrono::NaiveDate> = people::table.find(person_id).select(people::deceased_on).first(conn)?;
    if deceased.is_some() {
        return Err(Problem::of("sign_in_failed").into());
    }
    let actor = Actor::signed_in(person_id, session_id, posts_of(conn, person_id, now.date())?);
    let (access_token, expires_at) = keys.tokens.sign(&actor, now)?;
    Ok(SignInGrant { access_token, expires_at, refresh_token, person_id })
}
