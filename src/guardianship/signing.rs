//! Signing: a code to the signer's own phone, or a turn on the phone of a village official; then the strokes.
//! The agreement's row is held while a signature is counted, so that two at one moment both count, one after the other,
//! and whoever comes last brings the agreement in force, once.

use serde_json::json;

use super::act::Act;
use super::agreement::{AgreementState, AgreementStep, PartyRole, missing_for};
use super::evidence::EventKind;
use super::reasons::{Reason, refusal};
use super::signature::{Attempt, CONSENT_TEXT_VERSION, Device, Hosting, Manner, Reading, TurnOutcome};
use super::store::agreement::{self as kept, Agreement, Party};
use super::store::signature::{self as made, NewSignature, NewTurn, Turn};
use super::store::{evidence, family};
use super::strokes::Handwriting;
use super::{drafting, duties, ending, entering, messages};
use crate::clock::Instant;
use crate::crypto::{DigestAlgorithm, Purpose};
use crate::duties::ClosedHow;
use crate::identity::codes::{self, CodeRequest};
use crate::identity::{Person, person, phone_of};
use crate::messaging::phone::Mobile;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

const CODE_PURPOSE: &str = "sign_agreement";

/// What a signer hands in.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The hash the signer's screen showed.
    pub document_hash: String,
    pub code: Option<String>,
    pub reading: Reading,
    /// On the host's phone; otherwise on the signer's own.
    pub in_person: bool,
    pub vouched_because: Option<String>,
    pub device: Device,
    pub handwriting: Handwriting,
}

/// What came of it. A wrong code is counted, so it is a value and not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    Counted,
    /// The same signature was counted before: an answer was lost on the way.
    Again,
    WrongCode,
    Refused(Vec<Reason>),
}

/// A code that is on its way.
#[derive(Clone, Debug)]
pub struct CodeSent {
    pub phone_masked: String,
    pub expires_at: Instant,
}

/// Sends a code to the signer's own phone, bound to signer, document and action.
pub fn send_code(tx: &mut Conn, act: &Act, id: i64, party_id: i64) -> Outcome<CodeSent> {
    let agreement = kept::hold(tx, id)?;
    let party = party(tx, &agreement, party_id)?;
    let hash = awaiting(&agreement)?;
    if party.signed_at.is_some() {
        return Err(refusal("signature_refused", "party", [Reason::AlreadySigned.into()]).into());
    }
    if party.person_id != act.person_id() && own_turn(tx, act, &party)?.is_none() {
        return Err(refusal("signature_refused", "party", [Reason::NotThisParty.into()]).into());
    }
    let signer = signer(tx, &party)?.ok_or_else(|| Problem::of("no_phone_for_code"))?;
    let number = phone_of(&act.vault, &signer)?.ok_or_else(|| Problem::of("no_phone_for_code"))?;
    let bound_to = binding(&agreement, &party, hash);
    let request = request(&bound_to, &number, &signer, act);
    let issued = codes::issue(tx, &act.vault, &act.config.identity, act.now, &request)?;
    messages::post_code(tx, act, &agreement, &number, &issued)?;
    let phone_masked = masked(&number);
    let body = json!({ "party": party.id, "code": issued.id, "to": phone_masked, "document": hash });
    evidence::append(tx, act, id, EventKind::CodeSent, &body)?;
    Ok(CodeSent { phone_masked, expires_at: issued.expires_at })
}

/// Whether this is the code that was sent to the signer. It stays good for the signature itself, and a wrong one counts.
pub fn code_fits(tx: &mut Conn, act: &Act, id: i64, party_id: i64, code: &str) -> Outcome<bool> {
    let agreement = kept::hold(tx, id)?;
    let party = party(tx, &agreement, party_id)?;
    let hash = awaiting(&agreement)?;
    let Some(signer) = signer(tx, &party)? else { return Ok(false) };
    let number = phone_of(&act.vault, &signer)?.unwrap_or_default();
    let bound_to = binding(&agreement, &party, hash);
    let request = request(&bound_to, &number, &signer, act);
    let fits = codes::matches(tx, &act.vault, &act.config.identity, act.now, &request, code)?;
    if !fits {
        evidence::append(tx, act, id, EventKind::CodeWrong, &json!({ "party": party.id, "document": hash }))?;
    }
    Ok(fits)
}

/// Hands the phone of the acting official to a signer.
pub fn open_turn(tx: &mut Conn, act: &Act, id: i64, party_id: i64, device: &str) -> Outcome<Turn> {
    let agreement = kept::hold(tx, id)?;
    let party = party(tx, &agreement, party_id)?;
    awaiting(&agreement)?;
    let host_id = act.person_id().unwrap_or_default();
    let wrong = [
        (party.signed_at.is_some(), Reason::AlreadySigned),
        (!is_official(tx, act, &agreement)?, Reason::HostMissing),
        (is_other_party(tx, id, host_id, &party)?, Reason::HostIsParty),
    ];
    let wrong: Vec<Reason> = wrong.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect();
    if !wrong.is_empty() {
        return Err(refusal("signature_refused", "party", wrong.into_iter().map(Into::into)).into());
    }
    let turn = made::open_turn(tx, act.now, NewTurn { agreement_id: id, party_id, host_id, device })?;
    let body = json!({
        "party": party.id, "host": host_id, "turn": turn.id, "device": device,
        "seconds_since_previous": turn.seconds_since_previous,
    });
    evidence::append(tx, act, id, EventKind::TurnOpened, &body)?;
    Ok(turn)
}

/// Takes the phone back without a signature.
pub(super) fn close_turn(tx: &mut Conn, act: &Act, id: i64, turn_id: i64) -> Outcome<()> {
    kept::hold(tx, id)?;
    let turn = made::turn(tx, turn_id)?;
    if turn.agreement_id != id || Some(turn.host_id) != act.person_id() {
        return Err(Problem::not_found().into());
    }
    made::close_turn(tx, act.now, turn_id, TurnOutcome::Abandoned)?;
    let body = json!({ "turn": turn_id, "party": turn.party_id, "outcome": TurnOutcome::Abandoned });
    evidence::append(tx, act, id, EventKind::TurnClosed, &body)?;
    Ok(())
}

/// Counts one signature.
pub fn sign(tx: &mut Conn, act: &Act, id: i64, party_id: i64, wanted: &Wanted) -> Outcome<Signed> {
    let agreement = kept::hold(tx, id)?;
    let party = party(tx, &agreement, party_id)?;
    if party.signed_at.is_some() && same_as_before(tx, &party, wanted)? {
        return Ok(Signed::Again);
    }
    let signer = signer(tx, &party)?;
    let turn = if wanted.in_person { own_turn(tx, act, &party)? } else { None };
    let objections = objections(tx, act, &agreement, (&party, signer.as_ref()), turn.as_ref(), wanted)?;
    if !objections.is_empty() {
        return Ok(Signed::Refused(objections));
    }
    let code_id = match (&wanted.code, &signer) {
        (Some(code), Some(signer)) => match redeem(tx, act, &agreement, (&party, signer), code)? {
            Some(code_id) => Some(code_id),
            None => return Ok(Signed::WrongCode),
        },
        _ => None,
    };
    keep(tx, act, &agreement, (&party, signer.as_ref()), (turn.as_ref(), code_id), wanted)?;
    let facts = drafting::facts(tx, act, &agreement)?;
    if missing_for(AgreementStep::Complete, &facts, act.limits(), act.today()).is_empty() {
        entering::enter_into_force(tx, act, &agreement)?;
    }
    Ok(Signed::Counted)
}

fn objections(
    conn: &mut Conn,
    act: &Act,
    agreement: &Agreement,
    (party, signer): (&Party, Option<&Person>),
    turn: Option<&Turn>,
    wanted: &Wanted,
) -> Outcome<Vec<Reason>> {
    let hosting = if wanted.in_person {
        Some(Hosting {
            host_is_official: is_official(conn, act, agreement)?,
            host_is_party: is_other_party(conn, agreement.id, act.person_id().unwrap_or_default(), party)?,
            turn_is_open: turn.is_some(),
            vouched_because: wanted.vouched_because.clone(),
        })
    } else {
        None
    };
    let attempt = Attempt {
        state: agreement.state,
        kind: agreement.kind,
        role: party.role,
        already_signed: party.signed_at.is_some(),
        frozen_hash: agreement.document_hash.as_deref().unwrap_or_default(),
        shown_hash: &wanted.document_hash,
        actor_is_party: party.person_id.is_some() && party.person_id == act.person_id(),
        party_has_phone: signer.is_some_and(|signer| signer.phone_sealed.is_some()),
        party_can_read: signer.is_none_or(|signer| signer.can_read),
        code_verified: wanted.code.is_some(),
        reading: wanted.reading,
        hosting,
        handwriting: &wanted.handwriting,
    };
    let mut reasons = attempt.objections();
    reasons.extend((agreement.term_until < act.today()).then_some(Reason::TermOver));
    Ok(reasons)
}

/// Uses the code up, or counts the wrong attempt.
fn redeem(
    tx: &mut Conn,
    act: &Act,
    agreement: &Agreement,
    (party, signer): (&Party, &Person),
    code: &str,
) -> Outcome<Option<i64>> {
    let hash = agreement.document_hash.as_deref().unwrap_or_default();
    let number = phone_of(&act.vault, signer)?.unwrap_or_default();
    let bound_to = binding(agreement, party, hash);
    let request = request(&bound_to, &number, signer, act);
    let redeemed = codes::redeem(tx, &act.vault, &act.config.identity, act.now, &request, code)?;
    if redeemed.is_none() {
        evidence::append(tx, act, agreement.id, EventKind::CodeWrong, &json!({ "party": party.id, "document": hash }))?;
    }
    Ok(redeemed)
}

fn keep(
    tx: &mut Conn,
    act: &Act,
    agreement: &Agreement,
    (party, signer): (&Party, Option<&Person>),
    (turn, code_id): (Option<&Turn>, Option<i64>),
    wanted: &Wanted,
) -> Outcome<()> {
    let hash = agreement.document_hash.as_deref().unwrap_or_default();
    let manner = if wanted.in_person { Manner::InPerson } else { Manner::OwnPhone };
    let from_address = act.actor.as_ref().and_then(|actor| actor.from_address.as_deref());
    let number = signer.map(|signer| phone_of(&act.vault, signer)).transpose()?.flatten();
    let phone_index =
        number.as_deref().filter(|_| code_id.is_some()).map(|number| act.vault.index(Purpose::Phone, number));
    let new = NewSignature {
        agreement_id: agreement.id,
        party_id: party.id,
        document_hash: hash,
        manner,
        reading: wanted.reading,
        device: &wanted.device,
        from_address,
        phone_index: phone_index.clone(),
        code_id,
        turn,
        vouched_because: wanted.vouched_because.as_deref(),
        handwriting: &wanted.handwriting,
    };
    made::insert(tx, &act.vault, act.now, &new)?;
    if let Some(turn) = turn {
        made::close_turn(tx, act.now, turn.id, TurnOutcome::Signed)?;
    }
    let strokes = wanted.handwriting.digest(act.vault.digest_algorithm());
    let body = json!({
        "party": party.id, "role": party.role, "person": party.person_id, "document": hash, "manner": manner,
        "reading": wanted.reading, "consent_text": CONSENT_TEXT_VERSION, "strokes": strokes,
        "code": code_id, "phone_index": phone_index, "device": wanted.device, "address": from_address,
        "host": turn.map(|turn| turn.host_id), "turn": turn.map(|turn| turn.id),
        "seconds_since_previous": turn.and_then(|turn| turn.seconds_since_previous),
        "vouched_because": wanted.vouched_because,
    });
    evidence::append(tx, act, agreement.id, EventKind::Signed, &body)?;
    duties::close_signing(tx, act, party, ClosedHow::Met)?;
    if party.role == PartyRole::Carer && agreement.kind.needs_hosting() {
        duties::close_consent_or_host(tx, act, agreement.id, ClosedHow::Met)?;
    }
    let detail = json!({ "party": party.id, "role": party.role, "manner": manner });
    act.audit(tx, "agreement.signed", agreement.about(), &detail)
}

/// A party will not sign: the agreement is not made.
pub fn refuse(tx: &mut Conn, act: &Act, id: i64, party_id: i64, reason: &str) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    let party = party(tx, &agreement, party_id)?;
    awaiting(&agreement)?;
    let turn = own_turn(tx, act, &party)?;
    if party.person_id != act.person_id() && turn.is_none() {
        return Err(refusal("signature_refused", "party", [Reason::NotThisParty.into()]).into());
    }
    if let Some(turn) = turn {
        made::close_turn(tx, act.now, turn.id, TurnOutcome::Refused)?;
    }
    let body = json!({ "party": party.id, "role": party.role, "reason": reason });
    ending::give_up(tx, act, &agreement, AgreementStep::Decline, super::agreement::AgreementEnd::PartyRefused, &body)
}

/// The party of this agreement.
///
/// # Errors
/// *Not found* when it belongs to another.
fn party(conn: &mut Conn, agreement: &Agreement, party_id: i64) -> Outcome<Party> {
    let parties = kept::parties(conn, agreement.id)?;
    parties.into_iter().find(|party| party.id == party_id).ok_or_else(|| Problem::not_found().into())
}

/// The hash to sign.
fn awaiting(agreement: &Agreement) -> Outcome<&str> {
    match (agreement.state, &agreement.document_hash) {
        (AgreementState::AwaitingSignatures, Some(hash)) => Ok(hash),
        _ => Err(Problem::of("agreement_state").into()),
    }
}

fn signer(conn: &mut Conn, party: &Party) -> Outcome<Option<Person>> {
    party.person_id.map(|id| person(conn, id)).transpose()
}

fn own_turn(conn: &mut Conn, act: &Act, party: &Party) -> Outcome<Option<Turn>> {
    match act.person_id() {
        Some(host_id) => made::open_turn_of(conn, act.now, host_id, party.id),
        None => Ok(None),
    }
}

fn is_official(conn: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<bool> {
    family::is_village_official(conn, act.person_id().unwrap_or_default(), &agreement.village_code, act.today())
}

/// Whether the host is a parent or the carer on this agreement (the witness may host; nobody hosts themselves).
fn is_other_party(conn: &mut Conn, agreement_id: i64, host_id: i64, signing: &Party) -> Outcome<bool> {
    let parties = kept::parties(conn, agreement_id)?;
    let interested = parties.iter().filter(|party| matches!(party.role, PartyRole::Parent | PartyRole::Carer));
    Ok(signing.person_id == Some(host_id) || interested.filter_map(|party| party.person_id).any(|id| id == host_id))
}

fn same_as_before(conn: &mut Conn, party: &Party, wanted: &Wanted) -> Outcome<bool> {
    let Some((strokes, document)) = made::made_by(conn, party.id)? else { return Ok(false) };
    let again = wanted.handwriting.digest(DigestAlgorithm::of(&strokes));
    Ok(strokes == again && document == wanted.document_hash)
}

fn masked(number: &str) -> String {
    Mobile::parse(number).map(|mobile| mobile.masked()).unwrap_or_default()
}

/// What a code is for: this signer, on this agreement, for exactly this text.
fn binding(agreement: &Agreement, party: &Party, hash: &str) -> String {
    format!("{}/{}/{hash}", agreement.id, party.id)
}

fn request<'a>(bound_to: &'a str, number: &'a str, signer: &Person, act: &'a Act) -> CodeRequest<'a> {
    CodeRequest {
        purpose: CODE_PURPOSE,
        bound_to,
        phone: number,
        person_id: Some(signer.id),
        from_address: act.actor.as_ref().and_then(|actor| actor.from_address.as_deref()),
    }
}
