//! Tencent Cloud SMS, `SendSms`: a JSON body, signed; the answer tells of each number. Receipts know only the vendor's
//! serial number, so one whose answer was lost is found by its phone number.

mod signing;

use std::sync::LazyLock;

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};

use self::signing::Request;
use super::account::{Account, Contract, Filled, Line, Report};
use super::exchange::Answered;
use super::meaning::of_status;
use super::news::field;
use super::{Exchange, Forms, Malformed, Reply, Terms, Vendor};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::Outcome;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

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
    /// Another installation sends by the same application: a receipt that names only a number is then nobody's.
    #[serde(default)]
    pub shared_account: bool,
    /// The approved signature; none = `messages.sms_signature`.
    pub signature: Option<String>,
    pub templates: Forms,
    #[serde(default)]
    pub terms: Terms,
    #[serde(default)]
    pub exchange: Exchange,
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

impl Account for TencentAccount {
    const NAME: &'static str = "tencent";
    const PATH: &'static str = "/";
    const NAMED: bool = false;
    const ACKNOWLEDGEMENT: &'static str = r#"{"result":0,"errmsg":"OK"}"#;

    fn vendor() -> &'static Vendor {
        &VENDOR
    }

    fn contract(&self) -> Contract<'_> {
        Contract {
            base_url: &self.base_url,
            secret: &self.secret_key,
            signature: self.signature.as_deref(),
            templates: &self.templates,
            terms: &self.terms,
            exchange: &self.exchange,
        }
    }

    fn number_settles(&self) -> bool {
        !self.shared_account
    }

    fn request(&self, line: &Line, sms: &Filled<'_>, now: Instant) -> RequestBuilder {
        let body = json!({
            "PhoneNumberSet": [sms.to.international()],
            "SmsSdkAppId": self.sdk_app_id,
            "TemplateId": sms.template,
            "SignName": sms.signature,
            "TemplateParamSet": sms.params.iter().map(|(_, value)| value).collect::<Vec<_>>(),
            "SessionContext": sms.reference,
        })
        .to_string();
        let (timestamp, date) = (now.seconds().to_string(), now.utc().format("%Y-%m-%d").to_string());
        let signed = Request {
            service: SERVICE,
            timestamp: now.seconds(),
            date: &date,
            headers: &[("content-type", CONTENT_TYPE), ("host", &line.endpoint.host), ("x-tc-action", ACTION)],
            body: body.as_bytes(),
        };
        let authorization = signed.authorization(&self.secret_id, line.secret());
        line.client
            .post(line.endpoint.url.clone())
            .header("host", &line.endpoint.host)
            .header("content-type", CONTENT_TYPE)
            .header("x-tc-action", ACTION)
            .header("x-tc-version", VERSION)
            .header("x-tc-timestamp", timestamp)
            .header("x-tc-region", &self.region)
            .header("authorization", authorization)
            .body(body)
    }

    fn outcome(answered: &Answered, now: Instant) -> Outcome {
        let Ok(Answer { response }) = serde_json::from_str(&answered.body) else {
            return of_status(answered.status, now);
        };
        match (response.error, response.send_status_set.into_iter().next()) {
            (Some(error), _) => VENDOR.codes.outcome(Self::NAME, &error.code, &error.message, now),
            (None, Some(status)) if status.code == ACCEPTED => {
                Outcome::Accepted { provider_id: Some(status.serial_no).filter(|id| !id.is_empty()) }
            }
            (None, Some(status)) => VENDOR.codes.outcome(Self::NAME, &status.code, &status.message, now),
            (None, None) => of_status(answered.status, now),
        }
    }

    fn report(item: &Value) -> Result<Report, Malformed> {
        let status = field(item, "report_status").ok_or(Malformed::FieldMissing)?;
        Ok(Report {
            marked: None,
            provider_id: field(item, "sid"),
            delivered: Some(status == "SUCCESS"),
            code: field(item, "errmsg").filter(|code| !code.is_empty()).or(Some(status)),
            part: None,
            to: field(item, "mobile"),
        })
    }

    fn reply(item: &Value) -> Result<Reply, Malformed> {
        let mobile = field(item, "mobile").ok_or(Malformed::FieldMissing)?;
        let nation = field(item, "nationcode").unwrap_or_default();
        let from = if nation.is_empty() || mobile.starts_with('+') {
            mobile
        } else {
            format!("+{}{mobile}", nation.trim_start_matches('+'))
        };
        Ok(Reply { id: None, from, text: field(item, "text").ok_or(Malformed::FieldMissing)? })
    }
}
