//! Several processes on one database: the agreed rate and the quota of a whole gateway hold for all of them together.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use serde_json::json;
use xiangban::answers::MEANINGS;
use xiangban::app::App;
use xiangban::messaging::channels::sms::Quota;
use xiangban::messaging::templates::Templates;
use xiangban::messaging::{NewMessage, PostOffice, Recipient, Round, Urgency, post as queue, round};
use xiangban::storage::schema::gateway_minutes;

use super::standin::{Mood, SECRET, Standin, Vendor};
use super::{describe, without_quotas};
use crate::messaging::gateway::Post;
use crate::on_both;
use crate::support::TestApp;

/// As many codes, to as many numbers.
fn codes(post: &Post, count: usize) {
    let now = post.t.now();
    for number in 0..count {
        let new = NewMessage {
            occasion_key: format!("together/{number}"),
            to: Recipient::Phone(format!("139{number:08}")),
            template: "code/verify_phone".into(),
            urgency: Urgency::Asked,
            data: json!(Templates::longest_facts()),
            child_id: None,
            area_code: None,
            not_before: now,
            expires_at: None,
        };
        post.t.app.store.write(|tx| queue(tx, &post.t.app.vault, now, &new)).unwrap().unwrap();
    }
}

/// Another process: an office of its own, the same database.
fn process(post: &Post) -> App {
    let app = &post.t.app;
    App { office: Arc::new(PostOffice::open(&app.config, &app.vault, &app.store).unwrap()), ..app.clone() }
}

async fn work_together(post: &Post) -> (Round, Round) {
    let (one, other) = (process(post), process(post));
    let go_on = || true;
    let (first, second) =
        futures::join!(round(&one, "one", MEANINGS, &go_on), round(&other, "other", MEANINGS, &go_on));
    (first.unwrap(), second.unwrap())
}

async fn place(t: TestApp, quotas: &[&str], per_second: Option<f64>) -> (Post, Standin) {
    let standin = Standin::start(Vendor::Aliyun).await;
    let post = Post::with(t, |config| {
        describe(config, &standin, SECRET);
        without_quotas(config);
        config.messages.batch = 5;
        let terms = &mut config.messages.aliyun.as_mut().unwrap().terms;
        terms.per_second = per_second;
        terms.quotas = Some(quotas.iter().map(|text| toml::from_str::<Quota>(text).unwrap()).collect());
    });
    (post, standin)
}

on_both! {
    async fn two_workers_keep_one_rate(t: TestApp) {
        let (post, standin) = place(t, &[], Some(20.0)).await;
        codes(&post, 60);
        let (one, other) = work_together(&post).await;
        assert_eq!(one.handed_over + other.handed_over, 60);
        assert!(one.handed_over > 0 && other.handed_over > 0, "both worked: {one:?} {other:?}");
        let mut references: Vec<String> = standin.taken().into_iter().map(|one| one.reference).collect();
        references.sort_unstable();
        references.dedup();
        assert_eq!(references.len(), 60, "each once");
        // Twenty at once, and the other forty at twenty a second; each for itself they would need half a second.
        let times = standin.times();
        let spent = times.iter().max().unwrap().duration_since(*times.iter().min().unwrap());
        assert!(spent >= Duration::from_millis(1700), "{spent:?}");
    }

    async fn two_workers_keep_one_quota_and_what_was_refused_does_not_count(t: TestApp) {
        let an_hour = "per = \"signature\"\nwindow = \"natural_hour\"\nlimit = 12\nreserve = 2";
        let (post, standin) = place(t, &[an_hour], None).await;
        standin.moods([Mood::RateLimit, Mood::NumberRefused]);
        codes(&post, 30);
        for _ in 0..4 {
            work_together(&post).await;
            post.t.pass_minutes(1);
        }
        // 09:04: the refused number is gone, the one that came too fast was tried again.
        assert_eq!((standin.taken().len(), standin.asked()), (12, 14));
        let kept: i64 = post.t.app.store.read(|conn| Ok(gateway_minutes::table
            .select(diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(SUM(messages) AS BIGINT)")).get_result(conn)?)).unwrap();
        assert_eq!(kept, 12, "counted as handed over, less what was refused");
        post.t.pass_minutes(57);
        work_together(&post).await;
        assert_eq!(standin.taken().len(), 24, "the next hour has room again");
    }

    async fn a_whole_days_quota_knows_what_went_before_it_was_set(t: TestApp) {
        let (post, standin) = place(t, &[], None).await;
        codes(&post, 6);
        work_together(&post).await;
        assert_eq!(standin.taken().len(), 6);
        let mut config = (*post.t.app.config).clone();
        let day = toml::from_str::<Quota>("per = \"signature\"\nwindow = { rolling_seconds = 86400 }\nlimit = 8").unwrap();
        config.messages.aliyun.as_mut().unwrap().terms.quotas = Some(vec![day]);
        let post = Post::with(post.t, |own| *own = config);
        let now = post.t.now();
        for number in 100..110 {
            let new = NewMessage {
                occasion_key: format!("together/{number}"), to: Recipient::Phone(format!("139{number:08}")),
                template: "code/verify_phone".into(), urgency: Urgency::Asked, data: json!(Templates::longest_facts()),
                child_id: None, area_code: None, not_before: now, expires_at: None,
            };
            post.t.app.store.write(|tx| queue(tx, &post.t.app.vault, now, &new)).unwrap();
        }
        work_together(&post).await;
        assert_eq!(standin.taken().len(), 8);
        post.t.pass_minutes(24 * 60 + 2);
        work_together(&post).await;
        assert_eq!(standin.taken().len(), 16);
    }
}
