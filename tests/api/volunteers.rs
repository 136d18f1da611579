use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::clock::Instant;
use xiangban::duties::{DutyKind, differences};
use xiangban::identity::TieKind;
use xiangban::storage::schema::{audit_events, child_ties, duties, messages};
use xiangban::volunteers::{self, digest, night};

use crate::on_both;
use crate::support::{County, TestApp, VILLAGE, VILLAGE_B};

pub fn offer(area: &str) -> Value {
    json!({ "area_code": area, "skills": ["tutoring", "company"], "languages": ["苗语"], "load_wish": 3 })
}

/// A volunteer's application by the person herself.
pub async fn applied(t: &TestApp, c: &County) -> i64 {
    let reply = t.post(&t.as_person(c.volunteer), "/me/volunteer-application", offer(VILLAGE)).await.expect(201);
    reply["id"].as_i64().unwrap()
}

pub async fn prove(t: &TestApp, c: &County, id: i64, kind: &str, done_on: NaiveDate) -> Value {
    let body = json!({ "kind": kind, "done_on": done_on });
    t.post(&t.as_person(c.coordinator), &format!("/volunteers/{id}/proofs"), body).await.expect(201)
}

pub async fn decide(t: &TestApp, c: &County, id: i64, action: &str) -> crate::support::Reply {
    t.put(&t.as_person(c.coordinator), &format!("/volunteers/{id}/decision"), json!({ "action": action })).await
}

/// An admitted volunteer whose check and training were made today.
pub async fn admitted(t: &TestApp, c: &County) -> i64 {
    let id = applied(t, c).await;
    prove(t, c, id, "record_check", t.today()).await;
    prove(t, c, id, "training", t.today()).await;
    decide(t, c, id, "admit").await.expect(200);
    id
}

/// A proposal for the child, and its id.
pub async fn proposed(t: &TestApp, c: &County, volunteer_id: i64) -> i64 {
    let body = json!({ "child_id": c.child, "volunteer_id": volunteer_id, "kind": "loving_mother", "service_forms": ["company"] });
    let reply = t.post(&t.as_person(c.coordinator), "/pairings", body).await.expect(201);
    reply["id"].as_i64().unwrap()
}

/// An active pairing: volunteer and pairing.
pub async fn paired(t: &TestApp, c: &County) -> (i64, i64) {
    let volunteer_id = admitted(t, c).await;
    let id = proposed(t, c, volunteer_id).await;
    let begun = t.put(&t.as_person(c.mother), &format!("/pairings/{id}/agreement"), json!({})).await.expect(200);
    assert_eq!((begun["state"].clone(), begun["family_voice"].clone()), (json!("active"), json!("parent")));
    (volunteer_id, id)
}

pub fn no_difference(t: &TestApp) {
    let found = t.app.store.read(|conn| {
        let expected = volunteers::duties::expected(conn)?;
        differences(conn, volunteers::duties::KINDS, expected)
    });
    assert_eq!(found.unwrap(), []);
}

/// Due days of the open duties of a kind.
pub fn dues(t: &TestApp, kind: DutyKind) -> Vec<String> {
    t.app
        .store
        .read(|conn| {
            let open = duties::table.filter(duties::kind.eq(kind)).filter(duties::closed_at.is_null());
            let dues: Vec<Instant> = open.select(duties::due_at).order(duties::id).load(conn)?;
            Ok(dues.iter().map(|due| due.date().to_string()).collect())
        })
        .unwrap()
}

fn sees_child(t: &TestApp, person: i64) -> bool {
    t.app
        .store
        .read(|conn| {
            let ties: i64 = child_ties::table
                .filter(child_ties::person_id.eq(person))
                .filter(child_ties::kind.eq(TieKind::Volunteer))
                .filter(child_ties::until.is_null())
                .count()
                .get_result(conn)?;
            Ok(ties > 0)
        })
        .unwrap()
}

fn notices(t: &TestApp, template: &str) -> i64 {
    t.app
        .store
        .read(|conn| Ok(messages::table.filter(messages::template.eq(template)).count().get_result(conn)?))
        .unwrap()
}

on_both! {
    async fn from_application_to_admission_each_step_says_what_is_missing(t: TestApp) {
        let c = t.county();
        let id = applied(&t, &c).await;
        let own = t.get(&t.as_person(c.volunteer), "/me/volunteering").await.expect(200);
        assert_eq!(own["stage"], "awaiting_record_check");
        let missing: Vec<_> = own["missing"].as_array().unwrap().iter().map(|gap| gap["text"].clone()).collect();
        assert_eq!(missing, ["还没有查询违法犯罪记录", "还没有参加培训"]);
        assert_eq!(decide(&t, &c, id, "admit").await.problem(409), "volunteer_proof_missing");
        assert_eq!(prove(&t, &c, id, "record_check", t.today()).await["stage"], "awaiting_training");
        assert_eq!(prove(&t, &c, id, "training", t.today()).await["stage"], "ready_for_admission");
        let admitted = decide(&t, &c, id, "admit").await.expect(200);
        assert_eq!(admitted["stage"], "admitted");
        assert_eq!(admitted["record_check_expires_on"], "2027-03-02");
        assert_eq!(decide(&t, &c, id, "admit").await.problem(409), "volunteer_not_from");
        assert_eq!(notices(&t, "notice/volunteer_admitted"), 1);
        assert_eq!(dues(&t, DutyKind::RenewRecordCheck), ["2027-03-02"]);
        assert_eq!(dues(&t, DutyKind::RenewTraining), ["2028-03-02"]);
        let again = t.post(&t.as_person(c.volunteer), "/me/volunteer-application", offer(VILLAGE)).await;
        assert_eq!(again.problem(409), "volunteer_exists");
        no_difference(&t);
    }

    async fn the_coordinator_enters_an_application_for_somebody_new(t: TestApp) {
        let c = t.county();
        let entry = json!({
            "name": "田大姐", "sex": "female", "birth_date": "1975-08-08", "phone": "１３９００００７７７７", "offer": offer(VILLAGE_B)
        });
        let coordinator = t.as_person(c.coordinator);
        let made = t.post(&coordinator, "/volunteers", entry.clone()).await.expect(201);
        assert_eq!((made["name"].clone(), made["state"].clone()), (json!("田大姐"), json!("applied")));
        assert_eq!(t.post(&coordinator, "/volunteers", entry).await.problem(409), "volunteer_exists");
        let detail = t.get(&coordinator, &format!("/volunteers/{}", made["id"])).await.expect(200);
        assert_eq!(detail["phone"], "13900007777");
        let listed = t.get(&t.as_person(c.director_b), "/volunteers?state=applied").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert!(listed["items"][0].get("phone").is_none());
        assert_eq!(t.get(&t.as_person(c.director), "/volunteers").await.expect(200)["items"], json!([]));
    }

    async fn a_minor_and_an_unknown_area_are_refused(t: TestApp) {
        let c = t.county();
        let mut entry = json!({
            "name": "小田", "sex": "female", "birth_date": "2010-08-08", "phone": "13900007778", "offer": offer(VILLAGE)
        });
        let coordinator = t.as_person(c.coordinator);
        let made = t.post(&coordinator, "/volunteers", entry.clone()).await.expect(201);
        let id = made["id"].as_i64().unwrap();
        prove(&t, &c, id, "record_check", t.today()).await;
        prove(&t, &c, id, "training", t.today()).await;
        let refused = decide(&t, &c, id, "admit").await;
        assert_eq!(refused.problem(409), "volunteer_proof_missing");
        assert!(refused.body["detail"].as_str().unwrap().contains("未满 18 岁"));
        entry["offer"]["area_code"] = json!("990101100999");
        assert_eq!(t.post(&coordinator, "/volunteers", entry.clone()).await.problem(422), "invalid_input");
        entry["offer"]["area_code"] = json!("110101001001");
        assert_eq!(t.post(&coordinator, "/volunteers", entry).await.problem(404), "not_found");
        let late = json!({ "kind": "training", "done_on": "2026-03-03" });
        assert_eq!(t.post(&coordinator, &format!("/volunteers/{id}/proofs"), late).await.problem(422), "invalid_input");
    }

    async fn suggestions_say_why_and_a_person_decides(t: TestApp) {
        let c = t.county();
        let id = admitted(&t, &c).await;
        let path = format!("/children/{}/pairing-suggestions?needs=company,legal_aid", c.child);
        let seen = t.get(&t.as_person(c.director), &path).await.expect(200);
        assert_eq!(seen[0]["volunteer_name"], "何志愿");
        assert_eq!(seen[0]["distance"], "same_village");
        let codes = |of: &str| -> Vec<String> {
            seen[0][of].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(codes("fits"), ["same_village", "same_sex", "has_room", "meets_need"]);
        assert_eq!(codes("doubts"), ["need_not_met"]);
        assert_eq!(codes("obstacles"), Vec::<String>::new());
        assert_eq!(t.get(&t.as_person(c.director_b), &path).await.problem(404), "not_found");
        proposed(&t, &c, id).await;
        let body = json!({ "child_id": c.child, "volunteer_id": id, "kind": "tutor", "service_forms": [] });
        assert_eq!(t.post(&t.as_person(c.coordinator), "/pairings", body).await.problem(409), "pairing_exists");
        assert!(!sees_child(&t, c.volunteer), "a proposal shows the volunteer nothing yet");
    }

    async fn the_familys_word_begins_the_pairing(t: TestApp) {
        let c = t.county();
        let (_, pairing) = paired(&t, &c).await;
        assert!(sees_child(&t, c.volunteer));
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-05-31"], "no risk yet: every ninety days");
        let own = t.get(&t.as_person(c.volunteer), "/me/paired-children").await.expect(200);
        assert_eq!((own[0]["child_name"].clone(), own[0]["due_on"].clone()), (json!("王小雨"), json!("2026-05-31")));
        assert_eq!(notices(&t, "notice/pairing_started"), 1);
        let path = format!("/pairings/{pairing}/agreement");
        assert_eq!(t.put(&t.as_person(c.mother), &path, json!({})).await.problem(409), "pairing_not_from");
        no_difference(&t);
    }

    async fn a_family_that_declines_is_not_asked_about_the_same_volunteer_again(t: TestApp) {
        let c = t.county();
        let volunteer = admitted(&t, &c).await;
        let id = proposed(&t, &c, volunteer).await;
        assert_eq!(t.put(&t.as_person(c.passer), &format!("/pairings/{id}/agreement"), json!({})).await.problem(404), "not_found");
        let declined = t.delete(&t.as_person(c.father), &format!("/pairings/{id}/agreement")).await.expect(200);
        assert_eq!(declined["state"], "declined");
        let body = json!({ "child_id": c.child, "volunteer_id": volunteer, "kind": "tutor", "service_forms": [] });
        let refused = t.post(&t.as_person(c.coordinator), "/pairings", body).await;
        assert_eq!(refused.problem(409), "pairing_blocked");
        assert_eq!(refused.body["detail"], "这家人没有同意过");
    }

    async fn a_lapsed_check_pauses_that_night_and_renewal_resumes_at_once(t: TestApp) {
        let c = t.county();
        let (volunteer, pairing) = paired(&t, &c).await;
        t.pass_days(364);
        assert_eq!(night::run(&t.app, t.now()).unwrap().changes, 0);
        t.pass_days(1);
        assert_eq!(night::run(&t.app, t.now()).unwrap().changes, 1);
        assert_eq!(night::run(&t.app, t.now()).unwrap().changes, 0, "a second run of the night changes nothing");
        let listed = t.get(&t.as_person(c.director), &format!("/pairings?child_id={}", c.child)).await.expect(200);
        assert_eq!(listed["items"][0]["state"], "paused");
        assert_eq!(listed["items"][0]["pause_reason"], "qualification_lapsed");
        assert!(!sees_child(&t, c.volunteer));
        assert_eq!(dues(&t, DutyKind::CheckIn), Vec::<String>::new());
        assert_eq!(notices(&t, "notice/pairing_paused"), 1);
        let own = t.get(&t.as_person(c.volunteer), "/me/volunteering").await.expect(200);
        assert_eq!(own["stage"], "suspended");
        no_difference(&t);
        let go_on = t.delete(&t.as_person(c.coordinator), &format!("/pairings/{pairing}/rest")).await;
        assert_eq!(go_on.problem(409), "pairing_blocked");
        prove(&t, &c, volunteer, "record_check", t.today()).await;
        assert!(sees_child(&t, c.volunteer));
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2027-05-31"], "counted from the day it went on");
        assert_eq!(dues(&t, DutyKind::RenewRecordCheck), ["2028-03-02"]);
        no_difference(&t);
    }

    async fn a_barring_record_ends_everything_at_once(t: TestApp) {
        let c = t.county();
        let (volunteer, _) = paired(&t, &c).await;
        let barred = json!({ "kind": "record_check", "outcome": "barred", "done_on": t.today() });
        let after = t.post(&t.as_person(c.coordinator), &format!("/volunteers/{volunteer}/proofs"), barred).await.expect(201);
        assert_eq!((after["state"].clone(), after["stage"].clone()), (json!("ended"), json!("ended")));
        assert!(!sees_child(&t, c.volunteer));
        let listed = t.get(&t.as_person(c.director), &format!("/pairings?child_id={}", c.child)).await.expect(200);
        assert_eq!(listed["items"][0]["end_reason"], "record_barred");
        assert_eq!(dues(&t, DutyKind::CheckIn), Vec::<String>::new());
        assert_eq!(dues(&t, DutyKind::RenewRecordCheck), Vec::<String>::new());
        let details: Vec<String> = t.app.store.read(|conn| {
            Ok(audit_events::table.filter(audit_events::subject_kind.eq("volunteer")).select(audit_events::detail).load(conn)?)
        }).unwrap();
        assert!(details.iter().all(|detail| !detail.contains("barred")), "what a check found is not in the audit");
        no_difference(&t);
    }

    async fn a_pause_by_decision_is_lifted_only_by_a_person(t: TestApp) {
        let c = t.county();
        let (_, pairing) = paired(&t, &c).await;
        let path = format!("/pairings/{pairing}/rest");
        t.put(&t.as_person(c.coordinator), &path, json!({})).await.expect(200);
        t.pass_days(1);
        assert_eq!(night::run(&t.app, t.now()).unwrap().changes, 0);
        let on = t.delete(&t.as_person(c.coordinator), &path).await.expect(200);
        assert_eq!(on["state"], "active");
        no_difference(&t);
    }

    async fn a_volunteer_on_leave_rests_all_pairings_and_comes_back(t: TestApp) {
        let c = t.county();
        let (volunteer, _) = paired(&t, &c).await;
        assert_eq!(decide(&t, &c, volunteer, "pause").await.expect(200)["stage"], "paused");
        assert!(!sees_child(&t, c.volunteer));
        assert_eq!(decide(&t, &c, volunteer, "resume").await.expect(200)["stage"], "paired");
        assert!(sees_child(&t, c.volunteer));
        assert_eq!(decide(&t, &c, volunteer, "end").await.expect(200)["state"], "ended");
        assert!(!sees_child(&t, c.volunteer));
        no_difference(&t);
    }

    async fn a_child_who_leaves_the_ledger_ends_the_pairing_and_a_higher_risk_brings_the_visit_forward(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let now = t.now();
        let change = |state: &'static str| t.app.store.write(|tx| {
            use xiangban::storage::schema::children;
            match state {
                "high" => diesel::update(children::table.find(c.child)).set(children::risk_level.eq("high")).execute(tx)?,
                _ => diesel::update(children::table.find(c.child)).set(children::exited_at.eq(now)).execute(tx)?,
            };
            volunteers::child_changed(tx, &t.app, now, c.child)
        }).unwrap();
        change("high");
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-03-09"]);
        change("left");
        assert_eq!(dues(&t, DutyKind::CheckIn), Vec::<String>::new());
        assert!(!sees_child(&t, c.volunteer));
        no_difference(&t);
    }

    async fn family_and_volunteer_may_end_a_pairing_at_any_time(t: TestApp) {
        let c = t.county();
        let (_, pairing) = paired(&t, &c).await;
        let path = format!("/pairings/{pairing}/ending");
        let words = json!({ "reason": "volunteer_asked", "words": "要去外地工作" });
        assert_eq!(t.put(&t.as_person(c.passer), &path, words.clone()).await.problem(404), "not_found");
        assert_eq!(t.put(&t.as_person(c.volunteer), &path, words.clone()).await.expect(200)["state"], "ended");
        assert_eq!(t.put(&t.as_person(c.father), &path, words).await.problem(409), "pairing_not_from");
    }

    async fn the_coordinator_sees_who_has_gone_silent_and_is_told_once_a_week(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        t.pass_days(96);
        assert_eq!(digest::weekly(&t.app, t.now()).unwrap(), 0);
        t.pass_days(1);
        let silent = t.get(&t.as_person(c.coordinator), "/volunteer-silences").await.expect(200);
        assert_eq!(silent[0]["volunteer_name"], "何志愿");
        assert_eq!(silent[0]["children"][0]["days_overdue"], 7);
        assert_eq!(digest::weekly(&t.app, t.now()).unwrap(), 1);
        assert_eq!(digest::weekly(&t.app, t.now()).unwrap(), 0, "once a week");
        assert_eq!(notices(&t, "notice/coordinator_week"), 1);
        t.pass_days(7);
        assert_eq!(digest::weekly(&t.app, t.now()).unwrap(), 1);
    }

    async fn what_a_volunteer_offers_is_changed_on_the_version_one_has_seen(t: TestApp) {
        let c = t.county();
        let id = applied(&t, &c).await;
        let coordinator = t.as_person(c.coordinator);
        let path = format!("/volunteers/{id}");
        let change = |version: &'static str| t.call(&coordinator, actix_web::http::Method::PUT, &path, Some(offer(VILLAGE_B)), if version.is_empty() { &[] } else { &[("if-match", "\"1\"")] });
        assert_eq!(change("").await.problem(428), "version_required");
        assert_eq!(change("1").await.expect(200)["area_code"], VILLAGE_B);
        assert_eq!(change("1").await.problem(412), "version_changed");
    }
}
