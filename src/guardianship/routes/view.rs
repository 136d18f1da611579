//! An agreement as the API shows it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::config::SigningMode;
use crate::crypto::{Purpose, short_digest as short};
use crate::guardianship::act::Act;
use crate::guardianship::agreement::{AgreementEnd, AgreementState, AgreementStep, CarerKind, PartyRole};
use crate::guardianship::bars::Declaration;
use crate::guardianship::capacity::{CarerFacts, Fitness};
use crate::guardianship::drafting;
use crate::guardianship::reasons::Finding;
use crate::guardianship::remuneration::Terms;
use crate::guardianship::store::agreement::{self as kept, Agreement, Party};
use crate::guardianship::store::capacity;
use crate::guardianship::store::family::{self, Family};
use crate::guardianship::store::following::{self, HandOver};
use crate::guardianship::store::paper as papers;
use crate::guardianship::text::LivingCosts;
use crate::guardianship::watch::{Watch, WatchFacts, watch};
use crate::identity::{Person, person};
use crate::papers::PaperState;
use crate::problem::Outcome;
use crate::storage::Conn;

/// Somebody, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedRef)]
pub struct Named {
    pub id: i64,
    #[schema(example = "赵桂兰")]
    pub name: String,
}

/// One who signs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartyView {
    pub id: i64,
    pub role: PartyRole,
    /// None for the child.
    pub person_id: Option<i64>,
    pub name: String,
    pub signed_at: Option<Instant>,
    /// Whether a code can be sent; otherwise the party signs before a village official.
    pub has_phone: bool,
    /// Whether the text must be read aloud before signing.
    pub read_aloud: bool,
    /// Whether the caller is this party.
    pub mine: bool,
}

/// The newest judgement on the carer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentRef {
    pub id: i64,
    pub conclusion: Fitness,
    pub assessed_on: NaiveDate,
}

/// Who has the child after the end, or by when the village must have settled it.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOverView {
    pub due_at: Instant,
    pub done_at: Option<Instant>,
    pub received_by: Option<String>,
}

/// How far the sealed paper has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperView {
    pub state: PaperState,
    /// SHA-256 of the sealed PDF.
    pub hash: Option<String>,
    pub sealed_at: Option<Instant>,
    /// None while no authority has stamped it: sealed, not stamped.
    pub stamped_at: Option<Instant>,
    /// Why the last attempt failed; it is tried again.
    pub trouble: Option<String>,
}

/// One version of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementView {
    pub id: i64,
    #[schema(example = "WT-2026-000017")]
    pub number: String,
    /// Counts the versions of one agreement from 1.
    pub revision: i64,
    pub replaces_id: Option<i64>,
    pub child: Named,
    pub carer: Named,
    pub kind: CarerKind,
    pub state: AgreementState,
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
    pub reason: String,
    pub relation: Option<String>,
    pub daily: Option<String>,
    pub health: Option<String>,
    pub living_costs: Option<LivingCosts>,
    pub remuneration: Option<Terms>,
    pub declaration: Option<Declaration>,
    pub assessment: Option<AssessmentRef>,
    pub consent: Option<bool>,
    pub consented_on: Option<NaiveDate>,
    pub signing_mode: Option<SigningMode>,
    /// SHA-256 of the frozen text; what every party signs.
    pub document_hash: Option<String>,
    /// Its first eight characters, for people to compare.
    pub short_hash: Option<String>,
    pub sent_at: Option<Instant>,
    pub in_force_at: Option<Instant>,
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<AgreementEnd>,
    pub hand_over: Option<HandOverView>,
    /// None before it is in force.
    pub paper: Option<PaperView>,
    /// When the scan of the original signed by hand came in.
    pub original_received_at: Option<Instant>,
    pub parties: Vec<PartyView>,
    /// The step that comes next, if any.
    pub next: Option<AgreementStep>,
    /// What stands in its way.
    pub missing: Vec<Finding>,
    /// What to keep an eye on while it is in force.
    pub watch: Vec<Watch>,
    pub version: i64,
}

/// A line in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementSummary {
    pub id: i64,
    pub number: String,
    pub revision: i64,
    pub child: Named,
    pub carer: Named,
    pub kind: CarerKind,
    pub state: AgreementState,
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
    pub signed: usize,
    pub parties: usize,
}

pub(super) fn summary(conn: &mut Conn, agreement: &Agreement) -> Outcome<AgreementSummary> {
    let child = family::child(conn, agreement.child_id)?;
    let carer = person(conn, agreement.carer_id)?;
    let parties = kept::parties(conn, agreement.id)?;
    Ok(AgreementSummary {
        id: agreement.id,
        number: agreement.number(),
        revision: agreement.revision,
        child: Named { id: child.id, name: child.name },
        carer: Named { id: carer.id, name: carer.name },
        kind: agreement.kind,
        state: agreement.state,
        term_from: agreement.term_from,
        term_until: agreement.term_until,
        signed: parties.iter().filter(|party| party.signed_at.is_some()).count(),
        parties: parties.len(),
    })
}

pub(super) fn view(conn: &mut Conn, act: &Act, id: i64) -> Outcome<AgreementView> {
    let agreement = kept::load(conn, id)?;
    let family = family::family(conn, agreement.child_id)?;
    let carer = person(conn, agreement.carer_id)?;
    let details = agreement.details(&act.vault)?;
    let assessment = capacity::newest(conn, agreement.child_id, agreement.carer_id)?;
    let hand_over = following::hand_over(conn, id)?;
    let paper = papers::paper(conn, id)?;
    let original = papers::original(conn, id)?;
    let next = next_step(&agreement);
    let missing = next.map(|step| drafting::missing(conn, act, &agreement, step)).transpose()?.unwrap_or_default();
    Ok(AgreementView {
        id,
        number: agreement.number(),
        revision: agreement.revision,
        replaces_id: agreement.replaces_id,
        parties: parties(conn, act, &agreement, &family)?,
        watch: watched(conn, act, &agreement, &family, &carer)?,
        child: Named { id: family.child.id, name: family.child.name.clone() },
        carer: Named { id: carer.id, name: carer.name },
        kind: agreement.kind,
        state: agreement.state,
        term_from: agreement.term_from,
        term_until: agreement.term_until,
        reason: details.reason,
        relation: details.relation,
        daily: details.daily,
        health: details.health,
        living_costs: details.living_costs,
        remuneration: agreement.terms(),
        declaration: agreement.declaration(&act.vault)?,
        assessment: assessment.map(|made| AssessmentRef {
            id: made.id,
            conclusion: made.conclusion,
            assessed_on: made.assessed_on,
        }),
        consent: agreement.consent,
        consented_on: agreement.consented_on,
        signing_mode: agreement.signing_mode,
        short_hash: agreement.document_hash.as_deref().map(|hash| short(hash).to_owned()),
        document_hash: agreement.document_hash,
        sent_at: agreement.sent_at,
        in_force_at: agreement.in_force_at,
        ended_on: agreement.ended_on,
        end_reason: agreement.end_reason,
        hand_over: hand_over.map(|made| hand_over_view(act, made)).transpose()?,
        paper: paper.map(|paper| PaperView {
            state: paper.state,
            hash: paper.hash,
            sealed_at: paper.sealed_at,
            stamped_at: paper.stamped_at,
            trouble: paper.trouble,
        }),
        original_received_at: original.map(|original| original.received_at),
        next,
        missing,
        version: agreement.version,
    })
}

fn hand_over_view(act: &Act, made: HandOver) -> Outcome<HandOverView> {
    let received_by = made.received_by_sealed.map(|text| act.vault.open_or_plain(Purpose::Narrative, &text));
    Ok(HandOverView { due_at: made.due_at, done_at: made.done_at, received_by: received_by.transpose()? })
}

/// The next step on the way to force, of those the state allows.
fn next_step(agreement: &Agreement) -> Option<AgreementStep> {
    [AgreementStep::Assess, AgreementStep::Consent, AgreementStep::Send, AgreementStep::Complete]
        .into_iter()
        .find(|step| agreement.state.after(*step, agreement.kind).is_some())
}

fn parties(conn: &mut Conn, act: &Act, agreement: &Agreement, family: &Family) -> Outcome<Vec<PartyView>> {
    kept::parties(conn, agreement.id)?
        .into_iter()
        .map(|party| {
            let signer = party.person_id.map(|id| person(conn, id)).transpose()?;
            Ok(party_view(act, party, signer, family))
        })
        .collect()
}

fn party_view(act: &Act, party: Party, signer: Option<Person>, family: &Family) -> PartyView {
    let has_phone = signer.as_ref().is_some_and(|signer| signer.phone_sealed.is_some());
    let reads = signer.as_ref().is_some_and(|signer| signer.can_read);
    PartyView {
        id: party.id,
        role: party.role,
        person_id: party.person_id,
        name: signer.map_or_else(|| family.child.name.clone(), |signer| signer.name),
        signed_at: party.signed_at,
        has_phone,
        read_aloud: !has_phone || !reads,
        mine: party.person_id.is_some() && party.person_id == act.person_id(),
    }
}

fn watched(conn: &mut Conn, act: &Act, agreement: &Agreement, family: &Family, carer: &Person) -> Outcome<Vec<Watch>> {
    if agreement.state != AgreementState::InForce {
        return Ok(Vec::new());
    }
    let facts = WatchFacts {
        until: agreement.term_until,
        child_birth_date: family.child.birth_date,
        a_guardian_is_home: family.parents().iter().any(|parent| parent.holds_guardianship && parent.present),
        carer: CarerFacts {
            birth_date: carer.birth_date,
            alive: carer.deceased_on.is_none(),
            other_children_in_care: kept::other_children_in_care(
                conn,
                agreement.carer_id,
                agreement.child_id,
                act.today(),
            )?,
        },
    };
    Ok(watch(&facts, act.today()))
}
