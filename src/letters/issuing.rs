//! Writing a letter: whom it is for, what it says, and its words frozen.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::json;

use super::letter::{Grant, LetterKind, grant_objection, is_time_to_act};
use super::store::{self, Letter, NewLetter};
use crate::app::App;
use crate::areas;
use crate::audit::{self, Event};
use crate::children;
use crate::clock::Instant;
use crate::crypto::{Vault, digest_holds};
use crate::guardianship::{self, rmb};
use crate::identity::{Actor, PostKind, Scope, person};
use crate::papers::Press;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::wording::{self, LABELS, Wording, WordingKind, written_now};

/// Who writes, and when.
#[derive(Clone)]
pub(super) struct Desk {
    pub actor: Actor,
    pub scope: Scope,
    pub now: Instant,
    pub vault: Arc<Vault>,
    pub press: Arc<Press>,
}

impl Desk {
    pub fn of(app: &App, actor: Actor, scope: Scope) -> Self {
        Self { actor, scope, now: app.clock.now(), vault: Arc::clone(&app.vault), press: Arc::clone(&app.press) }
    }
}

/// An admonition as it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Admonition {
    pub addressee_ids: Vec<i64>,
    pub found: String,
    pub demands: Vec<String>,
    pub until: NaiveDate,
    pub contact: String,
}

/// A decision on a subsidy: granted, or refused with the reason.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub applicant_id: i64,
    pub applied_on: NaiveDate,
    pub found: String,
    pub outcome: Result<Grant, String>,
}

/// Writes an admonition to guardians of a child.
///
/// # Errors
/// 422 for somebody else, for no time to act, and for characters that cannot be printed.
pub(super) fn admonish(tx: &mut Conn, desk: &Desk, child_id: i64, wanted: &Admonition) -> Outcome<i64> {
    children::require(tx, &desk.scope, child_id)?;
    let child = children::get(tx, child_id)?;
    if !is_time_to_act(desk.now.date(), wanted.until) {
        return Err(Problem::field("until", "time_to_act").into());
    }
    let guardians = guardianship::guardians_of(tx, child_id)?;
    let mut addressees = Vec::new();
    for id in &wanted.addressee_ids {
        let found = guardians.iter().find(|guardian| guardian.id == *id);
        let found = found.ok_or_else(|| Problem::field("addressee_ids", "unknown_addressee"))?;
        addressees.push(json!({ "name": found.name }));
    }
    let wording = wording::in_effect(tx, WordingKind::Admonition, &child.village_code)?;
    let mut new = begin(tx, desk, LetterKind::Admonition, (child_id, &child.village_code), &wording)?;
    let values = json!({
        "number": new.number(), "issued_on": desk.now.date(), "child": { "name": child.name },
        "addressees": addressees, "found": wanted.found, "until": wanted.until, "demands": wanted.demands,
        "contact": wanted.contact,
    });
    new.text = written_now(&wording, values)?;
    new.until_on = Some(wanted.until);
    keep(tx, desk, &new, "letter.admonished")
}

/// Decides on a subsidy for the care under an agreement.
///
/// # Errors
/// 404 beyond reach; 422 with what stands against it.
pub(super) fn decide(tx: &mut Conn, desk: &Desk, agreement_id: i64, wanted: &Decision) -> Outcome<i64> {
    let standing = guardianship::hold_standing(tx, agreement_id)?;
    children::require(tx, &desk.scope, standing.child_id)?;
    let child = children::get(tx, standing.child_id)?;
    if wanted.applied_on > desk.now.date() {
        return Err(Problem::field("applied_on", "date_in_future").into());
    }
    let mut may_apply: Vec<i64> =
        guardianship::guardians_of(tx, standing.child_id)?.into_iter().map(|guardian| guardian.id).collect();
    may_apply.push(standing.carer_id);
    if !may_apply.contains(&wanted.applicant_id) {
        return Err(Problem::field("applicant_id", "unknown_applicant").into());
    }
    if let Ok(grant) = &wanted.outcome {
        let granted = store::granted_for(tx, standing.child_id)?;
        if let Some(objection) = grant_objection(grant, &standing, &granted) {
            return Err(Problem::field("grant", objection.as_str()).into());
        }
    }
    let wording = wording::in_effect(tx, WordingKind::SubsidyDecision, &standing.village_code)?;
    let about = (standing.child_id, standing.village_code.as_str());
    let mut new = begin(tx, desk, LetterKind::SubsidyDecision, about, &wording)?;
    let grant = wanted.outcome.as_ref().ok();
    let values = json!({
        "number": new.number(), "issued_on": desk.now.date(), "child": { "name": child.name },
        "applicant": { "name": person(tx, wanted.applicant_id)?.name },
        "payee": { "name": person(tx, standing.carer_id)?.name },
        "applied_on": wanted.applied_on, "found": wanted.found, "granted": grant.is_some(),
        "period": grant.map(|grant| grant.period), "yuan": grant.map(|grant| rmb::yuan(grant.amount_fen)),
        "words": grant.map(|grant| rmb::words(grant.amount_fen)), "from": grant.map(|grant| grant.from),
        "until": grant.map(|grant| grant.until), "payment": grant.map(|grant| &grant.payment),
        "reason": wanted.outcome.as_ref().err(),
    });
    new.text = written_now(&wording, values)?;
    new.agreement_id = Some(agreement_id);
    new.granted = Some(grant.is_some());
    new.amount_fen = grant.map(|grant| grant.amount_fen);
    new.from_on = grant.map(|grant| grant.from);
    new.until_on = grant.map(|grant| grant.until);
    keep(tx, desk, &new, "letter.subsidy_decided")
}

/// A letter with its number and sender, and nothing in it.
fn begin(
    tx: &mut Conn,
    desk: &Desk,
    kind: LetterKind,
    (child_id, village_code): (i64, &str),
    wording: &Wording,
) -> Outcome<NewLetter> {
    let township = areas::township_of(village_code);
    let by_township = kind == LetterKind::SubsidyDecision || desk.actor.holds(PostKind::TownshipSupervisor);
    let sender = if by_township {
        format!("{}{}", areas::name_of(tx, &township)?, LABELS.township_government)
    } else {
        let village = areas::name_of(tx, village_code)?;
        wording::village_committee_of(&format!("{}{village}", areas::name_of(tx, &township)?))
    };
    Ok(NewLetter {
        kind,
        year: i64::from(chrono::Datelike::year(&desk.now.date())),
        seq: store::next_seq(tx, kind, desk.now.date())?,
        child_id,
        agreement_id: None,
        village_code: village_code.to_owned(),
        sender,
        wording: wording.version.clone(),
        text: String::new(),
        granted: None,
        amount_fen: None,
        from_on: None,
        until_on: None,
    })
}

fn keep(tx: &mut Conn, desk: &Desk, new: &NewLetter, action: &'static str) -> Outcome<i64> {
    let missing = desk.press.missing_characters(&new.text)?;
    if !missing.is_empty() {
        return Err(Problem::of("rare_characters").with("characters", missing.iter().collect::<String>()).into());
    }
    let id = store::insert(tx, &desk.vault, desk.now, new, desk.actor.person_id)?;
    let letter = store::load(tx, id)?;
    let detail = json!({ "number": letter.number(), "text": letter.text_hash, "wording": letter.wording });
    note(tx, desk.now, Some(&desk.actor), action, &letter, &detail)?;
    Ok(id)
}

pub(super) fn note(
    tx: &mut Conn,
    now: Instant,
    actor: Option<&Actor>,
    action: &'static str,
    letter: &Letter,
    detail: &serde_json::Value,
) -> Outcome<()> {
    let event = Event {
        actor,
        action,
        subject_kind: "letter",
        subject_id: letter.id,
        child_id: Some(letter.child_id),
        area_code: Some(&letter.village_code),
    };
    audit::record(tx, now, &event, detail)
}

/// Whether the letter with this number was sealed here as these very bytes; none when there is no such letter.
pub fn known_letter(conn: &mut Conn, number: &str, file: &[u8]) -> Outcome<Option<bool>> {
    let found = store::numbered(conn, number)?;
    Ok(found.map(|letter| letter.hash.as_deref().is_some_and(|hash| digest_holds(hash, file))))
}
