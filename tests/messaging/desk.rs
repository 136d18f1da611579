//! The desk: what a person sees of the post, and what follows from what they decide.

use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::duties::{ClosedHow, DutyKind, Owed};
use xiangban::messaging::channels::{Outcome, Refusal};
use xiangban::messaging::inbound::Kind;
use xiangban::messaging::journey::State;
use xiangban::storage::schema::{audit_events, people};

use super::gateway::{Post, duty};
use crate::on_both;

fn weekly_call(post: &Post, child: i64, person: i64) {
    post.owe(&duty(DutyKind::ContactChild, child, 1, Owed::Person(person), post.t.now()));
}

/// Nothing reaches the director: the message is dead.
async fn dead_message(post: &Post, child: i64, director: i64) -> i64 {
    post.email.answers([Outcome::refused(Refusal::FinalForRecipient, "550")]);
    post.sms.answers([Outcome::refused(Refusal::FinalForRecipient, "no such number")]);
    weekly_call(post, child, director);
    post.work().await;
    post.work().await;
    assert_eq!(post.states(), [State::Dead]);
    1
}

async fn unsettled(post: &Post, supervisor: i64) -> Vec<Value> {
    let listed = post.t.get(&post.t.as_person(supervisor), "/messages?unsettled=true").await.expect(200);
    listed["items"].as_array().unwrap().clone()
}

/// The village has to phone the father.
async fn call_to_make(post: &Post, child: i64, father: i64) {
    post.sms.answers([Outcome::refused(Refusal::FinalForRecipient, "no such number")]);
    post.email.answers([Outcome::refused(Refusal::FinalForRecipient, "550")]);
    weekly_call(post, child, father);
    post.work().await;
    post.work().await;
}

async fn calls(post: &Post, director: i64) -> Vec<Value> {
    let listed = post.t.get(&post.t.as_person(director), "/calls").await.expect(200);
    listed["items"].as_array().unwrap().clone()
}

async fn say(post: &Post, director: i64, outcome: &str) {
    let call = calls(post, director).await[0]["id"].clone();
    let body = json!({ "outcome": outcome });
    post.t.put(&post.t.as_person(director), &format!("/calls/{call}/outcome"), body).await.expect(204);
    post.deliver().await;
}

on_both! {
    async fn a_dead_message_shows_its_journey_without_name_and_number(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        dead_message(&post, c.child, c.director).await;
        let items = unsettled(&post, c.supervisor).await;
        assert_eq!((&items[0]["state"], &items[0]["why"]), (&json!("dead"), &json!("refused_for_good")));
        assert_eq!((&items[0]["to"]["called"], &items[0]["to"]["phone_masked"]), (&json!("李女士"), &json!("139****0005")));
        let path = format!("/messages/{}", items[0]["id"]);
        let view = post.t.get(&post.t.as_person(c.supervisor), &path).await.expect(200);
        let steps: Vec<(&str, &str)> = view["journey"].as_array().unwrap().iter()
            .map(|step| (step["channel"].as_str().unwrap(), step["code"].as_str().unwrap())).collect();
        assert_eq!(steps, [("email", "550"), ("sms", "no such number")]);
        assert_eq!(view["tells"][0]["kind"], "contact_child");
        assert!(!view.to_string().contains("王小雨"));
    }

    async fn what_is_sent_again_goes_out_from_the_first_channel_on(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let id = dead_message(&post, c.child, c.director).await;
        let supervisor = post.t.as_person(c.supervisor);
        let path = format!("/messages/{id}/settlement");
        let body = json!({ "how": "sent_again", "note": "邮箱已修好" });
        post.t.put(&supervisor, &path, body.clone()).await.expect(204);
        post.deliver().await;
        assert_eq!(post.email.take().len(), 1);
        assert_eq!(post.states(), [State::Accepted]);
        assert_eq!(post.t.put(&supervisor, &path, body).await.problem(409), "message_not_unsettled");
        assert_eq!(unsettled(&post, c.supervisor).await.len(), 0);
    }

    async fn a_late_receipt_of_the_earlier_try_stops_the_second_sending(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.sms.answers([Outcome::unknown("timeout")]);
        weekly_call(&post, c.child, c.father);
        post.work().await;
        let reference = post.sms.take()[0].reference.clone();
        let id = unsettled(&post, c.supervisor).await[0]["id"].clone();
        post.news("sandbox_sms", Kind::Receipt, json!({ "reference": reference, "status": "delivered" }));
        let body = json!({ "how": "sent_again", "note": "网关说没有收到" });
        post.t.put(&post.t.as_person(c.supervisor), &format!("/messages/{id}/settlement"), body).await.expect(204);
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
        assert_eq!(post.sms.take().len(), 0);
    }

    async fn a_person_who_was_told_otherwise_and_one_who_is_given_up_leave_the_list(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let id = dead_message(&post, c.child, c.director).await;
        let supervisor = post.t.as_person(c.supervisor);
        let body = json!({ "how": "reached_otherwise", "note": "当面告诉了本人" });
        post.t.put(&supervisor, &format!("/messages/{id}/settlement"), body).await.expect(204);
        assert_eq!(post.states(), [State::Delivered]);
        let view = post.t.get(&supervisor, &format!("/messages/{id}")).await.expect(200);
        assert_eq!((&view["settled_how"], &view["note"]), (&json!("reached_otherwise"), &json!("当面告诉了本人")));
        let acts: Vec<String> = post.t.app.store.read(|conn| Ok(audit_events::table
            .filter(audit_events::action.eq("message.settled")).select(audit_events::detail).load(conn)?)).unwrap();
        assert_eq!(acts.len(), 1);
        assert!(!acts[0].contains("当面"), "{acts:?}");
    }

    async fn another_township_and_a_message_about_danger_are_not_seen(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::AcceptReport, c.child, 1, Owed::Person(c.police), post.t.now()));
        post.work().await;
        let supervisor = post.t.get(&post.t.as_person(c.supervisor), "/messages").await.expect(200);
        assert_eq!(supervisor["items"], json!([]));
        let county = post.t.get(&post.t.as_person(c.administrator), "/messages").await.expect(200);
        assert_eq!(county["items"][0]["urgency"], "safety");
        let elsewhere = post.t.get(&post.t.as_person(c.administrator), "/messages?area=990102000000").await.expect(200);
        assert_eq!(elsewhere["items"], json!([]));
    }

    async fn a_call_has_the_words_and_the_number_and_ends_delivered_when_reached(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        call_to_make(&post, c.child, c.father).await;
        let open = calls(&post, c.director).await;
        assert_eq!((&open[0]["person_name"], &open[0]["phone"]), (&json!("王大山"), &json!("13900000009")));
        assert!(open[0]["words"].as_str().unwrap().contains("通个话"), "{open:?}");
        assert_eq!(open[0]["duty_ids"].as_array().unwrap().len(), 1);
        assert_eq!(calls(&post, c.director_b).await.len(), 0);
        say(&post, c.director, "reached").await;
        assert_eq!(post.states(), [State::Delivered]);
        assert_eq!(calls(&post, c.director).await.len(), 0);
    }

    async fn nobody_answering_brings_the_call_back_some_hours_later(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        call_to_make(&post, c.child, c.father).await;
        say(&post, c.director, "no_answer").await;
        assert_eq!(calls(&post, c.director).await.len(), 0);
        post.t.pass_minutes(185);
        let open = calls(&post, c.director).await;
        assert_eq!(open[0]["tries"], 1);
        assert_eq!(post.states(), [State::Accepted]);
    }

    async fn a_wrong_number_counts_against_the_number(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        call_to_make(&post, c.child, c.father).await;
        say(&post, c.director, "wrong_number").await;
        let failures: i64 = post.t.app.store
            .read(|conn| Ok(people::table.find(c.father).select(people::phone_failures).first(conn)?)).unwrap();
        assert_eq!(failures, 1);
        assert_eq!(post.states(), [State::Undelivered]);
        assert_eq!(calls(&post, c.director).await.len(), 0);
    }

    async fn a_call_that_was_given_up_ends_undelivered_and_one_in_doubt_stays_in_doubt(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        call_to_make(&post, c.child, c.father).await;
        say(&post, c.director, "gave_up").await;
        assert_eq!(post.states(), [State::Undelivered]);
        post.sms.answers([Outcome::unknown("timeout")]);
        weekly_call(&post, c.child, c.mother);
        post.work().await;
        post.t.pass_minutes(180);
        post.work().await;
        say(&post, c.director, "gave_up").await;
        assert_eq!(post.states()[1], State::Unknown);
        let waiting: Vec<Value> = unsettled(&post, c.supervisor).await;
        assert!(waiting.iter().all(|item| item["state"] != "unknown"), "{waiting:?}");
    }

    async fn nobody_is_phoned_about_what_is_done(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        call_to_make(&post, c.child, c.father).await;
        let new = duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now());
        let now = post.t.now();
        post.t.app.store
            .write(|tx| xiangban::duties::close(tx, now, new.kind, new.subject, new.owed_by, ClosedHow::Met)).unwrap();
        assert_eq!(calls(&post, c.director).await.len(), 0);
    }

    async fn words_are_read_and_settled_once(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.news("sandbox", Kind::Reply, json!({ "from": "13900000009", "text": "孩子这几天发烧" }));
        post.deliver().await;
        let director = post.t.as_person(c.director);
        let items = post.t.get(&director, "/inbox-items").await.expect(200)["items"].clone();
        assert_eq!((&items[0]["person_name"], &items[0]["text"]), (&json!("王大山"), &json!("孩子这几天发烧")));
        assert_eq!(post.t.get(&post.t.as_person(c.director_b), "/inbox-items").await.expect(200)["items"], json!([]));
        let path = format!("/inbox-items/{}/settlement", items[0]["id"]);
        let body = json!({ "note": "已上门看过，孩子退烧了" });
        post.t.put(&director, &path, body.clone()).await.expect(204);
        assert_eq!(post.t.put(&director, &path, body).await.problem(409), "inbox_item_settled");
        assert_eq!(post.t.get(&director, "/inbox-items").await.expect(200)["items"], json!([]));
        let settled = post.t.get(&director, "/inbox-items?settled=true").await.expect(200);
        assert_eq!(settled["items"][0]["note"], "已上门看过，孩子退烧了");
    }

    async fn a_person_reads_their_own_messages_and_no_code_among_them(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let stranger = post.t.stranger();
        post.t.post(&stranger, "/sign-in-codes", json!({ "phone": "13900000009" })).await;
        weekly_call(&post, c.child, c.father);
        post.work().await;
        let father = post.t.as_person(c.father);
        let own = post.t.get(&father, "/me/messages").await.expect(200)["items"].clone();
        assert_eq!(own.as_array().unwrap().len(), 1, "{own}");
        assert!(own[0]["text"].as_str().unwrap().starts_with("王先生，这周该和孩子通个话了"), "{own}");
        let path = format!("/me/messages/{}/read", own[0]["id"]);
        post.t.put(&father, &path, json!({})).await.expect(204);
        let first = post.t.get(&father, "/me/messages").await.expect(200)["items"][0]["read_at"].clone();
        post.t.pass_minutes(5);
        post.t.put(&father, &path, json!({})).await.expect(204);
        assert_eq!(post.t.get(&father, "/me/messages").await.expect(200)["items"][0]["read_at"], first);
        assert_eq!(post.t.put(&post.t.as_person(c.mother), &path, json!({})).await.problem(404), "not_found");
    }

    async fn figures_count_by_day_state_and_channel(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        weekly_call(&post, c.child, c.father);
        weekly_call(&post, c.child, c.mother);
        post.work().await;
        let figures = post.t.get(&post.t.as_person(c.supervisor), "/messages/figures").await.expect(200);
        assert_eq!(figures["messages"], json!([{ "day": "2026-03-02", "state": "accepted", "messages": 2 }]));
        assert_eq!(figures["attempts"][0]["channel"], "sms");
        assert_eq!(figures["attempts"][0]["attempts"], 2);
        assert!(figures["attempts"][0]["segments"].as_i64().unwrap() >= 2);
        let reply = post.t.get(&post.t.as_person(c.supervisor), "/messages/figures?from=2026-03-02&until=2026-01-01").await;
        assert_eq!(reply.problem(422), "invalid_input");
    }
}
