//! The paper original: the printed twin was signed by hand, and its scan comes in.

use serde_json::json;

use super::act::Act;
use super::agreement::AgreementState;
use super::evidence::EventKind;
use super::store::{agreement as kept, evidence, paper};
use crate::config::SigningMode;
use crate::papers::Scan;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Links a scan to the version whose number and hash stand on its pages.
///
/// # Errors
/// 409 when the agreement is not one that is signed on paper, or was not sent for signing.
pub(super) fn receive(tx: &mut Conn, act: &Act, id: i64, scan: &Scan) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    let may =
        matches!(agreement.state, AgreementState::AwaitingSignatures | AgreementState::InForce | AgreementState::Ended);
    let Some(document_hash) = agreement.document_hash.as_deref().filter(|_| may) else {
        return Err(Problem::of("agreement_state").into());
    };
    if agreement.signing_mode != Some(SigningMode::PaperOriginal) {
        return Err(Problem::of("not_on_paper").into());
    }
    let by = act.person_id().unwrap_or_default();
    let hash = paper::keep_original(tx, &act.vault, act.now, (id, document_hash), scan, by)?;
    let body = json!({
        "document": document_hash, "scan": hash, "algorithm": act.vault.digest_algorithm(), "media_type": scan.media_type,
        "bytes": scan.bytes.len(),
    });
    evidence::append(tx, act, id, EventKind::OriginalReceived, &body)?;
    act.audit(tx, "agreement.original_received", agreement.about(), &json!({ "scan": hash }))
}
