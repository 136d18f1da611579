//! Several vendors: shares, failover on refusal and never on silence, quotas, codes.

use serde_json::json;
use xiangban::messaging::journey::State;

use super::standin::{Mood, Standin, Vendor};
use super::{FATHER, SECRET, describe, post_with, remind_father, remind_father_of, without_quotas};
use crate::messaging::gateway::Post;
use crate::on_both;
use crate::support::TestApp;

async fn two(t: TestApp, first_weight: u32) -> (Post, Standin, Standin) {
    let (aliyun, tencent) = (Standin::start(Vendor::Aliyun).await, Standin::start(Vendor::Tencent).await);
    let post = Post::with(t, |config| {
        describe(config, &aliyun, SECRET);
        describe(config, &tencent, SECRET);
        without_quotas(config);
        config.messages.aliyun.as_mut().unwrap().terms.weight = first_weight;
        config.messages.tencent.as_mut().unwrap().terms.weight = 0;
    });
    (post, aliyun, tencent)
}

fn code_for_father(post: &Post) -> impl Future<Output = crate::support::Reply> {
    let (t, caller) = (&post.t, post.t.stranger());
    async move { t.post(&caller, "/sign-in-codes", json!({ "phone": FATHER })).await }
}

on_both! {
    async fn a_refusal_sends_it_to_the_other_vendor_at_once(t: TestApp) {
        for mood in [Mood::Balance, Mood::RateLimit, Mood::Unavailable, Mood::TemplateRefused] {
            let t = TestApp::new(if t.app.store.url().starts_with("postgres") { crate::support::Engine::Postgresql } else { crate::support::Engine::Sqlite });
            let c = t.county();
            let (post, aliyun, tencent) = two(t, 1).await;
            aliyun.moods([mood]);
            remind_father(&post, &c);
            post.work().await;
            post.work().await;
            assert_eq!((aliyun.taken().len(), tencent.taken().len()), (0, 1), "{mood:?}");
            assert_eq!(post.states()[0], State::Accepted, "{mood:?}");
        }
    }

    async fn silence_is_nobody_elses_turn(t: TestApp) {
        let c = t.county();
        let (post, aliyun, tencent) = two(t, 1).await;
        aliyun.moods([Mood::Silent]);
        remind_father(&post, &c);
        post.work().await;
        post.t.pass_minutes(240);
        post.work().await;
        assert_eq!((aliyun.taken().len(), tencent.asked()), (1, 0));
        assert_eq!(post.states(), [State::Unknown]);
    }

    async fn the_spare_carries_nothing_while_the_other_can(t: TestApp) {
        let c = t.county();
        let (post, aliyun, tencent) = two(t, 3).await;
        for subject in 1..=2 {
            remind_father_of(&post, &c, subject);
            post.work().await;
            post.t.pass_days(1);
        }
        assert_eq!((aliyun.taken().len(), tencent.asked()), (2, 0));
    }

    async fn after_an_unknown_outcome_a_new_code_goes_out_and_the_old_one_is_void(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Aliyun).await;
        let post = post_with(t, &[&standin]);
        let _ = c;
        standin.moods([Mood::Silent]);
        code_for_father(&post).await.expect(204);
        post.deliver().await;
        post.t.pass_minutes(1);
        post.deliver().await;
        assert_eq!(standin.asked(), 1, "the old code is not sent again");
        post.t.pass_minutes(1);
        code_for_father(&post).await.expect(204);
        post.deliver().await;
        let codes: Vec<String> = standin.taken().iter().map(|one| one.params["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!((codes.len(), standin.taken()[1].template.as_str()), (2, "SMS_2"));
        for (code, status) in [(&codes[0], 401), (&codes[1], 201)] {
            if codes[0] == codes[1] { continue; }
            let proof = json!({ "method": "sms_code", "phone": FATHER, "code": code });
            post.t.post(&post.t.stranger(), "/sessions", proof).await.expect(status);
        }
    }

    async fn a_quota_makes_the_message_wait_or_the_other_vendor_carry_it(t: TestApp) {
        let c = t.county();
        let (aliyun, tencent) = (Standin::start(Vendor::Aliyun).await, Standin::start(Vendor::Tencent).await);
        let post = Post::with(t, |config| {
            describe(config, &aliyun, SECRET);
            describe(config, &tencent, SECRET);
            without_quotas(config);
            let one_an_hour = toml::from_str::<xiangban::messaging::channels::sms::Quota>(
                "per = \"number_and_template\"\nwindow = \"natural_hour\"\nlimit = 1\n").unwrap();
            let account = config.messages.aliyun.as_mut().unwrap();
            account.terms.quotas = Some(vec![one_an_hour.clone()]);
            let account = config.messages.tencent.as_mut().unwrap();
            account.terms.quotas = Some(vec![one_an_hour]);
            account.terms.weight = 0;
            config.messages.reminder_sms_per_day = 10;
        });
        // Danger is told each by itself and keeps to no day's limit; its copies go by e-mail.
        for subject in 1..=3 {
            post.owe(&crate::messaging::gateway::duty(
                xiangban::duties::DutyKind::AcceptReport, c.child, subject, xiangban::duties::Owed::Person(c.father), post.t.now(),
            ));
        }
        post.work().await;
        post.work().await;
        let to_father = |standin: &Standin| standin.taken().iter().filter(|one| one.to.ends_with(FATHER)).count();
        assert_eq!((to_father(&aliyun), to_father(&tencent)), (1, 1), "the third found both used up");
        assert_eq!(post.stops(), []);
    }

    async fn the_county_sees_its_gateways_and_starts_one_again(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Aliyun).await;
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::Balance]);
        remind_father(&post, &c);
        post.work().await;
        let administrator = post.t.as_person(c.administrator);
        let seen = post.t.get(&administrator, "/gateways").await.expect(200);
        let stop = &seen[0]["stops"][0];
        assert_eq!((&seen[0]["name"], &stop["code"]), (&json!("aliyun"), &json!("isv.AMOUNT_NOT_ENOUGH")));
        let path = format!("/gateway-stops/{}", stop["id"]);
        post.t.delete(&administrator, &path).await.expect(204);
        post.t.delete(&administrator, &path).await.expect(404);
        post.t.pass_minutes(1);
        post.work().await;
        let seen = post.t.get(&post.t.as_person(c.administrator), "/gateways").await.expect(200);
        assert_eq!(seen[0]["today"]["messages"], 1);
        assert!(seen[0]["today"]["cost_fen"].as_i64().unwrap() > 0);
    }
}
