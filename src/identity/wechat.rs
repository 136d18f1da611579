//! WeChat sign-in: the mini-program's one-time code becomes an openid (`jscode2session`).

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::config::WechatConfig;
use crate::problem::{Fault, Outcome, Problem};

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
        .timeout(Duration::from_secs(5))
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
