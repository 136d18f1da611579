//! The vendors' signatures once more, written apart from the program: what a stand-in computes from what it received.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wiremock::Request;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The part of a header value between `start` and the next `end` (or the end of the value).
fn between<'a>(text: &'a str, start: &str, end: char) -> &'a str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => (byte as char).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn signed_headers(request: &Request, names: &str, lower: bool) -> String {
    names
        .split(';')
        .map(|name| {
            let value = header(request, name).trim().to_owned();
            format!("{name}:{}\n", if lower { value.to_lowercase() } else { value })
        })
        .collect()
}

pub fn aliyun(request: &Request, secret: &str) -> bool {
    let authorization = header(request, "authorization");
    let names = between(authorization, "SignedHeaders=", ',');
    let needed =
        ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
    let mut pairs: Vec<String> =
        request.url.query_pairs().map(|(key, value)| format!("{}={}", escape(&key), escape(&value))).collect();
    pairs.sort();
    let canonical = format!(
        "{}\n/\n{}\n{}\n{names}\n{}",
        request.method,
        pairs.join("&"),
        signed_headers(request, names, false),
        header(request, "x-acs-content-sha256")
    );
    let text = format!("ACS3-HMAC-SHA256\n{}", hash(canonical.as_bytes()));
    needed.iter().all(|name| names.split(';').any(|signed| signed == *name))
        && header(request, "x-acs-content-sha256") == hash(&request.body)
        && between(authorization, "Signature=", ',') == hex(&mac(secret.as_bytes(), &text))
}

pub fn tencent(request: &Request, secret: &str) -> bool {
    let authorization = header(request, "authorization");
    let names = between(authorization, "SignedHeaders=", ',');
    let credential = between(authorization, "Credential=", ',');
    let date = credential.split('/').nth(1).unwrap_or_default();
    let scope = format!("{date}/sms/tc3_request");
    let canonical = format!("POST\n/\n\n{}\n{names}\n{}", signed_headers(request, names, true), hash(&request.body));
    let text =
        format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", header(request, "x-tc-timestamp"), hash(canonical.as_bytes()));
    let key =
        ["sms", "tc3_request"].iter().fold(mac(format!("TC3{secret}").as_bytes(), date), |key, part| mac(&key, part));
    ["content-type", "host"].iter().all(|name| names.split(';').any(|signed| signed == *name))
        && credential.ends_with(&scope)
        && between(authorization, "Signature=", ',') == hex(&mac(&key, &text))
}

pub fn huawei(request: &Request, secret: &str) -> bool {
    use base64::Engine as _;
    let token = header(request, "x-wsse");
    if !token.is_empty() {
        let part = |name: &str| between(token, &format!("{name}=\""), '"').to_owned();
        let digest = hash(format!("{}{}{secret}", part("Nonce"), part("Created")).as_bytes());
        return header(request, "authorization").starts_with("WSSE ")
            && part("PasswordDigest") == base64::engine::general_purpose::STANDARD.encode(digest);
    }
    let authorization = header(request, "authorization");
    let names = between(authorization, "SignedHeaders=", ',');
    let canonical = format!(
        "POST\n{}/\n\n{}\n{names}\n{}",
        request.url.path(),
        signed_headers(request, names, false),
        hash(&request.body)
    );
    let text = format!("SDK-HMAC-SHA256\n{}\n{}", header(request, "x-sdk-date"), hash(canonical.as_bytes()));
    between(authorization, "Signature=", ',') == hex(&mac(secret.as_bytes(), &text))
}
