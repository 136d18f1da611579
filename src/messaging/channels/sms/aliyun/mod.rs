//! Aliyun Dysmsapi, `SendSms`: everything in the query, signed; receipts and replies come as JSON arrays.

mod signing;

use std::sync::LazyLock;

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::signing::Request;
use super::account::{Account, Contract, Filled, Line, Report};
use super::exchange::Answered;
use super::meaning::of_status;
use super::news::field;
use super::{Exchange, Forms, Malformed, Reply, Terms, Vendor, hex, sha256};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::Outcome;

/// What is known about the vendor.
pub static VENDOR: LazyLock<Vendor> = LazyLock::new(|| Vendor::embedded(include_str!("vendor.toml")));

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    code: Option<String>,
    #[serde(default)]
    message: String,
    biz_id: Option<String>,
}

impl Account for AliyunAccount {
    const NAME: &'static str = "aliyun";
    const PATH: &'static str = "/";
    const NAMED: bool = true;
    const ACKNOWLEDGEMENT: &'static str = r#"{"code":0,"msg":"ok"}"#;

    fn vendor() -> &'static Vendor {
        &VENDOR
    }

    fn contract(&self) -> Contract<'_> {
        Contract {
            base_url: &self.base_url,
            secret: &self.access_key_secret,
            signature: self.signature.as_deref(),
            templates: &self.templates,
            terms: &self.terms,
            exchange: &self.exchange,
        }
    }

    fn request(&self, line: &Line, sms: &Filled<'_>, now: Instant) -> RequestBuilder {
        let params: Map<String, Value> =
            sms.params.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let params = Value::Object(params).to_string();
        let query = [
            ("PhoneNumbers", sms.to.digits()),
            ("SignName", sms.signature),
            ("TemplateCode", sms.template),
            ("TemplateParam", &params),
            ("OutId", &sms.reference),
        ];
        let date = now.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let body_hash = hex(&sha256(b""));
        let headers = [
            ("host", line.endpoint.host.as_str()),
            ("x-acs-action", ACTION),
            ("x-acs-version", VERSION),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-content-sha256", &body_hash),
        ];
        let signed = Request { method: "POST", query: &query, headers: &headers, body: b"" };
        let mut url = line.endpoint.url.clone();
        url.set_query(Some(&signed.query_string()));
        let authorization = signed.authorization(&self.access_key_id, line.secret());
        headers
            .iter()
            .fold(line.client.post(url), |request, (name, value)| request.header(*name, *value))
            .header("authorization", authorization)
    }

    fn outcome(answered: &Answered, now: Instant) -> Outcome {
        match serde_json::from_str(&answered.body) {
            Ok(Answer { code: Some(code), biz_id, .. }) if code == ACCEPTED && answered.status == 200 => {
                Outcome::Accepted { provider_id: biz_id }
            }
            Ok(Answer { code: Some(code), message, .. }) if code != ACCEPTED => {
                VENDOR.codes.outcome(Self::NAME, &code, &message, now)
            }
            _ => of_status(answered.status, now),
        }
    }

    fn report(item: &Value) -> Result<Report, Malformed> {
        Ok(Report {
            marked: field(item, "out_id"),
            provider_id: field(item, "biz_id"),
            delivered: Some(field(item, "success").ok_or(Malformed::FieldMissing)? == "true"),
            code: field(item, "err_code").filter(|code| !code.is_empty()),
            part: None,
            to: field(item, "phone_number"),
        })
    }

    fn reply(item: &Value) -> Result<Reply, Malformed> {
        Ok(Reply {
            id: field(item, "sequence_id").filter(|id| !id.is_empty()),
            from: field(item, "phone_number").ok_or(Malformed::FieldMissing)?,
            text: field(item, "content").ok_or(Malformed::FieldMissing)?,
        })
    }
}
