//! The text that was sent for signing, to the byte. Written once.

use diesel::prelude::*;

use super::agreement::load;
use crate::clock::Instant;
use crate::crypto::{DigestAlgorithm, Purpose, Vault};
use crate::guardianship::text::Frozen;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::agreement_documents;

/// Keeps the frozen text. There is one for each agreement, for ever.
pub(in crate::guardianship) fn freeze(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    id: i64,
    frozen: &Frozen,
) -> Outcome<()> {
    diesel::insert_into(agreement_documents::table)
        .values((
            agreement_documents::agreement_id.eq(id),
            agreement_documents::text_sealed.eq(vault.seal(Purpose::Signature, &frozen.text)?),
            agreement_documents::hash.eq(&frozen.hash),
            agreement_documents::hash_algorithm.eq(DigestAlgorithm::of(&frozen.hash)),
            agreement_documents::template_version.eq(&frozen.wording),
            agreement_documents::frozen_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// The frozen text, its digest and its wording; none before it was sent.
pub(in crate::guardianship) fn document(conn: &mut Conn, vault: &Vault, id: i64) -> Outcome<Option<Frozen>> {
    let kept: Option<(String, String, String)> = agreement_documents::table
        .find(id)
        .select((agreement_documents::text_sealed, agreement_documents::hash, agreement_documents::template_version))
        .first(conn)
        .optional()?;
    let opened = |(sealed, hash, wording): (String, String, String)| {
        Ok(Frozen { text: vault.open(Purpose::Signature, &sealed)?, hash, wording })
    };
    kept.map(opened).transpose()
}

/// The digest of the text that is to be signed; none before it was sent.
pub fn document_hash(conn: &mut Conn, id: i64) -> Outcome<Option<String>> {
    Ok(load(conn, id)?.document_hash)
}
