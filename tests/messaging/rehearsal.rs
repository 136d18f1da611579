//! The rehearsal against the days as they come: the same people, the same moments, the same channels, the same price.

use diesel::prelude::*;
use serde_json::json;
use xiangban::answers::MEANINGS;
use xiangban::clock::Instant;
use xiangban::duties::{self, DutyKind, NewDuty, Owed, remind};
use xiangban::identity::PostKind;
use xiangban::messaging::channels::sms::Terms;
use xiangban::messaging::route::ChannelKind;
use xiangban::messaging::{compose, round};
use xiangban::rehearsal::{ExpectedCost, Plan, Rehearsal, rehearse};
use xiangban::storage::Conn;
use xiangban::storage::schema::{attempts, messages, people};
use xiangban::storage::transfer::fingerprints;

use super::gateway::{Post, duty};
use super::vendors::describe;
use super::vendors::standin::{SECRET, Standin, Vendor};
use crate::on_both;
use crate::support::{COUNTY, County, TestApp, VILLAGE_B};

/// Moment, person, channel, SMS charged.
type Sent = (Instant, Option<i64>, ChannelKind, i64);

fn owe(t: &TestApp, new: &NewDuty) {
    let now = t.now();
    t.app.store.write(|tx| duties::open(tx, now, new)).unwrap();
}

/// Duties of many kinds, owed by people, posts and nobody in particular, due by night and by day.
fn much_to_do(t: &TestApp, c: &County) {
    let at = |days: i64, hours: i64| Instant::start_of(t.today()).plus_days(days).plus_hours(hours);
    let call = |id, person| NewDuty {
        audience: vec![("other_parent", if person == c.father { c.mother } else { c.father })],
        ..duty(DutyKind::ContactChild, c.child, id, Owed::Person(person), at(id, 0))
    };
    owe(t, &call(1, c.father));
    owe(t, &call(2, c.mother));
    owe(t, &duty(DutyKind::VerifyPhone, c.child, 3, Owed::Person(c.father), at(4, 12)));
    owe(t, &duty(DutyKind::PayRemuneration, c.child, 4, Owed::Person(c.father), at(5, 8)));
    owe(t, &duty(DutyKind::HandOver, c.child, 5, Owed::Post(PostKind::VillageDirector), at(3, 16)));
    owe(t, &duty(DutyKind::ReconfirmRecord, c.child, 6, Owed::Post(PostKind::VillageDirector), at(-20, 0)));
    owe(t, &duty(DutyKind::SignAgreement, c.child, 8, Owed::Person(c.grandmother), at(7, 20)));
    let elsewhere = duty(DutyKind::ReconfirmRecord, c.child, 9, Owed::Post(PostKind::VillageDirector), at(1, 0));
    owe(t, &NewDuty { area_code: VILLAGE_B.into(), ..elsewhere });
    let paused = duty(DutyKind::RenewAgreement, c.child, 10, Owed::Person(c.grandmother), at(7, 0));
    owe(t, &paused);
    let (now, until) = (t.now(), at(6, 4));
    t.app
        .store
        .write(|tx| {
            let open = duties::open_of(tx, DutyKind::RenewAgreement, paused.subject)?;
            duties::pause(tx, open[0].id, Some(until))?;
            diesel::update(people::table.find(c.mother)).set(people::reminders_stopped_at.eq(now)).execute(tx)?;
            diesel::update(people::table.find(c.grandmother)).set(people::phone_state.eq("invalid")).execute(tx)?;
            diesel::update(people::table.find(c.grandmother))
                .set(people::email_sealed.eq(None::<String>))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

fn play(t: &TestApp, days: i64) -> Rehearsal {
    rehearse(&t.app, &Plan { area: None, from: t.now(), days }).unwrap()
}

fn as_sent(played: &Rehearsal) -> Vec<Sent> {
    let mut sent: Vec<Sent> =
        played.outings.iter().map(|outing| (outing.at, outing.person_id, outing.channel, outing.segments)).collect();
    sent.sort();
    sent
}

/// The worker's rounds, every four hours; the sandbox says at once that all was delivered.
async fn live(t: &TestApp, days: i64) -> Vec<Sent> {
    let end = t.now().plus_days(days);
    while t.now() < end {
        let now = t.now();
        remind(&t.app.store, &t.app.config.ladders, now).unwrap();
        compose(&t.app.store, t.app.office.settings.quiet, now).unwrap();
        for _ in 0..2 {
            round(&t.app, "worker", MEANINGS, &|| true).await.unwrap();
        }
        t.clock.set(now.plus_hours(4));
    }
    let mut sent: Vec<Sent> = t
        .app
        .store
        .read(|conn| {
            Ok(attempts::table
                .inner_join(messages::table)
                .select((attempts::started_at, messages::person_id, attempts::channel, attempts::segments))
                .load(conn)?)
        })
        .unwrap();
    sent.sort();
    sent
}

on_both! {
    async fn a_rehearsal_foretells_what_the_days_bring(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        let played = play(&t, 15);
        let lived = live(&t, 15).await;
        assert_eq!(as_sent(&played), lived);
        assert!(lived.len() > 15, "{}", lived.len());
        let channels: std::collections::BTreeSet<ChannelKind> = lived.iter().map(|one| one.2).collect();
        assert_eq!(channels.len(), 3, "sms, e-mail and the call list: {channels:?}");
        assert!(lived.iter().all(|one| one.1 != Some(c.mother)), "she asked for peace");
        assert!(played.held.get("person_stopped").is_some_and(|count| *count > 0), "{:?}", played.held);
    }

    async fn a_rehearsal_begun_in_the_middle_knows_what_was_told_today(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        let before = live(&t, 3).await.len();
        let played = play(&t, 10);
        let lived = live(&t, 10).await;
        let mut rest = lived.clone();
        rest.retain(|one| one.0 >= played.from);
        assert_eq!(as_sent(&played), rest);
        assert_eq!(lived.len(), before + rest.len());
    }

    async fn a_rehearsal_of_a_later_day_has_the_days_between_behind_it(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        let all = play(&t, 10);
        let from = t.now().plus_days(4);
        let later = rehearse(&t.app, &Plan { area: None, from, days: 6 }).unwrap();
        let mut expected = as_sent(&all);
        expected.retain(|one| one.0 >= from);
        assert_eq!(as_sent(&later), expected);
    }

    async fn a_rehearsal_writes_nothing_and_leaves_nothing_behind(t: TestApp) {
        let c = t.county();
        much_to_do(&t, &c);
        let before = fingerprints(&t.app.store).unwrap();
        assert!(!play(&t, 30).outings.is_empty());
        assert_eq!(fingerprints(&t.app.store).unwrap(), before);
    }

    async fn without_a_price_no_cost_is_shown(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        let played = play(&t, 10);
        let cost = ExpectedCost::of(played.outings.iter());
        assert!(cost.fen.is_none() && cost.unpriced > 0, "{cost:?}");
        let view = t.get(&t.as_person(c.supervisor), "/reminder-rehearsal?days=10").await.expect(200);
        assert!(view["cost"].get("fen").is_none() && view["days"][0]["cost"].get("fen").is_none(), "{}", view["cost"]);
    }

    async fn the_cost_is_that_of_the_gateway_or_the_mean_of_those_that_share(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        let (aliyun, tencent) = (Standin::start(Vendor::Aliyun).await, Standin::start(Vendor::Tencent).await);
        let post = Post::with(t, |config| {
            describe(config, &aliyun, SECRET);
            describe(config, &tencent, SECRET);
            let terms = |weight, price_hao| Terms { weight, price_hao, ..Terms::default() };
            config.messages.aliyun.as_mut().unwrap().terms = terms(3, 400);
            config.messages.tencent.as_mut().unwrap().terms = terms(1, 600);
        });
        let played = play(&post.t, 10);
        let segments = played.outings.iter().map(|outing| outing.segments).sum::<i64>();
        assert!(segments > 3, "{segments}");
        let expected = ExpectedCost { fen: Some((segments * 450 + 99) / 100), unpriced: 0 };
        assert_eq!(ExpectedCost::of(played.outings.iter()), expected, "3 × 400 and 1 × 600");
        let view = post.t.get(&post.t.as_person(c.administrator), "/reminder-rehearsal?days=10").await.expect(200);
        assert_eq!(view["cost"], json!(expected));
        let day = view["days"].as_array().unwrap().iter().find(|day| day["segments"] != 0).unwrap();
        let own = day["segments"].as_i64().unwrap() * 450;
        assert_eq!(day["cost"]["fen"], json!((own + 99) / 100), "{day}");
        // One of them does not say what it takes: nothing can be expected.
        let post = Post::with(post.t, |config| config.messages.tencent.as_mut().unwrap().terms.price_hao = 0);
        let cost = ExpectedCost::of(play(&post.t, 10).outings.iter());
        assert!(cost.fen.is_none() && cost.unpriced > 0, "{cost:?}");
        // Without a share it carries nothing, and what is expected is what is charged.
        let post = Post::with(post.t, |config| config.messages.tencent.as_mut().unwrap().terms.weight = 0);
        let first = played.outings.iter().find(|outing| outing.channel == ChannelKind::Sms).unwrap();
        post.t.clock.set(first.at);
        let played = play(&post.t, 1);
        let charged = || -> i64 {
            let read = |conn: &mut Conn| Ok(attempts::table.select(attempts::cost_hao).load::<i64>(conn)?.into_iter().sum());
            post.t.app.store.read(read).unwrap()
        };
        assert_eq!(charged(), 0, "a rehearsal charges nothing");
        post.work().await;
        let now = post.t.now();
        let at_once: i64 = played.outings.iter().filter(|outing| outing.at == now).map(|outing| outing.cost_hao).sum();
        assert!(at_once > 0);
        assert_eq!((charged(), aliyun.taken().is_empty()), (at_once, false));
    }

    async fn a_township_sees_its_own_and_no_danger(t: TestApp) {
        let c = t.county();
        t.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
        much_to_do(&t, &c);
        owe(&t, &duty(DutyKind::AcceptReport, c.child, 7, Owed::Person(c.police), t.now().plus_days(2)));
        let supervisor = t.as_person(c.supervisor);
        let view = t.get(&supervisor, "/reminder-rehearsal?days=10&limit=5").await.expect(200);
        let day = &view["days"][0];
        assert_eq!(day["date"], "2026-03-02");
        assert!(day["channels"].as_array().unwrap().iter().any(|count| count["channel"] == "email"), "{day}");
        assert_eq!(view["items"].as_array().unwrap().len(), 5);
        let next = format!("/reminder-rehearsal?days=10&limit=200&cursor={}", view["next_cursor"].as_str().unwrap());
        let rest = t.get(&supervisor, &next).await.expect(200);
        let messages: u64 = view["days"].as_array().unwrap().iter().map(|day| day["messages"].as_u64().unwrap()).sum();
        assert_eq!(5 + rest["items"].as_array().unwrap().len() as u64, messages);
        let kinds = |view: &serde_json::Value| view["items"].to_string();
        assert!(!kinds(&view).contains("accept_report") && !kinds(&rest).contains("accept_report"));
        assert!(!view.to_string().contains("王大山"), "people are called by surname");
        let county = t.get(&t.as_person(c.administrator), "/reminder-rehearsal?days=10&limit=200").await.expect(200);
        assert!(kinds(&county).contains("accept_report"));
        let village = format!("/reminder-rehearsal?days=10&area={VILLAGE_B}&limit=200");
        let one = t.get(&supervisor, &village).await.expect(200);
        assert!(one["items"].as_array().unwrap().iter().all(|item| item["person_id"] == json!(c.director_b) || item["person_id"] == json!(c.supervisor)), "{one}");
        let up = t.get(&supervisor, &format!("/reminder-rehearsal?area={COUNTY}")).await;
        assert_eq!(up.problem(404), "not_found");
        assert_eq!(t.get(&supervisor, "/reminder-rehearsal?days=999").await.problem(422), "invalid_input");
    }
}
