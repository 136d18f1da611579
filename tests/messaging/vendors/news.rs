//! Receipts and replies in each vendor's shape.

use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::messaging::inbound::Fate;
use xiangban::messaging::journey::State;
use xiangban::storage::Conn;
use xiangban::storage::schema::{duties, inbound};

use super::standin::{Mood, Standin, Taken, Vendor};
use super::{FATHER, SECRET, describe, post_with, remind_father, remind_father_of};
use crate::messaging::gateway::Post;
use crate::on_both;
use crate::support::{Engine, TestApp};

const JSON: &str = "application/json;charset=UTF-8";
const FORM: &str = "application/x-www-form-urlencoded";

fn aliyun_report(one: &Taken, out_id: &str, success: bool) -> Value {
    json!({
        "phone_number": FATHER, "send_time": "2026-03-02 09:00:00", "report_time": "2026-03-02 09:00:03",
        "success": success, "err_code": if success { "DELIVERED" } else { "MK:0001" }, "err_msg": "",
        "sms_size": "1", "biz_id": one.id, "out_id": out_id,
    })
}

fn tencent_report(id: &str, status: &str) -> Value {
    json!({
        "user_receive_time": "2026-03-02 09:00:03", "nationcode": "86", "mobile": FATHER, "report_status": status,
        "errmsg": if status == "SUCCESS" { "DELIVRD" } else { "UNDELIV" }, "description": "", "sid": id,
    })
}

fn huawei_report(one: &Taken, sequence: i64, total: i64, status: &str) -> String {
    let reference = one.reference.replace('.', "%2E");
    format!(
        "smsMsgId={}&total={total}&sequence={sequence}&status={status}&source=2&updateTime=2026-03-02T01%3A00%3A03Z&extend={reference}",
        one.id
    )
}

fn fates(post: &Post) -> Vec<Option<Fate>> {
    let read =
        |conn: &mut Conn| Ok(inbound::table.select(inbound::outcome.nullable()).order(inbound::id).load(conn)?);
    post.t.app.store.read(read).unwrap()
}

on_both! {
    async fn aliyun_brings_arrays_again_and_again_and_is_answered_its_way(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Aliyun).await;
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        let one = standin.taken().remove(0);
        for _ in 0..3 {
            let body = json!([aliyun_report(&one, &one.reference, true)]).to_string();
            let answer = post.vendor_says(Vendor::Aliyun, "receipts", JSON, &body).await.expect(200);
            assert_eq!(answer["code"], 0);
        }
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
        let late = json!([aliyun_report(&one, &one.reference, false)]).to_string();
        post.vendor_says(Vendor::Aliyun, "receipts", JSON, &late).await.expect(200);
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered], "nothing moves backwards");
        assert_eq!(fates(&post).len(), 2, "kept once");
    }

    async fn a_receipt_of_another_installation_is_counted_and_ignored(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Aliyun).await;
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        let one = standin.taken().remove(0);
        let theirs = Taken { id: "other".into(), ..one.clone() };
        let body = json!([aliyun_report(&theirs, "OTHERS.m1-1", false)]).to_string();
        post.vendor_says(Vendor::Aliyun, "receipts", JSON, &body).await.expect(200);
        post.deliver().await;
        assert_eq!((post.states(), fates(&post)), (vec![State::Accepted], vec![Some(Fate::Foreign)]));
    }

    async fn tencents_receipt_may_come_before_its_answer(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Tencent).await;
        let post = post_with(t, &[&standin]);
        let body = json!([tencent_report("Tencent-1", "SUCCESS")]).to_string();
        let answer = post.vendor_says(Vendor::Tencent, "receipts", JSON, &body).await.expect(200);
        assert_eq!((&answer["result"], &answer["errmsg"]), (&json!(0), &json!("OK")));
        post.deliver().await;
        assert_eq!(fates(&post), [None]);
        remind_father(&post, &c);
        post.work().await;
        post.deliver().await;
        assert_eq!(post.states(), [State::Delivered]);
    }

    async fn a_message_whose_answer_was_lost_is_found_by_its_number(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Tencent).await;
        let post = post_with(t, &[&standin]);
        standin.moods([Mood::Silent]);
        remind_father(&post, &c);
        post.work().await;
        assert_eq!(post.states(), [State::Unknown]);
        let body = json!([tencent_report("Tencent-1", "SUCCESS")]).to_string();
        post.vendor_says(Vendor::Tencent, "receipts", JSON, &body).await.expect(200);
        post.deliver().await;
        assert_eq!((post.states(), standin.taken().len()), (vec![State::Delivered], 1));
    }

    async fn a_number_alone_proves_nothing_where_the_account_is_shared(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Tencent).await;
        let post = Post::with(t, |config| {
            describe(config, &standin, SECRET);
            config.messages.tencent.as_mut().unwrap().shared_account = true;
        });
        standin.moods([Mood::Silent]);
        remind_father(&post, &c);
        post.work().await;
        let body = json!([tencent_report("Theirs-1", "SUCCESS")]).to_string();
        post.vendor_says(Vendor::Tencent, "receipts", JSON, &body).await.expect(200);
        post.deliver().await;
        assert_eq!((post.states(), fates(&post)), (vec![State::Unknown], vec![None]));
        post.t.pass_minutes(49 * 60);
        post.deliver().await;
        assert_eq!(fates(&post), [Some(Fate::Unmatched)], "counted, and nobody's");
        assert_eq!(post.states(), [State::Unknown]);
    }

    async fn what_nobody_knows_after_an_hour_says_that_the_account_is_shared(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Tencent).await;
        let post = post_with(t, &[&standin]);
        let strange = json!([{ "mobile": "13812345678", "report_status": "SUCCESS", "errmsg": "DELIVRD", "sid": "Theirs-1" }]);
        post.vendor_says(Vendor::Tencent, "receipts", JSON, &strange.to_string()).await.expect(200);
        post.deliver().await;
        post.t.pass_minutes(61);
        standin.moods([Mood::Silent]);
        remind_father(&post, &c);
        post.work().await;
        let theirs = json!([tencent_report("Theirs-2", "SUCCESS")]).to_string();
        post.vendor_says(Vendor::Tencent, "receipts", JSON, &theirs).await.expect(200);
        post.deliver().await;
        assert_eq!((post.states(), fates(&post)), (vec![State::Unknown], vec![None, None]));
    }

    async fn of_a_callback_with_ours_and_theirs_ours_is_applied(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Aliyun).await;
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        let one = standin.taken().remove(0);
        let theirs = Taken { id: "other".into(), ..one.clone() };
        let both = json!([aliyun_report(&theirs, "OTHERS.m1-1", false), aliyun_report(&one, &one.reference, true)]);
        post.vendor_says(Vendor::Aliyun, "receipts", JSON, &both.to_string()).await.expect(200);
        post.deliver().await;
        assert_eq!((post.states(), fates(&post)), (vec![State::Delivered], vec![Some(Fate::Applied)]));
    }

    async fn a_long_message_is_delivered_when_all_of_its_parts_are(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Huawei).await;
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        let one = standin.taken().remove(0);
        for (sequence, state) in [(3, State::Accepted), (1, State::Accepted), (3, State::Accepted), (2, State::Delivered)] {
            let body = huawei_report(&one, sequence, 3, "DELIVRD");
            post.vendor_says(Vendor::Huawei, "receipts", FORM, &body).await.expect(200);
            post.deliver().await;
            assert_eq!(post.states(), [state], "part {sequence}");
        }
    }

    async fn a_part_that_did_not_arrive_sends_the_message_on(t: TestApp) {
        let c = t.county();
        let standin = Standin::start(Vendor::Huawei).await;
        let post = post_with(t, &[&standin]);
        remind_father(&post, &c);
        post.work().await;
        let one = standin.taken().remove(0);
        post.vendor_says(Vendor::Huawei, "receipts", FORM, &huawei_report(&one, 1, 2, "DELIVRD")).await.expect(200);
        post.vendor_says(Vendor::Huawei, "receipts", FORM, &huawei_report(&one, 2, 2, "EXPIRED")).await.expect(200);
        post.deliver().await;
        assert_eq!(post.channels(), [Some("email".to_owned())]);
        assert_eq!(standin.taken().len(), 1);
    }

    async fn a_reply_closes_the_duty_in_each_vendors_shape(t: TestApp) {
        let c = t.county();
        let standins = [
            Standin::start(Vendor::Aliyun).await, Standin::start(Vendor::Tencent).await, Standin::start(Vendor::Huawei).await,
        ];
        let post = post_with(t, &[&standins[0], &standins[1], &standins[2]]);
        for (n, (vendor, content_type, body)) in [
            (Vendor::Aliyun, JSON, json!([{
                "phone_number": FATHER, "content": "1", "send_time": "2026-03-02 09:01:00", "dest_code": "1069",
                "sequence_id": 9_007_199_254_740_993i64,
            }]).to_string()),
            (Vendor::Tencent, JSON, json!({
                "extend": "", "mobile": FATHER, "nationcode": "86", "sign": "相伴", "text": "１", "time": 1_772_413_260,
            }).to_string()),
            (Vendor::Huawei, FORM, format!("from=%2B86{FATHER}&to=1069&body=1&smsMsgId=r1")),
        ].into_iter().enumerate() {
            remind_father_of(&post, &c, i64::try_from(n).unwrap());
            post.work().await;
            post.vendor_says(vendor, "replies", content_type, &body).await.expect(200);
            post.deliver().await;
            let open: i64 = post.t.app.store
                .read(|conn| Ok(duties::table.filter(duties::closed_at.is_null()).count().get_result(conn)?)).unwrap();
            assert_eq!(open, 0, "{vendor:?}");
            post.t.pass_days(1);
        }
    }
}

/// Where receipts carry our mark, one without it is not ours, even when it is for the number in doubt.
#[actix_web::test]
async fn an_unmarked_receipt_settles_no_doubt_where_marks_return() {
    for engine in [Engine::Sqlite, Engine::Postgresql] {
        for (vendor, content_type, body) in [
            (
                Vendor::Aliyun,
                JSON,
                json!([{ "phone_number": FATHER, "success": true, "biz_id": "Theirs-1" }]).to_string(),
            ),
            (Vendor::Huawei, FORM, format!("smsMsgId=Theirs-1&total=1&sequence=1&status=DELIVRD&to=%2B86{FATHER}")),
        ] {
            let (t, standin) = (TestApp::new(engine), Standin::start(vendor).await);
            let c = t.county();
            let post = post_with(t, &[&standin]);
            standin.moods([Mood::Silent]);
            remind_father(&post, &c);
            post.work().await;
            post.vendor_says(vendor, "receipts", content_type, &body).await.expect(200);
            post.deliver().await;
            assert_eq!((post.states(), fates(&post)), (vec![State::Unknown], vec![None]), "{vendor:?}");
        }
    }
}
