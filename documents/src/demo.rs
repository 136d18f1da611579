//! A key and a chain to try things out with. They say in their names that they bind nobody.

use std::str::FromStr;
use std::time::Duration;

use der::{EncodePem, asn1::UtcTime};
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rand_core::OsRng;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

const ROOT: &str = "CN=相伴演示根证书（不具法律效力）,O=Xiangban demo,C=CN";
const LEAF: &str = "CN=相伴演示印章（不具法律效力）,O=Xiangban demo,C=CN";
/// 2020-01-01 to 2049-01-01: a demo does not run out.
const VALID: (u64, u64) = (1_577_836_800, 2_493_072_000);

/// A new key (PKCS#8) and its certificates, both PEM.
///
/// # Errors
/// None in practice; what the certificate builder says.
pub fn key_and_chain() -> Result<(String, String), String> {
    let key = new_key()?;
    let chain = chain_for(&key)?;
    Ok((key, chain))
}

/// A new key (PKCS#8 PEM).
///
/// # Errors
/// None in practice.
pub fn new_key() -> Result<String, String> {
    let key = SigningKey::random(&mut OsRng);
    key.to_pkcs8_pem(LineEnding::LF).map(|key| key.to_string()).map_err(|error| error.to_string())
}

/// Certificates (PEM) for a key that [`new_key`] made, under a root of their own.
///
/// # Errors
/// A text that is no such key.
pub fn chain_for(key: &str) -> Result<String, String> {
    let root_key = SigningKey::random(&mut OsRng);
    let key = SigningKey::from_pkcs8_pem(key).map_err(|error| error.to_string())?;
    let root = certificate(&root_key, &root_key, Profile::Root, ROOT, 1)?;
    let issuer = Name::from_str(ROOT).map_err(|error| error.to_string())?;
    let profile = Profile::Leaf { issuer, enable_key_agreement: false, enable_key_encipherment: false };
    let leaf = certificate(&root_key, &key, profile, LEAF, 2)?;
    Ok(leaf + &root)
}

fn certificate(
    signer: &SigningKey,
    key: &SigningKey,
    profile: Profile,
    subject: &str,
    serial: u32,
) -> Result<String, String> {
    let time = |seconds| UtcTime::from_unix_duration(Duration::from_secs(seconds)).map(Time::UtcTime);
    let validity = |error: der::Error| error.to_string();
    let validity =
        Validity { not_before: time(VALID.0).map_err(validity)?, not_after: time(VALID.1).map_err(validity)? };
    let subject = Name::from_str(subject).map_err(|error| error.to_string())?;
    let public = SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).map_err(|error| error.to_string())?;
    let builder = CertificateBuilder::new(profile, SerialNumber::from(serial), validity, subject, public, signer)
        .map_err(|error| error.to_string())?;
    let made = builder.build::<DerSignature>().map_err(|error| error.to_string())?;
    made.to_pem(LineEnding::LF).map_err(|error| error.to_string())
}
