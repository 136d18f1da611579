use actix_web::http::Method;
use diesel::prelude::*;
use serde_json::json;
use xiangban::identity::TieKind;
use xiangban::storage::schema::{audit_events, child_ties, pairings, volunteers};

use crate::on_both;
use crate::support::{County, TestApp, VILLAGE};

fn path(c: &County) -> String {
    format!("/children/{}/consent", c.child)
}

/// A volunteer who keeps the child company.
fn paired(t: &TestApp, c: &County) {
    let now = t.now();
    t.app
        .store
        .write(|tx| {
            let volunteer: i64 = diesel::insert_into(volunteers::table)
                .values((
                    volunteers::person_id.eq(c.volunteer),
                    volunteers::area_code.eq(VILLAGE),
                    volunteers::skills.eq("company"),
                    volunteers::languages.eq(""),
                    volunteers::load_wish.eq(1),
                    volunteers::state.eq("admitted"),
                    volunteers::applied_at.eq(now),
                    volunteers::state_since.eq(now),
                ))
                .returning(volunteers::id)
                .get_result(tx)?;
            diesel::insert_into(pairings::table)
                .values((
                    pairings::volunteer_id.eq(volunteer),
                    pairings::child_id.eq(c.child),
                    pairings::kind.eq("hand_in_hand"),
                    pairings::service_forms.eq("company"),
                    pairings::state.eq("active"),
                    pairings::why.eq(""),
                    pairings::proposed_by.eq(c.coordinator),
                    pairings::proposed_at.eq(now),
                    pairings::began_at.eq(now),
                ))
                .execute(tx)?;
            xiangban::children::tie_person(tx, now, c.child, TieKind::Volunteer, c.volunteer)
        })
        .unwrap();
}

on_both! {
    async fn a_parent_agrees_to_the_rules_that_everybody_can_read(t: TestApp) {
        let c = t.county();
        let rules = t.get(&t.stranger(), "/privacy-rules").await.expect(200);
        let father = t.as_person(c.father);
        let before = t.get(&father, &path(&c)).await.expect(200);
        assert_eq!((&before["needed"], &before["standing"]), (&json!(true), &json!(false)));
        let old = json!({"rules_version": "2020-01", "way": "own_phone"});
        assert_eq!(t.put(&father, &path(&c), old).await.problem(422), "invalid_input");
        let body = json!({"rules_version": rules["version"], "way": "own_phone"});
        let after = t.put(&father, &path(&c), body).await.expect(200);
        assert_eq!((&after["standing"], &after["outdated"], &after["parent_person_id"]), (&json!(true), &json!(false), &json!(c.father)));
        t.clock.set("2031-06-01T09:00:00+08:00".parse().unwrap());
        let grown = t.get(&t.as_person(c.father), &path(&c)).await.expect(200);
        assert_eq!(grown["needed"], json!(false), "fourteen now");
    }

    async fn an_official_writes_down_a_parent_s_word_and_nobody_else_s(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let word = |person: i64, way: &str| json!({"rules_version": "2026-11", "parent_person_id": person, "way": way});
        assert_eq!(t.put(&director, &path(&c), word(c.grandmother, "in_person")).await.problem(422), "invalid_input");
        assert_eq!(t.put(&director, &path(&c), word(c.mother, "own_phone")).await.problem(422), "invalid_input");
        t.put(&director, &path(&c), word(c.mother, "in_person")).await.expect(200);
    }

    async fn withdrawal_ends_what_rests_on_consent_and_nothing_else(t: TestApp) {
        let c = t.county();
        paired(&t, &c);
        let father = t.as_person(c.father);
        t.put(&father, &path(&c), json!({"rules_version": "2026-11", "way": "own_phone"})).await.expect(200);
        let withdrawn = t.call(&father, Method::DELETE, &path(&c), Some(json!({"reason": "不想让外人来"})), &[]).await.expect(200);
        assert_eq!(withdrawn["standing"], json!(false));
        let (states, seen): (Vec<String>, i64) = t.app.store.read(|conn| {
            let states = pairings::table.select(pairings::state).load(conn)?;
            let seen = child_ties::table.filter(child_ties::kind.eq(TieKind::Volunteer)).filter(child_ties::until.is_null())
                .count().get_result(conn)?;
            Ok((states, seen))
        }).unwrap();
        assert_eq!((states, seen), (vec!["ended".to_owned()], 0));
        t.get(&t.as_person(c.director), &format!("/children/{}", c.child)).await.expect(200);
        assert_eq!(t.call(&father, Method::DELETE, &path(&c), Some(json!({})), &[]).await.problem(409), "consent_not_standing");
        let told: Vec<String> = t.app.store.read(|conn| {
            Ok(audit_events::table.filter(audit_events::action.like("consent.%")).select(audit_events::action).order(audit_events::id).load(conn)?)
        }).unwrap();
        assert_eq!(told, ["consent.given", "consent.withdrawn"]);
    }
}
