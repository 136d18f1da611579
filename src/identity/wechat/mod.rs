//! The mini-program's account at WeChat: signing in by code (`jscode2session`), the number a person lets us have
//! (`getuserphonenumber`), and the access token that the calls of this deployment share.

mod token;

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

pub use token::{AccessTokens, Taken, TokenError};

use crate::clock::Instant;
use crate::config::WechatConfig;
use crate::problem::{Fault, Outcome, Problem};

const PATIENCE: Duration = Duration::from_secs(5);
/// The codes by which WeChat says that the token is none.
pub const TOKEN_CODES: [i64; 3] = [40001, 40014, 42001];

#[derive(Deserialize)]
struct SessionAnswer {
    openid: Option<String>,
    #[serde(default)]
    errcode: i64,
}

/// Exchanges `code` for the openid.
///
/// # Errors
/// 401 when WeChat refuses the code, 503 when it does not answer.
pub async fn openid(http: &reqwest::Client, config: &WechatConfig, code: &str) -> Outcome<String> {
    let unavailable = |_: reqwest::Error| Fault::Unavailable("wechat jscode2session did not answer".into());
    let answer: SessionAnswer = http
        .get(format!("{}/sns/jscode2session", config.base_url.trim_end_matches('/')))
        .query(&[
            ("appid", config.app_id.as_str()),
            ("secret", config.app_secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ])
        .timeout(PATIENCE)
        .send()
        .await
        .map_err(unavailable)?
        .json()
        .await
        .map_err(unavailable)?;
    match (answer.errcode, answer.openid) {
        (0, Some(openid)) => Ok(openid),
        (-1 | 45011, _) => Err(Fault::Unavailable("wechat is busy".into())),
        _ => Err(Problem::of("wechat_refused").into()),
    }
}

#[derive(Deserialize)]
struct PhoneAnswer {
    #[serde(default)]
    errcode: i64,
    phone_info: Option<PhoneInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    /// Text or number, as it pleases them.
    country_code: Value,
}

/// Exchanges the code of the phone-number button for the number; a token that is none is renewed once.
///
/// # Errors
/// 401 when WeChat refuses the code, 503 when it cannot say now: the person signs in by SMS code then.
pub async fn phone_number(
    http: &reqwest::Client,
    config: &WechatConfig,
    tokens: &AccessTokens,
    code: &str,
    now: Instant,
) -> Outcome<String> {
    let unavailable = || Fault::from(Problem::of("wechat_unavailable"));
    let mut token = tokens.take(now).await.map_err(|_| unavailable())?;
    for first in [true, false] {
        let answer: PhoneAnswer = http
            .post(format!("{}/wxa/business/getuserphonenumber", config.base_url.trim_end_matches('/')))
            .query(&[("access_token", token.secret.expose_secret())])
            .json(&json!({ "code": code }))
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|_| unavailable())?
            .json()
            .await
            .map_err(|_| unavailable())?;
        match (answer.errcode, answer.phone_info) {
            (0, Some(info)) if is_chinese(&info.country_code) => return Ok(info.pure_phone_number),
            (0, _) => return Err(Problem::field("code", "phone_invalid").into()),
            (code, _) if TOKEN_CODES.contains(&code) && first => {
                token = tokens.renew(now, &token).await.map_err(|_| unavailable())?;
            }
            (-1 | 45011, _) => return Err(unavailable()),
            (code, _) if TOKEN_CODES.contains(&code) => return Err(unavailable()),
            _ => return Err(Problem::of("wechat_refused").into()),
        }
    }
    Err(unavailable())
}

fn is_chinese(country_code: &Value) -> bool {
    match country_code {
        Value::String(text) => text.trim_start_matches('+') == "86",
        Value::Number(number) => number.as_i64() == Some(86),
        _ => false,
    }
}
