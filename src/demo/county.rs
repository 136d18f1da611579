//! The county as its offices know it: areas, organisations, staff and their accounts, from `config/demo/county.toml`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::chance::Chance;
use super::names::{Generation, Names};
use super::{Ground, PASSWORD, secret_of};
use crate::app::App;
use crate::areas::{self, AreaLevel};
use crate::clock::Instant;
use crate::identity::{
    self, NewOrganisation, NewPerson, OrganisationKind, PostKind, Sex, add_organisation, add_person, add_post,
};
use crate::problem::Outcome;
use crate::storage::Conn;

/// The areas, organisations and staff of `config/demo/county.toml`.
#[derive(Debug, Deserialize)]
pub struct County {
    areas: Vec<Area>,
    organisations: Vec<Organisation>,
    staff: Vec<Staff>,
}

#[derive(Clone, Debug, Deserialize)]
struct Area {
    code: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Organisation {
    key: String,
    kind: OrganisationKind,
    name: String,
    area: String,
}

/// Somebody with a post, and with an account when there is a `login`.
#[derive(Clone, Debug, Deserialize)]
pub struct Staff {
    pub name: String,
    pub sex: Sex,
    pub phone: String,
    pub post: PostKind,
    pub area: String,
    pub organisation: Option<String>,
    pub login: Option<String>,
}

/// A village of the demo county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Village {
    pub code: String,
    pub name: String,
}

const STAFF_PHONES_FROM: u64 = 15_400_000_100;
/// Days before the demo's first day on which staff took up their posts.
const IN_OFFICE_DAYS: i64 = 700;

impl County {
    pub fn villages(&self) -> impl Iterator<Item = Village> {
        self.areas
            .iter()
            .filter(|area| areas::level_of(&area.code) == AreaLevel::Village)
            .map(|area| Village { code: area.code.clone(), name: area.name.clone() })
    }

    /// The code of the county itself, under which the demo's own marks are kept.
    pub fn code(&self) -> &str {
        self.areas.iter().find(|area| areas::level_of(&area.code) == AreaLevel::County).map_or("", |area| &area.code)
    }

    /// The first member of staff for each role that has an account, in the order of the file.
    pub fn one_account_per_role(&self) -> Vec<&Staff> {
        let mut seen = Vec::new();
        self.staff
            .iter()
            .filter(|staff| staff.login.is_some())
            .filter(|staff| {
                !seen.contains(&staff.post) && {
                    seen.push(staff.post);
                    true
                }
            })
            .collect()
    }

    /// Everybody with a post: those of the file, and a director and a cadre for each village that has none there.
    fn all_staff(&self, names: &Names) -> Vec<Staff> {
        let mut all = self.staff.clone();
        for (place, village) in self.villages().enumerate() {
            for (which, post) in [PostKind::VillageDirector, PostKind::ResidentCadre].into_iter().enumerate() {
                if !self.staff.iter().any(|staff| staff.post == post && staff.area == village.code) {
                    all.push(drawn(names, &village, post, place * 2 + which));
                }
            }
        }
        all
    }
}

fn drawn(names: &Names, village: &Village, post: PostKind, number: usize) -> Staff {
    let number = u64::try_from(number).unwrap_or_default();
    let mut chance = Chance::stream(90_000 + number);
    let sex = if chance.percent(50) { Sex::Male } else { Sex::Female };
    let surname = names.surname(&mut chance);
    Staff {
        name: names.full(&mut chance, &surname, Generation::Grown, sex),
        sex,
        phone: (STAFF_PHONES_FROM + number).to_string(),
        post,
        area: village.code.clone(),
        organisation: None,
        login: None,
    }
}

/// Founds the county: areas, organisations, staff and accounts.
pub fn found(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    for area in &ground.county.areas {
        areas::add_or_rename(tx, &area.code, &area.name)?;
    }
    let organisations = organise(app, ground, tx, now)?;
    let since = now.plus_days(-IN_OFFICE_DAYS).date();
    for staff in ground.county.all_staff(&ground.names) {
        let organisation = staff.organisation.clone().unwrap_or_else(|| staff.area.clone());
        let organisation_id = organisations.get(&organisation).copied();
        appoint(app, tx, now, &staff, organisation_id, since)?;
    }
    Ok(())
}

/// The organisations by key; a village committee's key is the village's code.
fn organise(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<BTreeMap<String, i64>> {
    let mut ids = BTreeMap::new();
    let committees = ground.county.villages().map(|village| Organisation {
        kind: OrganisationKind::VillageCommittee,
        name: ground.lives.committee_of(&village.name),
        key: village.code.clone(),
        area: village.code,
    });
    for organisation in committees {
        ids.insert(organisation.key.clone(), add(app, tx, now, &organisation)?);
    }
    for organisation in &ground.county.organisations {
        ids.insert(organisation.key.clone(), add(app, tx, now, organisation)?);
    }
    Ok(ids)
}

fn add(app: &App, tx: &mut Conn, now: Instant, organisation: &Organisation) -> Outcome<i64> {
    let new = NewOrganisation {
        kind: organisation.kind,
        name: organisation.name.clone(),
        area_code: organisation.area.clone(),
        phone: None,
        email: Some(format!("{}@demo.invalid", organisation.key)),
    };
    add_organisation(tx, &app.vault, now, &new)
}

fn appoint(
    app: &App,
    tx: &mut Conn,
    now: Instant,
    staff: &Staff,
    organisation_id: Option<i64>,
    since: NaiveDate,
) -> Outcome<()> {
    let person = NewPerson {
        name: staff.name.clone(),
        sex: staff.sex,
        birth_date: None,
        area_code: Some(staff.area.clone()),
        phone: Some(staff.phone.clone()),
        identity_number: None,
        email: staff.login.as_ref().map(|login| format!("{login}@demo.invalid")),
        language: None,
        can_read: true,
    };
    let person_id = add_person(tx, &app.vault, now, &person)?;
    add_post(tx, person_id, staff.post, &staff.area, organisation_id, since)?;
    if let Some(login) = &staff.login {
        identity::create_account(tx, &app.vault, now, person_id, login, PASSWORD, Some(&secret_of(login)))?;
    }
    Ok(())
}
