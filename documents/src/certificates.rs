//! Certificates: read, follow up to a root, and verify what their keys have signed.

use der::asn1::{BitString, ObjectIdentifier};
use der::{Decode, DecodePem, Encode};
use p256::ecdsa::signature::Verifier;
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;

pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
pub(crate) const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
pub(crate) const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// No chain is longer.
const LINKS: usize = 8;

/// Every certificate in a PEM text, in its order.
///
/// # Errors
/// A block that is no certificate.
pub fn from_pem(text: &str) -> der::Result<Vec<Certificate>> {
    const END: &str = "-----END CERTIFICATE-----";
    text.split_inclusive(END)
        .filter_map(|part| part.find("-----BEGIN CERTIFICATE-----").and_then(|begin| part.get(begin..)))
        .map(Certificate::from_pem)
        .collect()
}

/// The name a person knows it by.
pub fn name_of(certificate: &Certificate) -> String {
    let parts = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let common = parts.clone().find(|part| part.oid == COMMON_NAME);
    common
        .and_then(|part| std::str::from_utf8(part.value.value()).ok())
        .map_or_else(|| certificate.tbs_certificate.subject.to_string(), str::to_owned)
}

/// Whether `leaf` leads to one of `roots` over `others`, each link signed by the next and valid at `at`.
pub(crate) fn leads_to(leaf: &Certificate, others: &[Certificate], roots: &[Certificate], at: DateTime) -> bool {
    let mut current = leaf;
    for _ in 0..LINKS {
        if !valid_at(current, at) {
            return false;
        }
        if roots.iter().any(|root| root == current || issued(root, current)) {
            return true;
        }
        match others.iter().find(|other| *other != current && issued(other, current)) {
            Some(next) => current = next,
            None => return false,
        }
    }
    false
}

fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let Ok(body) = certificate.tbs_certificate.to_der() else { return false };
    certificate.tbs_certificate.issuer == issuer.tbs_certificate.subject
        && certificate.signature_algorithm == certificate.tbs_certificate.signature
        && signature_holds(issuer, &certificate.signature_algorithm, None, &body, &certificate.signature)
}

fn valid_at(certificate: &Certificate, at: DateTime) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    validity.not_before.to_date_time() <= at && at <= validity.not_after.to_date_time()
}

fn signature_holds(
    signer: &Certificate,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<&AlgorithmIdentifierOwned>,
    message: &[u8],
    signature: &BitString,
) -> bool {
    signature.as_bytes().is_some_and(|bytes| verify(signer, algorithm, digest, message, bytes))
}

/// Whether the key of `signer` has signed `message`. `digest` says which hash goes with a bare RSA signature.
pub(crate) fn verify(
    signer: &Certificate,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<&AlgorithmIdentifierOwned>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok(key) = signer.tbs_certificate.subject_public_key_info.to_der() else { return false };
    if algorithm.oid == ECDSA_SHA256 {
        let key = p256::ecdsa::VerifyingKey::from_public_key_der(&key);
        let signature = p256::ecdsa::Signature::from_der(signature);
        return matches!((key, signature), (Ok(key), Ok(signature)) if key.verify(message, &signature).is_ok());
    }
    let Ok(key) = rsa::RsaPublicKey::from_public_key_der(&key) else { return false };
    let hash = match algorithm.oid {
        RSA_SHA256 => SHA256,
        RSA_SHA384 => SHA384,
        RSA_SHA512 => SHA512,
        RSA => digest.map_or(SHA256, |digest| digest.oid),
        _ => return false,
    };
    let scheme = rsa::Pkcs1v15Sign::new::<Sha256>;
    let outcome = match hash {
        SHA256 => key.verify(scheme(), &Sha256::digest(message), signature),
        SHA384 => key.verify(rsa::Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message), signature),
        SHA512 => key.verify(rsa::Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message), signature),
        _ => return false,
    };
    outcome.is_ok()
}

/// The digest of `message` by the algorithm named, when we know it.
pub(crate) fn digest_by(algorithm: &AlgorithmIdentifierOwned, message: &[u8]) -> Option<Vec<u8>> {
    match algorithm.oid {
        SHA256 => Some(Sha256::digest(message).to_vec()),
        SHA384 => Some(Sha384::digest(message).to_vec()),
        SHA512 => Some(Sha512::digest(message).to_vec()),
        _ => None,
    }
}

/// Reads a certificate to the byte: what it holds beyond is an error.
pub fn from_der(bytes: &[u8]) -> der::Result<Certificate> {
    Certificate::from_der(bytes)
}

pub use der::DateTime;

/// The moment this many seconds after 1970, as certificates count time.
pub fn moment(seconds: u64) -> Option<DateTime> {
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).ok()
}
