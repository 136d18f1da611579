//! Passwords (argon2id) and random tokens.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::problem::{Fault, Outcome};

/// The argon2id hash of a password, with its salt and parameters.
pub fn hash_password(password: &str) -> Outcome<String> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Fault::internal)
}

/// Whether `password` is the one that was hashed; a hash that does not parse matches nothing.
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// 256 random bits, as text for a link or a refresh token.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// A key from a passphrase (argon2id, 64 MiB), for a file that must open without the key file.
///
/// # Errors
/// A passphrase that is too short to withstand guessing.
pub fn key_from_passphrase(passphrase: &str, salt: &[u8; 32]) -> Outcome<Zeroizing<[u8; 32]>> {
    const SHORTEST: usize = 12;
    if passphrase.chars().count() < SHORTEST {
        return Err(Fault::internal(format!("a passphrase has {SHORTEST} characters or more")));
    }
    let parameters = Params::new(64 * 1024, 3, 1, Some(32)).map_err(Fault::internal)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
        .map_err(Fault::internal)?;
    Ok(key)
}
