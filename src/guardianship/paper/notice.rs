//! The notice to school or village, with a slip to send back.

use super::mark;
use super::words::WORDS;
use crate::crypto::Purpose;
use crate::guardianship::act::Act;
use crate::guardianship::agreement::PartyRole;
use crate::guardianship::store::agreement as kept;
use crate::guardianship::store::notice::Notice;
use crate::identity::person;
use crate::papers::{Manuscript, Mark, Sheet};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::wording::paper;

pub(in crate::guardianship) fn notice(conn: &mut Conn, act: &Act, notice: &Notice) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, notice.agreement_id)?;
    let text = act.vault.open(Purpose::Narrative, &notice.text_sealed)?;
    let words = &WORDS.paper;
    let parents = kept::parties(conn, agreement.id)?
        .into_iter()
        .filter(|party| party.role == PartyRole::Parent)
        .filter_map(|party| party.person_id)
        .map(|id| Ok(person(conn, id)?.name))
        .collect::<Outcome<Vec<_>>>()?;
    let sender = format!("{}{}", words.notice_sender, parents.join(&words.separator));
    let receipt = format!("{}{}", words.notice_receipt, agreement.number());
    let data = paper::letter(&text, notice.issued_at.date(), &sender, &receipt);
    let hash = agreement.document_hash.clone().unwrap_or_default();
    let mark = Mark { hash: notice.text_hash.clone(), ..mark(act, &agreement, &hash) };
    Ok(Manuscript { sheet: Sheet::Notice, data, mark })
}
