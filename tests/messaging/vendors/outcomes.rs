//! What each vendor may answer, and what becomes of the message.

use diesel::prelude::*;
use serde_json::json;
use xiangban::messaging::gateways::lift_all;
use xiangban::messaging::journey::State;
use xiangban::storage::schema::{attempts, messages};

use super::standin::{ALL, Mood, Standin, VENDORS, Vendor};
use super::{FATHER, SECRET, describe, name, post_with, remind_father, remind_father_of};
use crate::messaging::gateway::Post;
use crate::support::{Engine, TestApp};

/// Runs a story for every vendor on both databases.
macro_rules! for_every_vendor {
    ($vendors:ident: $($(#[$meta:meta])* async fn $name:ident($t:ident: TestApp, $standin:ident: Standin) $body:block)+) => {
        $(
            $(#[$meta])*
            #[actix_web::test]
            async fn $name() {
                async fn story($t: TestApp, $standin: Standin) $body
                for engine in [Engine::Sqlite, Engine::Postgresql] {
                    for vendor in $vendors {
                        eprintln!("{engine:?} {vendor:?}");
                        story(TestApp::new(engine), Standin::start(vendor).await).await;
                    }
                }
            }
        )+
    };
}

for_every_vendor! {
    VENDORS:
    async fn a_signed_message_goes_out_once_in_the_vendors_form(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        post.work().await;
        let taken = standin.taken();
        assert_eq!((taken.len(), standin.asked(), standin.forged()), (1, 1, 0));
        assert_eq!(post.states(), [State::Accepted]);
        let one = &taken[0];
        assert!(one.to.ends_with(FATHER));
        assert!(one.reference.ends_with(".m1-1"), "{}", one.reference);
        match standin.vendor {
            Vendor::Aliyun => {
                assert_eq!((one.template.as_str(), one.signature.as_str()), ("SMS_1", "相伴"));
                assert_eq!(one.params["name"], "王先生");
                assert!(one.params["matter"].as_str().unwrap().contains("孩子"), "{}", one.params);
            }
            Vendor::Tencent => {
                assert_eq!((one.template.as_str(), one.signature.as_str()), ("2001", "相伴社工"));
                assert_eq!(one.params[0], "王先生");
            }
            Vendor::Huawei | Vendor::Http => {
                assert_eq!((one.template.as_str(), &one.params[0]), ("h1", &json!("王先生")));
            }
        }
        let kept: (Option<String>, String, i64) = post.t.app.store.read(|conn| Ok(attempts::table
            .select((attempts::provider_id, attempts::form, attempts::cost_hao)).first(conn)?)).unwrap();
        let cost = if standin.vendor == Vendor::Aliyun { 450 } else { 0 };
        assert_eq!(kept.0.as_deref(), Some(one.id.as_str()));
        assert_eq!((kept.1.as_str(), kept.2 > 0), ("duty/*", cost > 0));
    }

    async fn a_rate_limit_and_a_bad_moment_are_waited_out(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::RateLimit, Mood::Unavailable]);
        remind_father(&post, &c);
        for _ in 0..3 {
            post.work().await;
            post.t.pass_minutes(2);
        }
        assert_eq!((standin.asked(), standin.taken().len()), (3, 1));
        assert_eq!(post.states(), [State::Accepted]);
        assert_eq!(post.stops(), []);
    }

    async fn an_empty_account_stops_the_gateway_and_tells_the_county(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::Balance]);
        remind_father(&post, &c);
        post.work().await;
        assert_eq!(post.stops().len(), 1);
        assert_eq!((post.stops()[0].gateway.as_str(), post.stops()[0].form.as_str()), (name(standin.vendor), ""));
        post.t.pass_minutes(4);
        post.work().await;
        assert_eq!(standin.asked(), 1, "nothing is tried while it is stopped");
        let told: Vec<(Option<i64>, State)> = post.t.app.store.read(|conn| Ok(messages::table
            .filter(messages::template.eq("notice/gateway_stopped"))
            .select((messages::person_id, messages::state)).load(conn)?)).unwrap();
        assert_eq!(told, [(Some(c.administrator), State::Delivered)], "by e-mail, once");
        let now = post.t.now();
        assert_eq!(post.t.app.store.write(|tx| lift_all(tx, now, name(standin.vendor))).unwrap(), 1);
        post.work().await;
        post.t.pass_minutes(2);
        post.work().await;
        assert_eq!(standin.taken().len(), 1);
        assert_eq!(post.states()[0], State::Accepted);
    }

    async fn a_refused_number_goes_on_by_the_next_channel(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::NumberRefused]);
        remind_father(&post, &c);
        post.work().await;
        post.work().await;
        assert_eq!((standin.asked(), standin.taken().len()), (1, 0));
        assert_eq!(post.channels(), [Some("email".to_owned())]);
    }

    async fn a_template_that_is_not_approved_is_stopped_and_no_other(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::TemplateRefused]);
        remind_father(&post, &c);
        post.work().await;
        post.work().await;
        assert_eq!(post.stops().iter().map(|stop| stop.form.as_str()).collect::<Vec<_>>(), ["duty/*"]);
        assert_eq!(post.channels()[0].as_deref(), Some("email"));
        let father = json!({ "phone": FATHER });
        post.t.post(&post.t.stranger(), "/sign-in-codes", father).await.expect(204);
        post.work().await;
        assert_eq!(standin.taken().len(), 1, "codes still go");
    }

    async fn silence_and_garbage_leave_it_unknown_and_it_is_not_sent_again(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        for mood in [Mood::Silent, Mood::Garbage] {
            standin.moods([mood]);
            let subject = i64::from(mood == Mood::Garbage) + 1;
            remind_father_of(&post, &c, subject);
            post.work().await;
            post.t.pass_days(1);
        }
        for _ in 0..3 {
            post.deliver().await;
            post.t.pass_minutes(60);
        }
        let once: Vec<String> = standin.taken().into_iter().map(|one| one.reference).collect();
        assert_eq!((once.len(), standin.asked()), (2, 2), "{once:?}");
        let unknown = post.states().into_iter().filter(|state| *state == State::Unknown).count();
        assert_eq!(unknown, 2, "{:?}", post.states());
    }

}

for_every_vendor! {
    ALL:
    async fn a_stopped_gateway_comes_back_by_a_probe(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::Balance, Mood::Balance]);
        remind_father(&post, &c);
        post.work().await;
        post.t.pass_minutes(6);
        post.work().await;
        assert_eq!((standin.asked(), post.stops().len()), (2, 1), "the first probe was refused");
        post.t.pass_minutes(4);
        post.work().await;
        assert_eq!(standin.asked(), 2);
        post.t.pass_minutes(2);
        post.work().await;
        assert_eq!((standin.asked(), standin.taken().len(), post.stops().len()), (3, 1, 0));
    }

    async fn a_wrong_key_stops_everything_at_once(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = Post::with(t, |config| describe(config, &standin, "another secret"));
        remind_father(&post, &c);
        post.work().await;
        assert_eq!((standin.forged(), standin.taken().len(), post.stops().len()), (1, 0, 1));
    }

    async fn what_was_taken_and_dropped_goes_on_after_two_hours(t: TestApp, standin: Standin) {
        let c = t.county();
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        post.t.pass_minutes(121);
        post.work().await;
        assert_eq!(standin.taken().len(), 1);
        assert_eq!(post.channels(), [Some("email".to_owned())]);
    }
}

#[actix_web::test]
async fn huawei_knows_us_in_each_of_its_ways() {
    use xiangban::messaging::channels::sms::huawei::Signing;
    let t = TestApp::new(Engine::Sqlite);
    let c = t.county();
    let standin = Standin::start(Vendor::Huawei).await;
    let post = Post::with(t, |config| {
        describe(config, &standin, SECRET);
        config.messages.huawei.as_mut().unwrap().signing = Signing::Aksk;
    });
    remind_father(&post, &c);
    post.work().await;
    assert_eq!((standin.forged(), standin.taken().len()), (0, 1));
}
