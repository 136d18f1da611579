//! WeChat subscribe messages: one acceptance of a person carries one message; fields are fitted to their kinds; a token
//! that WeChat does not take is renewed once. What the person accepts or refuses comes in on the push address.

mod limits;
pub mod push;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

pub use limits::fitted;

use self::push::{PushKeys, aes_key};
use crate::clock::Instant;
use crate::config::{Secret, WechatConfig};
use crate::identity::wechat::{AccessTokens, TOKEN_CODES, Taken, TokenError};
use crate::messaging::channels::sms::exchange::{Exchange, ask};
use crate::messaging::channels::sms::http::Acknowledgement;
use crate::messaging::channels::sms::meaning::of_status;
use crate::messaging::channels::sms::news::field;
use crate::messaging::channels::sms::{Fields, Malformed, News, Receipt, Reply, Vendor, VendorError};
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;
use crate::text_enum;

/// What is known about WeChat.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

/// The name under which attempts are recorded.
pub const NAME: &str = "wechat";

text_enum! {
    /// How the push address is set up at WeChat.
    pub enum PushMode {
        Plain = "plain",
        Compatible = "compatible",
        Safe = "safe",
    }
}

/// Subscribe messages of the mini-program whose account stands in `[identity.wechat]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatMessages {
    /// By what people accept: `duty` for all reminders, else the name of a message template.
    pub templates: BTreeMap<String, WechatTemplate>,
    /// "formal", "trial" or "developer": which version of the mini-program opens.
    #[serde(default = "formal")]
    pub mini_program_state: String,
    pub push: Option<PushAddress>,
    #[serde(default)]
    pub exchange: Exchange,
}

/// A template of the mini-program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatTemplate {
    pub id: String,
    /// Our field (`thing1`) to theirs; what is not named keeps its name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// The secrets of the push address.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushAddress {
    pub token: Secret,
    pub encoding_aes_key: Option<Secret>,
    pub mode: PushMode,
}

/// The mini-program, ready to send.
pub struct WechatChannel {
    messages: WechatMessages,
    base_url: String,
    tokens: Arc<AccessTokens>,
    client: reqwest::Client,
    push: Option<PushKeys>,
}

/// Under which name people accept messages of this template.
pub fn accepted_as(template: &str) -> &str {
    if template.starts_with("duty/") || template.starts_with("digest/") { "duty" } else { template }
}

impl WechatChannel {
    /// # Errors
    /// What is wrong with the description.
    pub fn new(
        messages: WechatMessages,
        account: &WechatConfig,
        tokens: Arc<AccessTokens>,
    ) -> Result<Self, VendorError> {
        let push = messages.push.as_ref().map(|push| push_keys(push, &account.app_id)).transpose()?;
        Ok(Self {
            base_url: account.base_url.trim_end_matches('/').to_owned(),
            client: messages.exchange.client()?,
            messages,
            tokens,
            push,
        })
    }

    /// The keys of the push address, when there is one.
    pub fn push(&self) -> Option<&PushKeys> {
        self.push.as_ref()
    }

    /// The name under which a WeChat template is accepted.
    pub fn accepted_name(&self, template_id: &str) -> Option<&str> {
        let own = self.messages.templates.iter().find(|(_, template)| template.id == template_id);
        own.map(|(name, _)| name.as_str())
    }

    async fn call(&self, token: &Taken, body: &Value, now: Instant) -> Result<(i64, Value), Outcome> {
        let request = self
            .client
            .post(format!("{}/cgi-bin/message/subscribe/send", self.base_url))
            .query(&[("access_token", token.secret.expose_secret())])
            .json(body);
        let answered = ask(request).await?;
        let answer: Value = serde_json::from_str(&answered.body).unwrap_or_default();
        match answer.get("errcode").and_then(Value::as_i64) {
            Some(code) => Ok((code, answer)),
            None => Err(of_status(answered.status, now)),
        }
    }

    fn body(&self, message: &Outgoing) -> Result<Value, Outcome> {
        let (Address::Wechat(openid), Body::Wechat { template, text }) = (&message.to, &message.body) else {
            return Err(Outcome::refused(Refusal::FinalForRecipient, "not_a_wechat_message"));
        };
        let Some(form) = self.messages.templates.get(accepted_as(template)) else {
            return Err(Outcome::refused(Refusal::StopTemplate, "template_not_mapped"));
        };
        let data: serde_json::Map<String, Value> = text
            .data
            .iter()
            .map(|(ours, value)| {
                let theirs = form.fields.get(ours).unwrap_or(ours);
                (theirs.clone(), json!({ "value": fitted(theirs, value) }))
            })
            .collect();
        Ok(json!({
            "touser": openid,
            "template_id": form.id,
            "page": text.page,
            "data": data,
            "miniprogram_state": self.messages.mini_program_state,
            "lang": "zh_CN",
        }))
    }
}

#[async_trait]
impl Channel for WechatChannel {
    fn name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> ChannelKind {
        ChannelKind::Wechat
    }

    fn has_receipts(&self) -> bool {
        self.push.is_some()
    }

    fn form(&self, template: &str) -> Option<String> {
        let name = accepted_as(template);
        self.messages.templates.contains_key(name).then(|| name.to_owned())
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome {
        let body = match self.body(message) {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        let mut token = match self.tokens.take(now).await {
            Ok(token) => token,
            Err(error) => return without_token(&error),
        };
        let mut renewed = false;
        loop {
            match self.call(&token, &body, now).await {
                Ok((0, answer)) => return Outcome::Accepted { provider_id: field(&answer, "msgid") },
                Ok((code, _)) if TOKEN_CODES.contains(&code) && !renewed => {
                    renewed = true;
                    token = match self.tokens.renew(now, &token).await {
                        Ok(token) => token,
                        Err(error) => return without_token(&error),
                    };
                }
                Ok((code, answer)) => {
                    let words = field(&answer, "errmsg").unwrap_or_default();
                    return VENDOR.codes.outcome(NAME, &code.to_string(), &words, now);
                }
                Err(outcome) => return outcome,
            }
        }
    }
}

/// Nothing was sent.
fn without_token(error: &TokenError) -> Outcome {
    match error {
        TokenError::Refused(code) => Outcome::refused(Refusal::PauseChannel, code.to_string()),
        TokenError::NotNow | TokenError::Fault(_) => Outcome::refused(Refusal::RetrySoon, "no_token"),
    }
}

impl News for WechatChannel {
    /// `subscribe_msg_sent_event`: whether a message we sent was shown.
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        let event = fields.items(None)?.into_iter().next().ok_or(Malformed::FieldMissing)?;
        let receipt = |item: &Value| {
            let code = field(item, "ErrorCode").ok_or(Malformed::FieldMissing)?;
            Ok(Receipt {
                provider_id: Some(field(item, "MsgID").ok_or(Malformed::FieldMissing)?),
                delivered: Some(code == "0"),
                code: Some(code),
                ..Receipt::default()
            })
        };
        entries(event).into_iter().map(receipt).collect()
    }

    fn replies(&self, _: &Fields) -> Result<Vec<Reply>, Malformed> {
        Err(Malformed::NotConfigured)
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement { content_type: "text/plain".into(), body: "success".into() }
    }
}

/// The entries of an event: `List` is an object when there is one, an array when there are many; in XML it lies one
/// deeper.
pub fn entries(event: &Value) -> Vec<&Value> {
    let list = event.get("List").or_else(|| event.as_object()?.values().find_map(|inner| inner.get("List")));
    match list {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn push_keys(push: &PushAddress, app_id: &str) -> Result<PushKeys, VendorError> {
    let aes = match &push.encoding_aes_key {
        Some(secret) => {
            let text = secret.read().map_err(VendorError::Secret)?;
            let key = aes_key(text.expose_secret());
            Some(key.ok_or_else(|| VendorError::Secret("encoding_aes_key is not 43 characters of base64".into()))?)
        }
        None if push.mode == PushMode::Plain => None,
        None => return Err(VendorError::Secret("encoding_aes_key is missing".into())),
    };
    Ok(PushKeys {
        token: push.token.read().map_err(VendorError::Secret)?,
        aes,
        only_safe: push.mode == PushMode::Safe,
        app_id: app_id.to_owned(),
    })
}

fn formal() -> String {
    "formal".to_owned()
}
