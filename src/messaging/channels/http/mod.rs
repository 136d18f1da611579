//! A generic HTTP SMS gateway, described wholly by configuration; Kannel's `sendsms` is one such description.

mod callback;
mod judge;
mod pattern;
mod settings;

pub use callback::{Fields, Malformed, Receipt, Reply};
pub use settings::{Acknowledgement, HttpGateway, SettingsError};

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, RequestBuilder, Response};
use serde_json::Value;

use self::judge::Judge;
use self::pattern::{Pattern, Values};
use self::settings::BodyShape;
use crate::clock::Instant;
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;

/// Bytes of an answer that are looked at.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024;

/// One gateway, ready to send.
pub struct HttpChannel {
    settings: HttpGateway,
    receipt_url: String,
    client: Client,
    url: Pattern,
    query: BTreeMap<String, Pattern>,
    headers: BTreeMap<String, Pattern>,
    body: CompiledBody,
    judge: Judge,
}

enum CompiledBody {
    None,
    Form(BTreeMap<String, Pattern>),
    Json(Value),
    Text(Pattern),
}

impl HttpChannel {
    /// Compiles the description; `receipt_url` is where this gateway's receipts come in, as the gateway sees us.
    ///
    /// # Errors
    /// When a pattern, pointer or expression in the description is not valid.
    pub fn new(settings: HttpGateway, receipt_url: &str) -> Result<Self, SettingsError> {
        let client = client(&settings).map_err(|error| SettingsError::Client(error.to_string()))?;
        let patterns = |map: &BTreeMap<String, String>| {
            map.iter()
                .map(|(key, text)| Ok((key.clone(), Pattern::compile(text)?)))
                .collect::<Result<_, SettingsError>>()
        };
        let body = match &settings.body {
            None => CompiledBody::None,
            Some(BodyShape::Form(map)) => CompiledBody::Form(patterns(map)?),
            Some(BodyShape::Json(value)) => CompiledBody::Json(pattern::checked(value)?),
            Some(BodyShape::Text(text)) => CompiledBody::Text(Pattern::compile(text)?),
        };
        Ok(Self {
            client,
            url: Pattern::compile(&settings.url)?,
            query: patterns(&settings.query)?,
            headers: patterns(&settings.headers)?,
            body,
            judge: Judge::compile(&settings)?,
            receipt_url: receipt_url.to_owned(),
            settings,
        })
    }

    /// Reads a receipt callback.
    ///
    /// # Errors
    /// [`Malformed`] when it does not have the configured fields.
    pub fn read_receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        callback::receipts(self.settings.receipt.as_ref().ok_or(Malformed::NotConfigured)?, fields)
    }

    /// Reads a reply callback.
    ///
    /// # Errors
    /// [`Malformed`] when it does not have the configured fields.
    pub fn read_replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        callback::replies(self.settings.reply.as_ref().ok_or(Malformed::NotConfigured)?, fields)
    }

    /// What a callback is answered with.
    pub fn acknowledgement(&self) -> &Acknowledgement {
        &self.settings.acknowledgement
    }

    fn request(&self, values: &Values<'_>) -> RequestBuilder {
        let filled = |map: &BTreeMap<String, Pattern>| -> Vec<(String, String)> {
            map.iter().map(|(key, pattern)| (key.clone(), pattern.fill(values))).collect()
        };
        let request =
            self.client.request(self.settings.method.into(), self.url.fill_encoded(values)).query(&filled(&self.query));
        let request = filled(&self.headers).into_iter().fold(request, |r, (key, value)| r.header(key, value));
        match &self.body {
            CompiledBody::None => request,
            CompiledBody::Form(map) => request.form(&filled(map)),
            CompiledBody::Json(shape) => request.json(&pattern::fill_json(shape, values)),
            CompiledBody::Text(pattern) => request.body(pattern.fill(values)),
        }
    }
}

#[async_trait]
impl Channel for HttpChannel {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn has_receipts(&self) -> bool {
        self.settings.receipt.is_some()
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome {
        let (Address::Mobile(to), Body::Sms { signature, text, template, .. }) = (&message.to, &message.body) else {
            return Outcome::refused(Refusal::FinalForRecipient, "not_an_sms");
        };
        let values =
            Values { to, signature, text, template, reference: &message.reference, receipt_url: &self.receipt_url };
        match self.request(&values).send().await {
            Ok(response) => self.judge_answer(response, now).await,
            Err(error) if error.is_builder() => Outcome::refused(Refusal::PauseChannel, "request_not_valid"),
            Err(error) if error.is_connect() => Outcome::refused(Refusal::RetrySoon, "no_connection"),
            Err(error) if error.is_timeout() => Outcome::unknown("timeout"),
            Err(_) => Outcome::unknown("connection_lost"),
        }
    }
}

impl HttpChannel {
    async fn judge_answer(&self, response: Response, now: Instant) -> Outcome {
        let status = response.status().as_u16();
        match read_limited(response).await {
            Some(body) => self.judge.outcome(status, &body, now),
            None => Outcome::unknown("answer_broke_off"),
        }
    }
}

/// A redirect would carry a message elsewhere, so none is followed; a proxy is used only when it is configured.
fn client(settings: &HttpGateway) -> reqwest::Result<Client> {
    // Fails only when one is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .timeout(Duration::from_secs(settings.timeout_seconds))
        .connect_timeout(Duration::from_secs(settings.connect_timeout_seconds))
        .redirect(Policy::none())
        .no_proxy()
        .tls_backend_rustls();
    match &settings.proxy {
        Some(url) => builder.proxy(Proxy::all(url)?).build(),
        None => builder.build(),
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

#[cfg(test)]
mod tests;
