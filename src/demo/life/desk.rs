//! What the offices did: records confirmed, children on their way to another village, reports of danger.

use std::collections::BTreeSet;

use super::scene::{Scene, scope_of};
use crate::app::App;
use crate::children::transfer::{self, TransferWanted};
use crate::children::{self, ledger};
use crate::clock::Instant;
use crate::demo::Ground;
use crate::demo::chance::Chance;
use crate::http::IfMatch;
use crate::identity::{Actor, PostKind};
use crate::problem::Outcome;
use crate::protection::report::situation::{ReporterRole, Situation};
use crate::protection::report::{self, NewReport, ReportChannel, Reporter, Told};
use crate::storage::Conn;

/// Villages whose records nobody confirmed in time: one in each township.
const LATE_VILLAGES: [usize; 2] = [3, 8];

/// Records confirmed in the last weeks; in two villages hardly any.
pub fn confirm_records(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let late: Vec<String> = ground
        .county
        .villages()
        .enumerate()
        .filter(|(at, _)| LATE_VILLAGES.contains(at))
        .map(|(_, one)| one.code)
        .collect();
    for home in &scene.homes {
        let director = scene.director(tx, &home.village)?;
        for child in &home.children {
            let mut chance = Chance::stream(500_000 + u64::try_from(child.id).unwrap_or_default());
            let confirmed = if late.contains(&home.village) { 20 } else { 92 };
            if chance.percent(confirmed) {
                let at = scene.ago(chance.between(1, 80), 16, 0);
                let seen = IfMatch(children::get(tx, child.id)?.version);
                ledger::confirm(tx, &scene.occasion(&director, at), &scope_of(&director), child.id, seen)?;
            }
        }
    }
    Ok(())
}

/// Moves to other villages: waiting, taken in, refused.
pub fn move_children(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let villages: Vec<String> = ground.county.villages().map(|village| village.code).collect();
    for (turn, home) in scene.homes.iter().skip(5).step_by(31).enumerate() {
        let at = villages.iter().position(|village| *village == home.village).unwrap_or_default();
        let (Some(to), Some(child)) = (villages.get((at + 1) % villages.len().max(1)), home.children.first()) else {
            continue;
        };
        let (sending, receiving) = (scene.director(tx, &home.village)?, scene.director(tx, to)?);
        let wanted = TransferWanted { to_village: to.clone(), reason: scene.words.transfer_reason.clone() };
        let days = i64::try_from(turn * 3 + 2).unwrap_or(2);
        let seen = IfMatch(children::get(tx, child.id)?.version);
        let occasion = scene.occasion(&sending, scene.ago(days, 10, 30));
        let id = transfer::propose(tx, &occasion, &scope_of(&sending), child.id, seen, &wanted)?;
        let occasion = scene.occasion(&receiving, scene.ago(days - 1, 11, 0));
        match turn % 4 {
            2 => drop(transfer::accept(tx, &occasion, &scope_of(&receiving), id)?),
            3 => transfer::refuse(tx, &occasion, &scope_of(&receiving), id, &scene.words.refusal_of_transfer)?,
            _ => {}
        }
    }
    Ok(())
}

/// Reports: one settled by all its desks, one by the police alone, one that nobody has taken on yet.
pub fn report_danger(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let times = [scene.ago(18, 21, 40), scene.ago(2, 23, 10), now.plus_minutes(-50)];
    let situations = [Situation::AbandonedOrUncared, Situation::MissingOrTrafficked, Situation::SuspectedViolence];
    // Homes of both townships.
    let homes = scene.homes.iter().skip(11).step_by(67);
    for (turn, (home, at)) in homes.zip(times).enumerate() {
        let reporter = scene.director(tx, &home.village)?;
        let new = NewReport {
            channel: ReportChannel::SignedIn,
            situations: situations.get(turn).copied().into_iter().collect(),
            immediate_danger: false,
            told: Told {
                narrative: scene.words.narratives.get(turn).cloned().unwrap_or_default(),
                child_words: None,
                place_words: None,
            },
            area_code: home.village.clone(),
            child_id: home.children.first().map(|child| child.id),
            reporter: Some(Reporter { person_id: Some(reporter.person_id), name: None, phone: None }),
            reporter_role: ReporterRole::Village,
            suspected: BTreeSet::new(),
            cause: None,
            client: Some(format!("demo:{turn}")),
            from_address: None,
        };
        let filed = report::file(tx, app, at, &new)?;
        let police = scene.officer(tx, PostKind::PoliceContact, &home.village)?;
        let township = scene.officer(tx, PostKind::TownshipSupervisor, &home.village)?;
        let taken_on: &[Actor] = match turn {
            0 => &[police, township],
            1 => &[police],
            _ => &[],
        };
        for officer in taken_on {
            report::accept(tx, at.plus_minutes(25), officer, filed.id)?;
        }
    }
    Ok(())
}
