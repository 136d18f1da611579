//! A missed contact: a father who answers, falls silent, is lost and found again.

use serde_json::json;

use super::life::Life;
use super::place::{AUNT, Circumstances, FATHER, GRANDMOTHER, MOTHER, SUPERVISOR, found};
use crate::api::guardianship::path;
use crate::on_both;
use crate::support::VILLAGE;

const NEW_NUMBER: &str = "13900000901";

/// The code after `#` by which a text asks to answer one of its questions.
fn choice(text: &str, about: &str) -> String {
    let line = regex::Regex::new(&format!("{about}回1#([0-9]{{4}})")).unwrap();
    line.captures(text).unwrap_or_else(|| panic!("no choice about {about} in {text:?}"))[1].to_owned()
}

on_both! {
    async fn a_father_who_answers_falls_silent_and_is_found_again(t: TestApp) {
        let life = Life::new(t);
        let place = found(&life);
        let how = Circumstances { grandmother_has_phone: true, mother_is_away: true };
        let family = life.enters_the_ledger(&place, &how).await;

        // On the first day the grandmother is entrusted with the child, so that she counts as the carer.
        let draft = life.is_assessed(&place, &family, "grandparent", ("2026-03-02", "2026-12-31")).await;
        let sent = life.put(place.director, &path(&draft, "sending"), json!({})).await.expect(200);
        life.until("03-02 15:00").await;
        life.signs(family.father, FATHER, &sent, "parent").await;
        life.signs(family.mother, MOTHER, &sent, "parent").await;
        life.signs_before_the_director(&place, &sent, "child").await;
        life.signs(place.director, "13900000005", &sent, "witness").await;
        let party = crate::api::guardianship::party_of(&sent, "carer", None);
        let turn = json!({ "party_id": party, "device": "村委会手机" });
        life.post(place.director, &path(&sent, "signing-turns"), turn).await.expect(201);
        let mut body = crate::api::guardianship::in_person(&sent, None, party);
        body["vouched_because"] = json!("手机没电");
        let signed = life.put(place.director, &crate::api::guardianship::signing(&sent, party), body).await.expect(200);
        assert_eq!(signed["state"], "in_force");
        for reader in [place.school_head, place.director] {
            let open = life.get(reader, "/care-notices?open=true").await;
            let notice = format!("/care-notices/{}/acknowledgement", open["items"][0]["id"]);
            life.put(reader, &notice, json!({})).await.expect(200);
        }
        life.until("03-02 20:00").await;
        life.reply(MOTHER, "1").await;
        // The grandmother has had her message of the day; what became due since is told the next morning.
        life.until("03-03 12:00").await;
        life.reply(GRANDMOTHER, "1").await;

        // Monday 9 March, day seven: asked in the morning, not in the night. Two questions of his are open (the number
        // he never confirmed, and the call), so a bare 1 is asked back and not guessed.
        life.until("03-07 20:30").await;
        life.phones_home(family.mother).await;
        life.until("03-09 12:10").await;
        life.reply(FATHER, "1").await;
        let back = life.phones.last(FATHER);
        assert!(life.get(family.father, "/me/contact-obligations").await[0]["due_on"] == "2026-03-09", "{back}");
        life.reply(FATHER, &format!("１＃{}", choice(&back, "和孩子通话"))).await;
        assert_eq!(life.get(family.father, "/me/contact-obligations").await[0]["due_on"], "2026-03-16");
        life.reply(FATHER, " 1 ").await;
        let verified = life.get(family.father, "/me/phone").await;
        assert_eq!(verified["state"], "verified", "one question was left: {verified}");
        life.reply(FATHER, "1").await;
        assert!(life.phones.last(FATHER).contains("早已记下"), "nothing is open any more");

        // Silence: day 7 he, day 10 both parents, day 14 the village, day 28 a risk item and a talk.
        life.weeks_of_calls(&[family.mother], "03-15").await;
        life.until("03-19 20:00").await;
        life.weeks_of_calls(&[family.mother], "03-22").await;
        life.until("03-23 10:00").await;
        let todo = life.get(place.director, "/todo?kind=contact_child").await;
        assert_eq!(todo["items"].as_array().unwrap().len(), 1, "the village has it on its list: {todo}");
        life.weeks_of_calls(&[family.mother], "04-04").await;
        life.until("04-06 00:50").await;
        assert_eq!(life.get(place.director, "/missed-contacts").await["items"], json!([]));
        life.until("04-06 10:00").await;
        let missed = life.get(place.director, "/missed-contacts").await;
        assert_eq!(missed["items"][0]["admonition"], "talk", "{missed}");
        life.assert_twice_changes_nothing().await;

        // He answers: the duty closes, and what the silence had raised is settled by that.
        life.phones_home(family.mother).await;
        life.until("04-08 12:00").await;
        life.reply(FATHER, "1").await;
        assert_eq!(life.get(place.director, "/missed-contacts").await["items"], json!([]));
        assert_eq!(life.get(family.father, "/me/contact-obligations").await[0]["due_on"], "2026-04-15");

        // The program stands still for more than a week: of the stages that passed only the latest is told.
        life.phones_home(family.mother).await;
        life.until("04-14 20:00").await;
        life.phones_home(family.mother).await;
        let before = life.t.now();
        life.stands_still_until("04-23 09:30").await;
        let told = life.phones.texts(FATHER, before);
        assert_eq!(told.iter().filter(|text| text.contains("通个话")).count(), 1, "{told:?}");
        let mothers = life.phones.texts(MOTHER, before);
        assert!(!mothers.iter().any(|text| text.contains("另一位家长")), "day ten is over: {mothers:?}");
        life.assert_reconciled();
        life.assert_twice_changes_nothing().await;
        life.reply(FATHER, "1").await;
        life.phones_home(family.mother).await;

        // His number is given up. The second message that fails begins the search: mother, aunt, grandmother, village.
        life.until("04-26 20:00").await;
        life.phones.give_up(FATHER);
        life.weeks_of_calls(&[family.mother], "05-01").await;
        life.until("05-03 10:00").await;
        let asked = |person: i64| { let life = &life; async move { life.get(person, "/me/number-searches").await } };
        assert_eq!(asked(family.mother).await.as_array().unwrap().len(), 1, "the mother is asked first");
        life.weeks_of_calls(&[family.mother], "05-08").await;
        life.until("05-13 10:00").await;
        life.phones_home(family.mother).await;
        for (number, who) in [(MOTHER, "mother"), (AUNT, "aunt"), (GRANDMOTHER, "grandmother")] {
            let texts = life.phones.texts(number, before);
            assert!(texts.iter().any(|text| text.contains("联系不上")), "the {who} was not asked: {texts:?}");
        }
        let searches = life.get(place.director, "/number-searches").await;
        assert_eq!(searches["items"][0]["state"], "with_village", "{searches}");

        // The village finds the new number; its owner confirms it with a 1.
        let number = format!("/number-searches/{}/number", searches["items"][0]["id"]);
        life.put(place.director, &number, json!({ "phone": NEW_NUMBER })).await.expect(204);
        life.until("05-14 12:00").await;
        life.phones_home(family.father).await;
        life.reply(NEW_NUMBER, "1").await;
        assert_eq!(life.get(family.father, "/me/phone").await["state"], "verified");
        life.phones_home(family.mother).await;

        // T stops reminders. Danger is told to those who typed T as to everybody else.
        life.until("05-16 12:00").await;
        life.reply(NEW_NUMBER, "T").await;
        life.reply(SUPERVISOR, "t").await;
        life.phones_home(family.mother).await;
        life.until("05-21 20:00").await;
        life.phones_home(family.mother).await;
        life.until("05-22 20:00").await;
        let since = life.t.now().plus_days(-5);
        assert_eq!(life.phones.texts(NEW_NUMBER, since), [""; 0], "his day came, and he was left in peace");
        life.until("05-22 23:40").await;
        let report = json!({
            "client_uuid": uuid::Uuid::new_v4(), "situations": ["other_danger"], "narrative": "孩子独自在家",
            "area_code": VILLAGE, "reporter_role": "village"
        });
        life.post(place.director, "/reports", report).await.expect(201);
        life.work().await;
        assert_eq!(life.phones.texts(SUPERVISOR, since).len(), 1, "safety is not stopped");
        for officer in [place.police, place.supervisor] {
            let report = life.get(officer, "/reports").await["items"][0]["id"].clone();
            life.put(officer, &format!("/reports/{report}/acceptance"), json!({})).await.expect(200);
        }
        life.phones_home(family.father).await;
        life.until("05-23 10:00").await;
        life.end().await;
        insta::assert_snapshot!("a_missed_contact", life.diary());
    }
}
