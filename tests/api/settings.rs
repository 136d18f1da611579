//! The settings in force, and the words of messages with a preview.

use serde_json::{Value, json};

use crate::support::{County, Engine, Reply, TestApp};

async fn preview(t: &TestApp, c: &County, body: Value) -> Reply {
    t.post(&t.as_person(c.supervisor), "/message-templates/previews", body).await
}

#[actix_web::test]
async fn a_supervisor_sees_what_is_in_force_and_where_it_is_changed() {
    let t = TestApp::with(Engine::Sqlite, |config| config.contact.cadence_days = 5);
    let c = t.county();
    let shown = t.get(&t.as_person(c.supervisor), "/settings").await.expect(200);
    let cadence =
        shown["values"].as_array().unwrap().iter().find(|one| one["setting"] == "contact_cadence_days").unwrap();
    assert_eq!((&cadence["value"], &cadence["key"]), (&json!("5"), &json!("contact.cadence_days")));
    let ladder = shown["ladders"].as_array().unwrap().iter().find(|one| one["kind"] == "contact_child").unwrap();
    assert_eq!(ladder["stages"][1]["offset_minutes"], 3 * 24 * 60);
    assert_eq!(
        ladder["stages"][1]["told"][1],
        json!({"role": "other_parent", "template": "duty/contact_child/other_parent"})
    );
}

#[actix_web::test]
async fn every_message_says_what_it_costs_and_can_be_looked_at() {
    let t = TestApp::new(Engine::Sqlite);
    let c = t.county();
    let all = t.get(&t.as_person(c.administrator), "/message-templates").await.expect(200);
    assert!(all.as_array().unwrap().len() > 50);
    for one in all.as_array().unwrap() {
        assert!(one["most_segments"].as_i64().unwrap() <= 2, "{one}");
        for facts in ["usual", "longest"] {
            let shown = preview(&t, &c, json!({"template": one["name"], "facts": facts})).await.expect(200);
            assert_eq!(shown["findings"], json!([]), "{one}");
        }
    }
    let linked: Vec<&Value> =
        all.as_array().unwrap().iter().filter(|one| one["opens"] == true).map(|one| &one["name"]).collect();
    assert_eq!(linked, ["digest/family", "duty/sign_agreement/owed"]);
    assert_eq!(preview(&t, &c, json!({"template": "no/such", "facts": "usual"})).await.status, 404);
}

#[actix_web::test]
async fn other_words_are_tried_judged_and_never_run() {
    let t = TestApp::new(Engine::Sqlite);
    let c = t.county();
    let words = |what: &str| {
        json!({"template": "duty/contact_child/owed", "facts": "usual",
            "words": {"line": "和{{ child }}通话", "what": what, "next": "请抽空打个电话。", "done": "打过了", "help": true}})
    };
    let shown = preview(&t, &c, words("{{ child }}想您了（{{ when }}）。")).await.expect(200);
    assert_eq!(
        shown["sms"],
        json!({"text": "【相伴】王女士，孩子想您了（今天到期）。请抽空打个电话。打过了回1，要帮忙回2，不再提醒回T。",
            "units": 47, "segments": 1})
    );
    assert_eq!(shown["findings"], json!([]));
    assert_eq!(shown["file"], "duty/contact_child/owed/message.toml");
    assert!(shown["content"].as_str().unwrap().contains("what = \"{{ child }}想您了（{{ when }}）。\""), "{shown}");

    let shown = preview(&t, &c, words("{{ child }}家是低保户，请看 http://a.cn 。")).await.expect(200);
    let rules: Vec<&Value> = shown["findings"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
    assert!(rules.contains(&&json!("sensitive_word")) && rules.contains(&&json!("link_in_sms")), "{rules:?}");
    let shown = preview(&t, &c, words(&"孩子".repeat(80))).await.expect(200);
    assert!(shown["findings"].as_array().unwrap().iter().any(|one| one["rule"] == "too_many_segments"));

    for (wrong, code) in [
        ("{% for i in range(999999999) %}a{% endfor %}", "template_syntax"),
        ("{{ 9 ** 9 ** 9 }}", "template_syntax"),
        ("{{ password }}", "template_fact"),
    ] {
        let refused = preview(&t, &c, words(wrong)).await;
        assert_eq!(
            (refused.problem(422), &refused.body["errors"][0]["code"]),
            ("invalid_input", &json!(code)),
            "{wrong}"
        );
    }
    let again = preview(&t, &c, json!({"template": "duty/contact_child/owed", "facts": "usual"})).await.expect(200);
    assert!(again["sms"]["text"].as_str().unwrap().contains("这周该和孩子通个话了"), "nothing was changed");
}
