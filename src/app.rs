//! The program as a value: configuration, database, clock, keys. Built once, shared by server and worker.

use std::sync::Arc;

use actix_web::web;

use crate::audit::Recorder;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::Vault;
use crate::http::RateLimits;
use crate::identity::Tokens;
use crate::identity::wechat::AccessTokens;
use crate::messaging::PostOffice;
use crate::problem::{Fault, Outcome};
use crate::storage::{Conn, Store};

/// Everything a handler or job needs.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Clock,
    pub vault: Arc<Vault>,
    pub tokens: Arc<Tokens>,
    pub access_log: Recorder,
    pub rate_limits: RateLimits,
    pub http: reqwest::Client,
    pub office: Arc<PostOffice>,
    pub wechat_tokens: Arc<AccessTokens>,
}

impl App {
    /// Opens the database and the keys. Does not migrate.
    pub fn new(config: Config, clock: Clock) -> Outcome<Self> {
        // Installing twice (tests) is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = Store::open(&config.database)?;
        let vault = Arc::new(Vault::new(&config.keys.current, &config.keys.read(config.deployment.mode)?)?);
        let tokens = Arc::new(Tokens::new(&vault, &config.keys.current, config.identity.access_token_minutes)?);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Fault::internal)?;
        let office = Arc::new(PostOffice::open(&config, &vault, &store)?);
        let wechat = &config.identity.wechat;
        let wechat_tokens = AccessTokens::new(wechat, store.clone(), Arc::clone(&vault), http.clone());
        Ok(Self {
            office,
            wechat_tokens: Arc::new(wechat_tokens),
            access_log: Recorder::start(store.clone()),
            rate_limits: RateLimits::new(&config.identity),
            config: Arc::new(config),
            store,
            clock,
            vault,
            tokens,
            http,
        })
    }

    /// [`Store::read`] off the async threads.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let store = self.store.clone();
        off_thread(move || store.read(work)).await
    }

    /// Work that blocks, off the async threads.
    pub async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let app = self.clone();
        off_thread(move || work(&app)).await
    }

    /// [`Store::write`] off the async threads.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let store = self.store.clone();
        off_thread(move || store.write(work)).await
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    web::block(work).await.map_err(|_| Fault::Unavailable("the server is stopping".into()))?
}
