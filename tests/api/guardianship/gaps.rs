use diesel::prelude::*;
use serde_json::json;
use xiangban::duties::DutyKind;
use xiangban::storage::schema::{children, household_members};

use super::{Village, codes, village};
use crate::on_both;

fn whereabouts(v: &Village, person: i64, away: Option<&str>, condition: &str) {
    let today = v.t.today();
    v.t.app
        .store
        .write(|tx| {
            diesel::update(household_members::table.filter(household_members::person_id.eq(person)))
                .set((
                    household_members::away_place.eq(away),
                    household_members::away_since.eq(away.map(|_| today)),
                    household_members::condition.eq(condition),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

async fn listed(v: &Village<'_>) -> Vec<i64> {
    let list = v.t.get(&v.director(), "/guardianship-gaps").await.expect(200);
    list["items"].as_array().unwrap().iter().map(|item| item["child_id"].as_i64().unwrap()).collect()
}

/// The list and the pure rule say the same of the child.
async fn agree(v: &Village<'_>) -> bool {
    let cover = v.t.get(&v.director(), &format!("/children/{}/cover", v.c.child)).await.expect(200);
    let gap = cover["verdict"] == "gap";
    assert_eq!(listed(v).await == [v.c.child], gap, "{cover}");
    gap
}

on_both! {
    async fn a_child_with_both_parents_away_and_no_agreement_is_on_the_list_with_reasons(t: TestApp) {
        let v = village(&t);
        let list = v.t.get(&v.director(), "/guardianship-gaps").await.expect(200);
        assert_eq!(list["items"][0]["child_id"], v.c.child);
        assert_eq!(codes(&list["items"][0]["reasons"]), ["no_parent_present", "no_agreement_in_force", "no_placement"]);
        assert_eq!(v.t.get(&v.t.as_person(v.c.director_b), "/guardianship-gaps").await.expect(200)["items"], json!([]));
        assert_eq!(v.t.get(&v.t.as_person(v.c.father), "/guardianship-gaps").await.problem(403), "forbidden");
        assert_eq!((v.watch().gaps_opened, v.watch().gaps_opened), (1, 0));
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"]);
        v.assert_reconciled();
    }

    async fn the_list_and_the_rule_say_the_same_in_every_situation(t: TestApp) {
        let v = village(&t);
        assert!(agree(&v).await);
        for (away, condition, gap) in [
            (None, "able", false), (None, "serious_illness", true),
            (None, "imprisoned", true), (Some("广东省东莞市"), "able", true),
        ] {
            whereabouts(&v, v.c.mother, away, condition);
            assert_eq!(agree(&v).await, gap, "{away:?} {condition}");
        }
        v.in_force().await;
        assert!(agree(&v).await, "the term has not begun");
        v.t.pass_days(8);
        assert!(!agree(&v).await);
        v.t.clock.set("2027-03-09T23:59:00+08:00".parse().unwrap());
        assert!(!agree(&v).await);
        v.t.clock.set("2027-03-10T00:00:00+08:00".parse().unwrap());
        assert!(agree(&v).await);
        for (birth, gap) in [("2009-03-10", false), ("2009-03-11", true)] {
            let (child, birth): (i64, chrono::NaiveDate) = (v.c.child, birth.parse().unwrap());
            v.t.app.store.write(|tx| {
                diesel::update(children::table.find(child)).set(children::birth_date.eq(birth)).execute(tx)?;
                Ok(())
            }).unwrap();
            let cover = v.t.get(&v.director(), &format!("/children/{child}/cover")).await.expect(200);
            assert_eq!(cover["verdict"] == "gap", gap, "{birth}");
            assert_eq!(listed(&v).await.is_empty(), !gap);
        }
    }

    async fn a_parent_who_comes_home_closes_the_gap_and_the_demand_for_another_carer(t: TestApp) {
        let v = village(&t);
        v.watch();
        v.assess(v.c.grandmother, "unfit", Some("年老体弱，不能照看")).await.expect(201);
        assert_eq!(v.owed(DutyKind::ChangeCarer).len(), 2);
        whereabouts(&v, v.c.mother, None, "able");
        assert_eq!(v.watch().gaps_closed, 1);
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), [""; 0]);
        assert_eq!(v.owed(DutyKind::ChangeCarer), [""; 0]);
        v.assert_reconciled();
    }
}
