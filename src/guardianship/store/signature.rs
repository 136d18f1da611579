//! Signatures, and turns on the phone of a host.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::signature::{CONSENT_TEXT_VERSION, Device, Manner, Reading, TurnOutcome};
use crate::guardianship::strokes::Handwriting;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::schema::{agreement_parties, signatures, signing_turns};
use crate::storage::{Conn, changed, insert_once};

/// A turn nobody closed for this long was walked away from.
const TURN_MINUTES: i64 = 30;

/// A signer's turn on a host's phone.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = signing_turns)]
pub struct Turn {
    pub id: i64,
    pub agreement_id: i64,
    pub party_id: i64,
    pub host_id: i64,
    pub opened_at: Instant,
    pub seconds_since_previous: Option<i64>,
}

/// A turn to open.
#[derive(Clone, Copy, Debug)]
pub(in crate::guardianship) struct NewTurn<'a> {
    pub agreement_id: i64,
    pub party_id: i64,
    pub host_id: i64,
    pub device: &'a str,
}

/// Hands the phone to a signer.
///
/// # Errors
/// 409 while the phone is in another signer's hands.
pub(in crate::guardianship) fn open_turn(tx: &mut Conn, now: Instant, new: NewTurn<'_>) -> Outcome<Turn> {
    abandon_old(tx, now, new.host_id)?;
    let previous: Option<Option<Instant>> = signing_turns::table
        .filter(signing_turns::host_id.eq(new.host_id))
        .filter(signing_turns::agreement_id.eq(new.agreement_id))
        .order(signing_turns::id.desc())
        .select(signing_turns::closed_at)
        .first(tx)
        .optional()?;
    let seconds = previous.flatten().map(|closed| now.since(closed).num_seconds());
    let id: Option<i64> = insert_once(tx, |tx| {
        diesel::insert_into(signing_turns::table)
            .values((
                signing_turns::agreement_id.eq(new.agreement_id),
                signing_turns::party_id.eq(new.party_id),
                signing_turns::host_id.eq(new.host_id),
                signing_turns::device.eq(new.device),
                signing_turns::opened_at.eq(now),
                signing_turns::seconds_since_previous.eq(seconds),
            ))
            .returning(signing_turns::id)
            .get_result(tx)
    })?;
    let id = id.ok_or_else(|| Problem::of("turn_open"))?;
    Ok(signing_turns::table.find(id).select(Turn::as_select()).first(tx)?)
}

fn abandon_old(tx: &mut Conn, now: Instant, host_id: i64) -> Outcome<()> {
    let old = signing_turns::table
        .filter(signing_turns::host_id.eq(host_id))
        .filter(signing_turns::closed_at.is_null())
        .filter(signing_turns::opened_at.lt(now.plus_minutes(-TURN_MINUTES)));
    diesel::update(old)
        .set((signing_turns::closed_at.eq(now), signing_turns::outcome.eq(TurnOutcome::Abandoned)))
        .execute(tx)?;
    Ok(())
}

/// The open turn of a party with this host, if it is not too old.
pub(in crate::guardianship) fn open_turn_of(
    conn: &mut Conn,
    now: Instant,
    host_id: i64,
    party_id: i64,
) -> Outcome<Option<Turn>> {
    Ok(signing_turns::table
        .select(Turn::as_select())
        .filter(signing_turns::host_id.eq(host_id))
        .filter(signing_turns::party_id.eq(party_id))
        .filter(signing_turns::closed_at.is_null())
        .filter(signing_turns::opened_at.ge(now.plus_minutes(-TURN_MINUTES)))
        .first(conn)
        .optional()?)
}

pub(in crate::guardianship) fn turn(conn: &mut Conn, id: i64) -> Outcome<Turn> {
    Ok(signing_turns::table.find(id).select(Turn::as_select()).first(conn)?)
}

/// # Errors
/// 409 when the turn is closed already.
pub(in crate::guardianship) fn close_turn(tx: &mut Conn, now: Instant, id: i64, outcome: TurnOutcome) -> Outcome<()> {
    let rows = diesel::update(signing_turns::table.find(id).filter(signing_turns::closed_at.is_null()))
        .set((signing_turns::closed_at.eq(now), signing_turns::outcome.eq(outcome)))
        .execute(tx)?;
    changed(rows)
}

/// Closes what turns are still open on an agreement that needs no more signatures.
pub(in crate::guardianship) fn close_turns_of(tx: &mut Conn, now: Instant, agreement_id: i64) -> Outcome<()> {
    let open = signing_turns::table
        .filter(signing_turns::agreement_id.eq(agreement_id))
        .filter(signing_turns::closed_at.is_null());
    diesel::update(open)
        .set((signing_turns::closed_at.eq(now), signing_turns::outcome.eq(TurnOutcome::Abandoned)))
        .execute(tx)?;
    Ok(())
}

/// A signature to keep.
#[derive(Clone, Debug)]
pub(in crate::guardianship) struct NewSignature<'a> {
    pub agreement_id: i64,
    pub party_id: i64,
    pub document_hash: &'a str,
    pub manner: Manner,
    pub reading: Reading,
    pub device: &'a Device,
    pub from_address: Option<&'a str>,
    pub phone_index: Option<String>,
    pub code_id: Option<i64>,
    pub turn: Option<&'a Turn>,
    pub vouched_because: Option<&'a str>,
    pub handwriting: &'a Handwriting,
}

/// Keeps a signature and marks its party as signed.
///
/// # Errors
/// 409 when the party has signed meanwhile.
pub(in crate::guardianship) fn insert(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    new: &NewSignature<'_>,
) -> Outcome<()> {
    let unsigned = agreement_parties::table.find(new.party_id).filter(agreement_parties::signed_at.is_null());
    changed(diesel::update(unsigned).set(agreement_parties::signed_at.eq(now)).execute(tx)?)?;
    let strokes = serde_json::to_string(new.handwriting).map_err(Fault::internal)?;
    diesel::insert_into(signatures::table)
        .values((
            signatures::agreement_id.eq(new.agreement_id),
            signatures::party_id.eq(new.party_id),
            signatures::document_hash.eq(new.document_hash),
            signatures::manner.eq(new.manner),
            signatures::reading.eq(new.reading),
            signatures::consent_text_version.eq(CONSENT_TEXT_VERSION),
            signatures::signed_at.eq(now),
            signatures::device_at.eq(Instant::from_millis(new.device.clock_ms)),
            signatures::device.eq(&new.device.name),
            signatures::from_address.eq(new.from_address),
            signatures::phone_index.eq(&new.phone_index),
            signatures::code_id.eq(new.code_id),
            signatures::host_id.eq(new.turn.map(|turn| turn.host_id)),
            signatures::turn_id.eq(new.turn.map(|turn| turn.id)),
            signatures::vouched_because_sealed.eq(vault.seal_option(Purpose::Narrative, new.vouched_because)?),
            signatures::strokes_sealed.eq(vault.seal(Purpose::Signature, &strokes)?),
            signatures::strokes_hash.eq(new.handwriting.digest(vault.digest_algorithm())),
        ))
        .execute(tx)?;
    Ok(())
}

/// What was signed by a party: hash of the strokes and of the document.
pub(in crate::guardianship) fn made_by(conn: &mut Conn, party_id: i64) -> Outcome<Option<(String, String)>> {
    Ok(signatures::table
        .filter(signatures::party_id.eq(party_id))
        .select((signatures::strokes_hash, signatures::document_hash))
        .first(conn)
        .optional()?)
}

/// The strokes of a party's signature.
pub(in crate::guardianship) fn strokes(
    conn: &mut Conn,
    vault: &Vault,
    agreement_id: i64,
    party_id: i64,
) -> Outcome<Handwriting> {
    let sealed: String = signatures::table
        .filter(signatures::agreement_id.eq(agreement_id))
        .filter(signatures::party_id.eq(party_id))
        .select(signatures::strokes_sealed)
        .first(conn)?;
    serde_json::from_str(&vault.open(Purpose::Signature, &sealed)?).map_err(Fault::internal)
}
