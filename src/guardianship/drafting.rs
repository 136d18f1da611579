//! From the wish to entrust a child to an agreement that is ready to be signed: draft, declaration, capacity, consent.

use chrono::NaiveDate;
use serde_json::json;

use super::act::{About, Act};
use super::agreement::{self, AgreementEnd, AgreementState, AgreementStep, CarerKind, Facts, missing_for};
use super::bars::{self, Declaration};
use super::capacity::{self, CarerFacts, Fitness, Questionnaire, Submission};
use super::evidence::{EventKind, digest_of};
use super::reasons::{Finding, refusal};
use super::remuneration::Terms;
use super::store::agreement::{Agreement, Change, Details, NewAgreement};
use super::store::capacity::Assessed;
use super::store::family::{self, Family};
use super::store::following::{self, ChangeSettled};
use super::store::{self, agreement as kept, evidence};
use super::{duties, ending, paper};
use crate::duties::{ClosedHow, DutyKind};
use crate::identity::{NewPerson, Scope, add_person, person};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;

/// Who is proposed as carer.
#[derive(Clone, Debug)]
pub enum ProposedCarer {
    Known(i64),
    New(Box<NewPerson>),
}

/// A draft as it is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub child_id: i64,
    pub carer: ProposedCarer,
    pub kind: CarerKind,
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
    pub details: Details,
    pub terms: Option<Terms>,
}

impl Agreement {
    pub(super) fn about(&self) -> About<'_> {
        About { kind: "agreement", id: self.id, child_id: self.child_id, area_code: &self.village_code }
    }
}

/// Everything the rules ask about an agreement, as of now.
pub(super) fn facts(conn: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<Facts> {
    let family = family::family(conn, agreement.child_id)?;
    let assessment = store::capacity::newest(conn, agreement.child_id, agreement.carer_id)?;
    Ok(Facts {
        kind: agreement.kind,
        from: agreement.term_from,
        until: agreement.term_until,
        child_birth_date: family.child.birth_date,
        carer: agreement.carer_id,
        guardians: family.guardians().map(|member| member.person.id).collect(),
        declaration: agreement.declaration(&act.vault)?.map(|declaration| bars::objections(&declaration)),
        assessment: assessment
            .map(|made| agreement::AssessmentFacts { conclusion: made.conclusion, on: made.assessed_on }),
        consent: agreement.consent,
        remuneration: agreement.terms(),
        parties: kept::party_facts(conn, agreement.id)?,
    })
}

/// What stands in the way of `step`.
pub(super) fn missing(conn: &mut Conn, act: &Act, agreement: &Agreement, step: AgreementStep) -> Outcome<Vec<Finding>> {
    Ok(missing_for(step, &facts(conn, act, agreement)?, act.limits(), act.today()))
}

/// Begins an agreement.
pub fn draft(tx: &mut Conn, act: &Act, scope: &Scope, wanted: &Wanted) -> Outcome<i64> {
    crate::children::require(tx, scope, wanted.child_id)?;
    let family = family::family(tx, wanted.child_id)?;
    if family.child.state != "active" {
        return Err(Problem::of("agreement_state").into());
    }
    check_term(tx, act, wanted.child_id, wanted.term_from, wanted.term_until)?;
    let carer_id = carer(tx, act, scope, &family, &wanted.carer)?;
    if family.guardians().any(|member| member.person.id == carer_id) {
        return Err(Problem::field("carer", super::reasons::Reason::CarerIsParent.as_str()).into());
    }
    let pending = kept::of_child(tx, wanted.child_id, &PENDING)?;
    if pending.iter().any(|other| other.carer_id == carer_id) {
        return Err(Problem::of("already_exists").into());
    }
    let new = NewAgreement {
        replaces: None,
        child_id: wanted.child_id,
        carer_id,
        village_code: family.child.village_code.clone(),
        kind: wanted.kind,
        term_from: wanted.term_from,
        term_until: wanted.term_until,
        details: wanted.details.clone(),
        terms: wanted.terms,
    };
    require_printable(tx, act, &family, &new)?;
    let id = insert(tx, act, &new)?;
    let detail = json!({ "kind": wanted.kind, "from": wanted.term_from, "until": wanted.term_until });
    let drafted = kept::load(tx, id)?;
    act.audit(tx, "agreement.drafted", drafted.about(), &detail)?;
    Ok(id)
}

/// Every name and word that will stand in the agreement can be printed.
fn require_printable(conn: &mut Conn, act: &Act, family: &Family, new: &NewAgreement) -> Outcome<()> {
    let carer = person(conn, new.carer_id)?.name;
    let named = family.guardians().chain(family.backups()).map(|member| member.person.name.as_str());
    let around = [family.child.name.as_str(), carer.as_str(), family.village_name.as_str()];
    let words: Vec<&str> = named.chain(around).chain(new.details.words()).collect();
    paper::require_printable(act, &words)
}

pub(super) const PENDING: [AgreementState; 4] =
    [AgreementState::Draft, AgreementState::Assessed, AgreementState::Consented, AgreementState::AwaitingSignatures];

/// Keeps a draft and begins its evidence.
pub(super) fn insert(tx: &mut Conn, act: &Act, new: &NewAgreement) -> Outcome<i64> {
    let id = kept::insert(tx, &act.vault, act.now, new)?;
    let body = json!({
        "child": new.child_id, "carer": new.carer_id, "kind": new.kind, "from": new.term_from, "until": new.term_until,
        "replaces": new.replaces.as_ref().map(|(old, _)| old.id),
    });
    evidence::append(tx, act, id, EventKind::Drafted, &body)?;
    Ok(id)
}

/// The proposed carer: somebody of the household or of the caller's area, or a new person.
fn carer(tx: &mut Conn, act: &Act, scope: &Scope, family: &Family, proposed: &ProposedCarer) -> Outcome<i64> {
    match proposed {
        ProposedCarer::New(new) => add_person(tx, &act.vault, act.now, new),
        ProposedCarer::Known(id) => {
            let unknown = || Problem::field("carer", "unknown_carer");
            if family.member(*id).is_some() {
                return Ok(*id);
            }
            let found = person(tx, *id).map_err(|_| unknown())?;
            let near = found.area_code.as_deref().is_some_and(|area| scope.covers(area));
            if near { Ok(*id) } else { Err(unknown().into()) }
        }
    }
}

/// # Errors
/// 422 on `term_until` when the term is impossible.
pub(super) fn check_term(conn: &mut Conn, act: &Act, child_id: i64, from: NaiveDate, until: NaiveDate) -> Outcome<()> {
    let child = family::child(conn, child_id)?;
    match agreement::term_wrong((from, until), child.birth_date, act.limits(), act.today()) {
        Some(reason) => Err(Problem::field("term_until", reason.as_str()).into()),
        None => Ok(()),
    }
}

/// New terms for a draft.
pub(super) fn redraft(tx: &mut Conn, act: &Act, id: i64, wanted: &Wanted) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    check_term(tx, act, agreement.child_id, wanted.term_from, wanted.term_until)?;
    paper::require_printable(act, &wanted.details.words().collect::<Vec<_>>())?;
    let change = Change {
        term_from: Some(wanted.term_from),
        term_until: Some(wanted.term_until),
        details_sealed: Some(kept::seal(&act.vault, &wanted.details)?),
        amount_fen: Some(wanted.terms.map(|terms| terms.amount_fen)),
        pay_period: Some(wanted.terms.map(|terms| terms.period)),
        payer: Some(wanted.terms.map(|terms| terms.payer)),
        ..Change::default()
    };
    kept::change(tx, id, AgreementState::Draft, change)?;
    let body = json!({ "from": wanted.term_from, "until": wanted.term_until, "pay": wanted.terms });
    evidence::append(tx, act, id, EventKind::Drafted, &body)?;
    act.audit(tx, "agreement.redrafted", agreement.about(), &body)?;
    advance(tx, act, id)
}

/// Records the four bars, the four considerations and the child's voice.
pub fn declare(tx: &mut Conn, act: &Act, id: i64, declaration: &Declaration) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    paper::require_printable(act, &[&serde_json::to_string(declaration).map_err(Fault::internal)?])?;
    let change = Change { declaration_sealed: Some(kept::seal(&act.vault, declaration)?), ..Change::default() };
    kept::change(tx, id, AgreementState::Draft, change)?;
    let objections = bars::objections(declaration);
    let body = json!({ "declaration": digest_of(act.vault.digest_algorithm(), declaration), "objections": objections });
    evidence::append(tx, act, id, EventKind::Declared, &body)?;
    act.audit(tx, "agreement.declared", agreement.about(), &json!({ "objections": objections }))?;
    advance(tx, act, id)
}

/// A draft with everything in order is assessed, and the village is asked where it must consent.
pub(super) fn advance(tx: &mut Conn, act: &Act, id: i64) -> Outcome<()> {
    let agreement = kept::load(tx, id)?;
    if agreement.state != AgreementState::Draft || !missing(tx, act, &agreement, AgreementStep::Assess)?.is_empty() {
        return Ok(());
    }
    let assessment = store::capacity::newest(tx, agreement.child_id, agreement.carer_id)?;
    let change = Change {
        state: Some(AgreementState::Assessed),
        assessment_id: assessment.as_ref().map(|made| made.id),
        ..Change::default()
    };
    kept::change(tx, id, AgreementState::Draft, change)?;
    let body = json!({ "assessment": assessment.as_ref().map(|made| made.id), "conclusion": assessment.map(|made| made.conclusion) });
    evidence::append(tx, act, id, EventKind::Assessed, &body)?;
    act.audit(tx, "agreement.assessed", agreement.about(), &body)?;
    if agreement.kind.needs_consent() {
        duties::open_consent_or_host(tx, act, &agreement)?;
    }
    Ok(())
}

/// The village's judgement on a carer. Unfit stops what is pending and tells the parents to find somebody else (P17).
///
/// # Errors
/// 422 with everything that must be put right first.
pub fn assess(
    tx: &mut Conn,
    act: &Act,
    scope: &Scope,
    child_id: i64,
    carer_id: i64,
    submission: &Submission,
) -> Outcome<i64> {
    crate::children::require(tx, scope, child_id)?;
    let family = family::family(tx, child_id)?;
    let agreements = kept::of_child(tx, child_id, AgreementState::ALL)?;
    let concerned = family.member(carer_id).is_some() || agreements.iter().any(|one| one.carer_id == carer_id);
    if !concerned {
        return Err(Problem::field("carer_id", "unknown_carer").into());
    }
    let carer = person(tx, carer_id)?;
    let facts = CarerFacts {
        birth_date: carer.birth_date,
        alive: carer.deceased_on.is_none(),
        other_children_in_care: kept::other_children_in_care(tx, carer_id, child_id, act.today())?,
    };
    let assessment = capacity::assess(Questionnaire::current(), submission, &facts, act.today())
        .map_err(|findings| refusal("assessment_incomplete", "conclusion", findings))?;
    let by = act.person_id().unwrap_or_default();
    let assessed = Assessed { child_id, carer_id, by };
    let id = store::capacity::insert(tx, &act.vault, act.now, assessed, submission, &assessment)?;
    let about = About { kind: "capacity_assessment", id, child_id, area_code: &family.child.village_code };
    act.audit(tx, "carer.assessed", about, &json!({ "carer": carer_id, "conclusion": assessment.conclusion }))?;
    let of_carer: Vec<Agreement> = agreements.into_iter().filter(|one| one.carer_id == carer_id).collect();
    if assessment.conclusion == Fitness::Unfit {
        found_unfit(tx, act, &family, (carer_id, id), &of_carer)?;
    } else {
        found_fit(tx, act, child_id, carer_id, &of_carer)?;
    }
    super::watching::look_at_child(tx, act, child_id)?;
    Ok(id)
}

fn found_unfit(
    tx: &mut Conn,
    act: &Act,
    family: &Family,
    (carer_id, assessment_id): (i64, i64),
    agreements: &[Agreement],
) -> Outcome<()> {
    for agreement in agreements {
        let agreement = kept::hold(tx, agreement.id)?;
        let body = json!({ "assessment": assessment_id, "conclusion": Fitness::Unfit });
        if agreement.state.is_pending() {
            evidence::append(tx, act, agreement.id, EventKind::Assessed, &body)?;
            ending::give_up(tx, act, &agreement, AgreementStep::Decline, AgreementEnd::CarerUnfit, &body)?;
        } else if agreement.state == AgreementState::InForce {
            evidence::append(tx, act, agreement.id, EventKind::Assessed, &body)?;
        }
    }
    let known = following::open_changes(tx, family.child.id)?.iter().any(|change| change.carer_id == carer_id);
    if known {
        return Ok(());
    }
    let due_at = act.now.plus_days(act.due_days(DutyKind::ChangeCarer));
    let village = &family.child.village_code;
    let id = following::open_change(tx, (act.now, due_at), (family.child.id, carer_id), assessment_id, village)?;
    let change =
        following::CarerChange { id, child_id: family.child.id, carer_id, village_code: village.clone(), due_at };
    let guardians: Vec<i64> = family.guardians().map(|member| member.person.id).collect();
    duties::open_change(tx, act, &change, &guardians)
}

fn found_fit(tx: &mut Conn, act: &Act, child_id: i64, carer_id: i64, agreements: &[Agreement]) -> Outcome<()> {
    for change in following::open_changes(tx, child_id)? {
        if change.carer_id == carer_id {
            settle_change(tx, act, change.id, ChangeSettled::FoundFit)?;
        }
    }
    for agreement in agreements.iter().filter(|one| one.state == AgreementState::Draft) {
        advance(tx, act, agreement.id)?;
    }
    Ok(())
}

/// A demand to change the carer is over, and so is everybody's duty from it.
pub(super) fn settle_change(tx: &mut Conn, act: &Act, id: i64, how: ChangeSettled) -> Outcome<()> {
    following::settle_change(tx, act.now, id, how)?;
    crate::duties::close_all(tx, act.now, Some(DutyKind::ChangeCarer), duties::change_subject(id), ClosedHow::Met)?;
    Ok(())
}

/// The village consents, or does not (P18).
pub fn consent(tx: &mut Conn, act: &Act, id: i64, granted: bool, reason: Option<&str>) -> Outcome<()> {
    let agreement = kept::hold(tx, id)?;
    if agreement.state.after(AgreementStep::Consent, agreement.kind).is_none() {
        return Err(Problem::of("agreement_state").into());
    }
    let body = json!({ "granted": granted, "reason": reason });
    if !granted {
        evidence::append(tx, act, id, EventKind::ConsentRefused, &body)?;
        duties::close_consent_or_host(tx, act, id, ClosedHow::Met)?;
        return ending::give_up(tx, act, &agreement, AgreementStep::Decline, AgreementEnd::VillageRefused, &body);
    }
    let change = Change {
        state: Some(AgreementState::Consented),
        consent: Some(true),
        consented_on: Some(act.today()),
        ..Change::default()
    };
    kept::change(tx, id, AgreementState::Assessed, change)?;
    evidence::append(tx, act, id, EventKind::Consented, &body)?;
    duties::close_consent_or_host(tx, act, id, ClosedHow::Met)?;
    act.audit(tx, "agreement.consented", agreement.about(), &json!({ "granted": true }))
}
