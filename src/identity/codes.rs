//! One-time codes: six random digits, kept as a keyed hash, used once, bound to what they are for.
//!
//! ```text
//! issued ──right code──▶ used
//!   │ └─wrong code × N──▶ spent        (a new one must be asked for)
//!   └─5 minutes─────────▶ over
//! ```

use diesel::prelude::*;
use rand::RngExt;

use crate::clock::Instant;
use crate::config::IdentityConfig;
use crate::crypto::{Purpose, Vault};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::one_time_codes;

/// What a code is asked for. `bound_to` names the exact action, so that a code for one serves no other.
#[derive(Clone, Debug)]
pub struct CodeRequest<'a> {
    pub purpose: &'static str,
    pub bound_to: &'a str,
    pub phone: &'a str,
    pub person_id: Option<i64>,
    pub from_address: Option<&'a str>,
}

/// A code that was made: to be sent, never shown or logged.
pub struct Issued {
    pub id: i64,
    pub code: String,
    pub expires_at: Instant,
}

/// Makes a code, within the limits per number, per address and altogether. Older codes of the same binding stop working.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn issue(
    tx: &mut Conn,
    vault: &Vault,
    config: &IdentityConfig,
    now: Instant,
    request: &CodeRequest<'_>,
) -> Outcome<Issued> {
    let phone_index = vault.index(Purpose::Phone, request.phone);
    for (span, limit) in [(60, config.codes_per_minute), (3_600, config.codes_per_hour), (86_400, config.codes_per_day)]
    {
        let sent: i64 = one_time_codes::table
            .filter(one_time_codes::phone_index.eq(&phone_index))
            .filter(one_time_codes::created_at.gt(now.plus_seconds(-span)))
            .count()
            .get_result(tx)?;
        if sent >= limit {
            return Err(Problem::of("too_many_requests").with("seconds", span).into());
        }
    }
    if let Some(address) = request.from_address {
        let sent: i64 = one_time_codes::table
            .filter(one_time_codes::from_address.eq(address))
            .filter(one_time_codes::created_at.gt(now.plus_hours(-1)))
            .count()
            .get_result(tx)?;
        if sent >= config.codes_per_address_per_hour {
            return Err(Problem::of("too_many_requests").with("seconds", 3_600).into());
        }
    }
    // Codes to numbers that nobody has cost nothing and do not count, so that asking for them locks nobody out. The
    // refusal is the same for both, so that it tells nothing.
    let paid: i64 = one_time_codes::table
        .filter(one_time_codes::person_id.is_not_null())
        .filter(one_time_codes::created_at.gt(now.plus_hours(-1)))
        .count()
        .get_result(tx)?;
    if paid >= config.codes_paid_per_hour {
        tracing::error!(paid, "as many one-time codes were sent in an hour as the deployment pays for");
        return Err(Problem::of("too_many_requests").with("seconds", 3_600).into());
    }
    diesel::update(binding(request.purpose, request.bound_to, &phone_index).filter(one_time_codes::used_at.is_null()))
        .set(one_time_codes::expires_at.eq(now))
        .execute(tx)?;
    let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
    let expires_at = now.plus_minutes(config.code_minutes);
    let id = diesel::insert_into(one_time_codes::table)
        .values((
            one_time_codes::purpose.eq(request.purpose),
            one_time_codes::bound_to.eq(request.bound_to),
            one_time_codes::phone_index.eq(&phone_index),
            one_time_codes::person_id.eq(request.person_id),
            one_time_codes::code_hash.eq(hash(vault, request.purpose, request.bound_to, &code)),
            one_time_codes::created_at.eq(now),
            one_time_codes::expires_at.eq(expires_at),
            one_time_codes::from_address.eq(request.from_address),
        ))
        .returning(one_time_codes::id)
        .get_result(tx)?;
    Ok(Issued { id, code, expires_at })
}

/// Tries a code. The attempt counts even when it fails, so the caller must let the transaction commit and refuse after.
///
/// Returns the id of the code that was used, or `None`.
pub fn redeem(
    tx: &mut Conn,
    vault: &Vault,
    config: &IdentityConfig,
    now: Instant,
    request: &CodeRequest<'_>,
    code: &str,
) -> Outcome<Option<i64>> {
    let Some(id) = attempt(tx, vault, config, now, request, code)? else { return Ok(None) };
    let used = diesel::update(one_time_codes::table.find(id).filter(one_time_codes::used_at.is_null()))
        .set(one_time_codes::used_at.eq(now))
        .execute(tx)?;
    Ok((used == 1).then_some(id))
}

/// As [`redeem`], but a right code stays good. Counts as an attempt all the same.
pub fn matches(
    tx: &mut Conn,
    vault: &Vault,
    config: &IdentityConfig,
    now: Instant,
    request: &CodeRequest<'_>,
    code: &str,
) -> Outcome<bool> {
    Ok(attempt(tx, vault, config, now, request, code)?.is_some())
}

fn attempt(
    tx: &mut Conn,
    vault: &Vault,
    config: &IdentityConfig,
    now: Instant,
    request: &CodeRequest<'_>,
    code: &str,
) -> Outcome<Option<i64>> {
    let phone_index = vault.index(Purpose::Phone, request.phone);
    let live = binding(request.purpose, request.bound_to, &phone_index)
        .filter(one_time_codes::used_at.is_null())
        .filter(one_time_codes::expires_at.gt(now));
    let counted = diesel::update(live.filter(one_time_codes::attempts.lt(config.code_attempts)))
        .set(one_time_codes::attempts.eq(one_time_codes::attempts + 1))
        .execute(tx)?;
    if counted == 0 {
        return Ok(None);
    }
    Ok(binding(request.purpose, request.bound_to, &phone_index)
        .filter(one_time_codes::used_at.is_null())
        .filter(one_time_codes::expires_at.gt(now))
        .filter(one_time_codes::code_hash.eq(hash(vault, request.purpose, request.bound_to, code)))
        .select(one_time_codes::id)
        .first(tx)
        .optional()?)
}

#[diesel::dsl::auto_type]
fn binding<'a>(purpose: &'a str, bound_to: &'a str, phone_index: &'a str) -> _ {
    one_time_codes::table
        .filter(one_time_codes::purpose.eq(purpose))
        .filter(one_time_codes::bound_to.eq(bound_to))
        .filter(one_time_codes::phone_index.eq(phone_index))
}

fn hash(vault: &Vault, purpose: &str, bound_to: &str, code: &str) -> String {
    vault.secret_hash(Purpose::OneTimeCode, &format!("{purpose}/{bound_to}/{code}"))
}
