use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xiangban::duties::DutyKind;
use xiangban::storage::schema::{audit_events, check_in_observations, check_ins, children, messages, reports};
use xiangban::volunteers::night;

use super::volunteers::{dues, no_difference, paired, proposed, prove};
use crate::on_both;
use crate::support::{County, TestApp, VILLAGE};

fn visit(t: &TestApp, c: &County) -> Value {
    json!({
        "client_uuid": Uuid::new_v4(), "meeting": "home_visit", "made_at": t.now(),
        "children": [{
            "child_id": c.child, "scales": { "mood": 4, "health": 5, "daily_care": 4 },
            "needs": ["schooling"], "note": "作业不会做"
        }]
    })
}

/// A younger brother in the same household, paired with the same volunteer.
async fn brother(t: &TestApp, c: &County, volunteer: i64) -> i64 {
    let now = t.now();
    let id: i64 = t
        .app
        .store
        .write(|tx| {
            let id = diesel::insert_into(children::table)
                .values((
                    children::household_id.eq(c.household),
                    children::name.eq("王小雷"),
                    children::sex.eq("male"),
                    children::birth_date.eq("2019-05-20".parse::<chrono::NaiveDate>().unwrap()),
                    children::village_code.eq(VILLAGE),
                    children::confirmed_at.eq(now),
                    children::created_at.eq(now),
                    children::updated_at.eq(now),
                ))
                .returning(children::id)
                .get_result(tx)?;
            xiangban::children::tie_person(tx, now, id, xiangban::identity::TieKind::Parent, c.mother)?;
            Ok(id)
        })
        .unwrap();
    let pairing = proposed(t, &County { child: id, ..c.clone() }, volunteer).await;
    t.put(&t.as_person(c.mother), &format!("/pairings/{pairing}/agreement"), json!({})).await.expect(200);
    id
}

fn counts(t: &TestApp) -> (i64, i64) {
    t.app
        .store
        .read(|conn| {
            Ok((check_ins::table.count().get_result(conn)?, check_in_observations::table.count().get_result(conn)?))
        })
        .unwrap()
}

on_both! {
    async fn a_check_in_answers_the_duty_and_opens_the_next(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        t.pass_days(30);
        let volunteer = t.as_person(c.volunteer);
        let stored = t.post(&volunteer, "/check-ins", visit(&t, &c)).await.expect(201);
        assert_eq!(stored["children"][0]["scales"], json!({ "mood": 4, "health": 5, "daily_care": 4 }));
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-06-30"]);
        let own = t.get(&volunteer, "/me/volunteering").await.expect(200);
        assert_eq!(own["stage"], "active");
        no_difference(&t);
    }

    async fn one_visit_covers_two_children_of_a_household(t: TestApp) {
        let c = t.county();
        let (volunteer, _) = paired(&t, &c).await;
        let brother = brother(&t, &c, volunteer).await;
        t.pass_days(1);
        let mut both = visit(&t, &c);
        both["children"].as_array_mut().unwrap().push(json!({ "child_id": brother, "scales": { "mood": 3 } }));
        t.post(&t.as_person(c.volunteer), "/check-ins", both).await.expect(201);
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-06-01", "2026-06-01"]);
        assert_eq!(counts(&t), (1, 2));
        no_difference(&t);
    }

    async fn sent_twice_it_is_stored_once_and_answered_alike(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let volunteer = t.as_person(c.volunteer);
        let body = visit(&t, &c);
        let first = t.post(&volunteer, "/check-ins", body.clone()).await.expect(201);
        t.pass_minutes(5);
        let second = t.post(&volunteer, "/check-ins", body.clone()).await.expect(201);
        assert_eq!(first, second);
        assert_eq!(counts(&t), (1, 1));
        let mut other = body;
        other["meeting"] = json!("phone");
        assert_eq!(t.post(&volunteer, "/check-ins", other).await.problem(409), "client_uuid_reused");
    }

    async fn made_offline_and_sent_days_late_it_counts_from_the_day_of_the_visit(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        t.pass_days(3);
        let late = visit(&t, &c);
        t.pass_days(9);
        let volunteer = t.as_person(c.volunteer);
        t.post(&volunteer, "/check-ins", late).await.expect(201);
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-06-03"]);
        // An older one that arrives later still does not move the duty back.
        let mut older = visit(&t, &c);
        older["made_at"] = json!("2026-03-03T10:00:00+08:00");
        t.post(&volunteer, "/check-ins", older).await.expect(201);
        assert_eq!(dues(&t, DutyKind::CheckIn), ["2026-06-03"]);
        let seen = t.get(&t.as_person(c.coordinator), &format!("/check-ins?child_id={}", c.child)).await.expect(200);
        assert_eq!(seen["items"][0]["remarks"], json!(["late"]));
        no_difference(&t);
    }

    async fn after_a_lapse_an_offline_check_in_is_still_taken_and_marked(t: TestApp) {
        let c = t.county();
        let (volunteer, _) = paired(&t, &c).await;
        t.pass_days(366);
        night::run(&t.app, t.now()).unwrap();
        t.pass_minutes(60);
        t.post(&t.as_person(c.volunteer), "/check-ins", visit(&t, &c)).await.expect(201);
        let seen = t.get(&t.as_person(c.coordinator), &format!("/check-ins?child_id={}", c.child)).await.expect(200);
        assert_eq!(seen["items"][0]["remarks"], json!(["while_paused"]));
        assert_eq!(dues(&t, DutyKind::CheckIn), Vec::<String>::new());
        prove(&t, &c, volunteer, "record_check", t.today()).await;
        no_difference(&t);
    }

    async fn an_edit_is_a_further_revision_and_nothing_is_overwritten(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let volunteer = t.as_person(c.volunteer);
        let stored = t.post(&volunteer, "/check-ins", visit(&t, &c)).await.expect(201);
        let path = format!("/check-ins/{}", stored["id"]);
        let mut edited = visit(&t, &c);
        edited["children"][0]["scales"]["mood"] = json!(2);
        edited["children"][0]["note"] = json!("想妈妈");
        let put = |body: Value, version: &'static str| t.call(&volunteer, actix_web::http::Method::PUT, &path, Some(body), if version == "1" { &[("if-match", "\"1\"")] } else { &[] });
        assert_eq!(put(edited.clone(), "").await.problem(428), "version_required");
        let second = put(edited.clone(), "1").await;
        assert_eq!(second.etag.as_deref(), Some("\"2\""));
        assert_eq!(put(edited, "1").await.problem(412), "version_changed");
        let all = t.get(&t.as_person(c.coordinator), &format!("{path}/revisions")).await.expect(200);
        let notes: Vec<_> = all.as_array().unwrap().iter().map(|one| one["children"][0]["note"].clone()).collect();
        assert_eq!(notes, ["作业不会做", "想妈妈"]);
        let now = t.get(&t.as_person(c.coordinator), &path).await.expect(200);
        assert_eq!(now["children"][0]["scales"]["mood"], 2);
        let others = t.call(&t.as_person(c.coordinator), actix_web::http::Method::PUT, &path, Some(visit(&t, &c)), &[("if-match", "\"2\"")]).await;
        assert_eq!(others.problem(403), "check_in_not_yours");
    }

    async fn worry_opens_a_report_in_the_same_transaction_and_once(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        t.clock.set("2026-03-03T22:30:00+08:00".parse().unwrap());
        let mut worried = visit(&t, &c);
        worried["children"][0]["worry"] = json!(true);
        worried["children"][0]["worry_words"] = json!("胳膊上有青紫，问了不说话");
        worried["situations"] = json!(["suspected_violence"]);
        worried["immediate_danger"] = json!(true);
        let volunteer = t.as_person(c.volunteer);
        let first = t.post(&volunteer, "/check-ins", worried.clone()).await.expect(201);
        let number = first["receipt_numbers"][0].as_str().unwrap().to_owned();
        let second = t.post(&volunteer, "/check-ins", worried).await.expect(201);
        assert_eq!(second["receipt_numbers"], json!([number]));
        let told: i64 = t.app.store.read(|conn| {
            Ok(messages::table.filter(messages::template.eq("safety/report_received")).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(told, 3, "police, township and county, at night");
        let supervisor = t.as_person(c.supervisor);
        let listed = t.get(&supervisor, "/reports").await.expect(200)["items"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!(listed[0]["urgency"], "immediate");
        let report = t.get(&supervisor, &format!("/reports/{}", listed[0]["id"])).await.expect(200);
        assert_eq!(report["narrative"], "胳膊上有青紫，问了不说话");
        assert_eq!(report["channel"], "check_in");
        let progress = t.get(&t.stranger(), &format!("/public/reports/{number}")).await.expect(200);
        assert_eq!(progress["state"], "received");
        assert_eq!(t.get(&volunteer, "/me/reports").await.expect(200).as_array().unwrap().len(), 1);
    }

    async fn worry_ticked_later_is_reported_then_and_unticking_takes_nothing_back(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let volunteer = t.as_person(c.volunteer);
        let stored = t.post(&volunteer, "/check-ins", visit(&t, &c)).await.expect(201);
        let path = format!("/check-ins/{}", stored["id"]);
        let filed = || -> i64 { t.app.store.read(|conn| Ok(reports::table.count().get_result(conn)?)).unwrap() };
        let mut worried = visit(&t, &c);
        worried["children"][0]["worry"] = json!(true);
        for (version, body, after) in [("\"1\"", worried.clone(), 1), ("\"2\"", visit(&t, &c), 1), ("\"3\"", worried, 1)] {
            let reply = t.call(&volunteer, actix_web::http::Method::PUT, &path, Some(body), &[("if-match", version)]).await;
            reply.expect(200);
            assert_eq!(filed(), after);
        }
    }

    async fn each_reader_sees_as_much_as_their_place_allows(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let mut worried = visit(&t, &c);
        worried["children"][0]["worry"] = json!(true);
        worried["children"][0]["worry_words"] = json!("孩子说怕叔叔");
        worried["place"] = json!({ "latitude": 27.812_345, "longitude": 106.423_456 });
        let volunteer = t.as_person(c.volunteer);
        let stored = t.post(&volunteer, "/check-ins", worried).await.expect(201);
        assert_eq!(stored["place"], json!({ "latitude": 27.81, "longitude": 106.42 }));
        let path = format!("/check-ins/{}", stored["id"]);
        let seen = |person: i64| {
            let (t, path) = (&t, &path);
            async move { t.get(&t.as_person(person), path).await.expect(200) }
        };
        let own = seen(c.volunteer).await;
        assert_eq!(own["children"][0]["worry_words"], "孩子说怕叔叔");
        let office = seen(c.coordinator).await;
        assert_eq!(office["children"][0]["worry"], true);
        assert_eq!(office["children"][0]["worry_words"], Value::Null);
        let village = seen(c.director).await;
        assert_eq!((village["children"][0]["worry"].clone(), village["children"][0]["note"].clone()), (Value::Null, json!("作业不会做")));
        let family = seen(c.mother).await;
        assert_eq!((family["children"][0]["worry"].clone(), family["children"][0]["note"].clone()), (Value::Null, Value::Null));
        assert_eq!(family["children"][0]["scales"]["mood"], 4);
        assert_eq!(family["place"], Value::Null);
        for stranger in [c.director_b, c.passer, c.grandmother] {
            assert_eq!(t.get(&t.as_person(stranger), &path).await.problem(404), "not_found");
        }
        let sealed: String = t.app.store.read(|conn| {
            let note: Option<String> = check_in_observations::table.select(check_in_observations::note_sealed).first(conn)?;
            Ok(note.unwrap())
        }).unwrap();
        assert!(!sealed.contains("作业"));
        let details: Vec<String> = t.app.store.read(|conn| Ok(audit_events::table.select(audit_events::detail).load(conn)?)).unwrap();
        assert!(details.iter().all(|detail| !detail.contains("叔叔")));
    }

    async fn a_check_in_on_a_child_one_is_not_paired_with_is_not_found(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let mut foreign = visit(&t, &c);
        foreign["children"][0]["child_id"] = json!(c.child + 999);
        assert_eq!(t.post(&t.as_person(c.volunteer), "/check-ins", foreign).await.problem(404), "not_found");
        assert_eq!(t.post(&t.as_person(c.passer), "/check-ins", visit(&t, &c)).await.problem(403), "not_a_volunteer");
    }

    async fn what_is_wrong_with_a_check_in_is_named(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let volunteer = t.as_person(c.volunteer);
        let faults = [
            (json!({ "child_id": c.child }), "nothing_observed"),
            (json!({ "child_id": c.child, "scales": { "mood": 9 } }), "scale_out_of_range"),
            (json!({ "child_id": c.child, "worry": true }), "worry_without_words"),
        ];
        for (child, code) in faults {
            let mut body = visit(&t, &c);
            body["children"] = json!([child]);
            let reply = t.post(&volunteer, "/check-ins", body).await;
            assert_eq!(reply.problem(422), "invalid_input");
            assert_eq!(reply.body["errors"][0]["code"], code);
        }
        let mut none = visit(&t, &c);
        none["children"] = json!([]);
        assert_eq!(t.post(&volunteer, "/check-ins", none).await.body["errors"][0]["code"], "no_child");
    }

    async fn the_same_check_in_from_two_connections_at_once_is_stored_once(t: TestApp) {
        let c = t.county();
        paired(&t, &c).await;
        let volunteer = t.as_person(c.volunteer);
        let body = visit(&t, &c);
        let sends = (0..4).map(|_| t.post(&volunteer, "/check-ins", body.clone()));
        for reply in futures::future::join_all(sends).await {
            assert_eq!(reply.status, 201);
        }
        assert_eq!(counts(&t), (1, 1));
        assert_eq!(dues(&t, DutyKind::CheckIn).len(), 1);
    }
}
