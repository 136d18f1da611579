//! Time stamps (RFC 3161): what to ask an authority, what to make of its answer, and where it goes in a sealed file.

use cms::content_info::ContentInfo;
use der::asn1::{Int, OctetString};
use der::{Any, DateTime, Decode, Encode, Header, SliceReader, Tag};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion, TstInfo};

use crate::certificates::{self, SHA256};
use crate::cms_message::Message;
use crate::pdf;

/// Why there is no time stamp.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    #[error("the file holds no seal to stamp")]
    NoSeal,
    #[error("the authority refused (status {0})")]
    Refused(u8),
    #[error("the answer cannot be read")]
    Unreadable,
    #[error("the answer is for something else")]
    SomethingElse,
    #[error("the authority's signature does not hold")]
    Signature,
    #[error("the time stamp does not fit in the room reserved for it")]
    NoRoom,
}

/// A question to an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    imprint: Vec<u8>,
    nonce: Vec<u8>,
}

impl Question {
    /// Asks for the time of the (last) seal of `file`. `nonce` is new each time.
    ///
    /// # Errors
    /// A file without a seal.
    pub fn about(file: &[u8], nonce: [u8; 8]) -> Result<Self, StampError> {
        let (_, message) = seal_of(file).ok_or(StampError::NoSeal)?;
        // A whole positive number without leading zeros, as DER wants it.
        let nonce = [&[1], nonce.as_slice()].concat();
        Ok(Self { imprint: Sha256::digest(message.signature()).to_vec(), nonce })
    }

    /// The request, to be posted as `application/timestamp-query`.
    ///
    /// # Errors
    /// None in practice.
    pub fn request(&self) -> Result<Vec<u8>, StampError> {
        let message_imprint = MessageImprint {
            hash_algorithm: AlgorithmIdentifierOwned { oid: SHA256, parameters: Some(der::asn1::Null.into()) },
            hashed_message: OctetString::new(self.imprint.clone()).map_err(|_| StampError::Unreadable)?,
        };
        let nonce = Int::new(&self.nonce).map_err(|_| StampError::Unreadable)?;
        TimeStampReq {
            version: TspVersion::V1,
            message_imprint,
            req_policy: None,
            nonce: Some(nonce),
            cert_req: true,
            extensions: None,
        }
        .to_der()
        .map_err(|_| StampError::Unreadable)
    }

    /// The file with the time stamp of `answer` in its seal.
    ///
    /// # Errors
    /// A refusal, an answer to another question, or one that does not fit.
    pub fn stamped(&self, mut file: Vec<u8>, answer: &[u8]) -> Result<Vec<u8>, StampError> {
        let token = token_of(answer)?;
        let stamp = Stamp::read(&token).ok_or(StampError::Unreadable)?;
        if stamp.info.nonce.as_ref().map(Int::as_bytes) != Some(self.nonce.as_slice()) || !stamp.is_of(&self.imprint) {
            return Err(StampError::SomethingElse);
        }
        if !stamp.holds() {
            return Err(StampError::Signature);
        }
        let (signature, message) = seal_of(&file).ok_or(StampError::NoSeal)?;
        let message = message.stamped(&token).map_err(|_| StampError::Unreadable)?;
        if pdf::fill(&mut file, signature.hole(), &message) { Ok(file) } else { Err(StampError::NoRoom) }
    }
}

fn seal_of(file: &[u8]) -> Option<(pdf::Signature, Message)> {
    let document = lopdf::Document::load_mem(file).ok()?;
    let signature = pdf::signatures(&document).pop()?;
    let message = Message::read(&signature.message(file)?).ok()?;
    Some((signature, message))
}

/// TimeStampResp ::= SEQUENCE { status SEQUENCE { status INTEGER, … }, token ContentInfo OPTIONAL }
fn token_of(answer: &[u8]) -> Result<Vec<u8>, StampError> {
    let unreadable = |_| StampError::Unreadable;
    let mut reader = SliceReader::new(answer).map_err(unreadable)?;
    let head = Header::decode(&mut reader).map_err(unreadable)?;
    if head.tag != Tag::Sequence {
        return Err(StampError::Unreadable);
    }
    let status = Any::decode(&mut reader).map_err(unreadable)?;
    let granted = match status.value() {
        [2, 1, status, ..] => *status,
        _ => return Err(StampError::Unreadable),
    };
    if granted > 1 {
        return Err(StampError::Refused(granted));
    }
    ContentInfo::decode(&mut reader).and_then(|token| token.to_der()).map_err(unreadable)
}

/// A time stamp that was read.
pub(crate) struct Stamp {
    message: Message,
    info: TstInfo,
    content: Vec<u8>,
}

impl Stamp {
    pub fn read(token: &[u8]) -> Option<Self> {
        let message = Message::read(token).ok()?;
        let content = message.content()?;
        let info = TstInfo::from_der(&content).ok()?;
        Some(Self { message, info, content })
    }

    /// Whether it stamps something with this SHA-256.
    pub fn is_of(&self, imprint: &[u8]) -> bool {
        let named = &self.info.message_imprint;
        named.hash_algorithm.oid == SHA256 && named.hashed_message.as_bytes() == imprint
    }

    pub fn holds(&self) -> bool {
        self.message.holds_over(&self.content, false)
    }

    pub fn at(&self) -> DateTime {
        self.info.gen_time.to_date_time()
    }

    pub fn authority(&self) -> Option<&Certificate> {
        self.message.signer()
    }

    /// Whether the authority's certificate leads to one of `roots`.
    pub fn is_trusted(&self, roots: &[Certificate]) -> bool {
        let leads = |signer| certificates::leads_to(signer, &self.message.certificates, roots, self.at());
        self.authority().is_some_and(leads)
    }
}
