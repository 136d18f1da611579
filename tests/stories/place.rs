//! A township with its offices, and a family that enters the ledger of a village.

use chrono::NaiveDate;
use serde_json::{Value, json};
use xiangban::areas::{self, AreaLevel};
use xiangban::identity::{
    NewOrganisation, NewPerson, OrganisationKind, PostKind, Sex, add_organisation, add_person, add_post,
};

use super::life::Life;
use crate::api::guardianship::{declaration, in_person, party_of, path, signature, signing};
use crate::support::{COUNTY, TOWNSHIP, VILLAGE};

pub const FATHER: &str = "13900000101";
pub const MOTHER: &str = "13900000102";
pub const GRANDMOTHER: &str = "13900000103";
pub const AUNT: &str = "13900000104";
pub const SUPERVISOR: &str = "13900000002";

/// The offices.
pub struct Place {
    pub supervisor: i64,
    pub coordinator: i64,
    pub police: i64,
    pub director: i64,
    pub school_head: i64,
    pub school: i64,
}

/// Founds the township, as an administrator does before anybody can sign in.
pub fn found(life: &Life) -> Place {
    let (vault, now) = (&life.t.app.vault, life.t.now());
    let since: NaiveDate = "2025-01-01".parse().unwrap();
    life.t
        .app
        .store
        .write(|tx| {
            areas::add(tx, "990000000000", "示例省", AreaLevel::Province, None)?;
            areas::add(tx, "990100000000", "示例市", AreaLevel::City, Some("990000000000"))?;
            areas::add(tx, COUNTY, "云岭县", AreaLevel::County, Some("990100000000"))?;
            areas::add(tx, TOWNSHIP, "石桥镇", AreaLevel::Township, Some(COUNTY))?;
            areas::add(tx, VILLAGE, "石板村", AreaLevel::Village, Some(TOWNSHIP))?;
            let mut organisation = |kind, name: &str, area: &str| {
                let new = NewOrganisation { kind, name: name.into(), area_code: area.into(), phone: None, email: None };
                add_organisation(tx, vault, now, &new)
            };
            let school = organisation(OrganisationKind::School, "石桥镇中心小学", TOWNSHIP)?;
            let station = organisation(OrganisationKind::PoliceStation, "石桥派出所", TOWNSHIP)?;
            let committee = organisation(OrganisationKind::VillageCommittee, "石板村村民委员会", VILLAGE)?;
            let mut number = 0;
            let mut officer = |name: &str, kind, area: &str, organisation| {
                number += 1;
                let new = NewPerson {
                    name: name.into(),
                    sex: Sex::Female,
                    birth_date: Some("1985-05-01".parse().unwrap()),
                    area_code: Some(area.into()),
                    phone: Some(format!("1390000000{number}")),
                    identity_number: None,
                    email: Some(format!("desk{number}@example.test")),
                    language: None,
                    can_read: true,
                };
                let person = add_person(tx, vault, now, &new)?;
                add_post(tx, person, kind, area, organisation, since)?;
                Ok::<_, xiangban::problem::Fault>(person)
            };
            officer("郑县管", PostKind::CountyAdministrator, COUNTY, None)?;
            Ok(Place {
                supervisor: officer("钱督导", PostKind::TownshipSupervisor, TOWNSHIP, None)?,
                coordinator: officer("孙协调", PostKind::VolunteerCoordinator, TOWNSHIP, None)?,
                police: officer("武警官", PostKind::PoliceContact, TOWNSHIP, Some(station))?,
                director: officer("陈主任", PostKind::VillageDirector, VILLAGE, Some(committee))?,
                school_head: officer("冯校长", PostKind::SchoolHead, TOWNSHIP, Some(school))?,
                school,
            })
        })
        .unwrap()
}

/// A family on the ledger.
pub struct Family {
    pub child: i64,
    pub father: i64,
    pub mother: i64,
    pub grandmother: i64,
}

/// How a family differs from the next.
pub struct Circumstances {
    pub grandmother_has_phone: bool,
    pub mother_is_away: bool,
}

impl Life {
    /// The village writes the family into its ledger, and where the child goes to school.
    pub async fn enters_the_ledger(&self, place: &Place, how: &Circumstances) -> Family {
        let away = json!({ "place": "广东省东莞市", "outside_county": true, "since": "2025-02-10" });
        let mother_away = if how.mother_is_away { away.clone() } else { Value::Null };
        let grandmothers_phone = how.grandmother_has_phone.then_some(GRANDMOTHER);
        let adult = |name: &str, sex: &str, born: &str, phone: Option<&str>| json!({ "name": name, "sex": sex, "birth_date": born, "phone": phone, "can_read": phone.is_some() });
        let body = json!({
            "village_code": VILLAGE, "address": "石板村三组",
            "child": { "name": "王小雨", "sex": "female", "birth_date": "2017-05-20" },
            "members": [
                { "person": adult("王大山", "male", "1988-03-03", Some(FATHER)),
                  "member": { "kin": "father", "holds_guardianship": true }, "away": away },
                { "person": adult("陈小梅", "female", "1990-04-04", Some(MOTHER)),
                  "member": { "kin": "mother", "holds_guardianship": true }, "away": mother_away },
                { "person": adult("赵桂兰", "female", "1960-06-06", grandmothers_phone),
                  "member": { "kin": "paternal_grandmother", "holds_guardianship": false, "cares": true } },
                { "person": adult("王小花", "female", "1992-08-08", Some(AUNT)),
                  "member": { "kin": "uncle_or_aunt", "holds_guardianship": false, "backup_order": 1 } }
            ]
        });
        let record = self.post(place.director, "/children", body).await.expect(201);
        let (child, version) = (record["id"].as_i64().unwrap(), record["version"].to_string());
        let schooling = json!({
            "schooling": { "school": "石桥镇中心小学", "grade": "二年级", "enrolment": "enrolled" }, "school_id": place.school
        });
        let headers = [("if-match", format!("\"{version}\""))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let director = self.t.as_person(place.director);
        let method = actix_web::http::Method::PUT;
        self.t
            .call(&director, method, &format!("/children/{child}/schooling"), Some(schooling), &headers)
            .await
            .expect(200);
        let members = record["household"]["members"].as_array().unwrap();
        let person =
            |name: &str| members.iter().find(|member| member["name"] == name).unwrap()["person_id"].as_i64().unwrap();
        Family { child, father: person("王大山"), mother: person("陈小梅"), grandmother: person("赵桂兰") }
    }

    /// The village looks at what the carer can do, and hears everybody.
    pub async fn is_assessed(&self, place: &Place, family: &Family, kind: &str, term: (&str, &str)) -> Value {
        let questions = self.get(place.director, "/capacity-questionnaire").await;
        let questions = questions["questions"].as_array().unwrap().clone();
        let answers: serde_json::Map<String, Value> =
            questions.iter().map(|one| (one["code"].as_str().unwrap().to_owned(), json!("yes"))).collect();
        let body = json!({ "carer_id": family.grandmother, "answers": answers, "conclusion": "fit" });
        let assessments = format!("/children/{}/capacity-assessments", family.child);
        self.post(place.director, &assessments, body).await.expect(201);
        let draft = json!({
            "child_id": family.child, "kind": kind, "carer": { "person_id": family.grandmother },
            "terms": { "term_from": term.0, "term_until": term.1, "reason": "外出务工", "relation": "奶奶" }
        });
        let drafted = self.post(place.director, "/agreements", draft).await.expect(201);
        self.put(place.director, &path(&drafted, "declaration"), declaration()).await.expect(200)
    }

    /// Somebody signs on the own phone, with the code that arrived there.
    pub async fn signs(&self, person: i64, number: &str, agreement: &Value, role: &str) -> Value {
        let party = party_of(agreement, role, Some(person));
        self.post(person, &path(agreement, "signing-codes"), json!({ "party_id": party })).await.expect(201);
        self.work().await;
        let code = code_in(&self.phones.last(number));
        let body = signature(agreement, Some(&code), person);
        self.put(person, &signing(agreement, party), body).await.expect(200)
    }

    /// Somebody without a phone signs on the director's, after the text was read aloud.
    pub async fn signs_before_the_director(&self, place: &Place, agreement: &Value, role: &str) -> Value {
        let party = party_of(agreement, role, None);
        let turn = json!({ "party_id": party, "device": "村委会手机" });
        self.post(place.director, &path(agreement, "signing-turns"), turn).await.expect(201);
        self.put(place.director, &signing(agreement, party), in_person(agreement, None, party)).await.expect(200)
    }

    /// A parent phoned home, and taps so.
    pub async fn phones_home(&self, parent: i64) {
        let own = self.get(parent, "/me/contact-obligations").await;
        let body = json!({
            "client_uuid": uuid::Uuid::new_v4(), "obligation_id": own[0]["id"], "kind": "call",
            "with_child": true, "with_carer": true, "happened_on": self.t.today()
        });
        self.post(parent, "/contacts", body).await.expect(201);
    }

    /// Weeks in which these parents phone home every fifth evening.
    pub async fn weeks_of_calls(&self, parents: &[i64], until: &str) {
        let end: NaiveDate = format!("2026-{until}").parse().unwrap();
        loop {
            for parent in parents {
                self.phones_home(*parent).await;
            }
            let next = self.t.today() + chrono::Days::new(5);
            if next > end {
                break;
            }
            self.until(&format!("{next} 19:00")).await;
        }
    }
}

/// The six digits of a code in a text.
pub fn code_in(text: &str) -> String {
    let digits = regex::Regex::new("验证码([0-9]{6})").unwrap();
    digits.captures(text).unwrap_or_else(|| panic!("no code in {text:?}"))[1].to_owned()
}
