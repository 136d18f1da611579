use diesel::prelude::*;
use xiangban::duties::{ClosedHow, DutyKind, Owed};
use xiangban::messaging::channels::{Outcome, Refusal};
use xiangban::messaging::journey::{FreezeReason, State};
use xiangban::messaging::{bar, lift_bar, sweep};
use xiangban::storage::schema::{attempts, calls, children, people, posts, wechat_credits};

use super::gateway::{Post, duty};
use crate::on_both;

fn weekly_call(post: &Post, child: i64, person: i64) {
    post.owe(&duty(DutyKind::ContactChild, child, 1, Owed::Person(person), post.t.now()));
}

on_both! {
    async fn an_accepted_message_is_sent_once(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        weekly_call(&post, c.child, c.father);
        assert_eq!(post.work().await.handed_over, 1);
        assert_eq!(post.work().await.handed_over, 0);
        assert_eq!(post.states(), [State::Accepted]);
    }

    async fn a_refusal_for_now_is_tried_again_later_and_then_the_next_channel(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.sms.answers(vec![Outcome::refused(Refusal::RetrySoon, "busy"); 6]);
        weekly_call(&post, c.child, c.father);
        assert_eq!(post.work().await.handed_over, 1);
        assert_eq!(post.work().await.handed_over, 0, "not before its time");
        assert_eq!(post.states(), [State::Queued]);
        for _ in 0..5 {
            post.t.pass_minutes(60);
            post.work().await;
        }
        post.work().await;
        assert_eq!(post.sms.received().len(), 0);
        assert_eq!(post.email.take().len(), 1, "e-mail is next");
        let states: Vec<String> = post.t.app.store
            .read(|conn| Ok(attempts::table.select(attempts::state).order(attempts::number).load(conn)?)).unwrap();
        assert_eq!(states, ["refused", "refused", "refused", "refused", "refused", "refused", "accepted"]);
    }

    async fn silence_is_never_sent_again(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.sms.answers([Outcome::unknown("timeout")]);
        weekly_call(&post, c.child, c.father);
        post.work().await;
        assert_eq!(post.states(), [State::Unknown]);
        post.t.pass_minutes(180);
        post.work().await;
        assert_eq!((post.sms.take().len(), post.email.take().len()), (1, 0));
        let whys: Vec<String> =
            post.t.app.store.read(|conn| Ok(calls::table.select(calls::why).load(conn)?)).unwrap();
        assert_eq!(whys, ["unknown"], "somebody phones to clear the doubt");
    }

    async fn when_every_channel_refuses_the_village_phones(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.sms.answers([Outcome::refused(Refusal::FinalForRecipient, "no such number")]);
        post.email.answers([Outcome::refused(Refusal::FinalForRecipient, "550")]);
        weekly_call(&post, c.child, c.father);
        post.work().await;
        post.work().await;
        assert_eq!(post.states(), [State::Accepted]);
        let open: Vec<(i64, String)> =
            post.t.app.store.read(|conn| Ok(calls::table.select((calls::person_id, calls::state)).load(conn)?)).unwrap();
        assert_eq!(open, [(c.father, "open".to_owned())]);
    }

    async fn staff_whom_nothing_reaches_are_a_dead_message_with_its_reason(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.email.answers([Outcome::refused(Refusal::FinalForRecipient, "550")]);
        post.sms.answers([Outcome::refused(Refusal::StopTemplate, "not approved")]);
        weekly_call(&post, c.child, c.director);
        post.work().await;
        post.work().await;
        assert_eq!(post.states(), [State::Dead, State::Accepted], "the second tells the county of the stopped template");
        assert_eq!(post.whys(), [Some("template_stopped".to_owned()), None]);
    }

    async fn a_duty_met_in_between_is_not_reminded_of(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.t.clock.set("2026-03-02T21:00:00+08:00".parse().unwrap());
        let new = duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now());
        post.owe(&new);
        post.work().await;
        let now = post.t.now();
        post.t.app.store
            .write(|tx| xiangban::duties::close(tx, now, new.kind, new.subject, new.owed_by, ClosedHow::Met)).unwrap();
        post.t.pass_days(1);
        post.deliver().await;
        assert_eq!(post.states(), [State::Frozen]);
        assert_eq!(post.whys(), [Some(FreezeReason::DutyClosed.to_string())]);
        assert_eq!(post.sms.take().len(), 0);
    }

    async fn a_bar_freezes_what_waits_for_that_child_and_no_other(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.t.app.store.write(|tx| bar(tx, now, c.father, Some(c.child), FreezeReason::Violence)).unwrap();
        let other: i64 = post.t.app.store.write(|tx| Ok(diesel::insert_into(children::table).values((
            children::household_id.eq(c.household), children::name.eq("王小雪"), children::sex.eq("female"),
            children::birth_date.eq(now.date()), children::village_code.eq(crate::support::VILLAGE),
            children::confirmed_at.eq(now), children::created_at.eq(now), children::updated_at.eq(now),
        )).returning(children::id).get_result(tx)?)).unwrap();
        post.t.app.store.write(|tx| bar(tx, now, c.mother, Some(other), FreezeReason::CustodyChange)).unwrap();
        weekly_call(&post, c.child, c.father);
        weekly_call(&post, c.child, c.mother);
        post.work().await;
        assert_eq!(post.whys(), [Some("violence".to_owned()), None]);
        assert_eq!(post.sms.take().len(), 1);
        assert!(post.t.app.store.write(|tx| lift_bar(tx, now, c.father, Some(c.child), FreezeReason::Violence)).unwrap());
        assert!(!post.t.app.store.write(|tx| lift_bar(tx, now, c.father, Some(c.child), FreezeReason::Violence)).unwrap());
    }

    async fn the_dead_and_those_who_asked_for_peace_are_left_alone(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        weekly_call(&post, c.child, c.father);
        weekly_call(&post, c.child, c.mother);
        xiangban::duties::remind(&post.t.app.store, &post.t.app.config.ladders, now).unwrap();
        post.t.app.store.write(|tx| {
            diesel::update(people::table.find(c.father)).set(people::deceased_on.eq(now.date())).execute(tx)?;
            diesel::update(people::table.find(c.mother)).set(people::reminders_stopped_at.eq(now)).execute(tx)?;
            Ok(())
        }).unwrap();
        post.work().await;
        assert_eq!(post.whys(), [Some("death".to_owned()), Some("person_stopped".to_owned())]);
        assert_eq!(post.sms.take().len(), 0);
    }

    async fn whoever_left_the_post_hears_nothing_about_the_child_any_more(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.t.clock.set("2026-03-02T21:00:00+08:00".parse().unwrap());
        let due = post.t.now().plus_days(-7);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), due));
        post.work().await;
        let today = post.t.today();
        post.t.app.store.write(|tx| {
            diesel::update(posts::table.filter(posts::person_id.eq(c.director))).set(posts::until.eq(today)).execute(tx)?;
            Ok(())
        }).unwrap();
        post.t.pass_days(1);
        post.deliver().await;
        assert!(post.whys().contains(&Some("no_longer_addressee".to_owned())), "{:?}", post.whys());
        assert_eq!(post.email.take().len(), 0);
    }

    async fn no_receipt_in_two_hours_means_the_next_channel(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        weekly_call(&post, c.child, c.father);
        post.work().await;
        post.t.pass_minutes(119);
        post.work().await;
        assert_eq!(post.email.take().len(), 0);
        post.t.pass_minutes(2);
        post.work().await;
        assert_eq!((post.sms.take().len(), post.email.take().len()), (1, 1));
        post.t.pass_days(1);
        post.work().await;
        assert_eq!(post.email.take().len(), 0, "mail has no receipts: accepted is the end");
    }

    async fn a_worker_that_vanished_leaves_its_messages_unknown(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        *post.sms.delay.lock().unwrap() = std::time::Duration::from_secs(3600);
        weekly_call(&post, c.child, c.father);
        let app = post.t.app.clone();
        let gone = tokio::spawn(async move { xiangban::messaging::deliver(&app, "gone", &|| true).await });
        while post.states() != [State::Sending] {
            if post.states().is_empty() {
                let now = post.t.now();
                xiangban::duties::remind(&post.t.app.store, &post.t.app.config.ladders, now).unwrap();
                xiangban::messaging::compose(&post.t.app.store, post.t.app.office.settings.quiet, now).unwrap();
                let app = post.t.app.clone();
                tokio::spawn(async move { xiangban::messaging::deliver(&app, "gone", &|| true).await });
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // What is marked is handed over a moment later: only then is the gateway slow with it.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        gone.abort();
        *post.sms.delay.lock().unwrap() = std::time::Duration::ZERO;
        post.t.pass_minutes(3);
        assert_eq!(sweep(&post.t.app, post.t.now()).unwrap().unknown, 1);
        post.work().await;
        assert_eq!(post.states(), [State::Unknown]);
        assert_eq!(post.sms.received().len(), 0);
    }

    async fn a_wechat_acceptance_is_spent_once_and_then_the_sms_is_next(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.t.app.store.write(|tx| {
            diesel::update(people::table.find(c.father)).set(people::wechat_openid.eq("openid-father")).execute(tx)?;
            diesel::insert_into(wechat_credits::table).values((
                wechat_credits::person_id.eq(c.father), wechat_credits::template.eq("duty"),
                wechat_credits::credits.eq(1), wechat_credits::updated_at.eq(now),
            )).execute(tx)?;
            Ok(())
        }).unwrap();
        for day in 0..2 {
            post.owe(&duty(DutyKind::ContactChild, c.child, day, Owed::Person(c.father), post.t.now()));
            post.work().await;
            let counts = (post.wechat.take().len(), post.sms.take().len());
            assert_eq!(counts, if day == 0 { (1, 0) } else { (0, 1) });
            for (reference, channel) in [("m1-1", "sandbox_wechat"), ("m2-1", "sandbox_sms")] {
                post.news(channel, xiangban::messaging::inbound::Kind::Receipt,
                    serde_json::json!({ "reference": reference, "status": "delivered" }));
            }
            post.deliver().await;
            post.t.pass_days(1);
        }
    }

    async fn two_workers_send_each_message_once(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        let people: Vec<i64> = post.t.app.store.write(|tx| {
            (0..300).map(|n| xiangban::identity::add_person(tx, &post.t.app.vault, now, &xiangban::identity::NewPerson {
                name: "张三".into(), sex: xiangban::identity::Sex::Male, birth_date: None,
                area_code: Some(crate::support::VILLAGE.into()), phone: Some(format!("137{n:08}")),
                identity_number: None, email: None, language: None, can_read: true,
            })).collect()
        }).unwrap();
        for person in &people {
            post.owe(&duty(DutyKind::ContactChild, c.child, *person, Owed::Person(*person), now));
        }
        xiangban::duties::remind(&post.t.app.store, &post.t.app.config.ladders, now).unwrap();
        let quiet = post.t.app.office.settings.quiet;
        let composing: Vec<_> = (0..3).map(|_| {
            let store = post.t.app.store.clone();
            std::thread::spawn(move || xiangban::messaging::compose(&store, quiet, now))
        }).collect();
        let composed: usize = composing.into_iter().filter_map(|one| one.join().unwrap().ok()).sum();
        assert_eq!(composed, 300);
        let workers = (0..4).map(|n| {
            let app = post.t.app.clone();
            tokio::spawn(async move { xiangban::messaging::deliver(&app, &format!("worker {n}"), &|| true).await.unwrap() })
        });
        let handed: usize = futures::future::join_all(workers).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(handed, 300);
        let mut to: Vec<String> = post.sms.take().into_iter().map(|one| one.to).collect();
        to.sort();
        to.dedup();
        assert_eq!(to.len(), 300);
        assert!(post.states().iter().all(|state| *state == State::Accepted));
    }
}
