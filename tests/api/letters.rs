//! Letters: admonitions and decisions on subsidies, from the desk to the receipt.

use serde_json::{Value, json};

use super::guardianship::village;
use crate::on_both;
use crate::support::TestApp;

fn admonition(t: &TestApp, addressees: &[i64]) -> Value {
    json!({
        "addressee_ids": addressees, "found": "你们自今年一月起没有与孩子联系，电话打不通。",
        "demands": ["每周至少与孩子联系一次", "把新号码告诉村里"], "until": t.today() + chrono::Days::new(15),
        "contact": "石桥镇民政办，办公时间来访",
    })
}

fn decision(applicant: i64, from: &str, until: &str) -> Value {
    json!({
        "applicant_id": applicant, "applied_on": "2026-03-01", "found": "你家属于最低生活保障家庭",
        "grant": {"amount_fen": 30_000, "period": "month", "from": from, "until": until, "payment": "按月转入社会保障卡"},
    })
}

fn audited(t: &TestApp, action: &str) -> i64 {
    use diesel::prelude::*;
    use xiangban::storage::schema::audit_events;
    t.app
        .store
        .read(|conn| Ok(audit_events::table.filter(audit_events::action.eq(action)).count().get_result(conn)?))
        .unwrap()
}

on_both! {
    async fn a_village_admonishes_parents_and_writes_down_how_the_letter_was_served(t: TestApp) {
        let v = village(&t);
        let place = format!("/children/{}/admonitions", v.c.child);
        let letter = t.post(&v.director(), &place, admonition(&t, &[v.c.father, v.c.mother])).await.expect(201);
        assert_eq!((&letter["number"], &letter["kind"]), (&json!("DC-2026-000001"), &json!("admonition")));
        assert_eq!((&letter["sender"], &letter["paper"]), (&json!("石桥镇石板村村（居）民委员会"), &json!("due")));
        let text = letter["text"].as_str().unwrap();
        for words in ["王大山、陈小梅：", "没有与孩子联系，电话打不通。", "    2. 把新号码告诉村里。", "2026年3月17日", "王小雨"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let stranger = t.post(&v.director(), &place, admonition(&t, &[v.c.grandmother])).await;
        assert_eq!(stranger.problem(422), "invalid_input");
        let mut late = admonition(&t, &[v.c.father]);
        late["until"] = json!(t.today());
        assert_eq!(t.post(&v.director(), &place, late).await.problem(422), "invalid_input");
        let service = format!("/letters/{}/service", letter["id"]);
        let body = json!({"served_on": t.today(), "served_how": "refused", "note": "其兄在场"});
        let served = t.put(&v.director(), &service, body.clone()).await.expect(200);
        assert_eq!(served["served_how"], "refused");
        assert_eq!(t.put(&v.director(), &service, body).await.problem(409), "letter_served");
        let list = t.get(&v.director(), &format!("/children/{}/letters", v.c.child)).await.expect(200);
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!((audited(&t, "letter.admonished"), audited(&t, "letter.served")), (1, 1));
    }

    async fn nothing_is_granted_twice_for_one_day_and_a_refusal_says_why(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let supervisor = t.as_person(v.c.supervisor);
        let place = format!("/agreements/{}/subsidy-decisions", agreement["id"]);
        let letter = t.post(&supervisor, &place, decision(v.c.father, "2026-03-10", "2026-09-09")).await.expect(201);
        assert_eq!((&letter["number"], &letter["granted"]), (&json!("ZZ-2026-000001"), &json!(true)));
        let text = letter["text"].as_str().unwrap();
        assert!(text.contains("每月300.00元（人民币叁佰元整）") && text.contains("赵桂兰"), "{text}");
        let twice = t.post(&supervisor, &place, decision(v.c.father, "2026-09-09", "2026-12-31")).await;
        assert_eq!(twice.problem(422), "invalid_input");
        assert_eq!(twice.body["errors"][0]["code"], "grant_overlaps");
        let outside = t.post(&supervisor, &place, decision(v.c.father, "2026-09-10", "2028-12-31")).await;
        assert_eq!(outside.body["errors"][0]["code"], "grant_outside_term");
        let foreign = t.post(&supervisor, &place, decision(v.c.passer, "2026-09-10", "2026-12-31")).await;
        assert_eq!(foreign.body["errors"][0]["code"], "unknown_applicant");
        let mut refusal = decision(v.c.grandmother, "2026-09-10", "2026-12-31");
        refusal["grant"] = Value::Null;
        assert_eq!(t.post(&supervisor, &place, refusal.clone()).await.body["errors"][0]["code"], "grant_or_reason");
        refusal["reason"] = json!("家庭收入高于规定标准");
        let refused = t.post(&supervisor, &place, refusal).await.expect(201);
        assert_eq!((&refused["number"], &refused["granted"]), (&json!("ZZ-2026-000002"), &json!(false)));
        assert!(refused["text"].as_str().unwrap().contains("决定不予资助。理由：家庭收入高于规定标准。"));
        assert_eq!(audited(&t, "letter.subsidy_decided"), 2);
    }
}

#[cfg(feature = "documents")]
on_both! {
    async fn a_letter_is_sealed_once_and_anybody_can_check_it(t: TestApp) {
        use crate::api::guardianship::papers::{t_check, weight};
        let v = village(&t);
        let place = format!("/children/{}/admonitions", v.c.child);
        let letter = t.post(&v.director(), &place, admonition(&t, &[v.c.father])).await.expect(201);
        let paper = format!("/letters/{}/letter.pdf", letter["id"]);
        let unsealed = t.get(&v.director(), &paper).await.bytes;
        assert!(unsealed.starts_with(b"%PDF-"));
        let seal = || {
            let (app, now) = (t.app.clone(), t.now());
            async move { actix_web::web::block(move || xiangban::letters::seal_letters(&app, now)).await.unwrap().unwrap() }
        };
        assert_eq!((seal().await.sealed, seal().await.sealed), (1, 0));
        let sealed = t.get(&v.director(), &paper).await.bytes;
        assert!(sealed.starts_with(&unsealed) && sealed.len() > unsealed.len());
        let verdict = t_check(&t, sealed.clone()).await;
        assert_eq!((&verdict["holds"], &verdict["number"]), (&json!(true), &json!("DC-2026-000001")), "{verdict}");
        assert_eq!((weight(&verdict, "seal"), weight(&verdict, "known")), ("ok", "ok"));
        let mut other = sealed;
        other[4_000] ^= 1;
        assert_eq!(t_check(&t, other).await["holds"], false);
        let shown = t.get(&v.director(), &format!("/letters/{}", letter["id"])).await.expect(200);
        assert_eq!(shown["paper"], "sealed");
        assert_eq!(audited(&t, "letter.sealed"), 1);
    }
}
