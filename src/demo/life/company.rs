//! Volunteers in every state, the children they keep company, and what they saw.

use std::collections::BTreeSet;

use super::scene::{Home, Scene};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::demo::Ground;
use crate::demo::chance::Chance;
use crate::demo::names::Generation;
use crate::identity::{Actor, NewPerson, PostKind, Sex, add_person};
use crate::problem::Outcome;
use crate::protection::report::situation::Situation;
use crate::storage::Conn;
use crate::text_list;
use crate::volunteers::check_in::{Meeting, Need, Observation, Scale};
use crate::volunteers::pairing::{EndReason, FamilyVoice, PairingKind};
use crate::volunteers::steps::{self, NewLog, NewPairing, NewVolunteer, ProofEntry, ProofKind, Volunteer};
use crate::volunteers::volunteer::{Action, CheckOutcome, ServiceForm};

const PHONES_FROM: u64 = 15_480_000_000;
const VOLUNTEERS_PER_VILLAGE: usize = 3;

/// How far a volunteer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Applied,
    Checked,
    Ready,
    Admitted,
    Active,
    /// The record check runs out soon.
    Expiring,
    /// The record check ran out; the next night rests the pairings.
    Lapsed,
    Paused,
    Barred,
    Ended,
}

/// In turn, village by village, so that both townships have each.
const STAGES: [Stage; 15] = [
    Stage::Active,
    Stage::Active,
    Stage::Applied,
    Stage::Active,
    Stage::Expiring,
    Stage::Checked,
    Stage::Active,
    Stage::Lapsed,
    Stage::Admitted,
    Stage::Active,
    Stage::Paused,
    Stage::Barred,
    Stage::Active,
    Stage::Ready,
    Stage::Ended,
];

/// How a pairing stands, in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bond {
    Visited,
    /// Nobody looked in when it was due.
    Silent,
    Proposed,
    Declined,
    Rested,
    Ended,
}

const BONDS: [Bond; 12] = [
    Bond::Visited,
    Bond::Visited,
    Bond::Silent,
    Bond::Visited,
    Bond::Proposed,
    Bond::Visited,
    Bond::Silent,
    Bond::Rested,
    Bond::Visited,
    Bond::Declined,
    Bond::Visited,
    Bond::Ended,
];

/// Volunteers come, are checked, admitted, paired; they visit, or do not.
pub fn volunteer(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let mut bonds = BONDS.into_iter().cycle();
    let mut number = 0;
    for village in ground.county.villages() {
        let coordinator = scene.officer(tx, PostKind::VolunteerCoordinator, &village.code)?;
        let children: Vec<&Home> = scene.homes.iter().filter(|home| home.village == village.code).collect();
        let mut without_company =
            children.into_iter().filter(|home| home.carer().is_some() && !home.guardians().is_empty());
        for _ in 0..VOLUNTEERS_PER_VILLAGE {
            let stage = STAGES.get(number % STAGES.len()).copied().unwrap_or(Stage::Active);
            number += 1;
            let cast = Cast { scene: &scene, ground, coordinator: &coordinator, village: &village.code, number, stage };
            let volunteer = cast.join(tx)?;
            let paired =
                matches!(stage, Stage::Active | Stage::Expiring | Stage::Lapsed | Stage::Paused | Stage::Ended);
            for home in without_company.by_ref().take(if paired { 2 } else { 0 }) {
                let bond = if stage == Stage::Active { bonds.next().unwrap_or(Bond::Visited) } else { Bond::Visited };
                cast.pair(tx, &volunteer, home, bond)?;
            }
            cast.leave(tx, volunteer.id)?;
        }
    }
    Ok(())
}

/// One volunteer.
struct Cast<'a> {
    scene: &'a Scene<'a>,
    ground: &'a Ground,
    coordinator: &'a Actor,
    village: &'a str,
    number: usize,
    stage: Stage,
}

impl Cast<'_> {
    fn chance(&self, about: u64) -> Chance {
        Chance::stream(600_000 + u64::try_from(self.number).unwrap_or_default() * 100 + about)
    }

    /// Application, proofs and admission, as far as they went.
    fn join(&self, tx: &mut Conn) -> Outcome<Volunteer> {
        let (app, applied) = (self.scene.app, self.scene.ago(108, 10, 0));
        let volunteer = self.apply(tx, applied)?;
        let proof = |kind, outcome, days: i64| ProofEntry {
            kind,
            outcome,
            done_on: self.scene.now.plus_days(-days).date(),
            reference: None,
        };
        let record = |tx: &mut Conn, at: Instant, entry: ProofEntry| {
            steps::record_proof(tx, app, at, self.coordinator, &volunteer, &entry)
        };
        let (checked, trained) = (self.scene.ago(107, 10, 0), self.scene.ago(106, 17, 0));
        // A check is good for a year: made so many days ago.
        let check_days = match self.stage {
            Stage::Applied => return Ok(volunteer),
            Stage::Barred => {
                return record(tx, checked, proof(ProofKind::RecordCheck, CheckOutcome::Barred, 107));
            }
            Stage::Expiring => 345,
            Stage::Lapsed => 366,
            _ => 110,
        };
        let volunteer_now = record(tx, checked, proof(ProofKind::RecordCheck, CheckOutcome::Clear, check_days))?;
        if self.stage == Stage::Checked {
            return Ok(volunteer_now);
        }
        let volunteer_now = record(tx, trained, proof(ProofKind::Training, CheckOutcome::Clear, 106))?;
        if self.stage == Stage::Ready {
            return Ok(volunteer_now);
        }
        let admitted = self.scene.ago(105, 9, 30);
        steps::decide(tx, app, admitted, self.coordinator, &volunteer_now, (Action::Admit, None))
    }

    fn apply(&self, tx: &mut Conn, at: Instant) -> Outcome<Volunteer> {
        let mut chance = self.chance(0);
        let sex = if chance.percent(70) { Sex::Female } else { Sex::Male };
        let surname = self.ground.names.surname(&mut chance);
        let person = NewPerson {
            name: self.ground.names.full(&mut chance, &surname, Generation::Grown, sex),
            sex,
            birth_date: Some(at.plus_days(-365 * chance.between(20, 55)).date()),
            area_code: Some(self.village.to_owned()),
            phone: Some((PHONES_FROM + u64::try_from(self.number).unwrap_or_default()).to_string()),
            identity_number: None,
            email: None,
            language: None,
            can_read: true,
        };
        let person_id = add_person(tx, &self.scene.app.vault, at, &person)?;
        let skills = [ServiceForm::Company, ServiceForm::Tutoring, ServiceForm::Counselling];
        let new = NewVolunteer {
            person_id,
            area_code: self.village.to_owned(),
            organisation_id: None,
            party_member: chance.percent(40),
            skills: text_list::write(skills.iter().take(1 + chance.below(3))),
            languages: String::new(),
            load_wish: 3,
            words_sealed: self
                .scene
                .app
                .vault
                .seal_option(Purpose::Narrative, Some(&self.scene.words.volunteer_words))?,
        };
        let themselves = self.scene.person(tx, person_id)?;
        steps::apply(tx, at, &themselves, &new)
    }

    /// A person proposes, the family agrees or does not, and the volunteer visits.
    fn pair(&self, tx: &mut Conn, volunteer: &Volunteer, home: &Home, bond: Bond) -> Outcome<()> {
        let (app, scene) = (self.scene.app, self.scene);
        let Some(child) = home.children.first() else { return Ok(()) };
        let days = if bond == Bond::Proposed { 4 } else { 104 };
        let proposed = scene.ago(days, 11, 0);
        let seen =
            steps::suggestion(tx, app, proposed, child.id, volunteer.id, BTreeSet::from([ServiceForm::Company]))?;
        let new = NewPairing {
            volunteer_id: volunteer.id,
            child_id: child.id,
            kind: self.chance(1).pick_of(PairingKind::ALL).unwrap_or(PairingKind::Neighbour),
            service_forms: ServiceForm::Company.to_string(),
            why: text_list::write(seen.fits.iter().map(|because| because.code)),
            proposed_by: self.coordinator.person_id,
        };
        let pairing = steps::propose(tx, proposed, self.coordinator, &new, &seen)?;
        let guardians = home.guardians();
        let Some(parent) = guardians.first().filter(|_| bond != Bond::Proposed) else { return Ok(()) };
        let parent = scene.person(tx, parent.person.id)?;
        let answered = scene.ago(days - 1, 20, 0);
        if bond == Bond::Declined {
            steps::decline(tx, answered, &parent, &pairing, FamilyVoice::Parent)?;
            return Ok(());
        }
        let pairing = steps::agree(tx, app, answered, &parent, &pairing, FamilyVoice::Parent)?;
        self.visits(tx, volunteer, child.id, bond)?;
        match bond {
            Bond::Rested => drop(steps::rest(tx, app, scene.ago(20, 15, 0), self.coordinator, &pairing)?),
            Bond::Ended => {
                let why = (EndReason::FamilyAsked, None);
                steps::end(tx, app, scene.ago(12, 15, 0), Some(self.coordinator), &pairing, why)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn visits(&self, tx: &mut Conn, volunteer: &Volunteer, child_id: i64, bond: Bond) -> Outcome<()> {
        let mut chance = self.chance(2 + u64::try_from(child_id).unwrap_or_default() % 90);
        let last = match bond {
            Bond::Visited | Bond::Ended => chance.between(3, 30),
            Bond::Rested => chance.between(30, 60),
            _ => return Ok(()),
        };
        let themselves = self.scene.person(tx, volunteer.person_id)?;
        for days in [last + 35, last] {
            // The fourth volunteer of the county saw something once, five days ago.
            let worried = self.number == 4 && days == last;
            let made_at = self.scene.ago(if worried { 5 } else { days.min(100) }, 16, 0);
            let observation = Observation {
                child_id,
                scales: Scale::ALL
                    .iter()
                    .map(|scale| (*scale, chance.between(if worried { 1 } else { 3 }, 5)))
                    .collect(),
                needs: if chance.percent(30) { BTreeSet::from([Need::Schooling]) } else { BTreeSet::new() },
                note: Some(chance.pick(&self.scene.words.check_in_notes)),
                worry: worried,
                worry_words: worried.then(|| self.scene.words.worry_words.clone()),
            };
            let log = NewLog {
                client_uuid: format!("demo:{}:{child_id}:{days}", volunteer.id),
                meeting: if chance.percent(70) { Meeting::HomeVisit } else { Meeting::AtSchool },
                made_at,
                place: None,
                observations: vec![observation],
                situations: worried.then_some(Situation::SuspectedViolence).into_iter().collect(),
                immediate_danger: false,
                request_hash: String::new(),
            };
            // Some had no signal and sent it two days later.
            let sent_at = if chance.percent(20) { made_at.plus_days(2) } else { made_at.plus_minutes(3) };
            steps::log(tx, self.scene.app, sent_at, &themselves, &log)?;
        }
        Ok(())
    }

    fn leave(&self, tx: &mut Conn, volunteer_id: i64) -> Outcome<()> {
        let action = match self.stage {
            Stage::Paused => Action::Pause,
            Stage::Ended => Action::End,
            _ => return Ok(()),
        };
        let volunteer = steps::volunteer(tx, volunteer_id)?;
        let at = self.scene.ago(10, 14, 0);
        steps::decide(tx, self.scene.app, at, self.coordinator, &volunteer, (action, None))?;
        Ok(())
    }
}
