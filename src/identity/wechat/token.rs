//! The access token (`stable_token`), shared by all processes through the database.
//!
//! ```text
//! none, or five minutes before its end ─▶ one process may fetch (a turn of ten seconds) ─▶ kept, sealed
//!                                         the others go on with the old one while it lasts, or wait for the new
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::clock::Instant;
use crate::config::WechatConfig;
use crate::crypto::{Purpose, Vault};
use crate::problem::{Fault, Outcome};
use crate::storage::schema::wechat_tokens;
use crate::storage::{Conn, Store, insert_once};

const EARLY_SECONDS: i64 = 300;
const TURN_SECONDS: i64 = 10;
/// WeChat lets a token be forced twenty times a day; so often at most do we.
const FORCE_EVERY_MINUTES: i64 = 75;
const LOOKS: u32 = 60;
const LOOK_PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(5);

/// A token to call with.
#[derive(Clone, Debug)]
pub struct Taken {
    pub secret: SecretString,
    expires_at: Instant,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// WeChat does not know the account, or not from here.
    #[error("wechat refuses a token: {0}")]
    Refused(i64),
    #[error("no token for now")]
    NotNow,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The tokens of one account.
pub struct AccessTokens {
    config: WechatConfig,
    store: Store,
    vault: Arc<Vault>,
    client: reqwest::Client,
    known: Mutex<Option<Taken>>,
}

#[derive(Queryable)]
struct Row {
    token_sealed: Option<String>,
    expires_at: Option<Instant>,
    forced_at: Option<Instant>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    #[serde(default)]
    expires_in: i64,
    #[serde(default)]
    errcode: i64,
}

impl AccessTokens {
    pub fn new(config: &WechatConfig, store: Store, vault: Arc<Vault>, client: reqwest::Client) -> Self {
        Self { config: config.clone(), store, vault, client, known: Mutex::default() }
    }

    /// The token of this moment; fetched early by one process while the others go on with the old one.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn take(&self, now: Instant) -> Result<Taken, TokenError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| is_fresh(known, now)) {
            return Ok(known);
        }
        self.look(now, None).await
    }

    /// Another token than `refused`, which WeChat does not take.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn renew(&self, now: Instant, refused: &Taken) -> Result<Taken, TokenError> {
        self.look(now, Some(refused)).await
    }

    async fn look(&self, now: Instant, refused: Option<&Taken>) -> Result<Taken, TokenError> {
        let is_refused = |taken: &Taken| {
            refused.is_some_and(|refused| refused.secret.expose_secret() == taken.secret.expose_secret())
        };
        for _ in 0..LOOKS {
            let (kept, may_force) = self.kept(now).await?;
            let kept = kept.filter(|kept| !is_refused(kept));
            if let Some(kept) = kept.as_ref().filter(|kept| is_fresh(kept, now)) {
                return Ok(self.know(kept.clone()));
            }
            if self.claim(now).await? {
                // Somebody may have brought a new one between the look and the turn.
                let (kept, _) = self.kept(now).await?;
                if let Some(kept) = kept.filter(|kept| is_fresh(kept, now) && !is_refused(kept)) {
                    self.release(now, None, false).await?;
                    return Ok(self.know(kept));
                }
                let fetched = self.fetch(now, refused.is_some() && may_force).await;
                self.release(now, fetched.as_ref().ok(), refused.is_some() && may_force).await?;
                return fetched.map(|taken| self.know(taken));
            }
            if let Some(kept) = kept.filter(|kept| kept.expires_at > now.plus_seconds(TURN_SECONDS)) {
                return Ok(kept);
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        Err(TokenError::NotNow)
    }

    fn know(&self, taken: Taken) -> Taken {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken.clone());
        taken
    }

    /// The token in the database, and whether a new one may be forced.
    async fn kept(&self, now: Instant) -> Outcome<(Option<Taken>, bool)> {
        let (store, app_id, vault) = (self.store.clone(), self.config.app_id.clone(), Arc::clone(&self.vault));
        off_thread(move || {
            let row: Option<Row> = store.read(|conn| {
                Ok(wechat_tokens::table
                    .find(app_id)
                    .select((wechat_tokens::token_sealed, wechat_tokens::expires_at, wechat_tokens::forced_at))
                    .first(conn)
                    .optional()?)
            })?;
            let Some(row) = row else { return Ok((None, true)) };
            let may_force = row.forced_at.is_none_or(|at| at <= now.plus_minutes(-FORCE_EVERY_MINUTES));
            let taken = match (row.token_sealed, row.expires_at) {
                (Some(sealed), Some(expires_at)) => {
                    Some(Taken { secret: vault.open(Purpose::Token, &sealed)?.into(), expires_at })
                }
                _ => None,
            };
            Ok((taken, may_force))
        })
        .await
    }

    /// Takes the turn of fetching.
    async fn claim(&self, now: Instant) -> Outcome<bool> {
        let (store, app_id) = (self.store.clone(), self.config.app_id.clone());
        off_thread(move || {
            store.write(|tx| {
                let mine = wechat_tokens::fetching_until.eq(now.plus_seconds(TURN_SECONDS));
                let rows = diesel::update(
                    wechat_tokens::table
                        .filter(wechat_tokens::app_id.eq(&app_id))
                        .filter(wechat_tokens::fetching_until.is_null().or(wechat_tokens::fetching_until.lt(now))),
                )
                .set(mine)
                .execute(tx)?;
                if rows == 1 {
                    return Ok(true);
                }
                let first = insert_once(tx, |tx| {
                    diesel::insert_into(wechat_tokens::table)
                        .values((wechat_tokens::app_id.eq(&app_id), mine))
                        .execute(tx)
                })?;
                Ok(first.is_some())
            })
        })
        .await
    }

    async fn fetch(&self, now: Instant, force: bool) -> Result<Taken, TokenError> {
        let answer: Answer = self
            .client
            .post(format!("{}/cgi-bin/stable_token", self.config.base_url.trim_end_matches('/')))
            .json(&json!({
                "grant_type": "client_credential",
                "appid": self.config.app_id,
                "secret": self.config.app_secret.expose_secret(),
                "force_refresh": force,
            }))
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|_| TokenError::NotNow)?
            .json()
            .await
            .map_err(|_| TokenError::NotNow)?;
        match (answer.errcode, answer.access_token) {
            (0, Some(token)) => {
                Ok(Taken { secret: token.into(), expires_at: now.plus_seconds(answer.expires_in.clamp(0, 7200)) })
            }
            (0 | -1 | 45009 | 45011, _) => Err(TokenError::NotNow),
            (code, _) => Err(TokenError::Refused(code)),
        }
    }

    /// Gives the turn back, with what it brought.
    async fn release(&self, now: Instant, fetched: Option<&Taken>, forced: bool) -> Outcome<()> {
        let (store, app_id, vault) = (self.store.clone(), self.config.app_id.clone(), Arc::clone(&self.vault));
        let fetched = fetched.cloned();
        off_thread(move || {
            let sealed = match &fetched {
                Some(taken) => Some(vault.seal(Purpose::Token, taken.secret.expose_secret())?),
                None => None,
            };
            store.write(|tx| release(tx, &app_id, sealed.as_deref(), fetched.as_ref(), forced.then_some(now)))
        })
        .await
    }
}

fn release(
    tx: &mut Conn,
    app_id: &str,
    sealed: Option<&str>,
    fetched: Option<&Taken>,
    forced_at: Option<Instant>,
) -> Outcome<()> {
    let own = || wechat_tokens::table.filter(wechat_tokens::app_id.eq(app_id.to_owned()));
    diesel::update(own()).set(wechat_tokens::fetching_until.eq(None::<Instant>)).execute(tx)?;
    if let (Some(sealed), Some(taken)) = (sealed, fetched) {
        let new = (wechat_tokens::token_sealed.eq(sealed), wechat_tokens::expires_at.eq(taken.expires_at));
        diesel::update(own()).set(new).execute(tx)?;
    }
    if let Some(at) = forced_at {
        diesel::update(own()).set(wechat_tokens::forced_at.eq(at)).execute(tx)?;
    }
    Ok(())
}

fn is_fresh(taken: &Taken, now: Instant) -> bool {
    taken.expires_at > now.plus_seconds(EARLY_SECONDS)
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    spawn_blocking(work).await.map_err(Fault::internal)?
}
