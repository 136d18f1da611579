//! Aliyun Dysmsapi, `SendSms`: everything in the query, signed; receipts and replies come as JSON arrays.

mod signing;

use std::sync::LazyLock;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use self::signing::Request;
use super::exchange::{Endpoint, ask};
use super::http::Acknowledgement;
use super::meaning::of_status;
use super::news::field;
use super::{
    Exchange, Fields, Forms, Malformed, Mark, News, Receipt, Reply, Terms, Vendor, VendorError, hex, sha256, sms,
};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::{Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

/// The name under which attempts are recorded.
pub const NAME: &str = "aliyun";
const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";
const ACCEPTED: &str = "OK";

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliyunAccount {
    pub base_url: String,
    pub access_key_id: String,
    pub access_key_secret: Secret,
    /// The approved signature; none = `messages.sms_signature`.
    pub signature: Option<String>,
    pub templates: Forms,
    #[serde(default)]
    pub terms: Terms,
    #[serde(default)]
    pub exchange: Exchange,
}

/// The account, ready to send.
pub struct AliyunChannel {
    account: AliyunAccount,
    secret: SecretString,
    endpoint: Endpoint,
    client: reqwest::Client,
    mark: Mark,
}

impl AliyunChannel {
    /// # Errors
    /// What is wrong with the description.
    pub fn new(account: AliyunAccount, mark: Mark) -> Result<Self, VendorError> {
        account.templates.check(true)?;
        Ok(Self {
            secret: account.access_key_secret.read().map_err(VendorError::Secret)?,
            endpoint: Endpoint::of(&account.base_url, "/")?,
            client: account.exchange.client()?,
            account,
            mark,
        })
    }

    fn request(&self, query: &[(&str, &str)], now: Instant) -> reqwest::RequestBuilder {
        let date = now.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let body_hash = hex(&sha256(b""));
        let headers = [
            ("host", self.endpoint.host.as_str()),
            ("x-acs-action", ACTION),
            ("x-acs-version", VERSION),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-content-sha256", &body_hash),
        ];
        let signed = Request { method: "POST", query, headers: &headers, body: b"" };
        let mut url = self.endpoint.url.clone();
        url.set_query(Some(&signed.query_string()));
        let authorization = signed.authorization(&self.account.access_key_id, self.secret.expose_secret());
        headers
            .iter()
            .fold(self.client.post(url), |request, (name, value)| request.header(*name, *value))
            .header("authorization", authorization)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    code: Option<String>,
    #[serde(default)]
    message: String,
    biz_id: Option<String>,
}

#[async_trait]
impl Channel for AliyunChannel {
    fn name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn has_receipts(&self) -> bool {
        true
    }

    fn form(&self, template: &str) -> Option<String> {
        self.account.templates.of(template).map(|(name, _)| name.to_owned())
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome {
        let sms = match sms(message) {
            Ok(sms) => sms,
            Err(refusal) => return refusal,
        };
        let Some((_, form)) = self.account.templates.of(sms.template) else {
            return Outcome::refused(Refusal::StopTemplate, "template_not_mapped");
        };
        let Some(params) = form.filled(sms.facts) else {
            return Outcome::refused(Refusal::FinalForRecipient, "variable_missing");
        };
        let params: serde_json::Map<String, Value> =
            params.into_iter().map(|(name, value)| (name, value.into())).collect();
        let (params, reference) = (Value::Object(params).to_string(), self.mark.on(&message.reference));
        let query = [
            ("PhoneNumbers", sms.to.digits()),
            ("SignName", self.account.signature.as_deref().unwrap_or(sms.signature)),
            ("TemplateCode", &form.id),
            ("TemplateParam", &params),
            ("OutId", &reference),
        ];
        let answered = match ask(self.request(&query, now)).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };
        match serde_json::from_str(&answered.body) {
            Ok(Answer { code: Some(code), biz_id, .. }) if code == ACCEPTED && answered.status == 200 => {
                Outcome::Accepted { provider_id: biz_id }
            }
            Ok(Answer { code: Some(code), message, .. }) if code != ACCEPTED => {
                VENDOR.codes.outcome(NAME, &code, &message, now)
            }
            _ => of_status(answered.status, now),
        }
    }
}

impl News for AliyunChannel {
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        fields.items(None)?.into_iter().map(|item| self.receipt(item)).collect()
    }

    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        let reply = |item: &Value| {
            Ok(Reply {
                id: field(item, "sequence_id").filter(|id| !id.is_empty()),
                from: field(item, "phone_number").ok_or(Malformed::FieldMissing)?,
                text: field(item, "content").ok_or(Malformed::FieldMissing)?,
            })
        };
        fields.items(None)?.into_iter().map(reply).collect()
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement::json(r#"{"code":0,"msg":"ok"}"#)
    }
}

impl AliyunChannel {
    fn receipt(&self, item: &Value) -> Result<Receipt, Malformed> {
        let success = field(item, "success").ok_or(Malformed::FieldMissing)?;
        let out_id = field(item, "out_id").filter(|id| !id.is_empty());
        let provider_id = field(item, "biz_id").filter(|id| !id.is_empty());
        if out_id.is_none() && provider_id.is_none() {
            return Err(Malformed::FieldMissing);
        }
        let reference = out_id.as_deref().and_then(|id| self.mark.off(id)).map(str::to_owned);
        let code = field(item, "err_code").filter(|code| !code.is_empty());
        let delivered = success == "true";
        Ok(Receipt {
            foreign: out_id.is_some() && reference.is_none(),
            reference,
            provider_id,
            delivered: Some(delivered),
            number_invalid: !delivered && code.as_ref().is_some_and(|code| VENDOR.number_invalid.contains(code)),
            code,
            part: None,
            to: field(item, "phone_number"),
        })
    }
}
