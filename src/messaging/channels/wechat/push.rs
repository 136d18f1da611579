//! What WeChat pushes to us: its signature, its cipher, its JSON or XML. Pure: a key and bytes in, a value out.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use quick_xml::Reader;
use quick_xml::events::Event;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use thiserror::Error;

use crate::crypto::same;

const RANDOM_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;
const MOST_PADDING: usize = 32;
const DEEPEST: usize = 8;

/// Why a push is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotBelieved {
    #[error("the signature is another")]
    Signature,
    #[error("the cipher does not open")]
    Cipher,
    #[error("it is for another mini-program")]
    OtherApp,
    #[error("neither JSON nor XML")]
    Shape,
    #[error("it must be encrypted")]
    NotEncrypted,
}

/// The secrets of the push address.
pub struct PushKeys {
    pub token: SecretString,
    /// The EncodingAESKey opened; none = plain mode.
    pub aes: Option<[u8; 32]>,
    /// Only what is encrypted is taken.
    pub only_safe: bool,
    pub app_id: String,
}

/// The query of a push.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub signature: String,
    pub msg_signature: String,
    pub timestamp: String,
    pub nonce: String,
}

/// 43 characters that are 32 bytes.
pub fn aes_key(text: &str) -> Option<[u8; 32]> {
    // The last character holds two bits that belong to nothing; WeChat makes them up.
    let lenient = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    lenient.decode(format!("{}=", text.trim())).ok()?.try_into().ok()
}

impl PushKeys {
    fn signed(&self, parts: &[&str]) -> String {
        let mut parts = parts.to_vec();
        parts.push(self.token.expose_secret());
        parts.sort_unstable();
        let digest = Sha1::digest(parts.concat().as_bytes());
        digest.iter().fold(String::with_capacity(40), |mut hex, byte| {
            use std::fmt::Write;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Whether the address is being verified by WeChat.
    pub fn verifies(&self, query: &Query) -> bool {
        same(&self.signed(&[&query.timestamp, &query.nonce]), &query.signature)
    }

    /// Reads a push in plain, compatible or safe mode.
    ///
    /// # Errors
    /// [`NotBelieved`].
    pub fn read(&self, query: &Query, body: &[u8]) -> Result<Value, NotBelieved> {
        let outer = parsed(body)?;
        let encrypted = outer.get("Encrypt").and_then(Value::as_str);
        match (encrypted, &self.aes) {
            (Some(cipher), Some(key)) => {
                if !same(&self.signed(&[&query.timestamp, &query.nonce, cipher]), &query.msg_signature) {
                    return Err(NotBelieved::Signature);
                }
                parsed(&opened(key, &self.app_id, cipher)?)
            }
            (None, _) if self.only_safe => Err(NotBelieved::NotEncrypted),
            (Some(_), None) => Err(NotBelieved::Cipher),
            (None, _) if self.verifies(query) => Ok(outer),
            (None, _) => Err(NotBelieved::Signature),
        }
    }
}

fn opened(key: &[u8; 32], app_id: &str, cipher: &str) -> Result<Vec<u8>, NotBelieved> {
    let mut bytes = STANDARD.decode(cipher.trim()).map_err(|_| NotBelieved::Cipher)?;
    let iv: [u8; 16] = key.first_chunk().copied().ok_or(NotBelieved::Cipher)?;
    let plain = Decryptor::<Aes256>::new(&(*key).into(), &iv.into())
        .decrypt_padded::<NoPadding>(&mut bytes)
        .map_err(|_| NotBelieved::Cipher)?;
    let padding = usize::from(*plain.last().ok_or(NotBelieved::Cipher)?);
    if padding == 0 || padding > MOST_PADDING {
        return Err(NotBelieved::Cipher);
    }
    let (plain, _) = plain.split_at_checked(plain.len().wrapping_sub(padding)).ok_or(NotBelieved::Cipher)?;
    let (_, rest) = plain.split_at_checked(RANDOM_BYTES).ok_or(NotBelieved::Cipher)?;
    let (length, rest) = rest.split_at_checked(LENGTH_BYTES).ok_or(NotBelieved::Cipher)?;
    let length = u32::from_be_bytes(length.try_into().map_err(|_| NotBelieved::Cipher)?);
    let length = usize::try_from(length).map_err(|_| NotBelieved::Cipher)?;
    let (message, for_app) = rest.split_at_checked(length).ok_or(NotBelieved::Cipher)?;
    if for_app == app_id.as_bytes() { Ok(message.to_vec()) } else { Err(NotBelieved::OtherApp) }
}

fn parsed(body: &[u8]) -> Result<Value, NotBelieved> {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'{') => serde_json::from_slice(body).map_err(|_| NotBelieved::Shape),
        Some(b'<') => xml(std::str::from_utf8(body).map_err(|_| NotBelieved::Shape)?),
        _ => Err(NotBelieved::Shape),
    }
}

/// The children of the outer element by name; what comes more than once is an array, as in their JSON.
fn xml(text: &str) -> Result<Value, NotBelieved> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, Map<String, Value>, String)> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| NotBelieved::Shape)? {
            Event::Start(start) if open.len() < DEEPEST => {
                let name = start.name().into_inner().to_owned();
                open.push((name, Map::new(), String::new()));
            }
            Event::Text(part) => {
                if let Some((_, _, text)) = open.last_mut() {
                    text.push_str(part.into_inner().trim());
                }
            }
            Event::CData(part) => {
                if let Some((_, _, text)) = open.last_mut() {
                    text.push_str(&part.into_inner());
                }
            }
            Event::End(_) => {
                let (name, children, text) = open.pop().ok_or(NotBelieved::Shape)?;
                let value = if children.is_empty() { Value::String(text) } else { Value::Object(children) };
                match open.last_mut() {
                    Some((_, parent, _)) => put(parent, name, value),
                    None => return Ok(value),
                }
            }
            Event::Comment(_) | Event::Decl(_) => {}
            Event::Empty(empty) => {
                let name = empty.name().into_inner().to_owned();
                if let Some((_, parent, _)) = open.last_mut() {
                    put(parent, name, Value::String(String::new()));
                }
            }
            _ => return Err(NotBelieved::Shape),
        }
    }
}

fn put(parent: &mut Map<String, Value>, name: String, value: Value) {
    match parent.get_mut(&name) {
        Some(Value::Array(several)) => several.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
        None => {
            parent.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PUBLISHED: &str = "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==";

    fn keys(safe: bool) -> PushKeys {
        PushKeys {
            token: "AAAAA".to_owned().into(),
            aes: aes_key(&"A".repeat(43)),
            only_safe: safe,
            app_id: "wx134c8103faa5a59e".into(),
        }
    }

    fn query(signature: &str, msg_signature: &str, timestamp: &str, nonce: &str) -> Query {
        Query {
            signature: signature.into(),
            msg_signature: msg_signature.into(),
            timestamp: timestamp.into(),
            nonce: nonce.into(),
        }
    }

    #[test]
    fn the_published_verification_is_verified() {
        let right = query("f464b24fc39322e44b38aa78f5edd27bd1441696", "", "1714036504", "1514711492");
        assert!(keys(true).verifies(&right));
        assert!(!keys(true).verifies(&Query { nonce: "1514711493".into(), ..right }));
    }

    #[test]
    fn the_published_cipher_opens_and_an_altered_one_does_not() {
        let keys = keys(true);
        let query = query("", "6c12a4205838198b8fa631b3220723bb07f1015c", "1715943329", "1590219412");
        let body =
            format!("<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{PUBLISHED}]]></Encrypt></xml>");
        assert_eq!(opened(&keys.aes.unwrap(), &keys.app_id, PUBLISHED).unwrap().len(), 292);
        assert!(keys.read(&query, body.as_bytes()).unwrap().get("CreateTime").is_some());
        let altered = body.replace("D7yz", "D7yy");
        assert_eq!(keys.read(&query, altered.as_bytes()), Err(NotBelieved::Signature));
        let other = PushKeys { app_id: "wx0".into(), ..keys };
        assert_eq!(other.read(&query, body.as_bytes()), Err(NotBelieved::OtherApp));
    }

    #[test]
    fn in_safe_mode_nothing_plain_is_taken() {
        let signed = query("f464b24fc39322e44b38aa78f5edd27bd1441696", "", "1714036504", "1514711492");
        assert_eq!(keys(true).read(&signed, b"{\"Event\":\"e\"}"), Err(NotBelieved::NotEncrypted));
        assert_eq!(keys(false).read(&signed, b"{\"Event\":\"e\"}"), Ok(json!({ "Event": "e" })));
        let forged = Query { signature: "0".repeat(40), ..signed };
        assert_eq!(keys(false).read(&forged, b"{\"Event\":\"e\"}"), Err(NotBelieved::Signature));
    }

    #[test]
    fn xml_reads_like_json() {
        let text = "<xml><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1610969440</CreateTime>\
             <SubscribeMsgPopupEvent><List><TemplateId>a</TemplateId></List><List><TemplateId>b</TemplateId></List>\
             </SubscribeMsgPopupEvent></xml>";
        let expected = json!({
            "FromUserName": "o1", "CreateTime": "1610969440",
            "SubscribeMsgPopupEvent": { "List": [{ "TemplateId": "a" }, { "TemplateId": "b" }] },
        });
        assert_eq!(parsed(text.as_bytes()), Ok(expected));
    }

    proptest! {
        #[test]
        fn whatever_is_pushed_does_no_harm(body in prop::collection::vec(any::<u8>(), 0..200), text in "[<>a-z/\\[\\]!CDAT]{0,60}") {
            let _ = keys(false).read(&Query::default(), &body);
            let _ = keys(false).read(&Query::default(), text.as_bytes());
        }
    }
}
