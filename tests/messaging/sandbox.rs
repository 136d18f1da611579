//! The sandbox as one uses it: phones, what lies on them, what is typed on them.

use serde_json::{Value, json};
use xiangban::answers::MEANINGS;
use xiangban::config::Mode;
use xiangban::contact;
use xiangban::messaging::{compose, round};

use crate::on_both;
use crate::support::{Engine, TestApp};

const FATHER: &str = "13900000009";

/// The program with its own sandbox, as in the demo.
struct Phones {
    t: TestApp,
}

impl Phones {
    /// The father owes his weekly call, and the day is there.
    async fn with_a_call_due(t: TestApp) -> Self {
        let c = t.county();
        let now = t.now();
        t.app.store.write(|tx| contact::reconcile_child(tx, &t.app.config.contact, now, c.child)).unwrap();
        t.pass_days(7);
        let phones = Self { t };
        phones.work().await;
        phones
    }

    /// Reminders, and the post until nothing moves any more.
    async fn work(&self) {
        let (app, now) = (&self.t.app, self.t.now());
        xiangban::duties::remind(&app.store, &app.config.ladders, now).unwrap();
        compose(&app.store, app.office.settings.quiet, now).unwrap();
        for _ in 0..4 {
            round(app, "worker", MEANINGS, &|| true).await.unwrap();
        }
    }

    async fn phone(&self, wanted: &str) -> Value {
        let wanted: String = wanted.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = self.t.get(&self.t.stranger(), &format!("//sandbox/api/phones?q={wanted}")).await.expect(200);
        found["items"][0].clone()
    }

    async fn texts(&self, phone: &Value) -> Vec<Value> {
        let path = format!("//sandbox/api/phones/{}/texts", phone["id"].as_str().unwrap());
        self.t.get(&self.t.stranger(), &path).await.expect(200)["items"].as_array().unwrap().clone()
    }

    async fn type_on(&self, number: &str, text: &str) {
        let body = json!({ "from": number, "text": text });
        self.t.post(&self.t.stranger(), "//sandbox/api/texts", body).await.expect(204);
        self.work().await;
    }
}

on_both! {
    async fn a_phone_shows_its_owner_what_is_new_and_what_was_read(t: TestApp) {
        let phones = Phones::with_a_call_due(t).await;
        let phone = phones.phone(FATHER).await;
        assert_eq!((&phone["number"], &phone["people"], &phone["unread"]), (&json!(FATHER), &json!(["王大山"]), &json!(1)));
        assert_eq!(phone["wechat_code"], "wx-13900000009");
        let texts = phones.texts(&phone).await;
        assert!(texts[0]["text"].as_str().unwrap().starts_with("【相伴】王先生，"), "{texts:?}");
        assert_eq!((&texts[0]["channel"], &texts[0]["direction"]), (&json!("sms"), &json!("in")));
        let path = format!("//sandbox/api/phones/{}/reading", phone["id"].as_str().unwrap());
        phones.t.put(&phones.t.stranger(), &path, json!({ "up_to": texts[0]["id"] })).await.expect(204);
        assert_eq!(phones.phone("王大山").await["unread"], 0);
    }

    async fn an_answer_typed_on_the_phone_meets_the_duty_like_any_reply(t: TestApp) {
        let phones = Phones::with_a_call_due(t).await;
        let father = phones.t.app.store.read(|conn| {
            xiangban::identity::find_by_phone(conn, &phones.t.app.vault, FATHER)
        }).unwrap()[0].id;
        let before = phones.t.get(&phones.t.as_person(father), "/me/contact-obligations").await.expect(200);
        let asked = phones.texts(&phones.phone(FATHER).await).await[0]["text"].as_str().unwrap().to_owned();
        let code: String = asked.split("和孩子通话回1#").nth(1).unwrap().chars().take(4).collect();
        phones.type_on(FATHER, &format!("１＃{code}")).await;
        let after = phones.t.get(&phones.t.as_person(father), "/me/contact-obligations").await.expect(200);
        assert!(after[0]["due_on"].as_str() > before[0]["due_on"].as_str(), "{before} {after}");
        let texts = phones.texts(&phones.phone(FATHER).await).await;
        let last = texts.last().unwrap()["text"].as_str().unwrap();
        assert!(last.contains("已经记下了"), "{texts:?}");
        assert_eq!(texts[texts.len() - 2]["direction"], "out");
    }

    async fn mail_and_sms_of_one_person_lie_on_one_phone(t: TestApp) {
        let phones = Phones::with_a_call_due(t).await;
        phones.t.pass_days(8);
        phones.work().await;
        let director = phones.phone("李主任").await;
        let channels: Vec<Value> = phones.texts(&director).await.iter().map(|text| text["channel"].clone()).collect();
        assert!(channels.contains(&json!("email")), "{channels:?}");
        assert_eq!(director["number"], "13900000005");
    }

    async fn a_number_that_nobody_has_can_write_and_is_told_nothing(t: TestApp) {
        let phones = Phones::with_a_call_due(t).await;
        let strange = phones.phone("13812345678").await;
        assert_eq!((&strange["number"], &strange["people"]), (&json!("13812345678"), &json!([])));
        phones.type_on("13812345678", "你是谁").await;
        let texts = phones.texts(&phones.phone("13812345678").await).await;
        assert_eq!(texts.len(), 1);
    }

    async fn what_is_no_number_or_no_text_is_refused_by_field(t: TestApp) {
        let phones = Phones { t };
        let stranger = phones.t.stranger();
        let reply = phones.t.post(&stranger, "//sandbox/api/texts", json!({ "from": "12", "text": "1" })).await;
        assert_eq!(reply.problem(422), "invalid_input");
        let reply = phones.t.post(&stranger, "//sandbox/api/texts", json!({ "from": FATHER, "text": "" })).await;
        assert_eq!(reply.problem(422), "invalid_input");
    }

    async fn the_page_brings_everything_with_it(t: TestApp) {
        let _ = t.county();
        for (path, kind) in [("//sandbox", "text/html"), ("//sandbox/page.css", "text/css"), ("//sandbox/page.js", "text/javascript")] {
            let reply = t.get(&t.stranger(), path).await;
            assert_eq!(reply.status, 200, "{path}");
            assert!(reply.content_type.starts_with(kind), "{path}: {}", reply.content_type);
            let text = String::from_utf8(reply.bytes).unwrap();
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("style=") && !text.contains("onclick"), "{path}");
        }
    }

    async fn wechat_of_the_sandbox_answers_as_the_vendor_does(t: TestApp) {
        let ask = |code: &str| format!("//sandbox/wechat/sns/jscode2session?appid=a&secret=b&js_code={code}&grant_type=authorization_code");
        let stranger = t.stranger();
        let first = t.get(&stranger, &ask("wx-13900000009")).await.expect(200);
        assert_eq!(t.get(&stranger, &ask("wx-13900000009")).await.expect(200), first);
        assert_ne!(t.get(&stranger, &ask("wx-13900000010")).await.expect(200)["openid"], first["openid"]);
        assert_eq!(t.get(&stranger, &ask("nonsense")).await.expect(200)["errcode"], 40029);
    }
}

#[actix_web::test]
async fn production_shows_no_phones_even_when_it_keeps_messages() {
    let mut t = TestApp::with(Engine::Sqlite, |config| config.messages.sandbox_in_production = true);
    let mut config = (*t.app.config).clone();
    config.deployment.mode = Mode::Production;
    t.app.config = config.into();
    for path in ["//sandbox", "//sandbox/api/phones", "//sandbox/wechat/sns/jscode2session?js_code=wx-1"] {
        assert_eq!(t.get(&t.stranger(), path).await.problem(404), "not_found", "{path}");
    }
}
