//! From application to admission, and out again.

use chrono::NaiveDate;

use super::reasons::missing_line;
use super::store::{self, NewProof, NewVolunteer, ProofKind, Volunteer};
use super::volunteer::{
    Action, CheckOutcome, Missing, Refusal, VolunteerRules, VolunteerState, act, expires_on, missing,
};
use super::{duties, tending};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::identity::Actor;
use crate::messaging::{self, NewMessage, Recipient, Urgency};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// A record check or training as somebody enters it.
#[derive(Clone, Debug)]
pub struct ProofEntry {
    pub kind: ProofKind,
    pub outcome: CheckOutcome,
    pub done_on: NaiveDate,
    pub reference: Option<String>,
}

/// Takes an application.
///
/// # Errors
/// 409 when the person has applied or is a volunteer already.
pub fn apply(tx: &mut Conn, now: Instant, actor: &Actor, new: &NewVolunteer) -> Outcome<Volunteer> {
    let id = store::insert_volunteer(tx, now, new)?.ok_or_else(|| Problem::of("volunteer_exists"))?;
    let volunteer = store::volunteer(tx, id)?;
    note(tx, now, Some(actor), "volunteer.applied", &volunteer, &serde_json::json!({}))?;
    Ok(volunteer)
}

/// Records a check or a training. A barring result ends everything at once; a renewal lets rested pairings go on.
///
/// # Errors
/// 422 for a day in the future; 409 when the volunteer has left.
pub fn record_proof(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    volunteer: &Volunteer,
    entry: &ProofEntry,
) -> Outcome<Volunteer> {
    if entry.done_on > now.date() {
        return Err(Problem::field("done_on", "date_in_future").into());
    }
    if volunteer.state.is_final() {
        return Err(Problem::of("volunteer_not_from").into());
    }
    let rules = VolunteerRules::from(&app.config.volunteers);
    let months = match entry.kind {
        ProofKind::RecordCheck => rules.record_check_valid_months,
        ProofKind::Training => rules.training_valid_months,
    };
    let new = NewProof {
        kind: entry.kind,
        outcome: entry.outcome,
        done_on: entry.done_on,
        expires_on: expires_on(entry.done_on, months),
        reference_sealed: app.vault.seal_option(Purpose::Narrative, entry.reference.as_deref())?,
    };
    store::insert_proof(tx, now, volunteer.id, &new, actor.person_id)?;
    // What the check found stays out of the audit; that it was made is enough.
    note(tx, now, Some(actor), "volunteer.proof_recorded", volunteer, &serde_json::json!({ "kind": entry.kind }))?;
    tending::tend(tx, app, now, volunteer.id)?;
    if what_is_missing(tx, app, now, volunteer)?.contains(&Missing::RecordCheckBarred) {
        let state =
            if volunteer.state == VolunteerState::Applied { VolunteerState::Declined } else { VolunteerState::Ended };
        store::set_volunteer_state(
            tx,
            now,
            volunteer,
            state,
            Some(app.vault.seal(Purpose::Narrative, "record_barred")?),
        )?;
    }
    let after = store::volunteer(tx, volunteer.id)?;
    duties::sync_renewals(tx, now, &after)?;
    Ok(after)
}

/// Admits, declines, pauses, resumes or ends; pairings follow in the same transaction.
///
/// # Errors
/// 409 when the state does not know the action, or proofs are missing.
pub fn decide(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    volunteer: &Volunteer,
    (action, why): (Action, Option<&str>),
) -> Outcome<Volunteer> {
    let gaps = what_is_missing(tx, app, now, volunteer)?;
    let state = act(volunteer.state, action, &gaps).map_err(refused)?;
    let why_sealed = app.vault.seal_option(Purpose::Narrative, why)?;
    store::set_volunteer_state(tx, now, volunteer, state, why_sealed)?;
    tending::tend(tx, app, now, volunteer.id)?;
    let after = store::volunteer(tx, volunteer.id)?;
    duties::sync_renewals(tx, now, &after)?;
    note(tx, now, Some(actor), "volunteer.decided", &after, &serde_json::json!({ "action": action }))?;
    if action == Action::Admit {
        welcome(tx, app, now, actor, &after)?;
    }
    Ok(after)
}

/// What keeps this volunteer from meeting a child today.
pub fn what_is_missing(conn: &mut Conn, app: &App, now: Instant, volunteer: &Volunteer) -> Outcome<Vec<Missing>> {
    let facts = store::qualifications(conn, std::slice::from_ref(volunteer))?;
    let rules = VolunteerRules::from(&app.config.volunteers);
    Ok(facts.get(&volunteer.id).map(|facts| missing(facts, now.date(), &rules)).unwrap_or_default())
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotFrom(_) => Problem::of("volunteer_not_from"),
        Refusal::StillMissing(gaps) => Problem::of("volunteer_proof_missing").with("why", missing_line(&gaps)),
    }
}

fn welcome(tx: &mut Conn, app: &App, now: Instant, actor: &Actor, volunteer: &Volunteer) -> Outcome<()> {
    let helper = store::names(tx, vec![actor.person_id])?.remove(&actor.person_id).unwrap_or_default();
    messaging::post(
        tx,
        &app.vault,
        now,
        &NewMessage {
            occasion_key: format!("volunteer:{}:admitted", volunteer.id),
            to: Recipient::Person(volunteer.person_id),
            template: "notice/volunteer_admitted".into(),
            urgency: Urgency::Routine,
            data: serde_json::json!({ "helper": helper }),
            child_id: None,
            area_code: Some(volunteer.area_code.clone()),
            not_before: now,
            expires_at: None,
        },
    )?;
    Ok(())
}

/// Appends an audit event about a volunteer.
pub fn note(
    tx: &mut Conn,
    now: Instant,
    actor: Option<&Actor>,
    action: &'static str,
    volunteer: &Volunteer,
    detail: &serde_json::Value,
) -> Outcome<()> {
    let event = Event {
        actor,
        action,
        subject_kind: "volunteer",
        subject_id: volunteer.id,
        child_id: None,
        area_code: Some(&volunteer.area_code),
    };
    audit::record(tx, now, &event, detail)
}
