//! Pairings through their life: proposed by a person, begun by the family, rested by night, ended with a reason.
//! Sight of the child and the duty to look in follow each step in the same transaction.

use std::collections::BTreeSet;

use super::matching::{MatchingRules, Obstacle, Suggestion, weigh};
use super::pairing::{Action, EndReason, FamilyVoice, NightChange, PauseReason, act, tonight};
use super::store::{self, NewPairing, Pairing, Volunteer};
use super::volunteer::{ServiceForm, VolunteerRules, missing};
use super::{duties, reasons};
use crate::app::App;
use crate::audit::{self, Event};
use crate::children;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::duties::ClosedHow;
use crate::identity::{Actor, TieKind};
use crate::messaging::{self, NewMessage, Recipient, Urgency};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Weighs one volunteer against one child, as of now.
///
/// # Errors
/// *Not found* when the volunteer does not serve in the child's county.
pub fn suggestion(
    conn: &mut Conn,
    app: &App,
    now: Instant,
    child_id: i64,
    volunteer_id: i64,
    needs: BTreeSet<ServiceForm>,
) -> Outcome<Suggestion> {
    let facts = store::child_facts(conn, child_id, needs)?;
    let rules = VolunteerRules::from(&app.config.volunteers);
    let all = store::candidates(conn, now, child_id, &rules)?;
    let one = all.iter().find(|candidate| candidate.volunteer_id == volunteer_id).ok_or_else(Problem::not_found)?;
    Ok(weigh(&facts, one, &MatchingRules::from(&app.config.volunteers)))
}

/// A person proposes a pairing; the reasons that spoke for and against are kept with it.
///
/// # Errors
/// 409 with the obstacles, when there are any.
pub fn propose(tx: &mut Conn, now: Instant, actor: &Actor, new: &NewPairing, seen: &Suggestion) -> Outcome<Pairing> {
    if seen.obstacles.contains(&Obstacle::AlreadyPaired) {
        return Err(Problem::of("pairing_exists").into());
    }
    if !seen.obstacles.is_empty() {
        let why: Vec<_> = seen.obstacles.iter().map(|obstacle| reasons::text(obstacle.as_str())).collect();
        return Err(Problem::of("pairing_blocked").with("why", why.join("、")).into());
    }
    let id = store::insert_pairing(tx, now, new)?.ok_or_else(|| Problem::of("pairing_exists"))?;
    let pairing = store::pairing(tx, id)?;
    note(tx, now, Some(actor), "pairing.proposed", &pairing, &serde_json::json!({ "points": seen.points }))?;
    Ok(pairing)
}

/// The family agrees, and the pairing begins: the volunteer sees the child and owes check-ins.
///
/// # Errors
/// 409 when it is not a proposal any more, or the volunteer is not fit today.
pub fn agree(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    pairing: &Pairing,
    voice: FamilyVoice,
) -> Outcome<Pairing> {
    act(pairing.state, Action::Agree).ok_or_else(|| Problem::of("pairing_not_from"))?;
    let volunteer = store::volunteer(tx, pairing.volunteer_id)?;
    let gaps = super::recruiting::what_is_missing(tx, app, now, &volunteer)?;
    if !gaps.is_empty() || volunteer.state != super::volunteer::VolunteerState::Admitted {
        return Err(Problem::of("pairing_blocked").with("why", reasons::text("proof_missing")).into());
    }
    store::begin_pairing(tx, now, pairing, voice, actor.person_id)?;
    let begun = store::pairing(tx, pairing.id)?;
    in_sight(tx, app, now, &begun, &volunteer)?;
    note(tx, now, Some(actor), "pairing.began", &begun, &serde_json::json!({ "voice": voice }))?;
    tell_volunteer(tx, app, now, &begun, &volunteer, "pairing_started", actor.person_id)?;
    Ok(begun)
}

/// The family declines.
pub fn decline(tx: &mut Conn, now: Instant, actor: &Actor, pairing: &Pairing, voice: FamilyVoice) -> Outcome<Pairing> {
    act(pairing.state, Action::Decline).ok_or_else(|| Problem::of("pairing_not_from"))?;
    store::decline_pairing(tx, now, pairing, voice, actor.person_id)?;
    note(tx, now, Some(actor), "pairing.declined", pairing, &serde_json::json!({ "voice": voice }))?;
    store::pairing(tx, pairing.id)
}

/// A person lets the pairing rest; only a person lets it go on.
pub fn rest(tx: &mut Conn, app: &App, now: Instant, actor: &Actor, pairing: &Pairing) -> Outcome<Pairing> {
    act(pairing.state, Action::Pause).ok_or_else(|| Problem::of("pairing_not_from"))?;
    pause(tx, app, now, Some(actor), pairing, PauseReason::Decision)
}

/// # Errors
/// 409 when the pairing does not rest, or the volunteer is not fit today.
pub fn go_on(tx: &mut Conn, app: &App, now: Instant, actor: &Actor, pairing: &Pairing) -> Outcome<Pairing> {
    act(pairing.state, Action::Resume).ok_or_else(|| Problem::of("pairing_not_from"))?;
    let volunteer = store::volunteer(tx, pairing.volunteer_id)?;
    let gaps = super::recruiting::what_is_missing(tx, app, now, &volunteer)?;
    if tonight(super::pairing::PairingState::Active, None, volunteer.state, &gaps).is_some() {
        return Err(Problem::of("pairing_blocked").with("why", reasons::text("proof_missing")).into());
    }
    resume(tx, app, now, Some(actor), pairing, &volunteer)
}

/// Ends a pairing with a reason.
pub fn end(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: Option<&Actor>,
    pairing: &Pairing,
    (reason, words): (EndReason, Option<&str>),
) -> Outcome<Pairing> {
    act(pairing.state, Action::End).ok_or_else(|| Problem::of("pairing_not_from"))?;
    let sealed = app.vault.seal_option(Purpose::Narrative, words)?;
    store::end_pairing(tx, now, pairing, reason, sealed.as_deref())?;
    let ended = store::pairing(tx, pairing.id)?;
    out_of_sight(tx, app, now, &ended)?;
    note(tx, now, actor, "pairing.ended", &ended, &serde_json::json!({ "reason": reason }))?;
    Ok(ended)
}

/// Makes the open pairings of a volunteer follow the volunteer's state and proofs. Twice changes nothing.
pub fn tend(tx: &mut Conn, app: &App, now: Instant, volunteer_id: i64) -> Outcome<usize> {
    let volunteer = store::volunteer(tx, volunteer_id)?;
    let facts = store::qualifications(tx, std::slice::from_ref(&volunteer))?;
    let rules = VolunteerRules::from(&app.config.volunteers);
    let gaps = facts.get(&volunteer_id).map(|facts| missing(facts, now.date(), &rules)).unwrap_or_default();
    let mut changes = 0;
    for pairing in store::open_pairings_of(tx, volunteer_id)? {
        let Some(change) = tonight(pairing.state, pairing.pause_reason, volunteer.state, &gaps) else { continue };
        changes += 1;
        match change {
            NightChange::Pause(reason) => {
                pause(tx, app, now, None, &pairing, reason)?;
                tell_volunteer(tx, app, now, &pairing, &volunteer, "pairing_paused", volunteer.person_id)?;
            }
            NightChange::Resume => drop(resume(tx, app, now, None, &pairing, &volunteer)?),
            NightChange::End(reason) => drop(end(tx, app, now, None, &pairing, (reason, None))?),
        }
    }
    Ok(changes)
}

/// Makes the pairings of a child follow the ledger: ended when the child has left it, their duties true to its risk
/// level and village. To be called where these change.
pub fn child_changed(tx: &mut Conn, app: &App, now: Instant, child_id: i64) -> Outcome<()> {
    let child = store::paired_child(tx, child_id)?;
    for pairing in store::open_pairings_with(tx, child_id)? {
        if child.exited_at.is_some() {
            end(tx, app, now, None, &pairing, (EndReason::ChildLeftLedger, None))?;
        } else {
            duties::sync_check_in(tx, app, now, &pairing, ClosedHow::Superseded)?;
        }
    }
    Ok(())
}

fn pause(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: Option<&Actor>,
    pairing: &Pairing,
    reason: PauseReason,
) -> Outcome<Pairing> {
    store::pause_pairing(tx, now, pairing, reason)?;
    let paused = store::pairing(tx, pairing.id)?;
    out_of_sight(tx, app, now, &paused)?;
    note(tx, now, actor, "pairing.paused", &paused, &serde_json::json!({ "reason": reason }))?;
    Ok(paused)
}

fn resume(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: Option<&Actor>,
    pairing: &Pairing,
    volunteer: &Volunteer,
) -> Outcome<Pairing> {
    store::resume_pairing(tx, now, pairing)?;
    let resumed = store::pairing(tx, pairing.id)?;
    in_sight(tx, app, now, &resumed, volunteer)?;
    note(tx, now, actor, "pairing.resumed", &resumed, &serde_json::json!({}))?;
    Ok(resumed)
}

fn in_sight(tx: &mut Conn, app: &App, now: Instant, pairing: &Pairing, volunteer: &Volunteer) -> Outcome<()> {
    children::tie_person(tx, now, pairing.child_id, TieKind::Volunteer, volunteer.person_id)?;
    duties::sync_check_in(tx, app, now, pairing, ClosedHow::Superseded)
}

fn out_of_sight(tx: &mut Conn, app: &App, now: Instant, pairing: &Pairing) -> Outcome<()> {
    let person_id = store::person_of_volunteer(tx, pairing.volunteer_id)?;
    children::untie_person(tx, now, pairing.child_id, TieKind::Volunteer, person_id)?;
    duties::sync_check_in(tx, app, now, pairing, ClosedHow::Withdrawn)
}

fn tell_volunteer(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    pairing: &Pairing,
    volunteer: &Volunteer,
    notice: &str,
    helper_id: i64,
) -> Outcome<()> {
    let child = store::paired_child(tx, pairing.child_id)?;
    let coordinator = store::coordinators_for(tx, &child.village_code, now)?.into_iter().next().unwrap_or(helper_id);
    let helper = store::names(tx, vec![coordinator])?.remove(&coordinator).unwrap_or_default();
    messaging::post(
        tx,
        &app.vault,
        now,
        &NewMessage {
            occasion_key: format!("{notice}:{}:{}", pairing.id, now.millis()),
            to: Recipient::Person(volunteer.person_id),
            template: format!("notice/{notice}"),
            urgency: Urgency::Routine,
            data: serde_json::json!({
                "child": reasons::child_of_family(&child.name),
                "helper": helper,
            }),
            child_id: Some(pairing.child_id),
            area_code: Some(child.village_code),
            not_before: now,
            expires_at: None,
        },
    )?;
    Ok(())
}

fn note(
    tx: &mut Conn,
    now: Instant,
    actor: Option<&Actor>,
    action: &'static str,
    pairing: &Pairing,
    detail: &serde_json::Value,
) -> Outcome<()> {
    let event = Event {
        actor,
        action,
        subject_kind: "pairing",
        subject_id: pairing.id,
        child_id: Some(pairing.child_id),
        area_code: None,
    };
    audit::record(tx, now, &event, detail)
}
