use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xiangban::clock::Instant;
use xiangban::contact::{self, answers, night, reconcile_household};
use xiangban::crypto::Purpose;
use xiangban::duties::{ClosedHow, DutyKind, differences, remind};
use xiangban::identity::TieKind;
use xiangban::storage::schema::{duties, household_members, messages, reminders};

use crate::on_both;
use crate::support::{County, TestApp};

/// The grandmother becomes the carer, and contact is reconciled as the ledger does it.
fn set_up(t: &TestApp) -> County {
    let c = t.county();
    let now = t.now();
    t.app
        .store
        .write(|tx| {
            xiangban::children::tie_person(tx, now, c.child, TieKind::Carer, c.grandmother)?;
            contact::reconcile_child(tx, &t.app.config.contact, now, c.child)
        })
        .unwrap();
    c
}

fn reconcile(t: &TestApp, c: &County) {
    let now = t.now();
    t.app.store.write(|tx| reconcile_household(tx, &t.app.config.contact, now, c.household)).unwrap();
}

fn no_difference(t: &TestApp) {
    let found = t.app.store.read(|conn| {
        let expected = contact::duties::expected(conn)?;
        differences(conn, contact::duties::KINDS, expected)
    });
    assert_eq!(found.unwrap(), []);
}

async fn owed_by(t: &TestApp, person: i64) -> Value {
    t.get(&t.as_person(person), "/me/contact-obligations").await.expect(200)
}

/// Due moments of the open duties of a kind, and of those closed as met.
fn dues(t: &TestApp, kind: DutyKind, person: i64) -> (Vec<String>, usize) {
    t.app
        .store
        .read(|conn| {
            let own = duties::table.filter(duties::kind.eq(kind)).filter(duties::owed_by_person_id.eq(person));
            let open: Vec<Instant> =
                own.filter(duties::closed_at.is_null()).select(duties::due_at).order(duties::id).load(conn)?;
            let met: i64 = duties::table
                .filter(duties::kind.eq(kind))
                .filter(duties::owed_by_person_id.eq(person))
                .filter(duties::closed_how.eq(ClosedHow::Met))
                .count()
                .get_result(conn)?;
            Ok((open.iter().map(|due| due.date().to_string()).collect(), met as usize))
        })
        .unwrap()
}

/// The code in the latest message of this template.
fn code_sent(t: &TestApp, template: &str) -> String {
    let sealed: String = t
        .app
        .store
        .read(|conn| {
            let own = messages::table.filter(messages::template.eq(template));
            Ok(own.select(messages::data_sealed).order(messages::id.desc()).first(conn)?)
        })
        .unwrap();
    let data: Value = serde_json::from_str(&t.app.vault.open(Purpose::Message, &sealed).unwrap()).unwrap();
    data["code"].as_str().unwrap().to_owned()
}

fn call(obligation: &Value, on: &str) -> Value {
    json!({
        "client_uuid": Uuid::new_v4(), "obligation_id": obligation, "kind": "call",
        "with_child": true, "with_carer": true, "happened_on": on
    })
}

on_both! {
    async fn each_parent_away_owes_a_call_within_the_week(t: TestApp) {
        let c = set_up(&t);
        for parent in [c.father, c.mother] {
            let own = owed_by(&t, parent).await;
            assert_eq!(own[0]["due_on"], "2026-03-09");
            assert_eq!(own[0]["state"], "owed");
            assert_eq!(own[0]["carer_counts"], true);
            assert_eq!(dues(&t, DutyKind::ContactChild, parent), (vec!["2026-03-09".into()], 0));
        }
        assert_eq!(owed_by(&t, c.grandmother).await, json!([]));
        reconcile(&t, &c);
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-09".into()], 0), "twice changes nothing");
        no_difference(&t);
    }

    async fn one_tap_closes_the_duty_and_opens_the_next(t: TestApp) {
        let c = set_up(&t);
        t.pass_days(4);
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        let father = t.as_person(c.father);
        let tap = call(&id, "2026-03-06");
        let first = t.post(&father, "/contacts", tap.clone()).await.expect(201);
        assert_eq!(first["standing"], "recorded");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-13".into()], 1));
        let second = t.post(&father, "/contacts", tap.clone()).await.expect(201);
        assert_eq!(first["id"], second["id"], "sent twice, stored once");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-13".into()], 1));
        let mut other = tap;
        other["kind"] = json!("visit");
        assert_eq!(t.post(&father, "/contacts", other).await.problem(409), "client_uuid_reused");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.mother), (vec!["2026-03-09".into()], 0), "the mother still owes hers");
        no_difference(&t);
    }

    async fn talking_with_the_grandmother_alone_leaves_the_child_waiting(t: TestApp) {
        let c = set_up(&t);
        t.pass_days(2);
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        let mut tap = call(&id, "2026-03-04");
        tap["with_child"] = json!(false);
        t.post(&t.as_person(c.father), "/contacts", tap).await.expect(201);
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-09".into()], 0));
    }

    async fn a_contradicted_call_stays_on_record_and_the_duty_comes_back(t: TestApp) {
        let c = set_up(&t);
        t.pass_days(4);
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        let father = t.as_person(c.father);
        let contact = t.post(&father, "/contacts", call(&id, "2026-03-06")).await.expect(201);
        let path = format!("/contacts/{}/statements", contact["id"]);
        let says = |what: &str| json!({ "client_uuid": Uuid::new_v4(), "says": what });
        assert_eq!(t.post(&father, &path, says("confirms")).await.problem(403), "own_contact");
        let seen = t.post(&t.as_person(c.grandmother), &path, says("contradicts")).await.expect(201);
        assert_eq!(seen["standing"], "contradicted");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father).0, ["2026-03-09"]);
        t.pass_minutes(10);
        let seen = t.post(&t.as_person(c.director), &path, says("confirms")).await.expect(201);
        assert_eq!(seen["standing"], "disputed");
        assert_eq!(seen["statements"].as_array().unwrap().len(), 2);
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father).0, ["2026-03-13"]);
        t.pass_minutes(10);
        let seen = t.post(&t.as_person(c.grandmother), &path, says("confirms")).await.expect(201);
        assert_eq!(seen["standing"], "confirmed");
        assert_eq!(seen["statements"].as_array().unwrap().len(), 3, "no word is lost");
        let voices: Vec<_> = seen["statements"].as_array().unwrap().iter().map(|s| s["voice"].clone()).collect();
        assert_eq!(voices, ["carer", "village", "carer"]);
        no_difference(&t);
    }

    async fn the_carer_records_a_call_and_that_confirms_it(t: TestApp) {
        let c = set_up(&t);
        let id = owed_by(&t, c.mother).await[0]["id"].clone();
        let contact = t.post(&t.as_person(c.grandmother), "/contacts", call(&id, "2026-03-02")).await.expect(201);
        assert_eq!((contact["recorded_as"].clone(), contact["standing"].clone()), (json!("carer"), json!("confirmed")));
        let listed = t.get(&t.as_person(c.director), &format!("/contacts?child_id={}", c.child)).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        for stranger in [c.director_b, c.passer] {
            let reply = t.get(&t.as_person(stranger), &format!("/contacts?child_id={}", c.child)).await;
            assert_eq!(reply.problem(404), "not_found");
            let reply = t.post(&t.as_person(stranger), "/contacts", call(&id, "2026-03-02")).await;
            assert_eq!(reply.problem(404), "not_found");
        }
    }

    async fn what_is_wrong_with_a_contact_is_named_by_field(t: TestApp) {
        let c = set_up(&t);
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        let father = t.as_person(c.father);
        let mut nobody = call(&id, "2026-03-03");
        nobody["with_child"] = json!(false);
        nobody["with_carer"] = json!(false);
        let reply = t.post(&father, "/contacts", nobody).await;
        assert_eq!(reply.problem(422), "invalid_input");
        let fields: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|e| (e["field"].clone(), e["code"].clone())).collect();
        assert_eq!(fields, [(json!("with_child"), json!("with_nobody")), (json!("happened_on"), json!("in_the_future"))]);
        assert_eq!(t.post(&father, "/contacts", call(&id, "2026-01-01")).await.problem(422), "invalid_input");
    }

    async fn a_reply_of_one_is_a_call_recorded_once(t: TestApp) {
        let c = set_up(&t);
        t.pass_days(7);
        let id = owed_by(&t, c.father).await[0]["id"].as_i64().unwrap();
        let (now, today) = (t.now(), t.today());
        let answer = |person: i64, key: &str| {
            t.app.store.write(|tx| answers::contact_done(tx, &t.app, now, id, person, today, key))
        };
        answer(c.father, "inbound:7").unwrap();
        answer(c.father, "inbound:7").unwrap();
        assert!(answer(c.mother, "inbound:8").is_err(), "the mother cannot answer for the father");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-16".into()], 1));
        let listed = t.get(&t.as_person(c.director), &format!("/contacts?child_id={}", c.child)).await.expect(200);
        assert_eq!(listed["items"][0]["via"], "reply");
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn nothing_is_owed_while_the_parent_is_home(t: TestApp) {
        let c = set_up(&t);
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        let path = format!("/contact-obligations/{id}/rest");
        let rest = json!({ "from": "2026-03-05", "until": "2026-03-20" });
        let seen = t.put(&t.as_person(c.father), &path, rest).await.expect(200);
        assert_eq!(seen["due_on"], "2026-03-27");
        t.pass_days(10);
        assert_eq!(owed_by(&t, c.father).await[0]["state"], "resting");
        assert_eq!(remind(&t.app.store, &t.app.config.ladders, t.now()).unwrap().duties, {
            // The mother's duty, and the numbers that were never verified.
            1 + 3
        });
        let seen = t.delete(&t.as_person(c.father), &path).await.expect(200);
        assert_eq!(seen["due_on"], "2026-03-09");
        let long = json!({ "from": "2026-03-05", "until": "2026-12-20" });
        assert_eq!(t.put(&t.as_person(c.father), &path, long).await.problem(422), "invalid_input");
        no_difference(&t);
    }

    async fn a_household_may_have_a_cadence_of_its_own_with_a_reason(t: TestApp) {
        let c = set_up(&t);
        let path = format!("/households/{}/contact-cadence", c.household);
        let director = t.as_person(c.director);
        assert_eq!(t.put(&director, &path, json!({ "days": 14, "reason": " " })).await.problem(422), "invalid_input");
        assert_eq!(t.put(&director, &path, json!({ "days": 90, "reason": "船上" })).await.problem(422), "invalid_input");
        t.put(&director, &path, json!({ "days": 14, "reason": "父亲在远洋船上" })).await.expect(204);
        assert_eq!(owed_by(&t, c.father).await[0]["due_on"], "2026-03-16");
        assert_eq!(dues(&t, DutyKind::ContactChild, c.father), (vec!["2026-03-16".into()], 0));
        assert_eq!(t.put(&t.as_person(c.director_b), &path, json!({ "days": 14, "reason": "x" })).await.problem(404), "not_found");
        t.delete(&director, &path).await.expect(204);
        assert_eq!(owed_by(&t, c.father).await[0]["due_on"], "2026-03-09");
    }

    async fn a_township_sets_its_own_cadence(t: TestApp) {
        let c = set_up(&t);
        let now = t.now();
        t.app.store.write(|tx| {
            use xiangban::storage::schema::area_settings as s;
            for (area, days) in [("990101000000", "10"), ("990101100000", "5")] {
                diesel::insert_into(s::table)
                    .values((s::area_code.eq(area), s::name.eq("contact.cadence_days"), s::value.eq(days), s::set_at.eq(now)))
                    .execute(tx)?;
            }
            Ok(())
        }).unwrap();
        reconcile(&t, &c);
        assert_eq!(owed_by(&t, c.father).await[0]["due_on"], "2026-03-07");
    }

    async fn coming_home_for_good_or_losing_guardianship_ends_what_is_owed(t: TestApp) {
        let c = set_up(&t);
        t.app.store.write(|tx| {
            use household_members as m;
            diesel::update(m::table.filter(m::person_id.eq(c.father))).set(m::away_since.eq(None::<chrono::NaiveDate>)).execute(tx)?;
            diesel::update(m::table.filter(m::person_id.eq(c.mother))).set(m::condition.eq("guardianship_revoked")).execute(tx)?;
            Ok(())
        }).unwrap();
        reconcile(&t, &c);
        for parent in [c.father, c.mother] {
            assert_eq!(owed_by(&t, parent).await, json!([]));
            assert_eq!(dues(&t, DutyKind::ContactChild, parent), (vec![], 0));
        }
        night::run(&t.app, t.now()).unwrap();
        no_difference(&t);
    }

    async fn four_weeks_of_silence_raise_one_item_and_one_talk(t: TestApp) {
        let c = set_up(&t);
        t.pass_days(27);
        assert_eq!(night::run(&t.app, t.now()).unwrap().raised, 0);
        t.pass_days(1);
        assert_eq!(night::run(&t.app, t.now()).unwrap().raised, 2, "father and mother");
        assert_eq!(night::run(&t.app, t.now()).unwrap().raised, 0, "once");
        let director = t.as_person(c.director);
        let items = t.get(&director, "/missed-contacts").await.expect(200)["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), 2);
        assert_eq!(items[0]["admonition"], "talk");
        no_difference(&t);
        let path = format!("/missed-contacts/{}/settlement", items[0]["id"]);
        assert_eq!(t.put(&director, &path, json!({ "outcome": "promised_to_call" })).await.problem(422), "invalid_input");
        let settled = json!({ "outcome": "promised_to_call", "talked_on": t.today(), "note": "电话里说会打" });
        let seen = t.put(&director, &path, settled.clone()).await.expect(200);
        assert_eq!(seen["outcome"], "promised_to_call");
        assert_eq!(t.put(&director, &path, settled).await.problem(409), "missed_contact_settled");
        assert_eq!(t.get(&t.as_person(c.director_b), "/missed-contacts").await.expect(200)["items"], json!([]));
        // The other parent calls: the silence is over, and the item with it.
        let id = owed_by(&t, c.mother).await[0]["id"].clone();
        let today = t.today().to_string();
        t.post(&t.as_person(c.mother), "/contacts", call(&id, &today)).await.expect(201);
        assert_eq!(t.get(&director, "/missed-contacts").await.expect(200)["items"], json!([]));
        let all = t.get(&director, "/missed-contacts?settled=true").await.expect(200)["items"].clone();
        assert_eq!(all[1]["outcome"], "contact_resumed");
        no_difference(&t);
        // Silent again for four weeks: the talk was held, so a written notice is next.
        let id = owed_by(&t, c.father).await[0]["id"].clone();
        t.post(&t.as_person(c.father), "/contacts", call(&id, &today)).await.expect(201);
        t.pass_days(28);
        night::run(&t.app, t.now()).unwrap();
        let director = t.as_person(c.director);
        let items = t.get(&director, "/missed-contacts").await.expect(200)["items"].clone();
        let steps: Vec<_> = items.as_array().unwrap().iter().map(|item| item["admonition"].clone()).collect();
        assert_eq!(steps.iter().filter(|step| *step == "written_notice").count(), 1);
    }

    async fn the_ladder_of_a_missed_call_climbs_to_the_township(t: TestApp) {
        let c = set_up(&t);
        let told = || -> Vec<i64> {
            t.app.store.read(|conn| Ok(reminders::table
                .inner_join(duties::table)
                .filter(duties::kind.eq(DutyKind::ContactChild))
                .filter(duties::owed_by_person_id.eq(c.father))
                .order(reminders::id)
                .select(reminders::person_id)
                .load(conn)?)).unwrap()
        };
        for _ in 0..28 {
            t.pass_days(1);
            remind(&t.app.store, &t.app.config.ladders, t.now()).unwrap();
        }
        assert_eq!(told(), [c.father, c.father, c.mother, c.father, c.director, c.director, c.supervisor]);
    }

    async fn a_number_that_fails_twice_is_looked_for_in_turn(t: TestApp) {
        let c = set_up(&t);
        let now = t.now();
        let fail = || t.app.store.write(|tx| contact::number_failed(tx, &t.app, now, c.father)).unwrap();
        fail();
        assert_eq!(t.get(&t.as_person(c.mother), "/me/number-searches").await.expect(200), json!([]));
        fail();
        fail();
        let asked = t.get(&t.as_person(c.mother), "/me/number-searches").await.expect(200);
        assert_eq!(asked[0]["person_name"], "王大山");
        assert_eq!(asked.as_array().unwrap().len(), 1);
        assert_eq!(dues(&t, DutyKind::RestoreContact, c.mother).0.len(), 1);
        no_difference(&t);
        // Three days without an answer: the grandmother is asked, who does not know; so the village is.
        t.pass_days(3);
        night::run(&t.app, t.now()).unwrap();
        assert_eq!(dues(&t, DutyKind::RestoreContact, c.mother).0.len(), 0);
        let grandmother = t.as_person(c.grandmother);
        let id = t.get(&grandmother, "/me/number-searches").await.expect(200)[0]["id"].clone();
        assert_eq!(t.put(&t.as_person(c.passer), &format!("/number-searches/{id}/answer"), json!({})).await.problem(404), "not_found");
        t.put(&grandmother, &format!("/number-searches/{id}/answer"), json!({})).await.expect(204);
        let director = t.as_person(c.director);
        let search = t.get(&director, "/number-searches").await.expect(200)["items"][0].clone();
        assert_eq!(search["state"], "with_village");
        no_difference(&t);
        assert_eq!(t.put(&t.as_person(c.director_b), &format!("/number-searches/{id}/number"), json!({ "phone": "13900001234" })).await.problem(404), "not_found");
        t.put(&director, &format!("/number-searches/{id}/number"), json!({ "phone": "139 0000 1234" })).await.expect(204);
        assert_eq!(t.put(&director, &format!("/number-searches/{id}/number"), json!({ "phone": "13900001234" })).await.problem(409), "search_closed");
        let father = t.get(&t.as_person(c.father), "/me/phone").await.expect(200);
        assert_eq!((father["number"].clone(), father["state"].clone()), (json!("139****1234"), json!("unverified")));
        no_difference(&t);
    }

    async fn a_number_offered_by_family_changes_nothing_until_the_village_tried_it(t: TestApp) {
        let c = set_up(&t);
        let now = t.now();
        for _ in 0..2 {
            t.app.store.write(|tx| contact::number_failed(tx, &t.app, now, c.father)).unwrap();
        }
        let mother = t.as_person(c.mother);
        let id = t.get(&mother, "/me/number-searches").await.expect(200)[0]["id"].clone();
        t.put(&mother, &format!("/number-searches/{id}/answer"), json!({ "phone": "13900005678" })).await.expect(204);
        let father = t.get(&t.as_person(c.father), "/me/phone").await.expect(200);
        assert_eq!((father["number"].clone(), father["state"].clone()), (json!("139****0009"), json!("invalid")));
        let search = t.get(&t.as_person(c.director), "/number-searches").await.expect(200)["items"][0].clone();
        assert_eq!(search["steps"][0]["offered_number"], "13900005678");
        assert_eq!(search["state"], "with_village");
        assert_eq!(t.put(&mother, &format!("/number-searches/{id}/number"), json!({ "phone": "13900005678" })).await.problem(403), "forbidden");
        t.put(&t.as_person(c.director), &format!("/number-searches/{id}/giving-up"), json!({})).await.expect(204);
        no_difference(&t);
    }

    async fn a_number_is_verified_by_code_and_again_after_ninety_days(t: TestApp) {
        let c = set_up(&t);
        assert_eq!(dues(&t, DutyKind::VerifyPhone, c.father), (vec!["2026-03-02".into()], 0));
        let father = t.as_person(c.father);
        t.post(&father, "/me/phone/verification-codes", json!({})).await.expect(204);
        assert_eq!(t.put(&father, "/me/phone/verification", json!({ "code": "000000x" })).await.problem(422), "code_wrong");
        let code = code_sent(&t, "code/verify_phone");
        t.put(&father, "/me/phone/verification", json!({ "code": code })).await.expect(204);
        assert_eq!(dues(&t, DutyKind::VerifyPhone, c.father), (vec!["2026-05-31".into()], 1));
        assert_eq!(t.get(&father, "/me/phone").await.expect(200)["state"], "verified");
        no_difference(&t);
    }

    async fn a_number_is_changed_by_a_code_to_the_new_one(t: TestApp) {
        let c = set_up(&t);
        let father = t.as_person(c.father);
        let wanted = json!({ "phone": "139 0000 4321" });
        t.post(&father, "/me/phone/change-codes", wanted).await.expect(204);
        let guess = json!({ "phone": "13900004321", "code": "000000x" });
        assert_eq!(t.put(&father, "/me/phone", guess).await.problem(422), "code_wrong");
        let code = code_sent(&t, "code/verify_phone");
        let other = json!({ "phone": "13900004322", "code": code });
        assert_eq!(t.put(&father, "/me/phone", other).await.problem(422), "code_wrong");
        t.put(&father, "/me/phone", json!({ "phone": "13900004321", "code": code })).await.expect(204);
        let phone = t.get(&father, "/me/phone").await.expect(200);
        assert_eq!((phone["number"].as_str(), phone["state"].as_str()), (Some("139****4321"), Some("verified")));
        assert_eq!(dues(&t, DutyKind::VerifyPhone, c.father), (vec!["2026-05-31".into()], 1));
        no_difference(&t);
    }

    async fn whoever_signed_in_by_code_is_not_asked_for_the_number_again(t: TestApp) {
        let c = set_up(&t);
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({ "phone": "13900000009" })).await.expect(204);
        let code = code_sent(&t, "code/sign_in");
        t.post(&nobody, "/sessions", json!({ "method": "sms_code", "phone": "13900000009", "code": code })).await.expect(201);
        assert_eq!(dues(&t, DutyKind::VerifyPhone, c.father), (vec!["2026-05-31".into()], 1));
        no_difference(&t);
    }
}
