//! The WeChat stand-in: `wx.login()` of a phone gives a code that names the phone, and the code gives its openid.

use serde::{Deserialize, Serialize};

use crate::crypto::sha256_hex;

const CODE_PREFIX: &str = "wx-";
const LONGEST_CODE: usize = 100;

/// The vendor's answer to a code that it does not know.
const CODE_UNKNOWN: i64 = 40029;
/// The vendor's answer to a request that asks for something else.
const GRANT_UNKNOWN: i64 = 40002;

/// What `wx.login()` gives on the phone of this number.
pub fn code_of(number: &str) -> String {
    format!("{CODE_PREFIX}{number}")
}

/// The query of `jscode2session`.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub js_code: String,
    #[serde(default)]
    pub grant_type: String,
}

/// The answer of `jscode2session`, in the vendor's form.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answered {
    Session { openid: String, session_key: String },
    Refused { errcode: i64, errmsg: &'static str },
}

/// The same code always gives the same openid, so that a WeChat that was linked once signs its person in again.
pub fn answer(asked: &Asked) -> Answered {
    let code = asked.js_code.trim();
    let plausible = code.len() <= LONGEST_CODE && code.strip_prefix(CODE_PREFIX).is_some_and(|rest| !rest.is_empty());
    if asked.grant_type != "authorization_code" {
        return Answered::Refused { errcode: GRANT_UNKNOWN, errmsg: "invalid grant_type" };
    }
    if !plausible {
        return Answered::Refused { errcode: CODE_UNKNOWN, errmsg: "invalid code" };
    }
    let name = sha256_hex(code.as_bytes());
    Answered::Session {
        openid: format!("sandbox-{}", &name.chars().take(20).collect::<String>()),
        session_key: "sandbox".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(code: &str) -> Answered {
        answer(&Asked { js_code: code.into(), grant_type: "authorization_code".into() })
    }

    #[test]
    fn a_phone_has_one_wechat_and_another_phone_has_another() {
        assert_eq!(ask("wx-13900000001"), ask("wx-13900000001"));
        assert_ne!(ask("wx-13900000001"), ask("wx-13900000002"));
        assert!(matches!(ask(&code_of("13900000001")), Answered::Session { .. }));
    }

    #[test]
    fn what_is_no_code_is_refused_as_the_vendor_does() {
        for code in ["", "wx-", "071aBc", &"wx-1".repeat(100)] {
            assert_eq!(ask(code), Answered::Refused { errcode: 40029, errmsg: "invalid code" }, "{code}");
        }
        assert!(matches!(answer(&Asked::default()), Answered::Refused { errcode: 40002, .. }));
    }
}
