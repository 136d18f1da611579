//! Logging a check-in: stored once, however often it is sent; every revision kept; worry becomes a report at once.

use std::collections::BTreeSet;

use super::check_in::{
    CheckInRules, Fault, Meeting, Observation, PairingFacts, Remark, Scale, faults, happened_at, remarks,
};
use super::store::{self, CheckInRow, NewCheckIn, NewObservation, ObservationRow, Pairing};
use super::{duties, recruiting};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::duties::ClosedHow;
use crate::identity::{self, Actor};
use crate::problem::{Outcome, Problem};
use crate::protection::report::situation::{ReporterRole, Situation};
use crate::protection::report::{self, Filed, NewReport, ReportChannel, Reporter, Told};
use crate::storage::Conn;
use crate::text_list;

/// A check-in as the phone sends it.
#[derive(Clone, Debug)]
pub struct NewLog {
    pub client_uuid: String,
    pub meeting: Meeting,
    /// By the phone's clock.
    pub made_at: Instant,
    /// Latitude and longitude in hundredths of a degree.
    pub place: Option<(i64, i64)>,
    pub observations: Vec<Observation>,
    /// What the worry is about, where the volunteer could say.
    pub situations: BTreeSet<Situation>,
    pub immediate_danger: bool,
    /// Over the whole request, to tell a repeat from a reused id.
    pub request_hash: String,
}

/// A stored check-in, and the reports that worry opened.
#[derive(Clone, Debug)]
pub struct Logged {
    pub row: CheckInRow,
    pub reports: Vec<Filed>,
}

/// Stores a check-in, answers the duty of each pairing, and reports worry, in one transaction.
///
/// # Errors
/// 422 for what cannot be stored; 404 for a child the volunteer was never paired with; 409 for an id used before for
/// something else.
pub fn log(tx: &mut Conn, app: &App, now: Instant, actor: &Actor, new: &NewLog) -> Outcome<Logged> {
    let volunteer = store::volunteer_of_person(tx, actor.person_id)?.ok_or_else(|| Problem::of("not_a_volunteer"))?;
    if let Some(earlier) = store::check_in_by_uuid(tx, volunteer.id, &new.client_uuid)? {
        return repeated(tx, app, actor, earlier, new);
    }
    check(app, now, new)?;
    let pairings = pairings_of(tx, actor, &new.observations)?;
    let household_id = household_of(tx, &pairings)?;
    let row = NewCheckIn {
        client_uuid: &new.client_uuid,
        volunteer_id: volunteer.id,
        household_id,
        meeting: new.meeting,
        made_at: new.made_at,
        happened_at: happened_at(new.made_at, now),
        place: new.place,
        remarks: text_list::write(remarks_of(app, now, new, &pairings)),
        request_hash: &new.request_hash,
    };
    let Some(id) = store::insert_check_in(tx, now, &row)? else {
        let earlier = store::check_in_by_uuid(tx, volunteer.id, &new.client_uuid)?;
        return repeated(tx, app, actor, earlier.ok_or_else(|| Problem::of("conflict"))?, new);
    };
    append(tx, app, now, actor, id, 1, row.happened_at, new, &pairings)?;
    for pairing in &pairings {
        duties::sync_check_in(tx, app, now, pairing, ClosedHow::Met)?;
    }
    recruiting::note(
        tx,
        now,
        Some(actor),
        "check_in.logged",
        &volunteer,
        &serde_json::json!({
            "check_in": id, "children": new.observations.len()
        }),
    )?;
    let reports = report_worries(tx, app, now, actor, id, new, &[])?;
    Ok(Logged { row: store::check_in(tx, id)?, reports })
}

/// Writes a further revision; what was written before stays. A worry that is new is reported; one that is taken back
/// leaves its report where it is.
///
/// # Errors
/// 403 for anybody but the author; 412 when another revision was written meanwhile.
pub fn revise(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    (row, based_on): (&CheckInRow, i64),
    new: &NewLog,
) -> Outcome<Logged> {
    if store::person_of_volunteer(tx, row.volunteer_id)? != actor.person_id {
        return Err(Problem::of("check_in_not_yours").into());
    }
    if row.revision != based_on {
        return Err(Problem::of("version_changed").into());
    }
    check(app, now, new)?;
    let pairings = pairings_of(tx, actor, &new.observations)?;
    if household_of(tx, &pairings)? != row.household_id {
        return Err(Problem::field("children", "not_one_household").into());
    }
    let worried = store::observations_of(tx, row.id)?.into_iter().filter(|seen| seen.worry).map(|seen| seen.child_id);
    let worried: Vec<_> = worried.collect();
    store::next_revision(tx, row.id, based_on)?;
    append(tx, app, now, actor, row.id, based_on + 1, row.happened_at, new, &pairings)?;
    for pairing in &pairings {
        duties::sync_check_in(tx, app, now, pairing, ClosedHow::Met)?;
    }
    audit::record(
        tx,
        now,
        &Event {
            actor: Some(actor),
            action: "check_in.revised",
            subject_kind: "check_in",
            subject_id: row.id,
            child_id: None,
            area_code: None,
        },
        &serde_json::json!({ "revision": based_on + 1 }),
    )?;
    let reports = report_worries(tx, app, now, actor, row.id, new, &worried)?;
    Ok(Logged { row: store::check_in(tx, row.id)?, reports })
}

fn repeated(tx: &mut Conn, app: &App, actor: &Actor, earlier: CheckInRow, new: &NewLog) -> Outcome<Logged> {
    if earlier.request_hash != new.request_hash {
        return Err(Problem::of("client_uuid_reused").into());
    }
    let causes = store::observations_of(tx, earlier.id)?.into_iter().filter(|seen| seen.worry && seen.revision == 1);
    let mut reports = Vec::new();
    for seen in causes {
        reports.extend(report::of_cause(tx, app, &cause(earlier.id, seen.child_id, actor))?);
    }
    Ok(Logged { row: earlier, reports })
}

fn check(app: &App, now: Instant, new: &NewLog) -> Outcome<()> {
    let found = faults(&new.observations, new.made_at, now, &CheckInRules::from(&app.config.volunteers));
    let field = |fault: Fault| if fault == Fault::TooOld { "made_at" } else { "children" };
    let Some((first, rest)) = found.split_first() else { return Ok(()) };
    let problem = Problem::field(field(*first), first.as_str());
    Err(rest.iter().fold(problem, |problem, fault| problem.and_field(field(*fault), fault.as_str())).into())
}

/// The pairing of the volunteer with each observed child, in the order of the observations.
fn pairings_of(tx: &mut Conn, actor: &Actor, observations: &[Observation]) -> Outcome<Vec<Pairing>> {
    let ids: Vec<_> = observations.iter().map(|observation| observation.child_id).collect();
    let began = store::pairings_that_began(tx, actor.person_id, &ids)?;
    let latest = |child_id: &i64| began.iter().rfind(|pairing| pairing.child_id == *child_id).cloned();
    ids.iter().map(|child_id| latest(child_id).ok_or_else(|| Problem::not_found().into())).collect()
}

fn household_of(tx: &mut Conn, pairings: &[Pairing]) -> Outcome<i64> {
    let mut households = BTreeSet::new();
    for pairing in pairings {
        households.insert(store::paired_child(tx, pairing.child_id)?.household_id);
    }
    match (households.pop_first(), households.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Problem::field("children", "not_one_household").into()),
    }
}

fn remarks_of(app: &App, now: Instant, new: &NewLog, pairings: &[Pairing]) -> BTreeSet<Remark> {
    let rules = CheckInRules::from(&app.config.volunteers);
    pairings
        .iter()
        .flat_map(|pairing| {
            let facts = PairingFacts {
                state: pairing.state,
                since: pairing.began_at,
                paused_at: pairing.paused_at,
                ended_at: pairing.ended_at,
            };
            remarks(new.made_at, now, &facts, &rules)
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one revision of one check-in")]
fn append(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    check_in_id: i64,
    revision: i64,
    happened_at: Instant,
    new: &NewLog,
    pairings: &[Pairing],
) -> Outcome<()> {
    for (observation, pairing) in new.observations.iter().zip(pairings) {
        let scale =
            |wanted: Scale| observation.scales.iter().find(|(scale, _)| *scale == wanted).map(|(_, value)| *value);
        let seal = |text: &Option<String>| app.vault.seal_option(Purpose::Narrative, text.as_deref());
        store::insert_observation(
            tx,
            &NewObservation {
                check_in_id,
                revision,
                child_id: observation.child_id,
                pairing_id: pairing.id,
                happened_at,
                mood: scale(Scale::Mood),
                health: scale(Scale::Health),
                daily_care: scale(Scale::DailyCare),
                school: scale(Scale::School),
                family_contact: scale(Scale::FamilyContact),
                needs: text_list::write(&observation.needs),
                note_sealed: seal(&observation.note)?,
                worry: observation.worry,
                worry_sealed: seal(&observation.worry_words)?,
                written_by: actor.person_id,
                written_at: now,
            },
        )?;
    }
    Ok(())
}

fn report_worries(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    check_in_id: i64,
    new: &NewLog,
    reported: &[i64],
) -> Outcome<Vec<Filed>> {
    let mut filed = Vec::new();
    for observation in new.observations.iter().filter(|one| one.worry && !reported.contains(&one.child_id)) {
        let report = worry_report(tx, app, actor, check_in_id, new, observation)?;
        filed.push(report::file(tx, app, now, &report)?);
    }
    Ok(filed)
}

fn worry_report(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    check_in_id: i64,
    new: &NewLog,
    observation: &Observation,
) -> Outcome<NewReport> {
    let child = store::paired_child(tx, observation.child_id)?;
    let person = identity::person(tx, actor.person_id)?;
    let phone = identity::phone_of(&app.vault, &person)?;
    let words = observation.worry_words.clone().or_else(|| observation.note.clone()).unwrap_or_default();
    let situations =
        if new.situations.is_empty() { BTreeSet::from([Situation::OtherDanger]) } else { new.situations.clone() };
    Ok(NewReport {
        channel: ReportChannel::CheckIn,
        situations,
        immediate_danger: new.immediate_danger,
        told: Told { narrative: words, child_words: None, place_words: None },
        area_code: child.village_code,
        child_id: Some(observation.child_id),
        reporter: Some(Reporter { person_id: Some(actor.person_id), name: Some(person.name), phone }),
        reporter_role: ReporterRole::Volunteer,
        suspected: BTreeSet::new(),
        cause: Some(cause(check_in_id, observation.child_id, actor)),
        client: None,
        from_address: None,
    })
}

fn cause(check_in_id: i64, child_id: i64, actor: &Actor) -> String {
    format!("check_in:{check_in_id}/child:{child_id}/by:{}", actor.person_id)
}

/// The rows of one revision.
pub fn of_revision(rows: &[ObservationRow], revision: i64) -> impl Iterator<Item = &ObservationRow> {
    rows.iter().filter(move |row| row.revision == revision)
}
