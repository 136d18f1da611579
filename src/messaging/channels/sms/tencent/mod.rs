//! Tencent Cloud SMS, `SendSms`: a JSON body, signed; the answer tells of each number. Receipts know only the vendor's
//! serial number, so one whose answer was lost is found by its phone number.

mod signing;

use std::sync::LazyLock;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use self::signing::Request;
use super::exchange::{Endpoint, ask};
use super::http::Acknowledgement;
use super::meaning::of_status;
use super::news::field;
use super::{Exchange, Fields, Forms, Malformed, Mark, News, Receipt, Reply, Terms, Vendor, VendorError, sms};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::{Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

/// The name under which attempts are recorded.
pub const NAME: &str = "tencent";
const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const SERVICE: &str = "sms";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const ACCEPTED: &str = "Ok";

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TencentAccount {
    pub base_url: String,
    pub secret_id: String,
    pub secret_key: Secret,
    pub region: String,
    pub sdk_app_id: String,
    /// The approved signature; none = `messages.sms_signature`.
    pub signature: Option<String>,
    pub templates: Forms,
    #[serde(default)]
    pub terms: Terms,
    #[serde(default)]
    pub exchange: Exchange,
}

/// The account, ready to send.
pub struct TencentChannel {
    account: TencentAccount,
    secret: SecretString,
    endpoint: Endpoint,
    client: reqwest::Client,
    mark: Mark,
}

impl TencentChannel {
    /// # Errors
    /// What is wrong with the description.
    pub fn new(account: TencentAccount, mark: Mark) -> Result<Self, VendorError> {
        account.templates.check(false)?;
        Ok(Self {
            secret: account.secret_key.read().map_err(VendorError::Secret)?,
            endpoint: Endpoint::of(&account.base_url, "/")?,
            client: account.exchange.client()?,
            account,
            mark,
        })
    }

    fn request(&self, body: String, now: Instant) -> reqwest::RequestBuilder {
        let (timestamp, date) = (now.seconds().to_string(), now.utc().format("%Y-%m-%d").to_string());
        let signed = Request {
            service: SERVICE,
            timestamp: now.seconds(),
            date: &date,
            headers: &[("content-type", CONTENT_TYPE), ("host", &self.endpoint.host), ("x-tc-action", ACTION)],
            body: body.as_bytes(),
        };
        let authorization = signed.authorization(&self.account.secret_id, self.secret.expose_secret());
        self.client
            .post(self.endpoint.url.clone())
            .header("host", &self.endpoint.host)
            .header("content-type", CONTENT_TYPE)
            .header("x-tc-action", ACTION)
            .header("x-tc-version", VERSION)
            .header("x-tc-timestamp", timestamp)
            .header("x-tc-region", &self.account.region)
            .header("authorization", authorization)
            .body(body)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    #[serde(default)]
    send_status_set: Vec<Status>,
    error: Option<Error>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    #[serde(default)]
    serial_no: String,
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Error {
    code: String,
    #[serde(default)]
    message: String,
}

#[async_trait]
impl Channel for TencentChannel {
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
        let body = json!({
            "PhoneNumberSet": [sms.to.international()],
            "SmsSdkAppId": self.account.sdk_app_id,
            "TemplateId": form.id,
            "SignName": self.account.signature.as_deref().unwrap_or(sms.signature),
            "TemplateParamSet": params.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
            "SessionContext": self.mark.on(&message.reference),
        });
        let answered = match ask(self.request(body.to_string(), now)).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };
        let Ok(Answer { response }) = serde_json::from_str(&answered.body) else {
            return of_status(answered.status, now);
        };
        match (response.error, response.send_status_set.into_iter().next()) {
            (Some(error), _) => VENDOR.codes.outcome(NAME, &error.code, &error.message, now),
            (None, Some(status)) if status.code == ACCEPTED => {
                Outcome::Accepted { provider_id: Some(status.serial_no).filter(|id| !id.is_empty()) }
            }
            (None, Some(status)) => VENDOR.codes.outcome(NAME, &status.code, &status.message, now),
            (None, None) => of_status(answered.status, now),
        }
    }
}

impl News for TencentChannel {
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        fields.items(None)?.into_iter().map(receipt).collect()
    }

    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        let reply = |item: &Value| {
            let mobile = field(item, "mobile").ok_or(Malformed::FieldMissing)?;
            let nation = field(item, "nationcode").unwrap_or_default();
            let from = if nation.is_empty() || mobile.starts_with('+') {
                mobile
            } else {
                format!("+{}{mobile}", nation.trim_start_matches('+'))
            };
            Ok(Reply { id: None, from, text: field(item, "text").ok_or(Malformed::FieldMissing)? })
        };
        fields.items(None)?.into_iter().map(reply).collect()
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement::json(r#"{"result":0,"errmsg":"OK"}"#)
    }
}

fn receipt(item: &Value) -> Result<Receipt, Malformed> {
    let status = field(item, "report_status").ok_or(Malformed::FieldMissing)?;
    let delivered = status == "SUCCESS";
    let code = field(item, "errmsg").filter(|code| !code.is_empty());
    Ok(Receipt {
        provider_id: Some(field(item, "sid").filter(|id| !id.is_empty()).ok_or(Malformed::FieldMissing)?),
        delivered: Some(delivered),
        number_invalid: !delivered && code.as_ref().is_some_and(|code| VENDOR.number_invalid.contains(code)),
        code: code.or(Some(status)),
        to: field(item, "mobile"),
        ..Receipt::default()
    })
}
