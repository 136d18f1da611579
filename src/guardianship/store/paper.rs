//! Sealed papers and scans of paper originals. Files lie sealed in the database, so that a backup holds them too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::signature::Manner;
use crate::guardianship::strokes::Handwriting;
use crate::papers::{PaperState, Scan};
use crate::problem::{Fault, Outcome};
use crate::storage::schema::{agreement_papers, paper_originals, people, signatures};
use crate::storage::{Conn, changed};

/// The paper of an agreement, without its file.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = agreement_papers)]
pub(in crate::guardianship) struct Paper {
    pub state: PaperState,
    pub attempts: i64,
    /// Why the last attempt failed.
    pub trouble: Option<String>,
    pub hash: Option<String>,
    pub sealed_at: Option<Instant>,
    pub stamped_at: Option<Instant>,
}

/// Asks for the paper of an agreement.
pub(in crate::guardianship) fn ask(tx: &mut Conn, now: Instant, agreement_id: i64) -> Outcome<()> {
    diesel::insert_into(agreement_papers::table)
        .values((
            agreement_papers::agreement_id.eq(agreement_id),
            agreement_papers::state.eq(PaperState::Due),
            agreement_papers::try_at.eq(now),
            agreement_papers::created_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

pub(in crate::guardianship) fn paper(conn: &mut Conn, agreement_id: i64) -> Outcome<Option<Paper>> {
    Ok(agreement_papers::table.find(agreement_id).select(Paper::as_select()).first(conn).optional()?)
}

/// The papers in `state` whose time has come, the longest waiting first.
pub(in crate::guardianship) fn waiting(
    conn: &mut Conn,
    state: PaperState,
    now: Instant,
    limit: i64,
) -> Outcome<Vec<i64>> {
    Ok(agreement_papers::table
        .filter(agreement_papers::state.eq(state))
        .filter(agreement_papers::try_at.le(now))
        .order((agreement_papers::try_at, agreement_papers::agreement_id))
        .limit(limit)
        .select(agreement_papers::agreement_id)
        .load(conn)?)
}

/// The sealed file.
pub(in crate::guardianship) fn file(conn: &mut Conn, vault: &Vault, agreement_id: i64) -> Outcome<Option<Vec<u8>>> {
    let sealed: Option<Option<String>> =
        agreement_papers::table.find(agreement_id).select(agreement_papers::file_sealed).first(conn).optional()?;
    sealed.flatten().map(|sealed| open(vault, &sealed)).transpose()
}

/// Keeps the sealed file, if nobody has meanwhile.
///
/// # Errors
/// 409 when the paper is not due any more.
pub(in crate::guardianship) fn keep_sealed(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    agreement_id: i64,
    file: &[u8],
) -> Outcome<()> {
    let due = agreement_papers::table.find(agreement_id).filter(agreement_papers::state.eq(PaperState::Due));
    changed(
        diesel::update(due)
            .set((
                agreement_papers::state.eq(PaperState::Sealed),
                agreement_papers::file_sealed.eq(seal(vault, file)?),
                agreement_papers::hash.eq(vault.digest(file)),
                agreement_papers::hash_algorithm.eq(vault.digest_algorithm()),
                agreement_papers::sealed_at.eq(now),
                agreement_papers::attempts.eq(0),
                agreement_papers::try_at.eq(now),
                agreement_papers::trouble.eq(None::<String>),
            ))
            .execute(tx)?,
    )
}

/// Keeps the stamped file in the place of the one with `hash`.
///
/// # Errors
/// 409 when that one is not there any more.
pub(in crate::guardianship) fn keep_stamped(
    tx: &mut Conn,
    vault: &Vault,
    (agreement_id, hash): (i64, &str),
    file: &[u8],
    (at, by): (Instant, Option<&str>),
) -> Outcome<()> {
    let sealed = agreement_papers::table
        .find(agreement_id)
        .filter(agreement_papers::state.eq(PaperState::Sealed))
        .filter(agreement_papers::hash.eq(hash));
    changed(
        diesel::update(sealed)
            .set((
                agreement_papers::state.eq(PaperState::Stamped),
                agreement_papers::file_sealed.eq(seal(vault, file)?),
                agreement_papers::hash.eq(vault.digest(file)),
                agreement_papers::hash_algorithm.eq(vault.digest_algorithm()),
                agreement_papers::stamped_at.eq(at),
                agreement_papers::stamped_by.eq(by),
                agreement_papers::trouble.eq(None::<String>),
            ))
            .execute(tx)?,
    )
}

/// An attempt failed: why, and when to try again.
pub(in crate::guardianship) fn note_trouble(
    tx: &mut Conn,
    agreement_id: i64,
    trouble: &str,
    try_at: Instant,
) -> Outcome<()> {
    diesel::update(agreement_papers::table.find(agreement_id))
        .set((
            agreement_papers::attempts.eq(agreement_papers::attempts + 1),
            agreement_papers::trouble.eq(trouble),
            agreement_papers::try_at.eq(try_at),
        ))
        .execute(tx)?;
    Ok(())
}

/// A signature as the paper shows it.
#[derive(Clone, Debug)]
pub(in crate::guardianship) struct Inked {
    pub party_id: i64,
    pub at: Instant,
    pub manner: Manner,
    pub host: Option<String>,
    pub handwriting: Handwriting,
}

/// All signatures on an agreement.
pub(in crate::guardianship) fn inked(conn: &mut Conn, vault: &Vault, agreement_id: i64) -> Outcome<Vec<Inked>> {
    type Row = (i64, Instant, Manner, String, Option<String>);
    let rows: Vec<Row> = signatures::table
        .left_join(people::table.on(signatures::host_id.eq(people::id.nullable())))
        .filter(signatures::agreement_id.eq(agreement_id))
        .order(signatures::id)
        .select((
            signatures::party_id,
            signatures::signed_at,
            signatures::manner,
            signatures::strokes_sealed,
            people::name.nullable(),
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(party_id, at, manner, strokes, host)| {
            let handwriting =
                serde_json::from_str(&vault.open(Purpose::Signature, &strokes)?).map_err(Fault::internal)?;
            Ok(Inked { party_id, at, manner, host, handwriting })
        })
        .collect()
}

/// A scan as kept, without its bytes.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = paper_originals)]
pub(in crate::guardianship) struct Original {
    pub id: i64,
    pub document_hash: String,
    pub media_type: String,
    pub hash: String,
    pub bytes: i64,
    pub received_at: Instant,
}

pub(in crate::guardianship) fn keep_original(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    (agreement_id, document_hash): (i64, &str),
    scan: &Scan,
    by: i64,
) -> Outcome<String> {
    let hash = vault.digest(&scan.bytes);
    diesel::insert_into(paper_originals::table)
        .values((
            paper_originals::agreement_id.eq(agreement_id),
            paper_originals::document_hash.eq(document_hash),
            paper_originals::media_type.eq(scan.media_type),
            paper_originals::scan_sealed.eq(seal(vault, &scan.bytes)?),
            paper_originals::hash.eq(&hash),
            paper_originals::hash_algorithm.eq(vault.digest_algorithm()),
            paper_originals::bytes.eq(i64::try_from(scan.bytes.len()).unwrap_or(i64::MAX)),
            paper_originals::received_at.eq(now),
            paper_originals::received_by.eq(by),
        ))
        .execute(tx)?;
    Ok(hash)
}

/// The newest scan of an agreement.
pub(in crate::guardianship) fn original(conn: &mut Conn, agreement_id: i64) -> Outcome<Option<Original>> {
    Ok(paper_originals::table
        .filter(paper_originals::agreement_id.eq(agreement_id))
        .order(paper_originals::id.desc())
        .select(Original::as_select())
        .first(conn)
        .optional()?)
}

/// The bytes of a scan.
pub(in crate::guardianship) fn scan(conn: &mut Conn, vault: &Vault, id: i64) -> Outcome<Vec<u8>> {
    let sealed: String = paper_originals::table.find(id).select(paper_originals::scan_sealed).first(conn)?;
    open(vault, &sealed)
}

fn seal(vault: &Vault, bytes: &[u8]) -> Outcome<String> {
    vault.seal(Purpose::Signature, &STANDARD.encode(bytes))
}

fn open(vault: &Vault, sealed: &str) -> Outcome<Vec<u8>> {
    STANDARD.decode(vault.open(Purpose::Signature, sealed)?).map_err(Fault::internal)
}
