//! The two ways Huawei knows a caller: WSSE with the application's secret, and SDK-HMAC-SHA256 with AK and SK.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::DigestForm;
use crate::messaging::channels::sms::{hex, hmac_sha256, sha256};

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The value of `Authorization` beside the header `X-WSSE`.
pub(super) const WSSE: &str = r#"WSSE realm="SDP",profile="UsernameToken",type="Appkey""#;

/// The value of `X-WSSE`.
pub(super) fn wsse(app_key: &str, secret: &str, nonce: &str, created: &str, form: DigestForm) -> String {
    let digest = sha256(format!("{nonce}{created}{secret}").as_bytes());
    let digest = match form {
        DigestForm::Hex => STANDARD.encode(hex(&digest)),
        DigestForm::Raw => STANDARD.encode(digest),
    };
    format!(r#"UsernameToken Username="{app_key}",PasswordDigest="{digest}",Nonce="{nonce}",Created="{created}""#)
}

/// The value of `Authorization` for a POST to `path`; headers with lower-case names, in any order, the date among them.
pub(super) fn aksk(key: &str, secret: &str, path: &str, date: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let mut headers = headers.to_vec();
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    // The path is signed with a slash at its end, whether or not it is called with one.
    let path = format!("{}/", path.trim_end_matches('/'));
    let canonical = format!("POST\n{path}\n\n{lines}\n{names}\n{}", hex(&sha256(body)));
    let text = format!("{ALGORITHM}\n{date}\n{}", hex(&sha256(canonical.as_bytes())));
    let signature = hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()));
    format!("{ALGORITHM} Access={key}, SignedHeaders={names}, Signature={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_has_two_readings() {
        let header = |form| wsse("key", "secret", "nonce", "2026-03-02T01:00:00Z", form);
        let digest = sha256(b"nonce2026-03-02T01:00:00Zsecret");
        assert!(header(DigestForm::Raw).contains(&format!("PasswordDigest=\"{}\"", STANDARD.encode(digest))));
        assert!(header(DigestForm::Hex).contains(&format!("PasswordDigest=\"{}\"", STANDARD.encode(hex(&digest)))));
        assert_ne!(header(DigestForm::Raw), header(DigestForm::Hex));
    }

    #[test]
    fn the_order_of_the_headers_does_not_matter() {
        let (a, b) = (("host", "h"), ("x-sdk-date", "20260302T010000Z"));
        let sign = |headers: &[(&str, &str)]| aksk("ak", "sk", "/sms/batchSendSms/v1", b.1, headers, b"from=1");
        assert_eq!(sign(&[a, b]), sign(&[b, a]));
        assert!(sign(&[a, b]).starts_with("SDK-HMAC-SHA256 Access=ak, SignedHeaders=host;x-sdk-date, Signature="));
    }
}
