use serde_json::json;
use xiangban::duties::DutyKind;

use super::{codes, declaration, path, people, terms, village};
use crate::on_both;

on_both! {
    async fn a_grandmothers_agreement_goes_from_draft_to_assessed_when_everything_is_said(t: TestApp) {
        let v = village(&t);
        let drafted = v.draft("grandparent", v.c.grandmother).await;
        assert_eq!(drafted["state"], "draft");
        assert_eq!(codes(&drafted["missing"]), ["declaration_missing", "capacity_not_assessed"]);
        v.assess(v.c.grandmother, "fit", None).await.expect(201);
        let declared = v.t.put(&v.director(), &path(&drafted, "declaration"), declaration()).await.expect(200);
        assert_eq!((&declared["state"], &declared["next"]), (&json!("assessed"), &json!("send")));
        assert_eq!(v.owed(DutyKind::ConsentOrHost), [""; 0]);
        v.assert_reconciled();
    }

    async fn a_bar_keeps_the_draft_where_it_is(t: TestApp) {
        let v = village(&t);
        let drafted = v.draft("grandparent", v.c.grandmother).await;
        v.assess(v.c.grandmother, "fit", None).await.expect(201);
        let mut barred = declaration();
        barred["bars"]["addiction"] = json!(true);
        barred["childs_voice"] = json!({"heard": "not_able", "reason": " "});
        let declared = v.t.put(&v.director(), &path(&drafted, "declaration"), barred).await.expect(200);
        assert_eq!(declared["state"], "draft");
        assert_eq!(codes(&declared["missing"]), ["bar_addiction", "not_able_needs_reason"]);
        let refused = v.t.put(&v.director(), &path(&drafted, "sending"), json!({})).await;
        assert_eq!(refused.problem(409), "agreement_state");
    }

    async fn an_unfit_carer_stops_the_draft_and_the_parents_are_to_find_another(t: TestApp) {
        let v = village(&t);
        let drafted = v.draft("grandparent", v.c.grandmother).await;
        assert_eq!(v.assess(v.c.grandmother, "unfit", None).await.problem(422), "assessment_incomplete");
        v.assess(v.c.grandmother, "unfit", Some("经常把孩子独自留在家")).await.expect(201);
        let now = v.t.get(&v.director(), &format!("/agreements/{}", drafted["id"])).await.expect(200);
        assert_eq!((&now["state"], &now["end_reason"]), (&json!("declined"), &json!("carer_unfit")));
        assert_eq!(v.owed(DutyKind::ChangeCarer), people(&[v.c.father, v.c.mother]));
        v.assert_reconciled();
        v.assess(v.c.grandmother, "fit", None).await.expect(201);
        assert_eq!(v.owed(DutyKind::ChangeCarer), [""; 0]);
        v.assert_reconciled();
    }

    async fn an_unanswered_question_is_named(t: TestApp) {
        let v = village(&t);
        let body = json!({"carer_id": v.c.grandmother, "answers": {"willing": "yes", "invented": "no"}, "conclusion": "fit"});
        let path = format!("/children/{}/capacity-assessments", v.c.child);
        let reply = v.t.post(&v.director(), &path, body).await;
        assert_eq!(reply.problem(422), "assessment_incomplete");
        let fields: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert!(fields.contains(&"sound_mind") && fields.contains(&"invented") && !fields.contains(&"willing"));
        assert!(reply.body["errors"][0]["message"].as_str().unwrap().contains("问卷"));
    }

    async fn a_friend_needs_the_village_which_may_say_no(t: TestApp) {
        let v = village(&t);
        let assessed = v.assessed("friend", v.c.volunteer).await;
        assert_eq!((&assessed["state"], &assessed["next"]), (&json!("assessed"), &json!("consent")));
        assert_eq!(v.owed(DutyKind::ConsentOrHost), ["post:village_director"]);
        v.assert_reconciled();
        let unheard = v.t.put(&v.director(), &path(&assessed, "sending"), json!({})).await;
        assert_eq!(unheard.problem(409), "agreement_state");
        let consent = path(&assessed, "consent");
        assert_eq!(v.t.put(&v.director(), &consent, json!({"granted": false})).await.problem(422), "invalid_input");
        let body = json!({"granted": false, "reason": "邻居反映不合适"});
        let refused = v.t.put(&v.director(), &consent, body).await.expect(200);
        assert_eq!((&refused["state"], &refused["end_reason"]), (&json!("declined"), &json!("village_refused")));
        assert_eq!(v.owed(DutyKind::ConsentOrHost), [""; 0]);
        v.assert_reconciled();
    }

    async fn consent_is_due_after_five_working_days(t: TestApp) {
        let v = village(&t);
        v.assessed("relative", v.c.volunteer).await;
        // Monday 2 March 2026 and five working days: Monday 9 March.
        let due: String = v.t.app.store.read(|conn| {
            use diesel::prelude::*;
            use xiangban::storage::schema::duties;
            let at: xiangban::clock::Instant =
                duties::table.filter(duties::kind.eq(DutyKind::ConsentOrHost)).select(duties::due_at).first(conn)?;
            Ok(at.to_string())
        }).unwrap();
        assert_eq!(due, "2026-03-09T09:00:00.000+08:00");
    }

    async fn a_designated_carer_must_have_pay(t: TestApp) {
        let v = village(&t);
        let mut unpaid = terms("2026-03-10", "2027-03-09");
        unpaid["remuneration"] = json!(null);
        let body = json!({"child_id": v.c.child, "kind": "designated", "carer": {"person_id": v.c.volunteer}, "terms": unpaid});
        let drafted = v.t.post(&v.director(), "/agreements", body).await.expect(201);
        assert!(codes(&drafted["missing"]).contains(&"remuneration_missing"));
        let etag = format!("\"{}\"", drafted["version"]);
        let changed = v.t.call(
            &v.director(), actix_web::http::Method::PUT, &path(&drafted, "terms"),
            Some(terms("2026-03-10", "2027-03-09")), &[("if-match", &etag)],
        ).await.expect(200);
        assert!(!codes(&changed["missing"]).contains(&"remuneration_missing"));
        let stale = v.t.call(
            &v.director(), actix_web::http::Method::PUT, &path(&drafted, "terms"),
            Some(terms("2026-03-10", "2027-03-09")), &[("if-match", &etag)],
        ).await;
        assert_eq!(stale.problem(412), "version_changed");
    }

    async fn impossible_terms_and_carers_are_refused_at_once(t: TestApp) {
        let v = village(&t);
        let draft = |carer: serde_json::Value, from: &str, until: &str| {
            json!({"child_id": v.c.child, "kind": "grandparent", "carer": carer, "terms": terms(from, until)})
        };
        let cases = [
            (draft(json!({"person_id": v.c.grandmother}), "2026-03-10", "2027-03-10"), "term_too_long"),
            (draft(json!({"person_id": v.c.grandmother}), "2026-03-10", "2026-03-09"), "term_backwards"),
            (draft(json!({"person_id": v.c.grandmother}), "2025-03-10", "2026-03-01"), "term_over"),
            (draft(json!({"person_id": v.c.father}), "2026-03-10", "2026-12-10"), "carer_is_parent"),
            (draft(json!({"person_id": 987_654}), "2026-03-10", "2026-12-10"), "unknown_carer"),
            (draft(json!({"name": "刘婶", "sex": "female"}), "2026-03-10", "2026-12-10"), "required"),
        ];
        for (body, code) in cases {
            let reply = v.t.post(&v.director(), "/agreements", body).await;
            assert_eq!(reply.problem(422), "invalid_input");
            assert_eq!(reply.body["errors"][0]["code"], code);
        }
        let new = json!({"name": "刘婶", "sex": "female", "birth_date": "1980-01-01", "phone": "139 0000 0099"});
        let drafted = v.t.post(&v.director(), "/agreements", draft(new, "2026-03-10", "2026-12-10")).await.expect(201);
        assert_eq!(drafted["carer"]["name"], "刘婶");
    }

    async fn one_child_and_carer_have_one_pending_agreement(t: TestApp) {
        let v = village(&t);
        let drafted = v.draft("grandparent", v.c.grandmother).await;
        let body = json!({
            "child_id": v.c.child, "kind": "grandparent", "carer": {"person_id": v.c.grandmother},
            "terms": terms("2026-03-10", "2027-03-09")
        });
        assert_eq!(v.t.post(&v.director(), "/agreements", body.clone()).await.problem(409), "already_exists");
        v.t.put(&v.director(), &path(&drafted, "taking-back"), json!({})).await.expect(200);
        v.t.post(&v.director(), "/agreements", body).await.expect(201);
    }

    async fn a_stranger_from_the_next_village_finds_nothing(t: TestApp) {
        let v = village(&t);
        let drafted = v.draft("grandparent", v.c.grandmother).await;
        let stranger = v.t.as_person(v.c.director_b);
        assert_eq!(v.t.get(&stranger, &format!("/agreements/{}", drafted["id"])).await.problem(404), "not_found");
        assert_eq!(v.t.put(&stranger, &path(&drafted, "declaration"), declaration()).await.problem(404), "not_found");
        assert_eq!(v.t.get(&stranger, "/agreements").await.expect(200)["items"], json!([]));
    }
}
