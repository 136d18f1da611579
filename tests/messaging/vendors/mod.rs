//! The SMS vendors, each against a stand-in that recomputes its signature and misbehaves when told: nothing goes out
//! twice, nothing is lost.

mod choice;
mod moods;
mod news;
mod outcomes;
mod signatures;
pub mod standin;
mod together;

use actix_web::http::Method;
use diesel::prelude::*;
use xiangban::config::Config;
use xiangban::duties::{DutyKind, Owed};
use xiangban::messaging::channels::sms::Quota;
use xiangban::messaging::gateways::{Stop, standing};
use xiangban::storage::Conn;
use xiangban::storage::schema::messages;

use self::standin::{SECRET, Standin, Vendor};
use super::gateway::{Post, duty};
use crate::support::{County, Reply, TestApp};

pub const FATHER: &str = "13900000009";

fn account<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap()
}

/// An account at the stand-in.
pub fn describe(config: &mut Config, standin: &Standin, secret: &str) {
    let (url, messages) = (standin.url(), &mut config.messages);
    messages.channels.sms = "gateways".into();
    let exchange = "exchange = { timeout_seconds = 1 }";
    match standin.vendor {
        Vendor::Aliyun => {
            messages.aliyun = Some(account(&format!(
                r#"
base_url = "{url}"
access_key_id = "key"
access_key_secret = "{secret}"
{exchange}
[templates]
"duty/*" = {{ id = "SMS_1", params = {{ name = "to", matter = "what" }} }}
"code/*" = {{ id = "SMS_2", params = {{ code = "code" }} }}
[terms]
price_hao = 450
"#
            )));
        }
        Vendor::Tencent => {
            messages.tencent = Some(account(&format!(
                r#"
base_url = "{url}"
secret_id = "key"
secret_key = "{secret}"
region = "ap-guangzhou"
sdk_app_id = "1400000000"
signature = "相伴社工"
{exchange}
[templates]
"duty/*" = {{ id = "2001", params = ["to", "what"] }}
"code/*" = {{ id = "2002", params = ["code"] }}
"#
            )));
        }
        Vendor::Huawei => {
            messages.huawei = Some(account(&format!(
                r#"
base_url = "{url}"
app_key = "key"
app_secret = "{secret}"
signing = "wsse"
digest = "hex"
sender = "8823040504797"
{exchange}
[templates]
"duty/*" = {{ id = "h1", params = ["to", "what"] }}
"code/*" = {{ id = "h2", params = ["code"] }}
"#
            )));
        }
        Vendor::Http => {
            messages.http_sms = vec![account(&format!(
                r#"
name = "operator"
url = "{url}/send"
timeout_seconds = 1
headers = {{ authorization = "Bearer {secret}" }}
body = {{ json = {{ to = "{{to}}", text = "{{text}}", signature = "{{signature}}", template = "{{template}}", reference = "{{reference}}" }} }}
success = {{ pointer = "/code", equals = "0" }}
provider_id = {{ pointer = "/id" }}
code = {{ pointer = "/code" }}
refusals = [
  {{ code = "rate", meaning = "retry_soon" }},
  {{ code = "balance", meaning = "pause_channel" }},
  {{ code = "template", meaning = "stop_template" }},
  {{ code = "number", meaning = "final_for_recipient" }},
  {{ code = "auth", meaning = "pause_channel" }},
]
receipt = {{ reference = "reference", status = "status", delivered = ["1"], undelivered = ["2"] }}
"#
            ))];
        }
    }
}

pub fn name(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Aliyun => "aliyun",
        Vendor::Tencent => "tencent",
        Vendor::Huawei => "huawei",
        Vendor::Http => "operator",
    }
}

/// The program with these vendors for its SMS.
pub fn post_with(t: TestApp, standins: &[&Standin]) -> Post {
    Post::with(t, |config| {
        for standin in standins {
            describe(config, standin, SECRET);
        }
    })
}

/// The father owes a call; he is to be reminded by SMS.
pub fn remind_father(post: &Post, c: &County) {
    remind_father_of(post, c, 1);
}

pub fn remind_father_of(post: &Post, c: &County, subject: i64) {
    post.owe(&duty(DutyKind::ContactChild, c.child, subject, Owed::Person(c.father), post.t.now()));
}

impl Post {
    /// A callback as the vendor makes it.
    pub async fn vendor_says(&self, vendor: Vendor, what: &str, content_type: &str, body: &str) -> Reply {
        let path = self.t.app.office.callback_path(name(vendor)).unwrap();
        let headers = [("content-type", content_type)];
        let body = body.as_bytes().to_vec();
        self.t.call_raw(&self.t.stranger(), Method::POST, &format!("/{path}/{what}"), body, &headers).await
    }

    pub fn stops(&self) -> Vec<Stop> {
        self.t.app.store.read(standing).unwrap()
    }

    /// Channel of each message, by id.
    pub fn channels(&self) -> Vec<Option<String>> {
        let read = |conn: &mut Conn| Ok(messages::table.select(messages::channel).order(messages::id).load(conn)?);
        self.t.app.store.read(read).unwrap()
    }
}

/// No quotas: what a test is not about.
pub fn without_quotas(config: &mut Config) {
    let none = Some(Vec::<Quota>::new());
    if let Some(account) = &mut config.messages.aliyun {
        account.terms.quotas = none.clone();
    }
    if let Some(account) = &mut config.messages.tencent {
        account.terms.quotas = none.clone();
    }
    if let Some(account) = &mut config.messages.huawei {
        account.terms.quotas = none;
    }
}
