//! Does a sealed paper hold? Everything that can be found against a file, from its bytes and a list of roots alone.

use der::DateTime;
use lopdf::Document;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;

use crate::certificates;
use crate::cms_message::Message;
use crate::pdf::{self, Signature};
use crate::stamp::Stamp;

/// What can be wrong with a sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It cannot be read as a PDF.
    NotPdf,
    /// Nobody has sealed it.
    NotSealed,
    /// Something was written after the seal, or is not covered by it.
    LaterRevision,
    /// The signature itself cannot be read, or is not written as one writes it.
    Unreadable,
    /// What is sealed was changed.
    Altered,
    /// The certificate does not lead to a root that is trusted here.
    NotTrusted,
    /// The time stamp does not hold, or belongs to something else.
    StampBroken,
    /// The time stamp's authority is not one that is trusted here.
    StampNotTrusted,
}

impl Finding {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotPdf => "not_pdf",
            Self::NotSealed => "not_sealed",
            Self::LaterRevision => "later_revision",
            Self::Unreadable => "seal_unreadable",
            Self::Altered => "altered",
            Self::NotTrusted => "seal_not_trusted",
            Self::StampBroken => "stamp_broken",
            Self::StampNotTrusted => "stamp_not_trusted",
        }
    }

    /// Whether the paper itself is in doubt, and not only who vouches for it.
    pub fn is_grave(self) -> bool {
        !matches!(self, Self::NotTrusted | Self::StampNotTrusted)
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// Whose seal it bears.
    pub sealed_by: Option<String>,
    /// When the sealer says it was sealed, as written in the file.
    pub claimed_at: Option<String>,
    /// Why it was sealed, as written in the file.
    pub reason: Option<String>,
    /// When an authority saw the seal, in seconds since 1970.
    pub stamped_at: Option<u64>,
    pub stamped_by: Option<String>,
}

impl Report {
    /// Whether nothing is wrong with the paper itself.
    pub fn holds(&self) -> bool {
        !self.findings.iter().any(|finding| finding.is_grave())
    }
}

/// Checks a file; `at` is the moment at which certificates must be valid when no time stamp tells another.
pub fn check(file: &[u8], roots: &[Certificate], at: DateTime) -> Report {
    let mut report = Report::default();
    let Ok(document) = Document::load_mem(file) else {
        report.findings.push(Finding::NotPdf);
        return report;
    };
    let signatures = pdf::signatures(&document);
    if signatures.is_empty() {
        report.findings.push(Finding::NotSealed);
    } else if !signatures.iter().any(|signature| signature.covers(file.len())) {
        report.findings.push(Finding::LaterRevision);
    }
    for signature in &signatures {
        look_at(signature, file, roots, at, &mut report);
    }
    report.findings.dedup();
    report
}

fn look_at(signature: &Signature, file: &[u8], roots: &[Certificate], at: DateTime, report: &mut Report) {
    let bytes = signature.message(file);
    let message = bytes.as_deref().and_then(|bytes| Message::read(bytes).ok().filter(|one| one.is_written_as(bytes)));
    let (Some(message), Some(content)) = (message.filter(Message::is_plain), signature.content(file)) else {
        report.findings.push(Finding::Unreadable);
        return;
    };
    if !message.holds_over(&content, true) {
        report.findings.push(Finding::Altered);
        return;
    }
    report.sealed_by = message.signer().map(certificates::name_of);
    report.claimed_at = Some(signature.claimed_at.clone());
    report.reason = Some(signature.reason.clone());
    let mut valid_at = at;
    if let Some(token) = message.stamp() {
        match Stamp::read(&token).filter(|stamp| stamp.holds() && stamp.is_of(&Sha256::digest(message.signature()))) {
            None => report.findings.push(Finding::StampBroken),
            Some(stamp) => {
                if stamp.is_trusted(roots) {
                    valid_at = stamp.at();
                } else {
                    report.findings.push(Finding::StampNotTrusted);
                }
                report.stamped_at = Some(stamp.at().unix_duration().as_secs());
                report.stamped_by = stamp.authority().map(certificates::name_of);
            }
        }
    }
    // All of them, not only the signer's: no bit of a certificate may be free either.
    let trusted = |one| certificates::leads_to(one, &message.certificates, roots, valid_at);
    if !message.certificates.iter().all(trusted) {
        report.findings.push(Finding::NotTrusted);
    }
}
