//! Sent for signing: the parties are named, the text is written once, and its SHA-256 is fixed.

use serde_json::json;

use super::act::Act;
use super::agreement::{AgreementState, AgreementStep, PartyRole, child_signs};
use super::evidence::EventKind;
use super::reasons::refusal;
use super::store::agreement::{self as kept, Agreement, Change};
use super::store::family::{self, Family, Member};
use super::store::{capacity, evidence};
use super::text::{self, AgreementText, CitedAssessment, Frozen, Named, NamedChild};
use super::{drafting, duties};
use crate::crypto::Purpose;
use crate::identity::person;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::wording::{self, WordingKind};

/// Freezes the agreement and asks every party to sign.
///
/// # Errors
/// 409 with everything that is still missing; 422 when the text cannot be written.
pub fn send(tx: &mut Conn, act: &Act, id: i64, witness_id: i64) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    let next =
        agreement.state.after(AgreementStep::Send, agreement.kind).ok_or_else(|| Problem::of("agreement_state"))?;
    let family = family::family(tx, agreement.child_id)?;
    if !family::is_village_official(tx, witness_id, &agreement.village_code, act.today())? {
        return Err(Problem::field("witness_id", "witness_not_official").into());
    }
    name_parties(tx, act, &agreement, &family, witness_id)?;
    let missing = drafting::missing(tx, act, &agreement, AgreementStep::Send)?;
    if !missing.is_empty() {
        return Err(refusal("agreement_not_ready", "agreement", missing).into());
    }
    let frozen = write(tx, act, &agreement, &family, witness_id)?;
    kept::freeze(tx, &act.vault, act.now, id, &frozen)?;
    let mode = act.config.guardianship.signing_mode;
    let change = Change {
        state: Some(next),
        document_hash: Some(frozen.hash.clone()),
        signing_mode: Some(mode),
        sent_at: Some(act.now),
        ..Change::default()
    };
    kept::change(tx, id, agreement.state, change)?;
    let parties = kept::parties(tx, id)?;
    let named: Vec<_> = parties
        .iter()
        .map(|party| json!({ "party": party.id, "role": party.role, "person": party.person_id }))
        .collect();
    let body = json!({
        "document": frozen.hash, "algorithm": act.vault.digest_algorithm(), "template": frozen.wording, "mode": mode,
        "parties": named,
    });
    evidence::append(tx, act, id, EventKind::SentForSigning, &body)?;
    act.audit(tx, "agreement.sent_for_signing", agreement.about(), &json!({ "document": frozen.hash }))?;
    duties::open_signing(tx, act, &agreement, &parties)?;
    if agreement.kind.needs_hosting() {
        duties::open_consent_or_host(tx, act, &agreement)?;
    }
    debug_assert_eq!(next, AgreementState::AwaitingSignatures);
    Ok(())
}

/// Each guardian, the carer, the child from eight years, and the witness.
fn name_parties(tx: &mut Conn, act: &Act, agreement: &Agreement, family: &Family, witness_id: i64) -> Outcome<()> {
    for member in family.guardians() {
        kept::insert_party(tx, agreement.id, PartyRole::Parent, Some(member.person.id))?;
    }
    kept::insert_party(tx, agreement.id, PartyRole::Carer, Some(agreement.carer_id))?;
    if child_signs(family.child.birth_date, act.today()) {
        kept::insert_party(tx, agreement.id, PartyRole::Child, None)?;
    }
    kept::insert_party(tx, agreement.id, PartyRole::Witness, Some(witness_id))?;
    Ok(())
}

fn write(conn: &mut Conn, act: &Act, agreement: &Agreement, family: &Family, witness_id: i64) -> Outcome<Frozen> {
    let vault = &act.vault;
    let details = agreement.details(vault)?;
    let declaration = agreement.declaration(vault)?.ok_or_else(|| Problem::of("agreement_not_ready"))?;
    let assessment = capacity::newest(conn, agreement.child_id, agreement.carer_id)?
        .ok_or_else(|| Problem::of("agreement_not_ready"))?;
    let replaces = match agreement.replaces_id {
        Some(id) => Some(kept::load(conn, id)?.number()),
        None => None,
    };
    let carer = Named { relation: details.relation, ..person_named(conn, act, agreement.carer_id)? };
    let witness =
        Named { name: person(conn, witness_id)?.name, village: Some(family.village_name.clone()), ..Named::default() };
    let data = AgreementText {
        number: agreement.number(),
        version: agreement.revision,
        replaces,
        drafted_on: act.today(),
        child: child_named(act, family)?,
        parents: named_all(act, family.guardians())?,
        carer,
        witness,
        backups: named_all(act, family.backups().into_iter())?,
        kind: agreement.kind,
        reason: details.reason,
        from: agreement.term_from,
        until: agreement.term_until,
        declaration,
        assessment: CitedAssessment {
            on: assessment.assessed_on,
            conclusion: assessment.conclusion,
            reason: assessment.reason(vault)?,
        },
        consent_on: agreement.consented_on,
        daily: details.daily,
        health: details.health,
        contact_days: family.contact_days.unwrap_or(act.config.contact.cadence_days),
        living_costs: details.living_costs,
        pay: agreement.terms(),
    };
    let wording = wording::in_effect(conn, WordingKind::Agreement, &agreement.village_code)?;
    text::agreement(&wording, vault.digest_algorithm(), &data).map_err(|error| wording::unwritten(&error))
}

pub(super) fn named_all<'a>(act: &Act, members: impl Iterator<Item = &'a Member>) -> Outcome<Vec<Named>> {
    members.map(|member| member.named(&act.vault)).collect()
}

pub(super) fn person_named(conn: &mut Conn, act: &Act, person_id: i64) -> Outcome<Named> {
    let sealed = family::identity_number_sealed(conn, person_id)?;
    family::named(&act.vault, &person(conn, person_id)?, sealed.as_deref())
}

pub(super) fn child_named(act: &Act, family: &Family) -> Outcome<NamedChild> {
    let child = &family.child;
    Ok(NamedChild {
        name: child.name.clone(),
        sex: child.sex.clone(),
        birth_date: child.birth_date,
        identity_number: act.vault.open_option(Purpose::IdentityNumber, child.identity_number_sealed.as_deref())?,
        village: family.village_name.clone(),
        school: family.school.as_ref().map(|school| school.name.clone()).or_else(|| family.schooling.school.clone()),
        enrolment: family.schooling.enrolment,
        signs: child_signs(child.birth_date, act.today()),
    })
}
