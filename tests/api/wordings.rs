//! What papers say, as a township words it.

use serde_json::{Value, json};

use super::guardianship::{path, village};
use crate::on_both;
use crate::support::{Caller, TestApp};

const RAIN: &str = "（七）本镇约定：下大雨时不让孩子独自过漫水桥。";

async fn built_in(t: &TestApp, caller: &Caller, kind: &str) -> String {
    let shown = t.get(caller, &format!("/wordings/{kind}")).await.expect(200);
    shown["built_in_text"].as_str().unwrap().to_owned()
}

/// The built-in agreement with one more clause.
async fn with_rain(t: &TestApp, caller: &Caller) -> String {
    built_in(t, caller, "agreement").await.replace("\n\n第八条 健康和急救", &format!("\n{RAIN}\n\n第八条 健康和急救"))
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|one| one["fault"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_township_words_a_clause_and_what_was_sent_before_stays(t: TestApp) {
        let v = village(&t);
        let supervisor = t.as_person(v.c.supervisor);
        let before = v.sent("grandparent", v.c.grandmother).await;
        let text = with_rain(&t, &supervisor).await;
        let set = t.put(&supervisor, "/wordings/agreement", json!({"text": text, "note": "汛期"})).await.expect(200);
        assert_eq!(set["version"], "990101100000/1");
        let document = |agreement: Value| {
            let (t, director) = (&t, v.director());
            async move { t.get(&director, &path(&agreement, "document")).await.expect(200) }
        };
        let old = document(before.clone()).await;
        assert_eq!(old["wording"], "2026-11");
        assert!(!old["text"].as_str().unwrap().contains(RAIN));
        t.put(&v.director(), &path(&before, "taking-back"), json!({})).await.expect(200);
        let after = document(v.sent("grandparent", v.c.grandmother).await).await;
        assert_eq!(after["wording"], "990101100000/1");
        let words = after["text"].as_str().unwrap();
        assert!(words.contains(RAIN) && words.contains("文本版本：990101100000/1"), "{words}");
        t.delete(&supervisor, "/wordings/agreement").await.expect(204);
        assert_eq!(t.delete(&supervisor, "/wordings/agreement").await.problem(409), "no_own_wording");
        let versions = t.get(&supervisor, "/wordings/agreement/versions").await.expect(200);
        assert_eq!((versions[0]["text"].is_null(), versions[1]["note"].as_str()), (true, Some("汛期")));
        let shown = t.get(&supervisor, "/wordings/agreement").await.expect(200);
        assert_eq!((&shown["built_in"], &shown["version"]), (&json!(true), &json!("2026-11")));
    }

    async fn a_wording_that_lacks_a_clause_is_refused_and_told_which(t: TestApp) {
        let county = t.county();
        let supervisor = t.as_person(county.supervisor);
        let text = built_in(&t, &supervisor, "agreement").await.replace("防溺水", "玩水") + "{{ father.nickname }}\n";
        let trial = t.post(&supervisor, "/wordings/agreement/trial", json!({"text": text})).await.expect(200);
        assert_eq!((&trial["holds"], &trial["sample"]), (&json!(false), &Value::Null));
        assert!(codes(&trial["findings"]).contains(&"unknown_placeholder"), "{trial}");
        let text = text.replace("{{ father.nickname }}\n", "");
        let trial = t.post(&supervisor, "/wordings/agreement/trial", json!({"text": text})).await.expect(200);
        assert_eq!(codes(&trial["findings"]), ["clause_missing"], "{trial}");
        assert!(trial["sample"].as_str().unwrap().contains("示例孩"));
        let reply = t.put(&supervisor, "/wordings/agreement", json!({"text": text})).await;
        assert_eq!(reply.problem(422), "wording_refused");
        assert!(reply.body["detail"].as_str().unwrap().contains("防溺水"), "{}", reply.body);
        let versions = t.get(&supervisor, "/wordings/agreement/versions").await.expect(200);
        assert_eq!(versions, json!([]));
    }

    async fn the_nearest_wording_is_in_effect(t: TestApp) {
        let county = t.county();
        let (administrator, supervisor) = (t.as_person(county.administrator), t.as_person(county.supervisor));
        let text = built_in(&t, &administrator, "notice").await;
        let of_county = text.replace("请在三日内确认收到", "请在三日内（县里约定）确认收到");
        t.put(&administrator, "/wordings/notice", json!({"text": of_county})).await.expect(200);
        let shown = t.get(&supervisor, "/wordings/notice").await.expect(200);
        assert_eq!((&shown["area_code"], &shown["version"]), (&json!("990101000000"), &json!("990101000000/1")));
        t.put(&supervisor, "/wordings/notice", json!({"text": text})).await.expect(200);
        let list = t.get(&supervisor, "/wordings").await.expect(200);
        let notice = list.as_array().unwrap().iter().find(|one| one["kind"] == "notice").unwrap();
        assert_eq!(notice["version"], "990101100000/1");
        assert_eq!(list.as_array().unwrap().len(), 6);
        let above = t.get(&administrator, "/wordings/notice").await.expect(200);
        assert_eq!(above["version"], "990101000000/1");
    }

    async fn a_wording_shows_its_placeholders_and_what_it_must_say(t: TestApp) {
        let county = t.county();
        let supervisor = t.as_person(county.supervisor);
        let shown = t.get(&supervisor, "/wordings/agreement").await.expect(200);
        let names: Vec<&str> =
            shown["placeholders"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        for name in ["child.name", "parents[].phone", "contact_days", "voice.not_able", "template_version"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(shown["clauses"].as_array().unwrap().iter().any(|clause| clause["name"] == "防溺水"));
        assert_eq!(t.get(&supervisor, "/wordings/poem").await.problem(404), "not_found");
    }
}

#[cfg(feature = "documents")]
on_both! {
    async fn every_paper_can_be_looked_at_before_its_wording_is_set(t: TestApp) {
        let county = t.county();
        let supervisor = t.as_person(county.supervisor);
        for kind in ["agreement", "notice", "capacity_assessment", "hand_over", "admonition", "subsidy_decision"] {
            let text = built_in(&t, &supervisor, kind).await;
            let paper = t.post(&supervisor, &format!("/wordings/{kind}/preview.pdf"), json!({"text": text})).await;
            assert_eq!((paper.status, &paper.bytes[..5]), (200, b"%PDF-".as_slice()), "{kind}");
        }
        let text = built_in(&t, &supervisor, "notice").await.replace("请立即报告", "请立即报告\u{F8FE}");
        let reply = t.put(&supervisor, "/wordings/notice", json!({"text": text})).await;
        assert_eq!(reply.problem(422), "wording_refused");
        assert!(reply.body["detail"].as_str().unwrap().contains('\u{F8FE}'), "{}", reply.body);
    }
}
