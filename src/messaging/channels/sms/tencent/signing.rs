//! TC3-HMAC-SHA256: a key for the day and the service, derived from the secret, signs the hash of the request.

use crate::messaging::channels::sms::{hex, hmac_sha256, sha256};

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// What is signed. Headers with lower-case names, in any order.
pub(super) struct Request<'a> {
    pub service: &'a str,
    /// Seconds since the epoch, and the day they fall on in UTC.
    pub timestamp: i64,
    pub date: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl Request<'_> {
    fn sorted(&self) -> Vec<(&str, String)> {
        let mut headers: Vec<(&str, String)> =
            self.headers.iter().map(|(name, value)| (*name, value.trim().to_lowercase())).collect();
        headers.sort();
        headers
    }

    fn signed_names(&self) -> String {
        self.sorted().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    /// The hash of the canonical request.
    pub fn digest(&self) -> String {
        let headers: String = self.sorted().iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n\n{headers}\n{}\n{}", self.signed_names(), hex(&sha256(self.body)));
        hex(&sha256(canonical.as_bytes()))
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date, self.service)
    }

    pub fn signature(&self, secret: &str) -> String {
        let day = hmac_sha256(format!("TC3{secret}").as_bytes(), self.date.as_bytes());
        let service = hmac_sha256(&day, self.service.as_bytes());
        let key = hmac_sha256(&service, b"tc3_request");
        let text = format!("{ALGORITHM}\n{}\n{}\n{}", self.timestamp, self.scope(), self.digest());
        hex(&hmac_sha256(&key, text.as_bytes()))
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self, secret_id: &str, secret: &str) -> String {
        format!(
            "{ALGORITHM} Credential={secret_id}/{}, SignedHeaders={}, Signature={}",
            self.scope(),
            self.signed_names(),
            self.signature(secret)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

    fn request<'a>(headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { service: "cvm", timestamp: 1_551_113_065, date: "2019-02-25", headers, body: BODY }
    }

    #[test]
    fn the_published_examples_are_signed_as_published() {
        assert_eq!(hex(&sha256(BODY)), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
        let two = [("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")];
        assert_eq!(request(&two).digest(), "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
        assert_eq!(request(&two).signature(SECRET), "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
        let three = [two[0], two[1], ("x-tc-action", "DescribeInstances")];
        assert_eq!(request(&three).digest(), "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
        assert_eq!(
            request(&three).signature(SECRET),
            "644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26"
        );
    }
}
