//! Huawei Cloud SMS, `batchSendSms`: a form; receipts come as a form for each part of a long message.

mod signing;

use std::sync::LazyLock;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::exchange::{Endpoint, ask};
use super::http::Acknowledgement;
use super::meaning::of_status;
use super::news::field;
use super::{
    Exchange, Fields, Forms, Malformed, Mark, News, Part, Receipt, Reply, Terms, Vendor, VendorError, percent_encoded,
    sms,
};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::{Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;
use crate::text_enum;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

/// The name under which attempts are recorded.
pub const NAME: &str = "huawei";
const PATH: &str = "/sms/batchSendSms/v1";
const ACCEPTED: &str = "000000";
const LOOK_AT_THE_NUMBER: &str = "E000510";
const FORM: &str = "application/x-www-form-urlencoded";

text_enum! {
    /// How a caller proves who it is.
    pub enum Signing {
        Wsse = "wsse",
        /// SDK-HMAC-SHA256 with AK and SK.
        Aksk = "aksk",
    }
}

text_enum! {
    /// What of the digest goes into base64: the vendor's own sample and others read the page differently.
    pub enum DigestForm {
        Hex = "hex",
        Raw = "raw",
    }
}

/// An application.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HuaweiAccount {
    pub base_url: String,
    pub app_key: String,
    pub app_secret: Secret,
    pub signing: Signing,
    pub digest: DigestForm,
    /// The channel number of the approved signature.
    pub sender: String,
    /// The approved signature; none = `messages.sms_signature`.
    pub signature: Option<String>,
    pub templates: Forms,
    #[serde(default)]
    pub terms: Terms,
    #[serde(default)]
    pub exchange: Exchange,
}

/// The application, ready to send.
pub struct HuaweiChannel {
    account: HuaweiAccount,
    secret: SecretString,
    endpoint: Endpoint,
    client: reqwest::Client,
    mark: Mark,
    receipt_url: String,
}

impl HuaweiChannel {
    /// `receipt_url` is where receipts come in, as the vendor sees us.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn new(account: HuaweiAccount, mark: Mark, receipt_url: &str) -> Result<Self, VendorError> {
        account.templates.check(false)?;
        Ok(Self {
            secret: account.app_secret.read().map_err(VendorError::Secret)?,
            endpoint: Endpoint::of(&account.base_url, PATH)?,
            client: account.exchange.client()?,
            account,
            mark,
            receipt_url: receipt_url.to_owned(),
        })
    }

    fn request(&self, body: String, now: Instant) -> reqwest::RequestBuilder {
        let key = &self.account.app_key;
        let secret = self.secret.expose_secret();
        let request = self
            .client
            .post(self.endpoint.url.clone())
            .header("host", &self.endpoint.host)
            .header("content-type", FORM);
        let request = match self.account.signing {
            Signing::Wsse => {
                let created = now.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
                let nonce = uuid::Uuid::new_v4().simple().to_string();
                let token = signing::wsse(key, secret, &nonce, &created, self.account.digest);
                request.header("authorization", signing::WSSE).header("x-wsse", token)
            }
            Signing::Aksk => {
                let date = now.utc().format("%Y%m%dT%H%M%SZ").to_string();
                let headers =
                    [("content-type", FORM), ("host", self.endpoint.host.as_str()), ("x-sdk-date", date.as_str())];
                let authorization =
                    signing::aksk(key, secret, self.endpoint.url.path(), &date, &headers, body.as_bytes());
                request.header("x-sdk-date", &date).header("authorization", authorization)
            }
        };
        request.body(body)
    }
}

#[derive(Deserialize)]
struct Answer {
    code: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    result: Vec<OfNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfNumber {
    #[serde(default)]
    sms_msg_id: String,
    #[serde(default)]
    status: String,
}

#[async_trait]
impl Channel for HuaweiChannel {
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
        let params = json!(params.into_iter().map(|(_, value)| value).collect::<Vec<_>>()).to_string();
        let (to, reference) = (sms.to.international(), self.mark.on(&message.reference));
        let fields = [
            ("from", self.account.sender.as_str()),
            ("to", &to),
            ("templateId", &form.id),
            ("templateParas", &params),
            ("statusCallback", &self.receipt_url),
            ("signature", self.account.signature.as_deref().unwrap_or(sms.signature)),
            ("extend", &reference),
        ];
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let answered = match ask(self.request(body, now)).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };
        let Ok(answer) = serde_json::from_str::<Answer>(&answered.body) else {
            return of_status(answered.status, now);
        };
        let number = answer.result.into_iter().next();
        match (answer.code.as_str(), number) {
            (ACCEPTED, number) if answered.status == 200 => {
                let id = number.map(|number| number.sms_msg_id).filter(|id| !id.is_empty());
                Outcome::Accepted { provider_id: id }
            }
            (LOOK_AT_THE_NUMBER, Some(number)) if !number.status.is_empty() => {
                VENDOR.codes.outcome(NAME, &number.status, &answer.description, now)
            }
            (code, _) => VENDOR.codes.outcome(NAME, code, &answer.description, now),
        }
    }
}

impl News for HuaweiChannel {
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        fields.items(None)?.into_iter().map(|item| self.receipt(item)).collect()
    }

    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        let reply = |item: &Value| {
            Ok(Reply {
                id: field(item, "smsMsgId").filter(|id| !id.is_empty()),
                from: field(item, "from").ok_or(Malformed::FieldMissing)?,
                text: field(item, "body").ok_or(Malformed::FieldMissing)?,
            })
        };
        fields.items(None)?.into_iter().map(reply).collect()
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement::json(r#"{"code":"000000"}"#)
    }
}

impl HuaweiChannel {
    fn receipt(&self, item: &Value) -> Result<Receipt, Malformed> {
        let status = field(item, "status").ok_or(Malformed::FieldMissing)?;
        let extend = field(item, "extend").filter(|extend| !extend.is_empty());
        let provider_id = field(item, "smsMsgId").filter(|id| !id.is_empty());
        if extend.is_none() && provider_id.is_none() {
            return Err(Malformed::FieldMissing);
        }
        let reference = extend.as_deref().and_then(|extend| self.mark.off(extend)).map(str::to_owned);
        let number = |name| field(item, name).and_then(|text| text.parse::<i64>().ok());
        let total = number("total").unwrap_or(1);
        let delivered = match status.as_str() {
            "DELIVRD" => Some(true),
            open if VENDOR.on_its_way.iter().any(|known| known == open) => None,
            _ => Some(false),
        };
        Ok(Receipt {
            foreign: extend.is_some() && reference.is_none(),
            reference,
            provider_id,
            delivered,
            number_invalid: VENDOR.number_invalid.contains(&status),
            code: Some(status),
            part: (total > 1).then(|| Part { number: number("sequence").unwrap_or(1), total }),
            to: field(item, "to"),
        })
    }
}
