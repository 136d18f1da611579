//! Sealing what must not lie open in a database, a backup or a log (DOMAIN: privacy by default).
//!
//! A [`Vault`] seals a value under a [`Purpose`]; every purpose has a key of its own, derived from the master key,
//! so that one purpose's key opens nothing else. A sealed value reads `a1.<key id>.<nonce and ciphertext>`:
//! algorithm and key travel with it, so that both can change later. Look-up by phone or identity number goes
//! through [`Vault::index`], a keyed hash that tells nothing without the key.

mod secret_hash;

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

pub use secret_hash::{hash_password, new_token, verify_password};

use crate::problem::{Fault, Outcome};

const ALGORITHM: &str = "a1";
const NONCE_BYTES: usize = 12;

text_enum! {
    /// What a sealed value is for. A purpose's name is part of its key and of what is authenticated.
    pub enum Purpose {
        Phone = "phone",
        IdentityNumber = "identity_number",
        Address = "address",
        Email = "email",
        Health = "health",
        /// HIV status: a key of its own, named readers only.
        Hiv = "hiv",
        /// What is said about harm, worry and circumstances.
        Narrative = "narrative",
        Reporter = "reporter",
        Message = "message",
        Inbound = "inbound",
        Totp = "totp",
        /// A child's record as it stood, in the change history.
        Snapshot = "snapshot",
        /// A row of a village's ledger as it was handed in.
        LedgerRow = "ledger_row",
        Signature = "signature",
        OneTimeCode = "one_time_code",
        Token = "token",
    }
}
use crate::text_enum;

/// The keys of this deployment; cheap to share behind an `Arc`.
pub struct Vault {
    current: String,
    masters: BTreeMap<String, SecretBox<[u8; 32]>>,
}

impl Vault {
    /// `keys`: id → 32 bytes in base64; `current`: the id new values are sealed with.
    ///
    /// # Errors
    /// A key that is not 32 bytes, or a current id without a key.
    pub fn new(current: &str, keys: &BTreeMap<String, String>) -> Outcome<Self> {
        let mut masters = BTreeMap::new();
        for (id, text) in keys {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(text.trim())
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .ok_or_else(|| Fault::internal(format!("key {id} is not 32 bytes in base64")))?;
            masters.insert(id.clone(), SecretBox::new(Box::new(bytes)));
        }
        if !masters.contains_key(current) {
            return Err(Fault::internal(format!("no key named {current}")));
        }
        Ok(Self { current: current.to_owned(), masters })
    }

    /// Seals `text`; two seals of the same text differ.
    pub fn seal(&self, purpose: Purpose, text: &str) -> Outcome<String> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let cipher = self.cipher(&self.current, purpose)?;
        let payload = Payload { msg: text.as_bytes(), aad: purpose.as_str().as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| Fault::internal("sealing failed"))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("{ALGORITHM}.{}.{}", self.current, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Vault::seal`] made for the same purpose.
    ///
    /// # Errors
    /// A value that was altered, moved from another purpose, or sealed with a key we do not have.
    pub fn open(&self, purpose: Purpose, sealed: &str) -> Outcome<String> {
        let fault = || Fault::internal(format!("a sealed {purpose} does not open"));
        let mut parts = sealed.splitn(3, '.');
        let (Some(ALGORITHM), Some(key), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fault());
        };
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| fault())?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(fault)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| fault())?;
        let payload = Payload { msg: ciphertext, aad: purpose.as_str().as_bytes() };
        let text = self.cipher(key, purpose)?.decrypt(&Nonce::from(nonce), payload).map_err(|_| fault())?;
        String::from_utf8(text).map_err(|_| fault())
    }

    pub fn seal_option(&self, purpose: Purpose, text: Option<&str>) -> Outcome<Option<String>> {
        text.map(|text| self.seal(purpose, text)).transpose()
    }

    pub fn open_option(&self, purpose: Purpose, sealed: Option<&str>) -> Outcome<Option<String>> {
        sealed.map(|sealed| self.open(purpose, sealed)).transpose()
    }

    /// The blind index of `text`: equal texts give equal indexes, under the oldest key so that rotation keeps look-ups.
    pub fn index(&self, purpose: Purpose, text: &str) -> String {
        self.keyed_hash(purpose, "index", text)
    }

    /// A keyed hash of a short secret (a one-time code, a token), useless without the key.
    pub fn secret_hash(&self, purpose: Purpose, text: &str) -> String {
        self.keyed_hash(purpose, "secret", text)
    }

    /// 32 bytes of a key of its own for `purpose` and `label` (token signing, callback paths).
    pub fn derive(&self, purpose: Purpose, label: &str) -> Outcome<[u8; 32]> {
        self.subkey(&self.current, purpose, label)
    }

    fn keyed_hash(&self, purpose: Purpose, label: &str, text: &str) -> String {
        let oldest = self.masters.keys().next().cloned().unwrap_or_default();
        let key = self.subkey(&oldest, purpose, label).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(mac(&key, text.as_bytes()))
    }

    fn cipher(&self, key_id: &str, purpose: Purpose) -> Outcome<Aes256Gcm> {
        Ok(Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.subkey(key_id, purpose, "seal")?)))
    }

    fn subkey(&self, key_id: &str, purpose: Purpose, label: &str) -> Outcome<[u8; 32]> {
        let master = self.masters.get(key_id).ok_or_else(|| Fault::internal(format!("no key named {key_id}")))?;
        Ok(mac(master.expose_secret(), format!("xiangban/{purpose}/{label}").as_bytes()))
    }
}

fn mac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    // HMAC fills a short key with zeros up to the block: so do we, and need no fallible constructor.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        let key = base64::engine::general_purpose::STANDARD.encode([7u8; 32]);
        Vault::new("k1", &BTreeMap::from([("k1".to_owned(), key)])).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_for_its_purpose() {
        let vault = vault();
        let sealed = vault.seal(Purpose::Phone, "13800000000").unwrap();
        assert!(!sealed.contains("1380"));
        assert_eq!(vault.open(Purpose::Phone, &sealed).unwrap(), "13800000000");
        assert!(vault.open(Purpose::Hiv, &sealed).is_err());
    }

    #[test]
    fn an_altered_value_does_not_open() {
        let vault = vault();
        let sealed = vault.seal(Purpose::Health, "哮喘").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert!(vault.open(Purpose::Health, &altered).is_err() || altered == sealed, "byte {at}");
        }
    }

    #[test]
    fn the_index_is_equal_for_equal_values_and_differs_by_purpose() {
        let vault = vault();
        assert_eq!(vault.index(Purpose::Phone, "1"), vault.index(Purpose::Phone, "1"));
        assert_ne!(vault.index(Purpose::Phone, "1"), vault.index(Purpose::IdentityNumber, "1"));
    }
}
