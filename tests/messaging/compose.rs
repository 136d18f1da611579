use xiangban::duties::{DutyKind, Owed};
use xiangban::identity::PostKind;
use xiangban::messaging::compose;
use xiangban::messaging::ticket::Ticket;

use super::gateway::{Post, duty};
use crate::on_both;

on_both! {
    async fn a_due_call_home_reaches_the_phone_in_plain_words(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        let received = post.sms.take();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].to, "13900000009");
        assert_eq!(
            received[0].text,
            "王先生，这周该和孩子通个话了（今天到期）。请抽空打个电话，也和照护人说几句。打过了回1，要帮忙回2，不再提醒回T。"
        );
    }

    async fn a_signature_that_is_due_brings_a_link_to_it_and_to_nobody_else(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let (now, about) = (post.t.now(), |owed| duty(DutyKind::SignAgreement, c.child, 1, owed, post.t.now()));
        post.owe(&about(Owed::Person(c.father)));
        post.owe(&about(Owed::Post(PostKind::VillageDirector)));
        post.work().await;
        let received = post.sms.take();
        let text = &received.iter().find(|one| one.to == "13900000009").unwrap().text;
        let (before, rest) = text.split_once("http://127.0.0.1:8080/l/").unwrap();
        let (ticket, after) = rest.split_once(' ').unwrap();
        assert!(before.starts_with("王先生，孩子的委托照护协议在等您签字（今天到期）。请打开看一遍再签字。"), "{text}");
        assert!(before.ends_with("签字点"), "{text}");
        assert!(after.starts_with("要帮忙回2"), "{text}");
        let ticket = Ticket::read(&post.t.app.vault, ticket).unwrap().unwrap();
        assert_eq!(ticket.person_id, c.father);
        assert_eq!(ticket.until, now.plus_days(7).date());
        assert!(received.iter().filter(|one| one.to != "13900000009").all(|one| !one.text.contains("/l/")), "{received:?}");
    }

    async fn a_link_stands_in_a_digest_too(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.owe(&duty(DutyKind::PayRemuneration, c.child, 2, Owed::Person(c.father), now.plus_days(-1)));
        post.owe(&duty(DutyKind::SignAgreement, c.child, 1, Owed::Person(c.father), now));
        post.work().await;
        let texts = post.sms.texts();
        assert!(texts[0].starts_with("王先生，您有2件事：①付照护报酬②签委托照护协议。签字点http://127.0.0.1:8080/l/"), "{texts:?}");
        assert!(texts[0].ends_with(" 要帮忙回2，不再提醒回T。"), "{texts:?}");
    }

    async fn several_duties_of_one_person_on_one_day_are_one_message(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), now));
        post.owe(&duty(DutyKind::PayRemuneration, c.child, 2, Owed::Person(c.father), now.plus_days(-1)));
        post.work().await;
        let texts = post.sms.texts();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].starts_with("王先生，您有2件事：①付照护报酬②和孩子通话回1。"), "{texts:?}");
    }

    async fn what_falls_due_later_that_day_waits_for_the_next_morning(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        assert_eq!(post.sms.take().len(), 1);
        post.t.pass_minutes(120);
        post.owe(&duty(DutyKind::PayRemuneration, c.child, 2, Owed::Person(c.father), post.t.now()));
        post.work().await;
        post.t.pass_minutes(120);
        post.owe(&duty(DutyKind::HandOver, c.child, 3, Owed::Person(c.father), post.t.now()));
        post.work().await;
        assert_eq!(post.sms.take().len(), 0);
        post.t.pass_days(1);
        post.work().await;
        let texts = post.sms.texts();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].contains("2件事"), "{texts:?}");
    }

    async fn composing_twice_makes_no_second_message(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        let now = post.t.now();
        xiangban::duties::remind(&post.t.app.store, &post.t.app.config.ladders, now).unwrap();
        let quiet = post.t.app.office.settings.quiet;
        assert_eq!(compose(&post.t.app.store, quiet, now).unwrap(), 1);
        assert_eq!(compose(&post.t.app.store, quiet, now).unwrap(), 0);
        for _ in 0..3 {
            post.work().await;
        }
        assert_eq!(post.sms.take().len(), 1);
    }

    async fn an_evening_reminder_waits_for_eight_in_the_morning(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.t.clock.set("2026-03-02T21:00:00+08:00".parse().unwrap());
        post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
        post.work().await;
        assert_eq!(post.sms.take().len(), 0);
        post.t.clock.set("2026-03-03T07:59:00+08:00".parse().unwrap());
        post.work().await;
        assert_eq!(post.sms.take().len(), 0);
        post.t.clock.set("2026-03-03T08:00:00+08:00".parse().unwrap());
        post.work().await;
        assert_eq!(post.sms.take().len(), 1);
    }

    async fn a_report_of_danger_goes_out_at_night_on_every_channel(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        post.t.clock.set("2026-03-02T23:50:00+08:00".parse().unwrap());
        let due = post.t.now().plus_minutes(15);
        post.owe(&duty(DutyKind::AcceptReport, c.child, 1, Owed::Person(c.police), due));
        post.work().await;
        let (sms, email) = (post.sms.texts(), post.email.texts());
        assert_eq!((sms.len(), email.len()), (1, 1));
        assert!(sms[0].contains("00:05前"), "{sms:?}");
        post.work().await;
        assert_eq!((post.sms.take().len(), post.email.take().len()), (0, 0));
    }

    async fn staff_are_told_by_mail_with_the_whole_list(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let now = post.t.now();
        post.owe(&duty(DutyKind::ReconfirmRecord, c.child, 1, Owed::Person(c.director), now));
        post.owe(&duty(DutyKind::HandOver, c.child, 2, Owed::Person(c.director), now));
        post.work().await;
        let texts = post.email.texts();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].contains("李主任，您好"), "{texts:?}");
        assert!(texts[0].contains("1. 王家孩子：确认台账（今天到期）"), "{texts:?}");
        assert_eq!(post.sms.take().len(), 0);
    }
}
