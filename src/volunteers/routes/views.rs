//! What is sent about volunteers and pairings.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::text_list;
use crate::volunteers::pairing::{EndReason, FamilyVoice, PairingKind, PairingState, PauseReason};
use crate::volunteers::reasons::VolunteerReason;
use crate::volunteers::store::{self, Pairing, Volunteer};
use crate::volunteers::volunteer::{ServiceForm, Stage, VolunteerRules, VolunteerState, missing, stage};

/// A volunteer.
#[derive(Debug, Serialize, ToSchema)]
pub struct VolunteerView {
    pub id: i64,
    pub person_id: i64,
    #[schema(example = "何志愿")]
    pub name: String,
    pub area_code: String,
    pub organisation_id: Option<i64>,
    pub party_member: bool,
    pub skills: BTreeSet<ServiceForm>,
    #[schema(example = json!(["苗语", "普通话"]))]
    pub languages: BTreeSet<String>,
    pub load_wish: i64,
    /// Children in active or resting pairings.
    pub load: usize,
    pub words: Option<String>,
    pub state: VolunteerState,
    pub stage: Stage,
    pub missing: Vec<VolunteerReason>,
    /// The first day on which the latest record check no longer counts.
    pub record_check_expires_on: Option<NaiveDate>,
    pub training_expires_on: Option<NaiveDate>,
    pub applied_at: Instant,
    pub admitted_at: Option<Instant>,
    pub version: i64,
}

/// A pairing.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairingView {
    pub id: i64,
    pub volunteer_id: i64,
    pub volunteer_name: String,
    pub child_id: i64,
    pub child_name: String,
    pub kind: PairingKind,
    pub service_forms: BTreeSet<ServiceForm>,
    pub state: PairingState,
    /// What spoke for and against when it was proposed, as codes.
    pub why: BTreeSet<String>,
    pub proposed_at: Instant,
    pub family_voice: Option<FamilyVoice>,
    pub began_at: Option<Instant>,
    pub pause_reason: Option<PauseReason>,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<EndReason>,
}

/// Volunteers as sent.
pub fn volunteers(conn: &mut Conn, app: &App, now: Instant, rows: Vec<Volunteer>) -> Outcome<Vec<VolunteerView>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut names = store::names(conn, rows.iter().map(|row| row.person_id).collect())?;
    let facts = store::qualifications(conn, &rows)?;
    let engagements = store::engagements(conn, &ids)?;
    let rules = VolunteerRules::from(&app.config.volunteers);
    rows.into_iter()
        .map(|row| {
            let facts = facts.get(&row.id).copied().unwrap_or_default();
            let engagement = engagements.get(&row.id).copied().unwrap_or_default();
            let gaps = missing(&facts, now.date(), &rules);
            let words = row.words_sealed.map(|text| app.vault.open_or_plain(Purpose::Narrative, &text)).transpose()?;
            Ok(VolunteerView {
                id: row.id,
                person_id: row.person_id,
                name: names.remove(&row.person_id).unwrap_or_default(),
                area_code: row.area_code,
                organisation_id: row.organisation_id,
                party_member: row.party_member,
                skills: text_list::read(&row.skills),
                languages: text_list::read(&row.languages),
                load_wish: row.load_wish,
                load: engagement.pairings,
                words,
                state: row.state,
                stage: stage(row.state, &gaps, engagement),
                missing: gaps.iter().map(|gap| VolunteerReason::of(gap.as_str())).collect(),
                record_check_expires_on: facts.record_check.map(|check| check.expires_on),
                training_expires_on: facts.training.map(|training| training.expires_on),
                applied_at: row.applied_at,
                admitted_at: row.admitted_at,
                version: row.version,
            })
        })
        .collect()
}

/// One volunteer as sent.
pub fn one(conn: &mut Conn, app: &App, now: Instant, row: Volunteer) -> Outcome<VolunteerView> {
    volunteers(conn, app, now, vec![row])?.pop().ok_or_else(|| Problem::not_found().into())
}

/// Pairings as sent.
pub fn pairings(conn: &mut Conn, rows: Vec<Pairing>) -> Outcome<Vec<PairingView>> {
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let person_id = store::person_of_volunteer(conn, row.volunteer_id)?;
        let volunteer_name = store::names(conn, vec![person_id])?.remove(&person_id).unwrap_or_default();
        let child_name = store::paired_child(conn, row.child_id)?.name;
        views.push(PairingView {
            id: row.id,
            volunteer_id: row.volunteer_id,
            volunteer_name,
            child_id: row.child_id,
            child_name,
            kind: row.kind,
            service_forms: text_list::read(&row.service_forms),
            state: row.state,
            why: text_list::read(&row.why),
            proposed_at: row.proposed_at,
            family_voice: row.family_voice,
            began_at: row.began_at,
            pause_reason: row.pause_reason,
            ended_at: row.ended_at,
            end_reason: row.end_reason,
        });
    }
    Ok(views)
}
