//! Sealing what must not lie open in a database, a backup or a log (DOMAIN: privacy by default).
//!
//! A [`Vault`] seals a value under a [`Purpose`]; every purpose has a key of its own, derived from a master key, so that
//! one purpose's key opens nothing else. HIV status has a master key of its own besides. A sealed value reads
//! `a1.<key id>.<nonce and ciphertext>`: algorithm and key travel with it, so that both can change and old values stay
//! readable (`xiangban keys rotate` seals them anew). Look-up by phone or identity number goes through
//! [`Vault::index`], a keyed hash that tells nothing without the key.

mod cipher;
mod digest;
mod secret_hash;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use cipher::Algorithm;
pub use digest::{DigestAlgorithm, digest_holds, sha256_hex, short_digest};
pub use secret_hash::{hash_password, key_from_passphrase, new_token, verify_password};

use crate::problem::{Fault, Outcome};

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
        /// An answer kept to be given again.
        Answer = "answer",
        /// The chain that makes the access log tell of a missing entry.
        AccessLog = "access_log",
        Backup = "backup",
    }
}
use crate::text_enum;

/// Which keys seal new values, and how.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// Id of the master key.
    pub current: &'a str,
    /// Id of the master key that seals HIV status and nothing else.
    pub hiv: &'a str,
    pub algorithm: Algorithm,
    /// How texts, files and events are digested from now on.
    pub digest: DigestAlgorithm,
}

/// The keys of this deployment; cheap to share behind an `Arc`.
pub struct Vault {
    current: String,
    hiv: String,
    algorithm: Algorithm,
    digest: DigestAlgorithm,
    masters: BTreeMap<String, SecretBox<[u8; 32]>>,
}

impl Vault {
    /// `keys`: id → 32 bytes in base64.
    ///
    /// # Errors
    /// A key that is not 32 bytes, an id that would not survive in a sealed value, or a sealing id without a key.
    pub fn new(sealing: Sealing<'_>, keys: &BTreeMap<String, String>) -> Outcome<Self> {
        let mut masters = BTreeMap::new();
        for (id, text) in keys {
            if id.is_empty() || !id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)) {
                return Err(Fault::internal(format!("a key is named {id:?}: letters, digits, - and _ only")));
            }
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(text.trim())
                .map(Zeroizing::new)
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
                .ok_or_else(|| Fault::internal(format!("key {id} is not 32 bytes in base64")))?;
            masters.insert(id.clone(), SecretBox::new(Box::new(bytes)));
        }
        for id in [sealing.current, sealing.hiv] {
            if !masters.contains_key(id) {
                return Err(Fault::internal(format!("the key file has no key named {id}")));
            }
        }
        if sealing.current == sealing.hiv {
            return Err(Fault::internal("HIV status needs a key of its own: keys.hiv is keys.current"));
        }
        let (current, hiv) = (sealing.current.to_owned(), sealing.hiv.to_owned());
        Ok(Self { current, hiv, algorithm: sealing.algorithm, digest: sealing.digest, masters })
    }

    /// How new digests are made.
    pub fn digest_algorithm(&self) -> DigestAlgorithm {
        self.digest
    }

    /// The digest of `bytes` by today's algorithm.
    pub fn digest(&self, bytes: &[u8]) -> String {
        self.digest.digest(bytes)
    }

    /// Seals `text`; two seals of the same text differ.
    pub fn seal(&self, purpose: Purpose, text: &str) -> Outcome<String> {
        let id = self.sealing_key(purpose);
        let key = self.subkey(id, purpose, self.algorithm.key_label())?;
        let bytes = self.algorithm.seal(&key, purpose.as_str().as_bytes(), text.as_bytes())?;
        Ok(format!("{}.{id}.{}", self.algorithm.as_str(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Vault::seal`] made for the same purpose, under whatever key and algorithm.
    ///
    /// # Errors
    /// A value that was altered, moved from another purpose, or sealed with a key we do not have.
    pub fn open(&self, purpose: Purpose, sealed: &str) -> Outcome<String> {
        let fault = || Fault::internal(format!("a sealed {purpose} does not open"));
        let (algorithm, id, body) = parts(sealed).ok_or_else(fault)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| fault())?;
        let key = self.subkey(id, purpose, algorithm.key_label())?;
        let text = algorithm.open(&key, purpose.as_str().as_bytes(), &bytes).ok_or_else(fault)?;
        String::from_utf8(text).map_err(|_| fault())
    }

    /// Opens a value of a column that was not always sealed: what was written before is taken as it stands.
    pub fn open_or_plain(&self, purpose: Purpose, text: &str) -> Outcome<String> {
        if is_sealed(text) { self.open(purpose, text) } else { Ok(text.to_owned()) }
    }

    /// What a sealed value is for, found by opening it; `None` when it opens for nothing.
    pub fn purpose_of(&self, sealed: &str) -> Option<(Purpose, Zeroizing<String>)> {
        Purpose::ALL.iter().find_map(|purpose| Some((*purpose, Zeroizing::new(self.open(*purpose, sealed).ok()?))))
    }

    /// How a value that is sealed now for `purpose` begins: algorithm and key id.
    pub fn mark(&self, purpose: Purpose) -> String {
        format!("{}.{}.", self.algorithm.as_str(), self.sealing_key(purpose))
    }

    fn sealing_key(&self, purpose: Purpose) -> &str {
        if purpose == Purpose::Hiv { &self.hiv } else { &self.current }
    }

    /// The id of the key that seals new values.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// Whether `mark` (`a1.k1`) names an algorithm and a key that we have.
    pub fn knows(&self, mark: &str) -> bool {
        mark.split_once('.')
            .is_some_and(|(algorithm, key)| algorithm.parse::<Algorithm>().is_ok() && self.masters.contains_key(key))
    }

    /// The ids of all keys.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.masters.keys().map(String::as_str)
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

    /// 32 bytes of a key of its own for `purpose` and `label` (token signing).
    pub fn derive(&self, purpose: Purpose, label: &str) -> Outcome<Zeroizing<[u8; 32]>> {
        self.subkey(&self.current, purpose, label)
    }

    /// As [`Vault::derive`], under the key named `id`.
    pub fn derive_under(&self, id: &str, purpose: Purpose, label: &str) -> Outcome<Zeroizing<[u8; 32]>> {
        self.subkey(id, purpose, label)
    }

    /// As [`Vault::derive`], and stays the same when the key changes (addresses that others have written down).
    pub fn derive_lasting(&self, purpose: Purpose, label: &str) -> Outcome<Zeroizing<[u8; 32]>> {
        self.subkey(self.oldest(), purpose, label)
    }

    /// A keyed hash of bytes that stays the same when the key changes.
    pub fn lasting_mac(&self, purpose: Purpose, label: &str, bytes: &[u8]) -> Outcome<[u8; 32]> {
        Ok(mac(&*self.derive_lasting(purpose, label)?, bytes))
    }

    fn oldest(&self) -> &str {
        self.masters.keys().find(|id| **id != self.hiv).map_or(self.current.as_str(), String::as_str)
    }

    fn keyed_hash(&self, purpose: Purpose, label: &str, text: &str) -> String {
        let key = self.subkey(self.oldest(), purpose, label).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(mac(&key, text.as_bytes()))
    }

    fn subkey(&self, key_id: &str, purpose: Purpose, label: &str) -> Outcome<Zeroizing<[u8; 32]>> {
        let master = self.masters.get(key_id).ok_or_else(|| Fault::internal(format!("no key named {key_id}")))?;
        Ok(Zeroizing::new(mac(master.expose_secret(), format!("xiangban/{purpose}/{label}").as_bytes())))
    }
}

/// Algorithm, key id and body of a sealed value.
fn parts(text: &str) -> Option<(Algorithm, &str, &str)> {
    let mut parts = text.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(algorithm), Some(key), Some(body)) => Some((algorithm.parse().ok()?, key, body)),
        _ => None,
    }
}

/// Whether a text has the form of a sealed value.
pub fn is_sealed(text: &str) -> bool {
    parts(text).is_some_and(|(_, _, body)| body.len() > 30 && URL_SAFE_NO_PAD.decode(body).is_ok())
}

fn mac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    // HMAC fills a short key with zeros up to the block: so do we, and need no fallible constructor.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// Whether two texts are equal, in a time that tells nothing but their lengths: for whatever proves something.
pub fn same(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(ids: &[(&str, u8)]) -> BTreeMap<String, String> {
        let text = |byte: u8| base64::engine::general_purpose::STANDARD.encode([byte; 32]);
        ids.iter().map(|(id, byte)| ((*id).to_owned(), text(*byte))).collect()
    }

    fn sealing<'a>(current: &'a str, hiv: &'a str, algorithm: Algorithm) -> Sealing<'a> {
        Sealing { current, hiv, algorithm, digest: DigestAlgorithm::Sha256 }
    }

    fn vault_of(current: &str, algorithm: Algorithm) -> Vault {
        let keys = keys(&[("k1", 7), ("k2", 8), ("hiv1", 9)]);
        Vault::new(sealing(current, "hiv1", algorithm), &keys).unwrap()
    }

    fn vault() -> Vault {
        vault_of("k1", Algorithm::Aes256Gcm)
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

    #[test]
    fn old_values_open_after_the_key_or_the_algorithm_has_changed() {
        let old = vault().seal(Purpose::Phone, "13800000000").unwrap();
        for algorithm in Algorithm::ALL {
            let new = vault_of("k2", *algorithm);
            assert_eq!(new.open(Purpose::Phone, &old).unwrap(), "13800000000");
            let sealed = new.seal(Purpose::Phone, "13800000000").unwrap();
            assert!(sealed.starts_with(&format!("{algorithm}.k2.")), "{sealed}");
            assert_eq!(vault().open(Purpose::Phone, &sealed).unwrap(), "13800000000");
            assert_eq!(new.index(Purpose::Phone, "1"), vault().index(Purpose::Phone, "1"), "look-ups go on");
        }
    }

    #[test]
    fn hiv_status_lies_under_a_key_that_opens_nothing_else() {
        let sealed = vault().seal(Purpose::Hiv, "positive").unwrap();
        assert!(sealed.starts_with("a1.hiv1."), "{sealed}");
        let without = Vault::new(sealing("k1", "hiv2", Algorithm::Aes256Gcm), &keys(&[("k1", 7), ("hiv2", 1)]));
        assert!(without.unwrap().open(Purpose::Hiv, &sealed).is_err());
        let same = sealing("k1", "k1", Algorithm::Aes256Gcm);
        assert!(Vault::new(same, &keys(&[("k1", 7)])).is_err());
    }

    #[test]
    fn a_sealed_value_tells_what_it_is_for_to_who_has_the_key() {
        let vault = vault();
        for purpose in Purpose::ALL {
            let sealed = vault.seal(*purpose, "text").unwrap();
            assert!(is_sealed(&sealed) && sealed.starts_with(&vault.mark(*purpose)));
            assert_eq!(vault.purpose_of(&sealed).unwrap().0, *purpose);
        }
        for text in ["", "外婆住院", "a1.k1.", "a1.k1.x", "v1.2.3", "3.14.15"] {
            assert!(!is_sealed(text), "{text}");
        }
    }
}
