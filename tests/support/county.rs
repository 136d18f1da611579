//! A small county by hand: one township, two villages, somebody in each post, and a family.

use chrono::NaiveDate;
use diesel::prelude::*;
use xiangban::areas::{self, AreaLevel};
use xiangban::children::tie_person;
use xiangban::identity::{
    NewOrganisation, NewPerson, OrganisationKind, PostKind, Sex, TieKind, add_organisation, add_person, add_post,
};
use xiangban::storage::schema::{children, household_members, households};

use super::TestApp;

pub const COUNTY: &str = "990101000000";
pub const TOWNSHIP: &str = "990101100000";
pub const VILLAGE: &str = "990101100201";
pub const VILLAGE_B: &str = "990101100202";

/// Ids of who and what there is.
#[derive(Clone, Debug)]
pub struct County {
    pub administrator: i64,
    pub supervisor: i64,
    pub coordinator: i64,
    pub police: i64,
    pub director: i64,
    pub director_b: i64,
    pub cadre: i64,
    pub school_head: i64,
    pub school: i64,
    pub police_station: i64,
    pub father: i64,
    pub mother: i64,
    pub grandmother: i64,
    pub volunteer: i64,
    pub passer: i64,
    pub household: i64,
    pub child: i64,
}

impl TestApp {
    /// Fills the database. The father and mother have been away outside the county for a year; the grandmother cares.
    pub fn county(&self) -> County {
        let now = self.now();
        let since = day(2025, 1, 1);
        let vault = &self.app.vault;
        self.app
            .store
            .write(|tx| {
                areas::add(tx, "990000000000", "测试省", AreaLevel::Province, None)?;
                areas::add(tx, "990100000000", "测试市", AreaLevel::City, Some("990000000000"))?;
                areas::add(tx, COUNTY, "测试县", AreaLevel::County, Some("990100000000"))?;
                areas::add(tx, TOWNSHIP, "石桥镇", AreaLevel::Township, Some(COUNTY))?;
                areas::add(tx, VILLAGE, "石板村", AreaLevel::Village, Some(TOWNSHIP))?;
                areas::add(tx, VILLAGE_B, "柳溪村", AreaLevel::Village, Some(TOWNSHIP))?;
                let mut organisation = |kind, name: &str| {
                    let new = NewOrganisation {
                        kind,
                        name: name.into(),
                        area_code: TOWNSHIP.into(),
                        phone: None,
                        email: None,
                    };
                    add_organisation(tx, vault, now, &new)
                };
                let school = organisation(OrganisationKind::School, "石桥镇中心小学")?;
                let police_station = organisation(OrganisationKind::PoliceStation, "石桥派出所")?;
                let mut number = 0;
                let mut person = |name: &str, sex, birth: NaiveDate| {
                    number += 1;
                    let new = NewPerson {
                        name: name.into(),
                        sex,
                        birth_date: Some(birth),
                        area_code: Some(VILLAGE.into()),
                        phone: Some(format!("139000000{number:02}")),
                        identity_number: None,
                        email: Some(format!("p{number}@example.test")),
                        language: None,
                        can_read: true,
                    };
                    add_person(tx, vault, now, &new)
                };
                let administrator = person("郑县管", Sex::Male, day(1975, 5, 1))?;
                let supervisor = person("钱督导", Sex::Female, day(1980, 5, 1))?;
                let coordinator = person("孙团委", Sex::Female, day(1992, 5, 1))?;
                let police = person("武警官", Sex::Male, day(1985, 5, 1))?;
                let director = person("李主任", Sex::Female, day(1978, 5, 1))?;
                let director_b = person("周主任", Sex::Male, day(1979, 5, 1))?;
                let cadre = person("吴干部", Sex::Male, day(1990, 5, 1))?;
                let school_head = person("冯校长", Sex::Male, day(1972, 5, 1))?;
                let father = person("王大山", Sex::Male, day(1988, 3, 3))?;
                let mother = person("陈小梅", Sex::Female, day(1990, 4, 4))?;
                let grandmother = person("赵桂兰", Sex::Female, day(1960, 6, 6))?;
                let volunteer = person("何志愿", Sex::Female, day(1998, 7, 7))?;
                let passer = person("尤路人", Sex::Male, day(1991, 8, 8))?;
                for (person_id, kind, area, organisation_id) in [
                    (administrator, PostKind::CountyAdministrator, COUNTY, None),
                    (supervisor, PostKind::TownshipSupervisor, TOWNSHIP, None),
                    (coordinator, PostKind::VolunteerCoordinator, TOWNSHIP, None),
                    (police, PostKind::PoliceContact, TOWNSHIP, Some(police_station)),
                    (director, PostKind::VillageDirector, VILLAGE, None),
                    (director_b, PostKind::VillageDirector, VILLAGE_B, None),
                    (cadre, PostKind::ResidentCadre, VILLAGE, None),
                    (school_head, PostKind::SchoolHead, TOWNSHIP, Some(school)),
                ] {
                    add_post(tx, person_id, kind, area, organisation_id, since)?;
                }
                let household: i64 = diesel::insert_into(households::table)
                    .values((
                        households::village_code.eq(VILLAGE),
                        households::created_at.eq(now),
                        households::updated_at.eq(now),
                    ))
                    .returning(households::id)
                    .get_result(tx)?;
                for (person_id, kin, guardian, away) in [
                    (father, "father", true, Some("广东省东莞市")),
                    (mother, "mother", true, Some("广东省东莞市")),
                    (grandmother, "paternal_grandmother", false, None),
                ] {
                    diesel::insert_into(household_members::table)
                        .values((
                            household_members::household_id.eq(household),
                            household_members::person_id.eq(person_id),
                            household_members::kin.eq(kin),
                            household_members::holds_guardianship.eq(guardian),
                            household_members::away_place.eq(away),
                            household_members::away_outside_county.eq(away.is_some()),
                            household_members::away_since.eq(away.map(|_| day(2025, 2, 10))),
                            household_members::since.eq(since),
                        ))
                        .execute(tx)?;
                }
                let child: i64 = diesel::insert_into(children::table)
                    .values((
                        children::household_id.eq(household),
                        children::name.eq("王小雨"),
                        children::sex.eq(Sex::Female),
                        children::birth_date.eq(day(2017, 5, 20)),
                        children::village_code.eq(VILLAGE),
                        children::confirmed_at.eq(now),
                        children::created_at.eq(now),
                        children::updated_at.eq(now),
                    ))
                    .returning(children::id)
                    .get_result(tx)?;
                tie_person(tx, now, child, TieKind::Parent, father)?;
                tie_person(tx, now, child, TieKind::Parent, mother)?;
                Ok(County {
                    administrator,
                    supervisor,
                    coordinator,
                    police,
                    director,
                    director_b,
                    cadre,
                    school_head,
                    school,
                    police_station,
                    father,
                    mother,
                    grandmother,
                    volunteer,
                    passer,
                    household,
                    child,
                })
            })
            .unwrap()
    }
}

pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
