use actix_web::http::Method;
use xiangban::duties::{DutyKind, Owed};
use xiangban::messaging::unsubscribe::address;

use super::gateway::{Post, duty};
use crate::on_both;

on_both! {
    async fn one_click_ends_reminders_by_mail_and_no_others(t: TestApp) {
        let c = t.county();
        let post = Post::of(t);
        let url = address(&post.t.app.vault, "http://us", c.director);
        let path = url.strip_prefix("http:/").unwrap().replacen("/us", "/", 1);
        let stranger = post.t.stranger();
        let look = post.t.call_raw(&stranger, Method::GET, &path, vec![], &[]).await;
        assert!(String::from_utf8(look.bytes).unwrap().contains("不再收提醒邮件"));
        let of = |subject| duty(DutyKind::ContactChild, c.child, subject, Owed::Person(c.director), post.t.now());
        post.owe(&of(1));
        post.work().await;
        assert_eq!((post.email.take().len(), post.sms.take().len()), (1, 0), "looking changes nothing");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        for _ in 0..2 {
            let done = post.t.call_raw(&stranger, Method::POST, &path, b"List-Unsubscribe=One-Click".to_vec(), &form).await;
            assert_eq!(done.status, 200);
        }
        post.t.pass_days(1);
        post.owe(&of(2));
        post.work().await;
        assert_eq!((post.email.take().len(), post.sms.take().len()), (0, 1));
        post.t.delete(&post.t.as_person(c.director), "/me/email-stop").await.expect(204);
        post.t.pass_days(1);
        post.owe(&of(3));
        post.work().await;
        // The reminder of this day, and yesterday's, for whose SMS no receipt came.
        assert_eq!((post.email.take().len(), post.sms.take().len()), (2, 0));
        let forged = path.replace(&format!("/{}.", c.director), &format!("/{}.", c.father));
        assert_eq!(post.t.call_raw(&stranger, Method::POST, &forged, vec![], &form).await.status, 404);
    }
}
