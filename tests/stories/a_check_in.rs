//! A check-in: from a volunteer's application to the night on which the record check runs out.

use actix_web::http::Method;
use serde_json::json;

use super::life::Life;
use super::place::{Circumstances, FATHER, found};
use crate::on_both;
use crate::support::VILLAGE;

const VOLUNTEER: &str = "13900000201";

on_both! {
    async fn a_volunteer_from_the_application_to_the_lapse_of_the_record_check(t: TestApp) {
        let life = Life::new(t);
        let place = found(&life);
        let how = Circumstances { grandmother_has_phone: true, mother_is_away: false };
        let family = life.enters_the_ledger(&place, &how).await;
        life.until("03-02 12:30").await;
        life.reply(FATHER, "1").await;

        // The coordinator enters who applied; admission waits for the record check and the training.
        life.until("03-03 10:00").await;
        let offer = json!({ "area_code": VILLAGE, "skills": ["company", "tutoring"], "load_wish": 2 });
        let entry = json!({
            "name": "何志愿", "sex": "female", "birth_date": "1998-07-07", "phone": VOLUNTEER, "offer": offer
        });
        let entered = life.post(place.coordinator, "/volunteers", entry).await.expect(201);
        let (id, own) = (entered["id"].as_i64().unwrap(), format!("/volunteers/{}", entered["id"]));
        let decision = format!("{own}/decision");
        let admit = json!({ "action": "admit" });
        assert_eq!(life.put(place.coordinator, &decision, admit.clone()).await.problem(409), "volunteer_proof_missing");
        let proof = |kind: &str, day: &str| json!({ "kind": kind, "done_on": day });
        life.post(place.coordinator, &format!("{own}/proofs"), proof("record_check", "2025-06-20")).await.expect(201);
        life.post(place.coordinator, &format!("{own}/proofs"), proof("training", "2026-03-03")).await.expect(201);
        life.put(place.coordinator, &decision, admit).await.expect(200);

        // The program suggests and says why; a person proposes; the family agrees.
        life.until("03-04 10:00").await;
        let suggestions = format!("/children/{}/pairing-suggestions?needs=company", family.child);
        let suggested = life.get(place.director, &suggestions).await;
        assert_eq!(suggested[0]["volunteer_name"], "何志愿");
        let fits = suggested[0]["fits"].as_array().unwrap();
        let fits: Vec<_> = fits.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(fits, ["same_village", "same_sex", "has_room", "meets_need"]);
        let proposal = json!({
            "child_id": family.child, "volunteer_id": id, "kind": "loving_mother", "service_forms": ["company"]
        });
        let pairing = life.post(place.coordinator, "/pairings", proposal).await.expect(201);
        let volunteer = entered["person_id"].as_i64().unwrap();
        assert_eq!(life.get(volunteer, "/me/paired-children").await, json!([]), "a proposal shows nothing of the child");
        life.until("03-04 20:00").await;
        life.put(family.mother, &format!("/pairings/{}/agreement", pairing["id"]), json!({})).await.expect(200);
        life.phones_home(family.father).await;
        life.weeks_of_calls(&[family.father], "05-31").await;

        // Reminded before the day and on it, the volunteer visits, where there is no signal.
        life.until("06-01 16:00").await;
        let visit = json!({
            "client_uuid": uuid::Uuid::new_v4(), "meeting": "home_visit", "made_at": life.t.now(),
            "children": [{ "child_id": family.child, "scales": { "mood": 4, "health": 5, "daily_care": 4 },
                           "needs": ["schooling"], "note": "作业不会做" }]
        });
        life.phones_home(family.father).await;
        life.until("06-03 21:00").await;
        let first = life.post(volunteer, "/check-ins", visit.clone()).await.expect(201);
        life.until("06-03 21:01").await;
        let second = life.post(volunteer, "/check-ins", visit.clone()).await.expect(201);
        assert_eq!(first, second, "sent twice, stored once");
        assert_eq!(first["happened_at"], visit["made_at"], "it counts from the day of the visit");
        let paired = life.get(volunteer, "/me/paired-children").await;
        assert_eq!(paired[0]["due_on"], "2026-08-30");
        life.assert_reconciled();
        life.assert_twice_changes_nothing().await;
        life.weeks_of_calls(&[family.father], "06-08").await;

        // Another evening something is wrong. Ticked at eleven at night, it is at the desks at once.
        life.until("06-10 23:00").await;
        let before = life.t.now();
        let worry = json!({
            "client_uuid": uuid::Uuid::new_v4(), "meeting": "home_visit", "made_at": life.t.now(),
            "situations": ["suspected_violence"],
            "children": [{ "child_id": family.child, "scales": { "mood": 1 }, "worry": true,
                           "worry_words": "手臂上有新伤，不肯说怎么来的" }]
        });
        let logged = life.post(volunteer, "/check-ins", worry).await.expect(201);
        assert_eq!(logged["receipt_numbers"].as_array().unwrap().len(), 1);
        life.work().await;
        for desk in ["13900000002", "13900000004"] {
            assert_eq!(life.phones.texts(desk, before).len(), 1, "{desk} was told in the same minute");
        }
        for officer in [place.police, place.supervisor] {
            let report = life.get(officer, "/reports").await["items"][0]["id"].clone();
            life.put(officer, &format!("/reports/{report}/acceptance"), json!({})).await.expect(200);
        }
        life.phones_home(family.father).await;
        life.until("06-15 19:00").await;
        life.phones_home(family.father).await;

        // The record check ran out and nobody renewed it: that night the pairing rests and the child is out of sight.
        life.until("06-19 23:30").await;
        assert_eq!(life.get(place.director, &format!("/check-ins?child_id={}", family.child)).await["items"].as_array().unwrap().len(), 2);
        life.phones_home(family.father).await;
        life.until("06-22 10:00").await;
        let pairings = life.get(place.coordinator, "/pairings").await;
        assert_eq!(pairings["items"][0]["state"], "paused", "{pairings}");
        let volunteers_token = life.t.as_person(volunteer);
        let out_of_sight = life.t.call(&volunteers_token, Method::GET, &format!("/children/{}", family.child), None, &[]).await;
        assert_eq!(out_of_sight.problem(404), "not_found");

        // With a new check the pairing goes on.
        life.post(place.coordinator, &format!("{own}/proofs"), proof("record_check", "2026-06-22")).await.expect(201);
        assert_eq!(life.get(place.coordinator, "/pairings").await["items"][0]["state"], "active");
        life.until("06-23 10:00").await;
        life.end().await;
        insta::assert_snapshot!("a_check_in", life.diary());
    }
}
