//! Figures by village, and open duties with those who have them.

use actix_web::http::Method;
use serde_json::Value;

use super::children::change;
use crate::on_both;
use crate::support::{VILLAGE, VILLAGE_B};

fn figures(answer: &Value, village: &str) -> Value {
    let villages = answer["villages"].as_array().unwrap();
    villages.iter().find(|figures| figures["code"] == village).unwrap().clone()
}

on_both! {
    async fn a_village_shows_how_many_are_confirmed_and_who_is_not_covered(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let record = t.get(&director, &format!("/children/{}", c.child)).await.expect(200);
        let path = format!("/children/{}/confirmation", c.child);
        change(&t, &director, Method::PUT, &path, None, record["version"].as_i64().unwrap()).await.expect(200);

        let answer = t.get(&t.as_person(c.supervisor), "/insight/villages").await.expect(200);
        let codes: Vec<_> = answer["villages"].as_array().unwrap().iter().map(|v| v["code"].clone()).collect();
        assert_eq!(codes, [VILLAGE, VILLAGE_B]);
        let here = figures(&answer, VILLAGE);
        assert_eq!((&here["children"], &here["confirmed"], &here["left_behind"]), (&1.into(), &1.into(), &1.into()));
        assert_eq!((&here["in_agreement"], &here["paired"]), (&0.into(), &0.into()));
        let overdue = here["duties_overdue"].as_i64().unwrap();
        assert!(here["duties_open"].as_i64().unwrap() > 0);
        let gaps = t.get(&t.as_person(c.supervisor), "/guardianship-gaps").await.expect(200);
        assert_eq!((&here["uncovered"], gaps["items"].as_array().unwrap().len()), (&1.into(), 1));
        assert_eq!(figures(&answer, VILLAGE_B)["children"], 0);

        t.pass_days(91);
        let later = t.get(&t.as_person(c.supervisor), "/insight/villages").await.expect(200);
        let here = figures(&later, VILLAGE);
        assert_eq!((&here["children"], &here["confirmed"]), (&1.into(), &0.into()));
        assert!(here["duties_overdue"].as_i64().unwrap() > overdue);
    }

    async fn a_county_is_not_told_of_so_few_that_they_could_be_known(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let record = t.get(&director, &format!("/children/{}", c.child)).await.expect(200);
        let path = format!("/children/{}/confirmation", c.child);
        change(&t, &director, Method::PUT, &path, None, record["version"].as_i64().unwrap()).await.expect(200);
        let near = t.get(&t.as_person(c.supervisor), "/insight/villages").await.expect(200);
        assert_eq!(figures(&near, VILLAGE)["left_behind"], 1);
        let far = t.get(&t.as_person(c.administrator), "/insight/villages").await.expect(200);
        let here = figures(&far, VILLAGE);
        assert_eq!((&here["children"], &here["left_behind"], &here["uncovered"]), (&1.into(), &Value::Null, &Value::Null));
        assert_eq!((&here["paired"], &here["in_agreement"]), (&0.into(), &0.into()), "none is no secret");
    }

    async fn figures_end_at_the_callers_area(t: TestApp) {
        let c = t.county();
        let answer = t.get(&t.as_person(c.director_b), "/insight/villages").await.expect(200);
        let codes: Vec<_> = answer["villages"].as_array().unwrap().iter().map(|v| v["code"].clone()).collect();
        assert_eq!(codes, [VILLAGE_B]);
    }

    async fn open_duties_name_who_has_them_and_stay_in_the_area(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let record = t.get(&director, &format!("/children/{}", c.child)).await.expect(200);
        let path = format!("/children/{}/confirmation", c.child);
        change(&t, &director, Method::PUT, &path, None, record["version"].as_i64().unwrap()).await.expect(200);
        let supervisor = t.as_person(c.supervisor);

        let all = t.get(&supervisor, "/insight/duties").await.expect(200);
        let items = all["items"].as_array().unwrap();
        assert!(!items.is_empty());
        assert!(items.iter().all(|item| item["owed_by_name"].is_string() || item["owed_by_post"].is_string()));
        let due: Vec<_> = items.iter().map(|item| item["due_at"].as_str().unwrap()).collect();
        assert!(due.is_sorted());

        let late = "/insight/duties?overdue=true&kind=reconfirm_record";
        assert_eq!(t.get(&supervisor, late).await.expect(200)["items"], Value::Array(vec![]));
        t.pass_days(91);
        let overdue = t.get(&t.as_person(c.supervisor), late).await.expect(200);
        assert_eq!(overdue["items"][0]["days_overdue"], 1);
        let there = t.get(&t.as_person(c.director_b), "/insight/duties").await.expect(200);
        assert_eq!(there["items"], Value::Array(vec![]));
    }
}
