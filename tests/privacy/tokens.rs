//! Forged access tokens: every way to make one without the key is refused alike.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use xiangban::crypto::Purpose;

use crate::on_both;
use crate::support::VILLAGE;

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

on_both! {
    async fn forged_tokens_open_nothing(t: TestApp) {
        let c = t.county();
        let now = t.now().seconds();
        let claims = json!({
            "sub": c.director, "sid": 1, "aud": "xiangban-api", "iat": now, "exp": now + 600,
            "posts": [{"kind": "village_director", "area_code": VILLAGE, "organisation_id": null}]
        });
        let with = |field: &str, value: Value| {
            let mut other = claims.clone();
            other[field] = value;
            other
        };
        let key = t.app.vault.derive(Purpose::Token, "access").unwrap();
        let signed = |claims: &Value, algorithm: Algorithm, kid: Option<&str>, key: &[u8]| {
            let mut header = Header::new(algorithm);
            header.kid = kid.map(str::to_owned);
            encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
        };
        let right = signed(&claims, Algorithm::HS256, Some("k1"), key.as_slice());
        t.get(&t.with_token(&right), "/me").await.expect(200);

        let parts: Vec<&str> = right.split('.').collect();
        let header = |alg: &str| part(&json!({"typ": "JWT", "alg": alg, "kid": "k1"}));
        let forged = [
            ("no algorithm", format!("{}.{}.", header("none"), parts[1])),
            ("no algorithm, old signature", format!("{}.{}.{}", header("none"), parts[1], parts[2])),
            ("odd spelling of none", format!("{}.{}.", header("nOnE"), parts[1])),
            ("asymmetric algorithm", format!("{}.{}.{}", header("RS256"), parts[1], parts[2])),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("other claims under an old signature", format!("{}.{}.{}", parts[0], part(&with("sub", json!(c.administrator))), parts[2])),
            ("swapped algorithm", signed(&claims, Algorithm::HS384, Some("k1"), key.as_slice())),
            ("longer hash", signed(&claims, Algorithm::HS512, Some("k1"), key.as_slice())),
            ("another key", signed(&claims, Algorithm::HS256, Some("k1"), &[7; 32])),
            ("an empty key", signed(&claims, Algorithm::HS256, Some("k1"), b"")),
            ("an unknown key id", signed(&claims, Algorithm::HS256, Some("k9"), key.as_slice())),
            ("a path as key id", signed(&claims, Algorithm::HS256, Some("../../dev/null"), b"")),
            ("no key id", signed(&claims, Algorithm::HS256, None, key.as_slice())),
            ("another audience", signed(&with("aud", json!("somebody-else")), Algorithm::HS256, Some("k1"), key.as_slice())),
            ("no audience", signed(&with("aud", Value::Null), Algorithm::HS256, Some("k1"), key.as_slice())),
            ("an unknown post", signed(&with("posts", json!([{"kind": "emperor", "area_code": VILLAGE}])), Algorithm::HS256, Some("k1"), key.as_slice())),
            ("a text for a number", signed(&with("sub", json!("1 OR 1=1")), Algorithm::HS256, Some("k1"), key.as_slice())),
            ("not a token", "x.y.z".to_owned()),
            ("nothing", String::new()),
        ];
        for (how, token) in forged {
            let reply = t.get(&t.with_token(&token), "/me").await;
            assert_eq!(reply.problem(401), "unauthorized", "{how}");
        }
        let old = signed(&with("exp", json!(now)), Algorithm::HS256, Some("k1"), key.as_slice());
        assert_eq!(t.get(&t.with_token(&old), "/me").await.problem(401), "token_expired");
        let refresh = t.post(&t.stranger(), "/sessions/refresh", json!({"refresh_token": right})).await;
        assert_eq!(refresh.problem(422), "invalid_input", "an access token is no refresh token");
    }
}
