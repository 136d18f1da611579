use futures::future::join_all;
use serde_json::json;
use xiangban::duties::DutyKind;

use super::{path, people, terms, village};
use crate::on_both;

on_both! {
    async fn each_period_is_owed_and_paid_once(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let parents = people(&[v.c.father, v.c.mother]);
        assert_eq!(v.owed(DutyKind::PayRemuneration), parents);
        let place = path(&agreement, "payments");
        let list = v.t.get(&v.t.as_person(v.c.grandmother), &place).await.expect(200);
        assert_eq!(list["periods"].as_array().unwrap().len(), 12);
        assert_eq!(list["next"], json!({"from": "2026-03-10", "until": "2026-04-09"}));
        let father = v.t.as_person(v.c.father);
        let body = json!({"period_from": "2026-03-10", "paid_on": "2026-03-02"});
        let paid = v.t.post(&father, &place, body.clone()).await.expect(201);
        assert_eq!((&paid["paid"][0]["amount_fen"], &paid["next"]["from"]), (&json!(30_000), &json!("2026-04-10")));
        let again = v.t.post(&father, &place, body).await;
        assert_eq!(again.problem(409), "payment_refused");
        assert_eq!(again.body["errors"][0]["code"], "period_already_paid");
        let invented = v.t.post(&father, &place, json!({"period_from": "2026-03-11", "paid_on": "2026-03-02"})).await;
        assert_eq!(invented.body["errors"][0]["code"], "period_outside_term");
        let tomorrow = v.t.post(&father, &place, json!({"period_from": "2026-04-10", "paid_on": "2026-03-03"})).await;
        assert_eq!(tomorrow.problem(422), "invalid_input");
        assert_eq!(v.owed(DutyKind::PayRemuneration), parents, "the next period");
        v.assert_reconciled();
    }

    async fn a_period_paid_at_the_same_moment_by_many_is_paid_once(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let place = path(&agreement, "payments");
        let callers = [v.c.father, v.c.mother, v.c.director, v.c.supervisor].map(|person| v.t.as_person(person));
        let body = json!({"period_from": "2026-03-10", "paid_on": "2026-03-02"});
        let replies = join_all(callers.iter().map(|caller| v.t.post(caller, &place, body.clone()))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        let list = v.t.get(&v.director(), &place).await.expect(200);
        assert_eq!(list["paid"].as_array().unwrap().len(), 1);
    }

    async fn days_paid_under_the_old_version_are_not_paid_again_under_the_new(t: TestApp) {
        let v = village(&t);
        let old = v.in_force().await;
        let body = json!({"period_from": "2026-03-10", "paid_on": "2026-03-02"});
        v.t.post(&v.director(), &path(&old, "payments"), body).await.expect(201);
        let mut quarterly = terms("2026-03-10", "2027-03-09");
        quarterly["remuneration"] = json!({"amount_fen": 90_000, "period": "quarter", "payer": "township"});
        let next = v.t.post(&v.director(), &path(&old, "amendments"), quarterly).await.expect(201);
        let next = v.t.put(&v.director(), &path(&next, "sending"), json!({})).await.expect(200);
        v.t.pass_minutes(61);
        let next = v.all_sign(&next).await;
        assert_eq!(v.owed(DutyKind::PayRemuneration), ["post:township_supervisor"]);
        let supervisor = v.t.as_person(v.c.supervisor);
        let body = json!({"period_from": "2026-03-10", "paid_on": "2026-03-02"});
        let refused = v.t.post(&supervisor, &path(&next, "payments"), body).await;
        assert_eq!(refused.body["errors"][0]["code"], "period_already_paid");
        let body = json!({"period_from": "2026-06-10", "paid_on": "2026-03-02"});
        v.t.post(&supervisor, &path(&next, "payments"), body).await.expect(201);
        v.assert_reconciled();
    }
}
