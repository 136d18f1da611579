use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;
use xiangban::duties::DutyKind;
use xiangban::identity::{PostKind, add_post};
use xiangban::storage::schema::{audit_events, duties, messages, reports};

use crate::on_both;
use crate::support::{County, TestApp, VILLAGE};

fn told_people(t: &TestApp) -> Vec<(Option<i64>, String, String)> {
    t.app
        .store
        .read(|conn| {
            Ok(messages::table
                .filter(messages::template.eq("safety/report_received"))
                .order(messages::person_id)
                .select((messages::person_id, messages::template, messages::urgency))
                .load(conn)?)
        })
        .unwrap()
}

fn open_duties(t: &TestApp) -> Vec<(Option<String>, Option<i64>, String)> {
    t.app
        .store
        .read(|conn| {
            Ok(duties::table
                .filter(duties::kind.eq(DutyKind::AcceptReport))
                .filter(duties::closed_at.is_null())
                .order(duties::owed_key)
                .select((duties::owed_by_post, duties::owed_by_person_id, duties::area_code))
                .load(conn)?)
        })
        .unwrap()
}

fn body(c: &County) -> serde_json::Value {
    json!({
        "client_uuid": Uuid::new_v4(),
        "situations": ["suspected_violence"],
        "narrative": "孩子手臂上有多处新伤，不肯说怎么来的。",
        "area_code": VILLAGE,
        "child_id": c.child,
        "reporter_role": "village"
    })
}

on_both! {
    async fn a_report_reaches_police_township_and_county_at_once_at_night(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T23:40:00+08:00".parse().unwrap());
        let director = t.as_person(c.director);
        let receipt = t.post(&director, "/reports", body(&c)).await.expect(201);
        assert_eq!(receipt["told"], json!(["police", "township", "county"]));
        assert_eq!(receipt["accept_by"], "2026-03-03T01:40:00.000+08:00");
        let safety = || ("safety/report_received".to_owned(), "safety".to_owned());
        let told: Vec<_> = told_people(&t).into_iter().map(|(person, ..)| person.unwrap()).collect();
        assert_eq!(told, [c.administrator, c.supervisor, c.police]);
        assert!(told_people(&t).iter().all(|(_, template, urgency)| (template.clone(), urgency.clone()) == safety()));
        assert_eq!(
            open_duties(&t),
            [
                (Some("police_contact".into()), None, VILLAGE.into()),
                (Some("township_supervisor".into()), None, VILLAGE.into())
            ]
        );
    }

    async fn immediate_danger_starts_the_half_hour_clock_and_the_first_desk_to_accept_stops_only_its_own(t: TestApp) {
        let c = t.county();
        let mut danger = body(&c);
        danger["immediate_danger"] = json!(true);
        let receipt = t.post(&t.as_person(c.director), "/reports", danger).await.expect(201);
        assert_eq!(receipt["accept_by"], "2026-03-02T09:30:00.000+08:00");
        let police = t.as_person(c.police);
        let id = t.get(&police, "/reports").await.expect(200)["items"][0]["id"].clone();
        let accepted = t.put(&police, &format!("/reports/{id}/acceptance"), json!({})).await.expect(200);
        assert_eq!(accepted["state"], "accepted");
        assert_eq!(open_duties(&t), [(Some("township_supervisor".into()), None, VILLAGE.into())]);
        assert_eq!(t.put(&police, &format!("/reports/{id}/acceptance"), json!({})).await.problem(409), "report_already_accepted");
        t.put(&t.as_person(c.supervisor), &format!("/reports/{id}/acceptance"), json!({})).await.expect(200);
        assert!(open_duties(&t).is_empty());
    }

    async fn a_report_is_read_only_at_the_desks_it_went_to(t: TestApp) {
        let c = t.county();
        t.post(&t.as_person(c.director), "/reports", body(&c)).await.expect(201);
        let supervisor = t.as_person(c.supervisor);
        let id = t.get(&supervisor, "/reports").await.expect(200)["items"][0]["id"].clone();
        let read = t.get(&supervisor, &format!("/reports/{id}")).await.expect(200);
        assert_eq!(read["narrative"], "孩子手臂上有多处新伤，不肯说怎么来的。");
        assert_eq!(read["child_name"], "王小雨");
        for person in [c.director, c.cadre, c.father, c.coordinator, c.school_head] {
            let caller = t.as_person(person);
            assert_eq!(t.get(&caller, "/reports").await.problem(403), "forbidden");
            assert_eq!(t.get(&caller, &format!("/reports/{id}")).await.problem(403), "forbidden");
        }
        // A police contact of another township: the desk is right, the place is not.
        let elsewhere = t.app.store.write(|tx| {
            xiangban::areas::add(tx, "990101101000", "别处镇", xiangban::areas::AreaLevel::Township, Some("990101000000"))?;
            add_post(tx, c.cadre, PostKind::PoliceContact, "990101101000", None, "2025-01-01".parse().unwrap())
        });
        elsewhere.unwrap();
        let other = t.as_person(c.cadre);
        assert_eq!(t.get(&other, &format!("/reports/{id}")).await.problem(404), "not_found");
        assert_eq!(t.put(&other, &format!("/reports/{id}/acceptance"), json!({})).await.problem(404), "not_found");
        assert_eq!(t.get(&other, "/reports").await.expect(200)["items"], json!([]));
    }

    async fn the_reporter_is_sealed_and_opened_only_with_a_reason_that_is_kept(t: TestApp) {
        let c = t.county();
        t.post(&t.as_person(c.director), "/reports", body(&c)).await.expect(201);
        let supervisor = t.as_person(c.supervisor);
        let id = t.get(&supervisor, "/reports").await.expect(200)["items"][0]["id"].clone();
        let path = format!("/reports/{id}/reporter-openings");
        assert_eq!(t.post(&supervisor, &path, json!({ "reason": "" })).await.problem(422), "invalid_input");
        assert_eq!(t.post(&t.as_person(c.administrator), &path, json!({ "reason": "想看看" })).await.problem(403), "forbidden");
        let who = t.post(&supervisor, &path, json!({ "reason": "需要核实孩子现在的位置" })).await.expect(200);
        assert_eq!(who["name"], "李主任");
        let (sealed, narrative): (Option<String>, String) = t.app.store
            .read(|conn| Ok(reports::table.select((reports::reporter_sealed, reports::narrative_sealed)).first(conn)?)).unwrap();
        assert!(!sealed.unwrap().contains("李主任") && !narrative.contains("新伤"));
        let actors: Vec<(String, Option<i64>)> = t.app.store
            .read(|conn| Ok(audit_events::table.filter(audit_events::subject_kind.eq("report"))
                .select((audit_events::action, audit_events::actor_person_id)).order(audit_events::id).load(conn)?)).unwrap();
        assert_eq!(actors, [("report.filed".into(), None), ("report.reporter_opened".into(), Some(c.supervisor))]);
    }

    async fn whoever_is_suspected_neither_hears_nor_sees_and_owes_nothing(t: TestApp) {
        let c = t.county();
        let mut accusing = body(&c);
        accusing["suspected_person_ids"] = json!([c.supervisor]);
        let receipt = t.post(&t.as_person(c.director), "/reports", accusing).await.expect(201);
        assert_eq!(receipt["told"], json!(["police", "county"]));
        let told: Vec<_> = told_people(&t).into_iter().map(|(person, ..)| person.unwrap()).collect();
        assert_eq!(told, [c.administrator, c.police]);
        assert_eq!(t.get(&t.as_person(c.supervisor), "/reports").await.expect(200)["items"], json!([]));
        assert_eq!(open_duties(&t), [(None, Some(c.police), "990101000000".into())]);
    }

    async fn a_report_sent_twice_is_filed_once(t: TestApp) {
        let c = t.county();
        let same = body(&c);
        let director = t.as_person(c.director);
        let first = t.post(&director, "/reports", same.clone()).await.expect(201);
        t.pass_minutes(3);
        let second = t.post(&director, "/reports", same).await.expect(201);
        assert_eq!(first, second);
        assert_eq!(told_people(&t).len(), 3);
        let own = t.get(&director, "/me/reports").await.expect(200);
        assert_eq!(own.as_array().unwrap().len(), 1);
        assert_eq!(t.get(&t.as_person(c.cadre), "/me/reports").await.expect(200), json!([]));
    }

    async fn a_neighbour_reports_without_signing_in_and_asks_by_receipt_number(t: TestApp) {
        let c = t.county();
        let public = json!({
            "client_uuid": Uuid::new_v4(), "situations": ["abandoned_or_uncared"], "narrative": "两个孩子三天没人管饭",
            "area_code": VILLAGE, "child_words": "村口小卖部旁边王家的两个孩子", "reporter_role": "neighbour"
        });
        let reply = t.post(&t.stranger(), "/public/reports", public).await.expect(201);
        let number = reply["receipt_number"].as_str().unwrap().to_owned();
        let progress = t.get(&t.stranger(), &format!("/public/reports/{number}")).await.expect(200);
        assert_eq!(progress["state"], "received");
        assert!(progress.get("narrative").is_none());
        assert_eq!(t.get(&t.stranger(), "/public/reports/261123-00000000-0").await.problem(422), "invalid_input");
        let supervisor = t.as_person(c.supervisor);
        let id = t.get(&supervisor, "/reports").await.expect(200)["items"][0]["id"].clone();
        let view = t.get(&supervisor, &format!("/reports/{id}")).await.expect(200);
        assert_eq!(view["reporter_known"], false);
        assert_eq!(t.post(&supervisor, &format!("/reports/{id}/reporter-openings"), json!({ "reason": "核实情况" })).await.problem(409), "report_anonymous");
    }

    async fn what_a_report_lacks_is_named_by_field(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let empty = json!({ "client_uuid": Uuid::new_v4(), "situations": [], "narrative": " ", "area_code": "石板村", "reporter_role": "village" });
        let reply = t.post(&director, "/reports", empty).await;
        assert_eq!(reply.status, 422);
        let fields: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["situations", "narrative", "area_code"]);
        let mut foreign = body(&c);
        foreign["child_id"] = json!(c.child + 999);
        assert_eq!(t.post(&director, "/reports", foreign.clone()).await.problem(404), "not_found");
        foreign["child_id"] = json!(c.child);
        assert_eq!(t.post(&t.as_person(c.director_b), "/reports", foreign).await.problem(404), "not_found");
        let mut unknown = body(&c);
        unknown["suspected_person_ids"] = json!([999_999]);
        assert_eq!(t.post(&director, "/reports", unknown).await.problem(422), "invalid_input");
    }

    async fn reports_without_a_desk_are_kept_and_the_gap_is_told(t: TestApp) {
        let c = t.county();
        t.app.store.write(|tx| {
            use xiangban::storage::schema::posts;
            Ok(diesel::update(posts::table.filter(posts::kind.eq(PostKind::PoliceContact))).set(posts::until.eq(Some(t.today()))).execute(tx)?)
        }).unwrap();
        let receipt = t.post(&t.as_person(c.director), "/reports", body(&c)).await.expect(201);
        assert_eq!(receipt["told"], json!(["township", "county"]));
    }
}
