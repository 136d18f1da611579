//! Authenticated encryption of one value: AES-256-GCM, or SM4-GCM where the county's rules ask for national algorithms.

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm};
use sm4::Sm4;
use zeroize::Zeroizing;

use crate::problem::{Fault, Outcome};
use crate::text_enum;

const NONCE_BYTES: usize = 12;
const SM4_KEY_BYTES: usize = 16;

text_enum! {
    /// How a value is sealed; the text stands at its beginning.
    pub enum Algorithm {
        Aes256Gcm = "a1",
        Sm4Gcm = "s1",
    }
}

type Sm4Gcm = AesGcm<Sm4, U12>;

impl Algorithm {
    /// Keeps the keys of the algorithms apart.
    pub(super) fn key_label(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "seal",
            Self::Sm4Gcm => "seal/sm4",
        }
    }

    /// Nonce and ciphertext.
    pub(super) fn seal(self, key: &[u8; 32], purpose: &[u8], text: &[u8]) -> Outcome<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: text, aad: purpose };
        let sealed = match self {
            Self::Aes256Gcm => Aes256Gcm::new(&Array::from(*key)).encrypt(&Array::from(nonce), payload),
            Self::Sm4Gcm => sm4(key).encrypt(&Array::from(nonce), payload),
        };
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed.map_err(|_| Fault::internal("sealing failed"))?);
        Ok(bytes)
    }

    /// `None` for what was altered, or sealed with another key or purpose.
    pub(super) fn open(self, key: &[u8; 32], purpose: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce = Array::from(<[u8; NONCE_BYTES]>::try_from(nonce).ok()?);
        let payload = Payload { msg: ciphertext, aad: purpose };
        match self {
            Self::Aes256Gcm => Aes256Gcm::new(&Array::from(*key)).decrypt(&nonce, payload).ok(),
            Self::Sm4Gcm => sm4(key).decrypt(&nonce, payload).ok(),
        }
    }
}

fn sm4(key: &[u8; 32]) -> Sm4Gcm {
    let mut short = Zeroizing::new([0; SM4_KEY_BYTES]);
    short.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Sm4Gcm::new(&Array::from(*short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_is_the_one_of_the_standard() {
        let key: [u8; 16] = bytes("0123456789abcdeffedcba9876543210").try_into().unwrap();
        let nonce: [u8; 12] = bytes("00001234567800000000abcd").try_into().unwrap();
        let text = bytes(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\
             eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        );
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let sealed =
            Sm4Gcm::new(&Array::from(key)).encrypt(&Array::from(nonce), Payload { msg: &text, aad: &aad }).unwrap();
        assert_eq!(
            sealed,
            bytes(
                "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
                 d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
                 83de3541e4c2b58177e065a9bf7b62ec"
            )
        );
    }

    /// Somebody else's SM4: GCM is counter mode from 2 on, and the system's `openssl` speaks that.
    #[test]
    fn what_sm4_seals_is_what_openssl_makes_of_it() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let key = [7_u8; 32];
        let text = "外婆住院，孩子由邻居照看。".repeat(9);
        let sealed = Algorithm::Sm4Gcm.seal(&key, b"health", text.as_bytes()).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (nonce, rest) = sealed.split_at(NONCE_BYTES);
        let counter = hex(nonce) + "00000002";
        let mut openssl = Command::new("openssl")
            .args(["enc", "-sm4-ctr", "-K", &hex(&key[..SM4_KEY_BYTES]), "-iv", &counter])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let theirs = openssl.wait_with_output().unwrap().stdout;
        assert!(rest.starts_with(&theirs) && theirs.len() == text.len() && rest.len() == text.len() + 16);
    }
}
