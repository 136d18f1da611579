//! ACS3-HMAC-SHA256: the request in its canonical form, hashed, signed with the secret.

use crate::messaging::channels::sms::{hex, hmac_sha256, percent_encoded, sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What is signed. Headers with lower-case names, in any order.
pub(super) struct Request<'a> {
    pub method: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The query as it is signed, and as it must be sent.
    pub fn query_string(&self) -> String {
        let mut pairs: Vec<(String, String)> =
            self.query.iter().map(|(key, value)| (percent_encoded(key), percent_encoded(value))).collect();
        pairs.sort();
        pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }

    fn sorted(&self) -> Vec<(&str, &str)> {
        let mut headers = self.headers.to_vec();
        headers.sort_unstable();
        headers
    }

    fn signed_names(&self) -> String {
        self.sorted().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    /// The hash of the canonical request.
    pub fn digest(&self) -> String {
        let headers: String = self.sorted().iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let canonical = format!(
            "{}\n/\n{}\n{headers}\n{}\n{}",
            self.method,
            self.query_string(),
            self.signed_names(),
            hex(&sha256(self.body))
        );
        hex(&sha256(canonical.as_bytes()))
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self, key_id: &str, secret: &str) -> String {
        let signature = hex(&hmac_sha256(secret.as_bytes(), format!("{ALGORITHM}\n{}", self.digest()).as_bytes()));
        format!("{ALGORITHM} Credential={key_id},SignedHeaders={},Signature={signature}", self.signed_names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_signed_as_published() {
        let hash = hex(&sha256(b""));
        let request = Request {
            method: "POST",
            query: &[("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")],
            headers: &[
                ("x-acs-version", "2014-05-26"),
                ("host", "ecs.cn-shanghai.aliyuncs.com"),
                ("x-acs-action", "RunInstances"),
                ("x-acs-content-sha256", &hash),
                ("x-acs-date", "2023-10-26T10:22:32Z"),
                ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ],
            body: b"",
        };
        assert_eq!(request.digest(), "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert!(
            request
                .authorization("YourAccessKeyId", "YourAccessKeySecret")
                .ends_with("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")
        );
    }

    #[test]
    fn the_query_is_escaped_as_rfc_3986_wants_it() {
        let request = Request { method: "POST", query: &[("b", "a b*~"), ("a", "【相】")], headers: &[], body: b"" };
        assert_eq!(request.query_string(), "a=%E3%80%90%E7%9B%B8%E3%80%91&b=a%20b%2A~");
    }
}
