//! Signed messages (CMS, RFC 5652) as papers and time stamps carry them: written, and read strictly.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, Decode, Encode, Tag};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

use crate::certificates::{self, SHA256};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIME_STAMP_TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// A message that was read.
pub(crate) struct Message {
    data: SignedData,
    signer: SignerInfo,
    pub certificates: Vec<Certificate>,
}

/// What is to be signed, before it is: the attributes that bind content and certificate.
pub(crate) struct Unsigned {
    attributes: SetOfVec<Attribute>,
}

impl Unsigned {
    /// For a paper whose digest is `digest`, to be signed with the key of `certificate`.
    pub fn new(digest: &[u8], certificate: &Certificate) -> der::Result<Self> {
        let mut attributes = SetOfVec::new();
        for (oid, value) in [
            (CONTENT_TYPE, Any::from(DATA)),
            (MESSAGE_DIGEST, Any::new(Tag::OctetString, digest)?),
            (SIGNING_CERTIFICATE_V2, signing_certificate(certificate)?),
        ] {
            attributes.insert(Attribute { oid, values: SetOfVec::try_from(vec![value])? })?;
        }
        Ok(Self { attributes })
    }

    /// The bytes the key signs.
    pub fn to_sign(&self) -> der::Result<Vec<u8>> {
        self.attributes.to_der()
    }

    /// The finished message with the chain in it.
    pub fn signed(
        self,
        chain: &[Certificate],
        algorithm: AlgorithmIdentifierOwned,
        signature: Vec<u8>,
    ) -> der::Result<Vec<u8>> {
        let leaf = chain.first().ok_or_else(|| der::Error::from(der::ErrorKind::Failed))?;
        let sid = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: leaf.tbs_certificate.issuer.clone(),
            serial_number: leaf.tbs_certificate.serial_number.clone(),
        });
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid,
            digest_alg: sha256(),
            signed_attrs: Some(self.attributes),
            signature_algorithm: algorithm,
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        let choices: Vec<_> = chain.iter().cloned().map(CertificateChoices::Certificate).collect();
        let data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
            encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
            certificates: Some(CertificateSet::try_from(choices)?),
            crls: None,
            signer_infos: SignerInfos::try_from(vec![signer])?,
        };
        wrapped(&data)
    }
}

impl Message {
    /// Reads a message with exactly one signer.
    pub fn read(bytes: &[u8]) -> der::Result<Self> {
        let outer = ContentInfo::from_der(bytes)?;
        if outer.content_type != SIGNED_DATA {
            return Err(der::Error::from(der::ErrorKind::Failed));
        }
        let data = outer.content.decode_as::<SignedData>()?;
        let [signer] = data.signer_infos.0.as_slice() else { return Err(der::Error::from(der::ErrorKind::Failed)) };
        let signer = signer.clone();
        let choices = data.certificates.iter().flat_map(|set| set.0.iter());
        let certificates = choices
            .filter_map(|choice| match choice {
                CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
                CertificateChoices::Other(_) => None,
            })
            .collect();
        Ok(Self { data, signer, certificates })
    }

    /// Whether the bytes are the one way of writing this message; then no bit of them is free.
    pub fn is_written_as(&self, bytes: &[u8]) -> bool {
        wrapped(&self.data).is_ok_and(|canonical| canonical == bytes)
    }

    /// Whether everything outside of what is signed reads as we write it.
    pub fn is_plain(&self) -> bool {
        let plain_signer = self.signer.version == CmsVersion::V1 && self.signer.digest_alg == sha256();
        let known = self.signer.unsigned_attrs.iter().flat_map(|set| set.iter()).all(|one| one.oid == TIME_STAMP_TOKEN);
        self.data.version == CmsVersion::V1
            && self.data.digest_algorithms.as_slice() == [sha256()]
            && self.data.crls.is_none()
            && self.data.encap_content_info == (EncapsulatedContentInfo { econtent_type: DATA, econtent: None })
            && plain_signer
            && known
    }

    /// The certificate whose key signed.
    pub fn signer(&self) -> Option<&Certificate> {
        self.certificates.iter().find(|one| match &self.signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                id.issuer == one.tbs_certificate.issuer && id.serial_number == one.tbs_certificate.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(_) => false,
        })
    }

    /// Whether the signature holds over `content`, and is bound to the signer's certificate when `bound` asks for it.
    pub fn holds_over(&self, content: &[u8], bound: bool) -> bool {
        let (Some(signer), Some(attributes)) = (self.signer(), &self.signer.signed_attrs) else { return false };
        let digest = certificates::digest_by(&self.signer.digest_alg, content);
        let named = attributes.iter().find(|one| one.oid == MESSAGE_DIGEST).and_then(single);
        let digest_holds = digest.is_some() && named.map(|value| value.value().to_vec()) == digest;
        let certificate = attributes.iter().find(|one| one.oid == SIGNING_CERTIFICATE_V2).and_then(single);
        let bound_holds = !bound || certificate == signing_certificate(signer).ok();
        let algorithm = &self.signer.signature_algorithm;
        digest_holds
            && bound_holds
            && attributes.to_der().is_ok_and(|signed| {
                let signature = self.signer.signature.as_bytes();
                certificates::verify(signer, algorithm, Some(&self.signer.digest_alg), &signed, signature)
            })
    }

    /// What the message carries inside, as a time stamp does.
    pub fn content(&self) -> Option<Vec<u8>> {
        let inside = self.data.encap_content_info.econtent.as_ref()?;
        inside.decode_as::<OctetString>().ok().map(OctetString::into_bytes)
    }

    /// The bytes of the signature: what a time stamp stamps.
    pub fn signature(&self) -> &[u8] {
        self.signer.signature.as_bytes()
    }

    /// The time stamp, when there is one.
    pub fn stamp(&self) -> Option<Vec<u8>> {
        let attributes = self.signer.unsigned_attrs.as_ref()?;
        single(attributes.iter().find(|one| one.oid == TIME_STAMP_TOKEN)?)?.to_der().ok()
    }

    /// The message with a time stamp in it.
    pub fn stamped(mut self, token: &[u8]) -> der::Result<Vec<u8>> {
        let attribute = Attribute { oid: TIME_STAMP_TOKEN, values: SetOfVec::try_from(vec![Any::from_der(token)?])? };
        self.signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute])?);
        self.data.signer_infos = SignerInfos::try_from(vec![self.signer])?;
        wrapped(&self.data)
    }
}

fn wrapped(data: &SignedData) -> der::Result<Vec<u8>> {
    ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(data)? }.to_der()
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SHA256, parameters: None }
}

fn single(attribute: &Attribute) -> Option<Any> {
    match attribute.values.as_slice() {
        [value] => Some(value.clone()),
        _ => None,
    }
}

/// ESS: the SHA-256 of the signer's certificate.
fn signing_certificate(certificate: &Certificate) -> der::Result<Any> {
    let hash = Any::new(Tag::OctetString, Sha256::digest(certificate.to_der()?).to_vec())?.to_der()?;
    let id = Any::new(Tag::Sequence, hash)?.to_der()?;
    let ids = Any::new(Tag::Sequence, id)?.to_der()?;
    Any::new(Tag::Sequence, ids)
}
