//! A generic HTTP SMS gateway, described wholly by configuration; Kannel's `sendsms` is one such description.

mod callback;
mod judge;
mod pattern;
mod settings;

pub use settings::{Acknowledgement, HttpGateway, SettingsError};

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use self::judge::Judge;
use self::pattern::{Pattern, Values};
use self::settings::BodyShape;
use super::exchange::{Exchange, ask};
use super::{Fields, Malformed, News, Receipt, Reply};
use crate::clock::Instant;
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;

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
        let exchange = Exchange {
            timeout_seconds: settings.timeout_seconds,
            connect_timeout_seconds: settings.connect_timeout_seconds,
            proxy: settings.proxy.clone(),
        };
        let client = exchange.client().map_err(|error| SettingsError::Client(error.to_string()))?;
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
        match ask(self.request(&values)).await {
            Ok(answered) => self.judge.outcome(answered.status, &answered.body, now),
            Err(outcome) => outcome,
        }
    }
}

impl News for HttpChannel {
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        callback::receipts(self.settings.receipt.as_ref().ok_or(Malformed::NotConfigured)?, fields)
    }

    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        callback::replies(self.settings.reply.as_ref().ok_or(Malformed::NotConfigured)?, fields)
    }

    fn acknowledgement(&self) -> Acknowledgement {
        self.settings.acknowledgement.clone()
    }
}

#[cfg(test)]
mod tests;
