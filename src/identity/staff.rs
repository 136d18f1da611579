//! Staff accounts: login, argon2id password, and the authenticator's six digits (TOTP, RFC 6238).

use diesel::prelude::*;
use totp_rs::{Builder, Secret, Totp};

use super::sessions::{self, Keys};
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault, hash_password, verify_password};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::accounts;

const MIN_PASSWORD: usize = 10;
/// Verified in place of a missing account's hash, so that an unknown login takes as long as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$ZGYSFZSRPBkCJG9qyNnVBWwHBYPd0dBoJLTUhS0vD5k";

pub enum Proof {
    Person(i64),
    Refused(Problem),
}

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(super) struct Account {
    id: i64,
    person_id: i64,
    login: String,
    password_hash: String,
    totp_secret_sealed: Option<String>,
    totp_confirmed_at: Option<Instant>,
    totp_last_step: i64,
}

/// Creates an account with a password (and, when given, a confirmed authenticator secret in base32).
pub fn create_account(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    person_id: i64,
    login: &str,
    password: &str,
    totp_secret: Option<&str>,
) -> Outcome<()> {
    check_password(login, password)?;
    diesel::insert_into(accounts::table)
        .values((
            accounts::person_id.eq(person_id),
            accounts::login.eq(login),
            accounts::password_hash.eq(hash_password(password)?),
            accounts::totp_secret_sealed.eq(vault.seal_option(Purpose::Totp, totp_secret)?),
            accounts::totp_confirmed_at.eq(totp_secret.map(|_| now)),
            accounts::created_at.eq(now),
            accounts::updated_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// Sets a new password, ends every session, and forgets the authenticator when told to.
pub fn reset_password(tx: &mut Conn, now: Instant, login: &str, password: &str, forget_totp: bool) -> Outcome<()> {
    check_password(login, password)?;
    let person_id: i64 = diesel::update(accounts::table.filter(accounts::login.eq(login)))
        .set((accounts::password_hash.eq(hash_password(password)?), accounts::updated_at.eq(now)))
        .returning(accounts::person_id)
        .get_result(tx)
        .optional()?
        .ok_or_else(Problem::not_found)?;
    if forget_totp {
        diesel::update(accounts::table.filter(accounts::login.eq(login)))
            .set((accounts::totp_secret_sealed.eq(None::<String>), accounts::totp_confirmed_at.eq(None::<Instant>)))
            .execute(tx)?;
    }
    sessions::revoke_all(tx, now, person_id, "password_reset")
}

/// The six digits that an account's authenticator shows at `now` (for the demo county and for scripts of the operator).
pub fn totp_now(conn: &mut Conn, vault: &Vault, now: Instant, login: &str) -> Outcome<String> {
    let account = find(conn, login)?.ok_or_else(Problem::not_found)?;
    let secret =
        vault.open_option(Purpose::Totp, account.totp_secret_sealed.as_deref())?.ok_or_else(Problem::not_found)?;
    Ok(totp(&secret, login)?.generate(unsigned(now)).to_string())
}

/// Whose account this login is; `None` for an unknown or closed one.
pub fn person_of_login(conn: &mut Conn, login: &str) -> Outcome<Option<i64>> {
    Ok(find(conn, login)?.map(|account| account.person_id))
}

/// The account whose password this is. Slow on purpose, so it is asked outside any transaction.
pub(super) fn with_password(conn: &mut Conn, login: &str, password: &str) -> Outcome<Option<Account>> {
    let account = find(conn, login)?;
    let hash = account.as_ref().map_or(NOBODY, |account| &account.password_hash);
    let right = verify_password(password, hash);
    Ok(account.filter(|_| right))
}

/// Completes a sign-in with the second factor. The password must not have changed since it was looked at.
pub(super) fn prove(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    account: Option<&Account>,
    code: Option<&str>,
) -> Outcome<Proof> {
    let Some(account) = still(tx, account)? else { return Ok(Proof::Refused(Problem::of("sign_in_failed"))) };
    let secret = match (account.totp_confirmed_at, &account.totp_secret_sealed) {
        (Some(_), Some(sealed)) => keys.vault.open(Purpose::Totp, sealed)?,
        _ if keys.config.second_factor_required => {
            return Ok(Proof::Refused(Problem::of("second_factor_not_set_up")));
        }
        _ => return Ok(Proof::Person(account.person_id)),
    };
    let Some(code) = code else { return Ok(Proof::Refused(Problem::of("second_factor_required"))) };
    if spend(tx, &account, &secret, now, code)? {
        Ok(Proof::Person(account.person_id))
    } else {
        Ok(Proof::Refused(Problem::of("sign_in_failed")))
    }
}

/// Begins to set up the authenticator: returns the `otpauth://` address to show as a QR code.
///
/// # Errors
/// 401 for a wrong password; 409 when an authenticator is set up already.
pub(super) fn begin_second_factor(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    account: Option<&Account>,
) -> Outcome<Result<String, Problem>> {
    let Some(account) = still(tx, account)? else { return Ok(Err(Problem::of("sign_in_failed"))) };
    if account.totp_confirmed_at.is_some() {
        return Ok(Err(Problem::of("already_exists")));
    }
    let secret = Secret::generate().to_base32();
    diesel::update(accounts::table.find(account.id).filter(accounts::totp_confirmed_at.is_null()))
        .set((accounts::totp_secret_sealed.eq(vault.seal(Purpose::Totp, &secret)?), accounts::updated_at.eq(now)))
        .execute(tx)?;
    Ok(Ok(totp(&secret, &account.login)?.to_url().map_err(Fault::internal)?))
}

/// Confirms the authenticator with its first code.
pub(super) fn confirm_second_factor(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    account: Option<&Account>,
    code: &str,
) -> Outcome<Result<(), Problem>> {
    let Some(account) = still(tx, account)? else { return Ok(Err(Problem::of("sign_in_failed"))) };
    let (None, Some(sealed)) = (account.totp_confirmed_at, account.totp_secret_sealed.as_deref()) else {
        return Ok(Err(Problem::of("conflict")));
    };
    let secret = vault.open(Purpose::Totp, sealed)?;
    if !spend(tx, &account, &secret, now, code)? {
        return Ok(Err(Problem::of("code_wrong")));
    }
    diesel::update(accounts::table.find(account.id)).set(accounts::totp_confirmed_at.eq(now)).execute(tx)?;
    Ok(Ok(()))
}

fn still(tx: &mut Conn, account: Option<&Account>) -> Outcome<Option<Account>> {
    let Some(account) = account else { return Ok(None) };
    Ok(find(tx, &account.login)?.filter(|now| now.password_hash == account.password_hash))
}

fn find(conn: &mut Conn, login: &str) -> Outcome<Option<Account>> {
    Ok(accounts::table
        .filter(accounts::login.eq(login))
        .filter(accounts::disabled_at.is_null())
        .select(Account::as_select())
        .first(conn)
        .optional()?)
}

/// A code serves once: the step it belongs to must be later than the last one used.
fn spend(tx: &mut Conn, account: &Account, secret: &str, now: Instant, code: &str) -> Outcome<bool> {
    let Some(step) = totp(secret, &account.login)?.check(code, unsigned(now)) else { return Ok(false) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    if step <= account.totp_last_step {
        return Ok(false);
    }
    let rows = diesel::update(accounts::table.find(account.id).filter(accounts::totp_last_step.lt(step)))
        .set(accounts::totp_last_step.eq(step))
        .execute(tx)?;
    Ok(rows == 1)
}

fn totp(secret: &str, login: &str) -> Outcome<Totp> {
    let secret =
        Secret::try_from_base32(secret).map_err(|_| Fault::internal("a stored authenticator secret is not base32"))?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(login)
        .with_issuer(Some("Xiangban"))
        .build()
        .map_err(Fault::internal)
}

fn unsigned(now: Instant) -> u64 {
    u64::try_from(now.seconds()).unwrap_or_default()
}

fn check_password(login: &str, password: &str) -> Outcome<()> {
    if password.chars().count() < MIN_PASSWORD || password.contains(login) {
        return Err(Problem::of("password_weak").into());
    }
    Ok(())
}
