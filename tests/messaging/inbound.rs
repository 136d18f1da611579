use diesel::prelude::*;
use xiangban::duties::{DutyKind, Owed};
use xiangban::identity::PhoneState;
use xiangban::messaging::channels::Outcome;
use xiangban::messaging::inbound::{Fate, Kind, Raw, keep};
use xiangban::messaging::journey::State;
use xiangban::storage::schema::{duties, inbound, inbox_items, people, reminders};

use super::gateway::{Post, duty};
use crate::on_both;
use crate::support::VILLAGE;

impl Post {
    /// A callback of the sandbox kind, for a gateway of ours.
    pub fn news(&self, gateway: &str, kind: Kind, body: serde_json::Value) {
        let raw = Raw { content_type: "application/json".into(), query: String::new(), body: body.to_string() };
        let (now, key) = (self.t.now(), uuid::Uuid::new_v4().to_string());
        let vault = &self.t.app.vault;
        assert!(self.t.app.store.write(|tx| keep(tx, vault, gateway, kind, &key, &raw, now)).unwrap());
    }

    fn receipt(&self, reference: &str, status: &str) {
        self.news("sandbox_sms", Kind::Receipt, serde_json::json!({ "reference": reference, "status": status }));
    }

    fn reply(&self, from: &str, text: &str) {
        self.news("sandbox", Kind::Reply, serde_json::json!({ "from": from, "text": text }));
    }

    fn fates(&self) -> Vec<Option<Fate>> {
        self.t
            .app
            .store
            .read(|conn| Ok(inbound::table.select(inbound::outcome.nullable()).order(inbound::id).load(conn)?))
            .unwrap()
    }

    fn inbox(&self) -> Vec<(String, String)> {
        self.t
            .app
            .store
            .read(|conn| {
                Ok(inbox_items::table
                    .select((inbox_items::why, inbox_items::area_code))
                    .order(inbox_items::id)
                    .load(conn)?)
            })
            .unwrap()
    }

    fn open_duties(&self) -> i64 {
        self.t
            .app
            .store
            .read(|conn| Ok(duties::table.filter(duties::closed_at.is_null()).count().get_result(conn)?))
            .unwrap()
    }

    fn codes(&self) -> Vec<String> {
        let codes: Vec<Option<String>> = self
            .t
            .app
            .store
            .read(|conn| Ok(reminders::table.select(reminders::reply_code).order(reminders::id).load(conn)?))
            .unwrap();
        codes.into_iter().flatten().collect()
    }
}

const FATHER: &str = "13900000009";

on_both! {
    async fn a_receipt_makes_it_delivered_and_its_repetition_changes_nothing(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        let reference = post.sms.take()[0].reference.clone();
        for _ in 0..3 {
            post.receipt(&reference, "delivered");
        }
        post.receipt(&reference, "undelivered");
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
        post.t.pass_days(1);
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
        assert_eq!(post.email.take().len(), 0);
    }

    async fn a_receipt_that_says_undelivered_sends_it_on_by_the_next_channel(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        let reference = post.sms.take()[0].reference.clone();
        post.receipt(&reference, "number_invalid");
        post.deliver().await;
        assert_eq!(post.email.take().len(), 1);
        let failures: i64 = post.t.app.store
            .read(|conn| Ok(people::table.find(c.father).select(people::phone_failures).first(conn)?)).unwrap();
        assert_eq!(failures, 1);
        post.receipt(&reference, "delivered");
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered], "a late yes is believed");
    }

    async fn a_number_reported_invalid_twice_is_not_written_to_any_more(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        for n in 1..=3 {
            post.owe(&duty(DutyKind::ContactChild, c.child, n, Owed::Person(c.father), post.t.now()));
            post.work().await;
            let sent = post.sms.take();
            assert_eq!(sent.len(), usize::from(n < 3), "time {n}");
            if let Some(one) = sent.first() {
                post.receipt(&one.reference, "number_invalid");
            }
            post.deliver().await;
            post.t.pass_days(1);
        }
        let state: PhoneState = post.t.app.store
            .read(|conn| Ok(people::table.find(c.father).select(people::phone_state).first(conn)?)).unwrap();
        assert_eq!(state, PhoneState::Invalid);
    }

    async fn a_receipt_settles_what_was_in_doubt(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.sms.answers([Outcome::unknown("timeout")]);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        assert_eq!(post.states(), [State::Unknown]);
        let reference = post.sms.take()[0].reference.clone();
        post.receipt(&reference, "delivered");
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
    }

    async fn a_receipt_that_comes_before_its_attempt_is_known_waits_for_it(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.receipt("m1-1", "delivered");
        post.receipt("m999-1", "delivered");
        post.receipt("nonsense", "delivered");
        post.deliver().await;
        assert_eq!(post.fates(), [None, None, None]);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
        post.t.pass_days(3);
        post.deliver().await;
        assert_eq!(post.fates(), [Some(Fate::Applied), Some(Fate::Unmatched), Some(Fate::Unmatched)]);
    }

    async fn a_receipt_of_another_gateway_is_not_believed(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        let reference = post.sms.take()[0].reference.clone();
        post.news("sandbox_email", Kind::Receipt, serde_json::json!({ "reference": reference, "status": "delivered" }));
        post.deliver().await;
        assert_eq!(post.states(), [State::Accepted]);
    }

    async fn a_bare_one_answers_the_only_question(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.sms.take();
        post.reply("+86 139 0000 0009", "１。");
        post.deliver().await;
        assert_eq!(post.open_duties(), 0);
        assert_eq!(post.sms.texts(), ["王先生，已经记下了，谢谢您。要是记错了，请打电话告诉村里李主任13900000005。"]);
        post.t.pass_minutes(20);
        post.reply(FATHER, "1");
        post.deliver().await;
        assert_eq!(post.sms.texts(), ["王先生，这件事早已记下了，谢谢您。您不用再回复。"]);
    }

    async fn with_several_questions_open_a_bare_one_is_asked_back_and_the_code_decides(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), now));
        post.owe(&duty(DutyKind::VerifyPhone, c.child, 2, Owed::Person(c.father), now));
        post.work().await;
        let codes = post.codes();
        assert_eq!(codes.len(), 2);
        assert_ne!(codes[0], codes[1]);
        let digest = post.sms.texts().remove(0);
        assert!(codes.iter().all(|code| digest.contains(&format!("1#{code}"))), "{digest}");
        post.reply(FATHER, "1");
        post.deliver().await;
        assert_eq!(post.open_duties(), 2);
        let asked = post.sms.texts().remove(0);
        assert!(codes.iter().all(|code| asked.contains(&format!("1#{code}"))), "{asked}");
        post.reply(FATHER, &format!("1#{}", codes[1]));
        post.deliver().await;
        assert_eq!(post.open_duties(), 1);
    }

    async fn a_cry_for_help_and_words_lie_in_the_village_inbox(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.sms.take();
        post.reply(FATHER, "2");
        post.deliver().await;
        post.t.pass_minutes(1);
        post.reply(FATHER, "孩子这几天发烧，能不能去看看");
        post.deliver().await;
        post.reply("13812345678", "你是谁");
        post.deliver().await;
        let inbox = post.inbox();
        assert_eq!(inbox[0], ("help_wanted".to_owned(), VILLAGE.to_owned()));
        assert_eq!(inbox[1], ("words".to_owned(), VILLAGE.to_owned()));
        assert_eq!(inbox[2].0, "unknown_number");
        assert_eq!(post.open_duties(), 1);
        let texts = post.sms.texts();
        assert_eq!(texts.len(), 2, "a stranger gets no answer: {texts:?}");
    }

    async fn a_t_stops_reminders_but_not_danger(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.sms.take();
        post.reply(FATHER, "td");
        post.deliver().await;
        assert!(post.sms.texts()[0].contains("以后不再给您发提醒"));
        post.t.pass_days(3);
        post.work().await;
        let to: Vec<String> = post.sms.take().into_iter().map(|one| one.to).collect();
        assert!(!to.contains(&FATHER.to_owned()), "{to:?}");
        post.owe(&duty(DutyKind::AcceptReport, c.child, 9, Owed::Person(c.father), post.t.now()));
        post.work().await;
        let to: Vec<String> = post.sms.take().into_iter().map(|one| one.to).collect();
        assert!(to.contains(&FATHER.to_owned()), "{to:?}");
    }

    async fn a_reply_kept_twice_is_handled_once(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.sms.take();
        post.reply(FATHER, "1");
        let rounds = futures::future::join_all((0..3).map(|_| post.deliver())).await;
        assert_eq!(rounds.iter().map(|round| round.interpreted).sum::<usize>(), 1);
        assert_eq!(post.sms.take().len(), 1);
    }

    async fn two_machines_do_not_talk_for_ever(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let _ = c;
        for _ in 0..30 {
            post.reply(FATHER, "我在开车，稍后回复");
        }
        post.deliver().await;
        assert_eq!(post.sms.take().len(), 10);
        assert_eq!(post.inbox().len(), 30);
    }
}
