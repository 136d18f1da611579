//! How a gateway is described in the configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::messaging::channels::sms::{Meaning, Terms};

/// One HTTP SMS gateway.
///
/// In `url`, `query`, `headers` and `body` these stand for the message: `{to}` (11 digits), `{to_international}`
/// (`+86…`), `{text}`, `{signed_text}` (with 【signature】), `{signature}`, `{template}`, `{reference}` (our id),
/// `{receipt_url}`; `{{` and `}}` are plain braces.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGateway {
    /// The name under which attempts are recorded.
    pub name: String,
    #[serde(default)]
    pub method: Method,
    pub url: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<BodyShape>,
    /// The whole exchange, seconds; after it the outcome is unknown.
    #[serde(default = "ten")]
    pub timeout_seconds: u64,
    /// Reaching the gateway, seconds; failing here is a refusal, nothing was sent.
    #[serde(default = "five")]
    pub connect_timeout_seconds: u64,
    /// `http://…` of a proxy on the way, where there is one.
    pub proxy: Option<String>,
    #[serde(default)]
    pub success: Success,
    /// Where the gateway's own id stands in the answer.
    pub provider_id: Option<Place>,
    /// Where a code stands that says why not.
    pub code: Option<Place>,
    /// What the codes and statuses mean; the first that fits counts.
    #[serde(default)]
    pub refusals: Vec<RefusalRule>,
    /// The fields of a delivery receipt; without it the gateway sends none.
    pub receipt: Option<ReceiptFields>,
    /// The fields of a reply; without it the gateway sends none.
    pub reply: Option<ReplyFields>,
    #[serde(default)]
    pub acknowledgement: Acknowledgement,
    /// Share, rate, price and quotas of the contract.
    #[serde(default)]
    pub terms: Terms,
}

/// Only the name: queries and headers hold credentials.
impl std::fmt::Debug for HttpGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpGateway").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    #[default]
    Post,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
        }
    }
}

/// The body of the request: fields of a form, a JSON value with patterns in its texts, or plain text.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyShape {
    Form(BTreeMap<String, String>),
    Json(serde_json::Value),
    Text(String),
}

/// When an answer means yes: every condition given must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Success {
    /// Statuses; none given means any from 200 to 299.
    pub statuses: Vec<u16>,
    /// JSON pointer whose value must equal `equals`.
    pub pointer: Option<String>,
    pub equals: Option<String>,
    /// Regular expression that the body must match.
    pub matches: Option<String>,
}

/// A place in an answer: a JSON pointer, or the first group of a regular expression.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Pointer(String),
    Regex(String),
}

/// What one code or status means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalRule {
    pub status: Option<u16>,
    pub code: Option<String>,
    pub matches: Option<String>,
    pub meaning: Meaning,
}

/// Where a receipt keeps what. A field is a name, or a JSON pointer when it begins with `/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFields {
    /// JSON pointer to the array of receipts when one call carries several.
    pub list: Option<String>,
    /// Our reference, when the gateway returns it.
    pub reference: Option<String>,
    /// The gateway's own id.
    pub provider_id: Option<String>,
    pub status: String,
    /// Statuses that mean: it is on the phone.
    pub delivered: Vec<String>,
    /// Statuses that mean: it never will be.
    pub undelivered: Vec<String>,
    /// Statuses that mean: the number does not exist any more.
    #[serde(default)]
    pub number_invalid: Vec<String>,
    pub error: Option<String>,
}

/// Where a reply keeps what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyFields {
    pub list: Option<String>,
    pub from: String,
    pub text: String,
    /// The gateway's id of the reply, by which a repeated callback is known.
    pub id: Option<String>,
}

/// What a callback is answered with.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Acknowledgement {
    pub content_type: String,
    pub body: String,
}

impl Acknowledgement {
    /// `body`, which is JSON.
    pub fn json(body: &str) -> Self {
        Self { content_type: "application/json".into(), body: body.into() }
    }
}

impl Default for Acknowledgement {
    fn default() -> Self {
        Self::json(r#"{"code":0,"msg":"ok"}"#)
    }
}

/// What is wrong with a description.
#[derive(Debug, Error)]
pub enum SettingsError {
    #[error("unknown placeholder {{{0}}}")]
    Placeholder(String),
    #[error("unclosed brace in {0:?}")]
    Brace(String),
    #[error("regular expression: {0}")]
    Regex(#[from] regex::Error),
    #[error("HTTP client: {0}")]
    Client(String),
}

fn ten() -> u64 {
    10
}

fn five() -> u64 {
    5
}
