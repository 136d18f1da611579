//! Huawei Cloud SMS, `batchSendSms`: a form; receipts come as a form for each part of a long message.

mod signing;

use std::sync::LazyLock;

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::{Account, Contract, Filled, Line, Report};
use super::exchange::Answered;
use super::meaning::of_status;
use super::news::field;
use super::{Exchange, Forms, Malformed, Part, Reply, Terms, Vendor, percent_encoded};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::Outcome;
use crate::text_enum;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

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

impl HuaweiAccount {
    /// The request with its signature; the body is signed only with AK and SK.
    fn signed(&self, line: &Line, body: String, now: Instant) -> RequestBuilder {
        let (key, host) = (&self.app_key, &line.endpoint.host);
        let request = line.client.post(line.endpoint.url.clone()).header("host", host).header("content-type", FORM);
        let request = match self.signing {
            Signing::Wsse => {
                let created = now.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
                let nonce = uuid::Uuid::new_v4().simple().to_string();
                let token = signing::wsse(key, line.secret(), &nonce, &created, self.digest);
                request.header("authorization", signing::WSSE).header("x-wsse", token)
            }
            Signing::Aksk => {
                let date = now.utc().format("%Y%m%dT%H%M%SZ").to_string();
                let headers = [("content-type", FORM), ("host", host.as_str()), ("x-sdk-date", date.as_str())];
                let path = line.endpoint.url.path();
                let authorization = signing::aksk(key, line.secret(), path, &date, &headers, body.as_bytes());
                request.header("x-sdk-date", &date).header("authorization", authorization)
            }
        };
        request.body(body)
    }
}

impl Account for HuaweiAccount {
    const NAME: &'static str = "huawei";
    const PATH: &'static str = "/sms/batchSendSms/v1";
    const NAMED: bool = false;
    const ACKNOWLEDGEMENT: &'static str = r#"{"code":"000000"}"#;

    fn vendor() -> &'static Vendor {
        &VENDOR
    }

    fn contract(&self) -> Contract<'_> {
        Contract {
            base_url: &self.base_url,
            secret: &self.app_secret,
            signature: self.signature.as_deref(),
            templates: &self.templates,
            terms: &self.terms,
            exchange: &self.exchange,
        }
    }

    fn request(&self, line: &Line, sms: &Filled<'_>, now: Instant) -> RequestBuilder {
        let params = json!(sms.params.iter().map(|(_, value)| value).collect::<Vec<_>>()).to_string();
        let to = sms.to.international();
        let fields = [
            ("from", self.sender.as_str()),
            ("to", &to),
            ("templateId", sms.template),
            ("templateParas", &params),
            ("statusCallback", &line.receipt_url),
            ("signature", sms.signature),
            ("extend", &sms.reference),
        ];
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value)));
        self.signed(line, pairs.collect::<Vec<_>>().join("&"), now)
    }

    fn outcome(answered: &Answered, now: Instant) -> Outcome {
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
                VENDOR.codes.outcome(Self::NAME, &number.status, &answer.description, now)
            }
            (code, _) => VENDOR.codes.outcome(Self::NAME, code, &answer.description, now),
        }
    }

    fn report(item: &Value) -> Result<Report, Malformed> {
        let status = field(item, "status").ok_or(Malformed::FieldMissing)?;
        let number = |name| field(item, name).and_then(|text| text.parse::<i64>().ok());
        let total = number("total").unwrap_or(1);
        Ok(Report {
            marked: field(item, "extend"),
            provider_id: field(item, "smsMsgId"),
            delivered: match status.as_str() {
                "DELIVRD" => Some(true),
                open if VENDOR.on_its_way.iter().any(|known| known == open) => None,
                _ => Some(false),
            },
            code: Some(status),
            part: (total > 1).then(|| Part { number: number("sequence").unwrap_or(1), total }),
            to: field(item, "to"),
        })
    }

    fn reply(item: &Value) -> Result<Reply, Malformed> {
        Ok(Reply {
            id: field(item, "smsMsgId").filter(|id| !id.is_empty()),
            from: field(item, "from").ok_or(Malformed::FieldMissing)?,
            text: field(item, "body").ok_or(Malformed::FieldMissing)?,
        })
    }
}
