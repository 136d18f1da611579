//! One exchange with a gateway over HTTP: what went wrong before anything was sent is a refusal, silence is not.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, RequestBuilder, Response, Url};
use serde::Deserialize;
use thiserror::Error;

use crate::messaging::channels::{Outcome, Refusal};

/// Bytes of an answer that are looked at.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024;

/// How a gateway is reached.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Exchange {
    /// The whole exchange, seconds; after it the outcome is unknown.
    pub timeout_seconds: u64,
    /// Reaching the gateway, seconds; failing here is a refusal, nothing was sent.
    pub connect_timeout_seconds: u64,
    /// `http://…` of a proxy on the way, where there is one.
    pub proxy: Option<String>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self { timeout_seconds: 10, connect_timeout_seconds: 5, proxy: None }
    }
}

/// What is wrong with the description of a vendor's account.
#[derive(Debug, Error)]
pub enum VendorError {
    #[error("base_url {0:?} is not an http(s) address")]
    Address(String),
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    #[error("template {template}: {why}")]
    Template { template: String, why: &'static str },
    #[error("{0}")]
    Secret(String),
}

/// An answer, whatever it says.
pub(in crate::messaging) struct Answered {
    pub status: u16,
    pub body: String,
}

impl Exchange {
    /// A redirect would carry a message elsewhere, so none is followed; a proxy is used only when it is configured.
    pub(in crate::messaging) fn client(&self) -> reqwest::Result<Client> {
        // Fails only when one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .timeout(Duration::from_secs(self.timeout_seconds))
            .connect_timeout(Duration::from_secs(self.connect_timeout_seconds))
            .redirect(Policy::none())
            .no_proxy()
            .tls_backend_rustls();
        match &self.proxy {
            Some(url) => builder.proxy(Proxy::all(url)?).build(),
            None => builder.build(),
        }
    }
}

/// Sends and reads the answer.
pub(in crate::messaging::channels) async fn ask(request: RequestBuilder) -> Result<Answered, Outcome> {
    match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = read_limited(response).await.ok_or_else(|| Outcome::unknown("answer_broke_off"))?;
            Ok(Answered { status, body })
        }
        Err(error) if error.is_builder() => Err(Outcome::refused(Refusal::PauseChannel, "request_not_valid")),
        Err(error) if error.is_connect() => Err(Outcome::refused(Refusal::RetrySoon, "no_connection")),
        Err(error) if error.is_timeout() => Err(Outcome::unknown("timeout")),
        Err(_) => Err(Outcome::unknown("connection_lost")),
    }
}

async fn read_limited(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    while body.len() < ANSWER_LIMIT_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return None,
        }
    }
    Some(String::from_utf8_lossy(&body).into_owned())
}

/// A vendor's address from the configuration, with the `Host` that is signed: the host that is called.
pub(super) struct Endpoint {
    pub url: Url,
    pub host: String,
}

impl Endpoint {
    /// `path` under the configured base.
    pub fn of(base_url: &str, path: &str) -> Result<Self, VendorError> {
        let wrong = || VendorError::Address(base_url.to_owned());
        let url = Url::parse(&format!("{}{path}", base_url.trim_end_matches('/'))).map_err(|_| wrong())?;
        let name = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or_else(wrong)?;
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { url, host })
    }
}
