//! A signature: from the ledger of a village to an agreement in force, and on to the day after its last.

use serde_json::{Value, json};

use super::life::Life;
use super::place::{Circumstances, FATHER, MOTHER, code_in, found};
use crate::api::guardianship::path;
use crate::on_both;

on_both! {
    async fn an_agreement_from_the_ledger_to_the_day_after_its_term(t: TestApp) {
        let life = Life::new(t);
        let place = found(&life);

        // Monday 2 March: the village writes down a child whose parents are both away.
        let how = Circumstances { grandmother_has_phone: false, mother_is_away: true };
        let family = life.enters_the_ledger(&place, &how).await;
        let cover = life.get(place.director, &format!("/children/{}/cover", family.child)).await;
        assert_eq!(cover["verdict"], "gap", "nobody has care of the child yet: {cover}");

        // Their phones are asked whether they are theirs; both answer with a 1.
        life.until("03-02 12:30").await;
        life.reply(FATHER, "1").await;
        life.reply(MOTHER, "１").await;

        // The village assesses and hears, and consents because a relative is to care.
        let draft = life.is_assessed(&place, &family, "relative", ("2026-03-10", "2026-07-10")).await;
        assert_eq!((&draft["state"], &draft["next"]), (&json!("assessed"), &json!("consent")));
        life.until("03-03 10:00").await;
        assert_eq!(life.get(place.supervisor, "/guardianship-gaps").await["items"].as_array().unwrap().len(), 1);
        life.put(place.director, &path(&draft, "consent"), json!({ "granted": true })).await.expect(200);
        let sent = life.put(place.director, &path(&draft, "sending"), json!({})).await.expect(200);
        assert_eq!(sent["state"], "awaiting_signatures");
        life.assert_reconciled();

        // Wednesday, at work: the father signs in with the code on his phone, reads, and signs with another.
        life.until("03-04 12:30").await;
        let nobody = life.t.stranger();
        life.t.post(&nobody, "/sign-in-codes", json!({ "phone": FATHER })).await.expect(204);
        life.work().await;
        let code = code_in(&life.phones.last(FATHER));
        let credentials = json!({ "method": "sms_code", "phone": FATHER, "code": code });
        let grant = life.t.post(&nobody, "/sessions", credentials).await.expect(201);
        let himself = life.t.with_token(grant["access_token"].as_str().unwrap());
        let text = life.t.get(&himself, &path(&sent, "document")).await.expect(200);
        assert!(text["text"].as_str().unwrap().contains("王小雨"));
        assert_eq!(text["hash"], sent["document_hash"]);
        life.until("03-04 12:35").await;
        life.signs(family.father, FATHER, &sent, "parent").await;

        // Friday, at the village office: the grandmother cannot read and has no phone. The director reads aloud and
        // hands over the phone; then the child; then the director signs as the witness.
        life.until("03-06 15:00").await;
        life.signs_before_the_director(&place, &sent, "carer").await;
        life.until("03-06 15:04").await;
        life.signs_before_the_director(&place, &sent, "child").await;
        life.until("03-06 15:10").await;
        let waiting = life.signs(place.director, "13900000005", &sent, "witness").await;
        assert_eq!(waiting["state"], "awaiting_signatures", "the mother has not signed");
        let evidence = life.get(place.director, &path(&sent, "evidence")).await;
        let bodies = evidence["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "signed");
        let mut bodies = bodies.map(|event| serde_json::from_str::<Value>(event["body"].as_str().unwrap()).unwrap());
        let signed = bodies.find(|body| body["role"] == "carer").unwrap();
        assert_eq!((&signed["host"], &signed["reading"]), (&json!(place.director), &json!("read_aloud")));
        life.phones_home(family.father).await;
        life.phones_home(family.mother).await;

        // The mother is reminded on the day it is due, and signs the evening after.
        life.until("03-11 19:00").await;
        let signed = life.signs(family.mother, MOTHER, &sent, "parent").await;
        assert_eq!(signed["state"], "in_force");
        let verified = life.get(place.director, &path(&sent, "evidence/verification")).await;
        assert_eq!(verified["holds"], true, "{verified}");
        life.until("03-11 20:10").await;
        life.assert_twice_changes_nothing().await;

        // The school has read its notice the next day; the village needs a reminder.
        life.until("03-12 10:00").await;
        let of_school = life.get(place.school_head, "/care-notices?open=true").await;
        assert_eq!(of_school["items"].as_array().unwrap().len(), 1);
        let acknowledge = |id: &serde_json::Value| format!("/care-notices/{id}/acknowledgement");
        life.put(place.school_head, &acknowledge(&of_school["items"][0]["id"]), json!({})).await.expect(200);
        life.until("03-15 10:00").await;
        let of_village = life.get(place.director, "/care-notices?open=true").await;
        assert_eq!(of_village["items"].as_array().unwrap().len(), 1);
        life.put(place.director, &acknowledge(&of_village["items"][0]["id"]), json!({})).await.expect(200);
        assert_eq!(life.get(place.supervisor, "/guardianship-gaps").await["items"], json!([]));

        // Weeks go by with calls home. After ninety days the numbers are asked again, and the record is confirmed.
        life.weeks_of_calls(&[family.father, family.mother], "05-31").await;
        life.until("05-31 20:30").await;
        life.reply(FATHER, "1").await;
        life.reply(MOTHER, "1").await;
        life.until("06-01 09:30").await;
        let record = life.get(place.director, &format!("/children/{}", family.child)).await;
        let version = format!("\"{}\"", record["version"]);
        let director = life.t.as_person(place.director);
        let confirmation = format!("/children/{}/confirmation", family.child);
        life.t.call(&director, actix_web::http::Method::PUT, &confirmation, None, &[("if-match", &version)]).await.expect(200);
        life.until("06-03 19:00").await;
        life.weeks_of_calls(&[family.father, family.mother], "07-08").await;
        life.assert_twice_changes_nothing().await;
        life.until("07-10 10:00").await;
    }
}
