//! Sealing: an incremental, PAdES-style signature (CAdES-detached) over the whole file, with the township's key.
//!
//! The file before the seal stays to the byte; what follows it holds the signature in a hole of fixed size, so that a
//! time stamp can be put in later without touching what is signed.

use der::asn1::ObjectIdentifier;
use lopdf::{Dictionary, IncrementalDocument, Object, ObjectId, StringFormat, dictionary, text_string};
use p256::ecdsa::signature::{SignatureEncoding, Signer};
use p256::pkcs8::DecodePrivateKey;
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;

use crate::certificates::{self, ECDSA_SHA256, RSA_SHA256};
use crate::cms_message::Unsigned;
use crate::pdf;

/// Stands for a number that is not known yet; as wide as any file offset we write.
const UNKNOWN: i64 = 9_999_999_999;

/// Why something was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key is neither a P-256 nor an RSA key in PKCS#8 PEM")]
    Key,
    #[error("the chain: {0}")]
    Chain(String),
    #[error("the first certificate of the chain is not the key's")]
    OtherKey,
    #[error("the file to seal: {0}")]
    File(String),
    #[error("the signature needs more than the {0} bytes reserved for it")]
    NoRoom(usize),
    #[error("the signature could not be written: {0}")]
    Message(der::Error),
}

/// The key and its certificates, the key's own first.
pub struct Seal {
    key: Key,
    chain: Vec<Certificate>,
}

enum Key {
    P256(p256::ecdsa::SigningKey),
    Rsa(Box<rsa::pkcs1v15::SigningKey<Sha256>>),
}

impl Key {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Rsa(key) => key.sign(message).to_vec(),
        }
    }

    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        let plain = |oid: ObjectIdentifier| AlgorithmIdentifierOwned { oid, parameters: None };
        match self {
            Self::P256(_) => plain(ECDSA_SHA256),
            Self::Rsa(_) => AlgorithmIdentifierOwned { parameters: Some(der::asn1::Null.into()), ..plain(RSA_SHA256) },
        }
    }
}

/// What is said about a seal, in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealFacts {
    /// `D:20260302090000+08'00'`.
    pub at: String,
    pub name: String,
    pub reason: String,
    /// Bytes kept free for signature, chain and time stamp.
    pub reserve: usize,
}

impl Seal {
    /// # Errors
    /// A key or chain that cannot be used, or that do not belong together.
    pub fn from_pem(key: &str, chain: &str) -> Result<Self, SealError> {
        let chain = certificates::from_pem(chain).map_err(|error| SealError::Chain(error.to_string()))?;
        let leaf = chain.first().ok_or_else(|| SealError::Chain("it is empty".into()))?;
        let key = if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_pem(key) {
            Key::P256(key)
        } else {
            let key = rsa::RsaPrivateKey::from_pkcs8_pem(key).map_err(|_| SealError::Key)?;
            Key::Rsa(Box::new(rsa::pkcs1v15::SigningKey::new(key)))
        };
        let proof = key.sign(b"proof");
        if !certificates::verify(leaf, &key.algorithm(), None, b"proof", &proof) {
            return Err(SealError::OtherKey);
        }
        Ok(Self { key, chain })
    }

    /// The certificates, the key's own first.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Whose seal it is.
    pub fn name(&self) -> String {
        self.chain.first().map(certificates::name_of).unwrap_or_default()
    }

    /// `file` with the seal at its end. The same file, facts and key give the same bytes.
    ///
    /// # Errors
    /// A file that is no PDF, or a reserve that is too small: nothing is ever cut off.
    pub fn seal(&self, file: &[u8], facts: &SealFacts) -> Result<Vec<u8>, SealError> {
        let mut sealed = with_hole(file, facts).map_err(|error| SealError::File(error.to_string()))?;
        let lost = || SealError::File("the place for the signature is lost".into());
        let hole = hole(&sealed, file.len(), facts.reserve).ok_or_else(lost)?;
        let numbers = [0, hole.start, hole.end, sealed.len() - hole.end];
        write_range(&mut sealed, file.len(), numbers).ok_or_else(lost)?;
        let content =
            [sealed.get(..hole.start).unwrap_or_default(), sealed.get(hole.end..).unwrap_or_default()].concat();
        let message = self.message(&content).map_err(SealError::Message)?;
        if pdf::fill(&mut sealed, hole, &message) { Ok(sealed) } else { Err(SealError::NoRoom(facts.reserve)) }
    }

    fn message(&self, content: &[u8]) -> der::Result<Vec<u8>> {
        let leaf = self.chain.first().ok_or_else(|| der::Error::from(der::ErrorKind::Failed))?;
        let unsigned = Unsigned::new(&Sha256::digest(content), leaf)?;
        let signature = self.key.sign(&unsigned.to_sign()?);
        unsigned.signed(&self.chain, self.key.algorithm(), signature)
    }
}

/// The file with a signature field whose value is still empty.
fn with_hole(file: &[u8], facts: &SealFacts) -> lopdf::Result<Vec<u8>> {
    let before = lopdf::Document::load_mem(file)?;
    let page_id = before.page_iter().next().ok_or(lopdf::Error::PageNumberNotFound(1))?;
    let catalog_id = before.trailer.get(b"Root")?.as_reference()?;
    let annotations = before.get_dictionary(page_id)?.get_deref(b"Annots", &before).and_then(Object::as_array);
    let mut annotations = annotations.cloned().unwrap_or_default();
    let mut update = IncrementalDocument::create_from(file.to_vec(), before);
    let value = update.new_document.add_object(dictionary! {
        "Type" => "Sig",
        "Filter" => "Adobe.PPKLite",
        "SubFilter" => "ETSI.CAdES.detached",
        "ByteRange" => vec![0.into(), UNKNOWN.into(), UNKNOWN.into(), UNKNOWN.into()],
        "Contents" => Object::String(vec![0; facts.reserve], StringFormat::Hexadecimal),
        "M" => text_string(&facts.at),
        "Name" => text_string(&facts.name),
        "Reason" => text_string(&facts.reason),
    });
    let field = update.new_document.add_object(field(page_id, value));
    update.opt_clone_object_to_new_document(catalog_id)?;
    let form = dictionary! { "Fields" => vec![Object::Reference(field)], "SigFlags" => 3 };
    update.new_document.get_dictionary_mut(catalog_id)?.set("AcroForm", form);
    annotations.push(Object::Reference(field));
    update.opt_clone_object_to_new_document(page_id)?;
    update.new_document.get_dictionary_mut(page_id)?.set("Annots", annotations);
    let mut bytes = Vec::with_capacity(file.len() + facts.reserve * 2 + 4096);
    update.save_to(&mut bytes)?;
    Ok(bytes)
}

/// A field that is not seen on the page: what people see are the signatures of the parties.
fn field(page: ObjectId, value: ObjectId) -> Dictionary {
    dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text_string("Seal"),
        "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
        // Print, locked.
        "F" => 132,
        "P" => Object::Reference(page),
        "V" => Object::Reference(value),
    }
}

/// The empty hole behind the old end of the file, with its brackets.
fn hole(file: &[u8], old_length: usize, reserve: usize) -> Option<std::ops::Range<usize>> {
    let empty: Vec<u8> =
        std::iter::once(b'<').chain(std::iter::repeat_n(b'0', reserve * 2)).chain(std::iter::once(b'>')).collect();
    let start = find(file.get(old_length..)?, &empty)? + old_length;
    Some(start..start + empty.len())
}

/// Puts the true numbers in the place of the unknown ones, without moving a byte.
fn write_range(file: &mut [u8], old_length: usize, numbers: [usize; 4]) -> Option<()> {
    let unknown = format!("[0 {UNKNOWN} {UNKNOWN} {UNKNOWN}]");
    let start = find(file.get(old_length..)?, unknown.as_bytes())? + old_length;
    let [a, b, c, d] = numbers;
    let known = format!("[{a} {b} {c} {d}]");
    let text = format!("{known:<width$}", width = unknown.len());
    file.get_mut(start..start + unknown.len())
        .filter(|_| text.len() == unknown.len())?
        .copy_from_slice(text.as_bytes());
    Some(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
