//! Digests of what must stay as it is: texts, files, events. The algorithm stands with each value, so that it can change
//! while old values are still checked by their own: SHA-256 as bare hex, SM3 as `sm3:` and hex.

use sha2::{Digest, Sha256};
use sm3::Sm3;

use crate::text_enum;

const SM3_MARK: &str = "sm3:";
/// Enough of a digest for people to compare.
const SHORT: usize = 8;

text_enum! {
    /// How new digests are made.
    pub enum DigestAlgorithm {
        Sha256 = "sha-256",
        /// GB/T 32905, where national algorithms are asked for.
        Sm3 = "sm3",
    }
}

impl DigestAlgorithm {
    /// The algorithm that a digest names.
    pub fn of(digest: &str) -> Self {
        if digest.starts_with(SM3_MARK) { Self::Sm3 } else { Self::Sha256 }
    }

    /// The digest of `bytes`, with its algorithm.
    pub fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => sha256_hex(bytes),
            Self::Sm3 => format!("{SM3_MARK}{}", hex(&Sm3::digest(bytes))),
        }
    }
}

/// Whether `bytes` have this digest, by the algorithm it names.
pub fn digest_holds(digest: &str, bytes: &[u8]) -> bool {
    DigestAlgorithm::of(digest).digest(bytes) == digest
}

/// The first eight characters of a digest, for people to compare.
pub fn short_digest(digest: &str) -> &str {
    let hex = digest.strip_prefix(SM3_MARK).unwrap_or(digest);
    hex.get(..SHORT).unwrap_or(hex)
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_of_the_standards() {
        assert_eq!(
            DigestAlgorithm::Sha256.digest(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // GB/T 32905, A.1.
        assert_eq!(
            DigestAlgorithm::Sm3.digest(b"abc"),
            "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
    }

    #[test]
    fn a_digest_is_checked_by_the_algorithm_it_names() {
        for algorithm in DigestAlgorithm::ALL {
            let digest = algorithm.digest("委托照护协议".as_bytes());
            assert_eq!(DigestAlgorithm::of(&digest), *algorithm);
            assert!(digest_holds(&digest, "委托照护协议".as_bytes()) && !digest_holds(&digest, b""));
            assert_eq!(short_digest(&digest).len(), SHORT);
            assert!(short_digest(&digest).bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        let renamed = DigestAlgorithm::Sm3.digest(b"abc").replace(SM3_MARK, "");
        assert!(!digest_holds(&renamed, b"abc"));
    }

    /// Somebody else's SM3: the `openssl` of the system.
    #[test]
    fn sm3_is_what_openssl_says() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        for text in ["", "abc", "留守儿童委托照护协议", &"长".repeat(5_000)] {
            let mut openssl = Command::new("openssl")
                .args(["dgst", "-sm3", "-r"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            openssl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let said = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
            let theirs = said.split_whitespace().next().unwrap();
            assert_eq!(DigestAlgorithm::Sm3.digest(text.as_bytes()), format!("sm3:{theirs}"));
        }
    }
}
