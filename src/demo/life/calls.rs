//! Phones that prove to be somebody's, calls home that were made, confirmed, denied or left out, and numbers that no
//! longer answer.

use std::collections::BTreeSet;

use super::scene::{Home, Scene};
use crate::app::App;
use crate::clock::Instant;
use crate::contact::record::{ContactKind, RecordedVia, Says, Voice};
use crate::contact::steps::{
    NewContact, answer, found, give_up, obligation, open_obligations, open_search_for, record, state,
};
use crate::contact::{self, answers};
use crate::demo::Ground;
use crate::demo::chance::Chance;
use crate::problem::Outcome;
use crate::storage::Conn;

/// Parents whose number has been given up since, and what became of the search.
const LOST: [Lost; 6] = [Lost::Asking, Lost::Offered, Lost::Unknown, Lost::Found, Lost::GivenUp, Lost::Asking];
/// A number that somebody in the family offers; carriers hand out none that begins with 154.
const NEW_NUMBERS_FROM: u64 = 15_490_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Asking,
    /// Somebody offered a number; the village is to check it.
    Offered,
    /// Whoever was asked knows none.
    Unknown,
    Found,
    GivenUp,
}

/// Most people's numbers are verified, some long ago, some never.
pub fn verify_phones(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let mut seen = BTreeSet::new();
    for home in &scene.homes {
        let mut chance = Chance::stream(300_000 + u64::try_from(home.id).unwrap_or_default());
        let people = home.guardians().into_iter().chain(home.carer()).filter(|member| member.has_phone());
        for member in people {
            if seen.insert(member.person.id) && chance.percent(82) {
                // One in twelve verified it more than ninety days ago.
                let days = if chance.percent(8) { chance.between(91, 98) } else { chance.between(1, 85) };
                answers::phone_confirmed(tx, app, scene.ago(days, 18, 30), member.person.id)?;
            }
        }
    }
    Ok(())
}

/// Calls home as parents make them: most in time, some late, a few not for weeks.
pub fn phone_home(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    for owing in open_obligations(tx, None)? {
        let Some(home) = scene.homes.iter().find(|home| home.id == owing.household_id) else { continue };
        let mut chance = Chance::stream(400_000 + u64::try_from(owing.id).unwrap_or_default());
        let last = match chance.below(100) {
            0..=72 => chance.between(1, 5),
            73..=80 => 7,
            81..=86 => chance.between(8, 9),
            87..=91 => chance.between(10, 13),
            92..=95 => chance.between(14, 26),
            _ => continue,
        };
        for days in [last + chance.between(5, 7), last] {
            call(tx, &scene, home, owing.id, days, &mut chance)?;
        }
    }
    Ok(())
}

fn call(tx: &mut Conn, scene: &Scene<'_>, home: &Home, owing: i64, days: i64, chance: &mut Chance) -> Outcome<()> {
    let at = scene.ago(days, 19, 30);
    let owed = obligation(tx, owing)?;
    let new = NewContact {
        client_uuid: format!("demo:{owing}:{days}"),
        kind: if chance.percent(40) { ContactKind::Video } else { ContactKind::Call },
        with_child: true,
        with_carer: owed.carer_counts,
        happened_on: at.date(),
        note: chance.percent(30).then(|| chance.pick(&scene.words.contact_notes)),
        via: if chance.percent(35) { RecordedVia::Reply } else { RecordedVia::Tap },
    };
    let contact = record(tx, scene.app, at, &owed, (owed.parent_person_id, Voice::Parent), &new)?;
    let Some(carer) = home.carer().filter(|_| owed.carer_counts) else { return Ok(()) };
    let (says, words) = match chance.below(100) {
        0..=29 => (Says::Confirms, None),
        30..=33 => (Says::Contradicts, Some(scene.words.contradiction.as_str())),
        _ => return Ok(()),
    };
    let (owed, by) = (obligation(tx, owing)?, (carer.person.id, Voice::Carer));
    state(tx, scene.app, at.plus_hours(3), &owed, &contact, by, (new.client_uuid.as_str(), says, words))?;
    Ok(())
}

/// Some numbers are not in use any more; the search for them has come this far or that.
pub fn lose_numbers(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let mut fates = LOST.into_iter();
    // Every ninth home with both parents away, so that both townships have some.
    let away = |home: &&Home| home.guardians().iter().filter(|parent| parent.row.away_since.is_some()).count() == 2;
    for home in scene.homes.iter().filter(away).step_by(9) {
        let Some(fate) = fates.next() else { break };
        let guardians = home.guardians();
        if let [father, mother, ..] = guardians.as_slice() {
            lose(tx, &scene, home, (father.person.id, mother.person.id), fate)?;
        }
    }
    Ok(())
}

fn lose(tx: &mut Conn, scene: &Scene<'_>, home: &Home, (lost, other): (i64, i64), fate: Lost) -> Outcome<()> {
    let app = scene.app;
    contact::number_failed(tx, app, scene.ago(6, 9, 0), lost)?;
    contact::number_failed(tx, app, scene.ago(2, 9, 0), lost)?;
    let Some(search) = open_search_for(tx, lost)? else { return Ok(()) };
    let (hour_later, relative) = (scene.ago(2, 12, 0), scene.person(tx, other)?);
    let director = scene.director(tx, &home.village)?;
    let number = (NEW_NUMBERS_FROM + u64::try_from(lost).unwrap_or_default()).to_string();
    match fate {
        Lost::Asking => {}
        Lost::Offered => answer(tx, app, hour_later, &search, &relative, Some(&number))?,
        Lost::Unknown => answer(tx, app, hour_later, &search, &relative, None)?,
        Lost::Found => found(tx, app, scene.ago(1, 10, 0), &search, &director, &number)?,
        Lost::GivenUp => give_up(tx, scene.ago(1, 16, 0), &search, &director)?,
    }
    Ok(())
}
