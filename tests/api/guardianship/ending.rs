use diesel::prelude::*;
use serde_json::json;
use xiangban::duties::DutyKind;
use xiangban::storage::schema::{child_ties, people};

use super::{Village, declaration, in_person, party_of, path, signing, terms, village};
use crate::on_both;

fn carers(v: &Village) -> Vec<i64> {
    v.t.app
        .store
        .read(|conn| {
            Ok(child_ties::table
                .filter(child_ties::kind.eq("carer"))
                .filter(child_ties::until.is_null())
                .select(child_ties::person_id.assume_not_null())
                .load(conn)?)
        })
        .unwrap()
}

on_both! {
    async fn the_carer_may_withdraw_at_any_time_and_the_village_sees_to_the_child(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let place = path(&agreement, "ending");
        let not_hers = v.t.put(&v.t.as_person(v.c.grandmother), &place, json!({"reason": "parents_withdrew"})).await;
        assert_eq!(not_hers.problem(403), "forbidden");
        let not_a_reason = v.t.put(&v.director(), &place, json!({"reason": "amended"})).await;
        assert_eq!(not_a_reason.problem(422), "invalid_input");
        let ended = v.t.put(&v.t.as_person(v.c.grandmother), &place, json!({"reason": "carer_withdrew"})).await.expect(200);
        assert_eq!((&ended["state"], &ended["end_reason"]), (&json!("ended"), &json!("carer_withdrew")));
        assert_eq!(v.owed(DutyKind::HandOver), ["post:village_director"]);
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"]);
        for kind in [DutyKind::RenewAgreement, DutyKind::AcknowledgeNotice, DutyKind::PayRemuneration] {
            assert_eq!(v.owed(kind), [""; 0], "{kind}");
        }
        assert_eq!(carers(&v), [0_i64; 0], "the former carer sees the child no more");
        v.assert_reconciled();
        let again = v.t.put(&v.director(), &place, json!({"reason": "carer_withdrew"})).await;
        assert_eq!(again.problem(409), "agreement_state");
        let handed = json!({"received_by": "母亲", "note": "衣物课本已交接"});
        let done = v.t.put(&v.director(), &path(&agreement, "hand-over"), handed.clone()).await.expect(200);
        assert_eq!(done["hand_over"]["received_by"], "母亲");
        assert_eq!(v.owed(DutyKind::HandOver), [""; 0]);
        assert_eq!(v.t.put(&v.director(), &path(&agreement, "hand-over"), handed).await.problem(409), "conflict");
        v.assert_reconciled();
    }

    async fn a_dead_child_opens_no_hand_over_and_writes_to_nobody(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        v.t.put(&v.director(), &path(&agreement, "ending"), json!({"reason": "child_died"})).await.expect(200);
        assert_eq!(v.owed(DutyKind::HandOver), [""; 0]);
        let told: i64 = v.t.app.store.read(|conn| {
            use xiangban::storage::schema::messages;
            Ok(messages::table.filter(messages::template.eq("notice/agreement_ended")).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(told, 0);
    }

    async fn an_amendment_takes_the_place_of_the_old_version_when_all_have_signed(t: TestApp) {
        let v = village(&t);
        let old = v.in_force().await;
        let next = v.t.post(&v.director(), &path(&old, "amendments"), terms("2026-03-10", "2026-12-31")).await.expect(201);
        assert_eq!(v.t.post(&v.director(), &path(&old, "amendments"), terms("2026-03-10", "2026-12-31")).await.problem(409), "already_exists");
        let next = v.t.put(&v.director(), &path(&next, "sending"), json!({})).await.expect(200);
        let still = v.t.get(&v.director(), &format!("/agreements/{}", old["id"])).await.expect(200);
        assert_eq!(still["state"], "in_force", "until the new one is signed");
        v.t.pass_minutes(61);
        let signed = v.all_sign(&next).await;
        assert_eq!((&signed["state"], &signed["replaces_id"]), (&json!("in_force"), &old["id"]));
        let over = v.t.get(&v.director(), &format!("/agreements/{}", old["id"])).await.expect(200);
        assert_eq!((&over["state"], &over["end_reason"]), (&json!("ended"), &json!("amended")));
        assert_eq!(v.owed(DutyKind::HandOver), [""; 0]);
        assert_eq!(v.owed(DutyKind::RenewAgreement).len(), 3);
        assert_eq!(carers(&v), [v.c.grandmother]);
        v.assert_reconciled();
    }

    async fn a_term_that_ends_leaves_a_gap_and_a_renewal_does_not(t: TestApp) {
        let v = village(&t);
        let first = v.in_force().await;
        v.watch();
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"], "the term begins on the tenth");
        v.t.pass_days(8);
        assert_eq!(v.watch().gaps_closed, 1);
        v.t.clock.set("2027-02-01T09:00:00+08:00".parse().unwrap());
        let body = json!({"term_from": "2027-03-01", "term_until": "2027-12-31"});
        assert_eq!(v.t.post(&v.director(), &path(&first, "renewals"), body).await.problem(422), "invalid_input");
        let body = json!({"term_from": "2027-03-10", "term_until": "2028-03-09"});
        let renewed = v.t.post(&v.director(), &path(&first, "renewals"), body).await.expect(201);
        assert_eq!((&renewed["state"], &renewed["revision"]), (&json!("draft"), &json!(2)));
        let renewed = v.t.put(&v.director(), &path(&renewed, "declaration"), declaration()).await.expect(200);
        let renewed = v.t.put(&v.director(), &path(&renewed, "sending"), json!({})).await.expect(200);
        v.all_sign(&renewed).await;
        assert_eq!(v.owed(DutyKind::RenewAgreement).len(), 3, "only for the new term");
        v.assert_reconciled();
        v.t.clock.set("2027-03-09T23:00:00+08:00".parse().unwrap());
        assert_eq!(v.watch().ended, 0);
        v.t.clock.set("2027-03-10T00:10:00+08:00".parse().unwrap());
        let watched = v.watch();
        assert_eq!((watched.ended, watched.gaps_opened), (1, 0));
        let over = v.t.get(&v.director(), &format!("/agreements/{}", first["id"])).await.expect(200);
        assert_eq!(over["end_reason"], "renewed");
        v.assert_reconciled();
        v.t.clock.set("2028-03-10T00:10:00+08:00".parse().unwrap());
        let watched = v.watch();
        assert_eq!((watched.ended, watched.gaps_opened, v.watch().gaps_opened), (1, 0, 0), "opened in the same transaction");
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"]);
        v.assert_reconciled();
    }

    async fn a_carer_who_dies_ends_the_agreement_that_night(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        v.t.pass_days(10);
        v.watch();
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), [""; 0]);
        let (today, grandmother) = (v.t.today(), v.c.grandmother);
        v.t.app.store.write(|tx| {
            diesel::update(people::table.find(grandmother)).set(people::deceased_on.eq(today)).execute(tx)?;
            Ok(())
        }).unwrap();
        assert_eq!(v.watch().ended, 1);
        let over = v.t.get(&v.director(), &format!("/agreements/{}", agreement["id"])).await.expect(200);
        assert_eq!(over["end_reason"], "carer_died");
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"]);
        v.assert_reconciled();
    }

    async fn a_carer_found_unfit_leaves_the_child_uncovered_and_the_parents_have_fifteen_days(t: TestApp) {
        let v = village(&t);
        v.in_force().await;
        v.t.pass_days(10);
        v.watch();
        v.assess(v.c.grandmother, "unfit", Some("摔伤卧床，不能照看")).await.expect(201);
        assert_eq!(v.owed(DutyKind::ChangeCarer).len(), 2);
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), ["post:village_director"]);
        v.assert_reconciled();
        // Another carer's agreement settles both.
        let next = v.sent("friend", v.c.volunteer).await;
        for (person, role) in [(v.c.father, "parent"), (v.c.mother, "parent"), (v.c.director, "witness")] {
            v.sign(person, &next, role).await;
        }
        v.sign_before_village(&next, party_of(&next, "child", None), None).await;
        let carer = party_of(&next, "carer", None);
        v.turn(&next, carer).await.expect(201);
        let code = v.code(v.c.director, &next, carer).await;
        let body = in_person(&next, Some(&code), 8);
        v.t.put(&v.director(), &signing(&next, carer), body).await.expect(200);
        assert_eq!(v.owed(DutyKind::ChangeCarer), [""; 0]);
        assert_eq!(v.owed(DutyKind::CloseGuardianshipGap), [""; 0]);
        v.assert_reconciled();
    }
}
