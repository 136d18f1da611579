//! Kannel with a phone network behind it: a long Chinese SMS goes out in parts, its receipt and a reply come back.

use std::net::TcpListener;
use std::time::Duration;

use diesel::prelude::*;
use xiangban::duties::{DutyKind, Owed};
use xiangban::messaging::journey::State;
use xiangban::routes::application;
use xiangban::storage::Conn;
use xiangban::storage::schema::duties;

use super::Counterpart;
use crate::messaging::gateway::{Post, duty};
use crate::support::{Engine, TestApp};

const FATHER: &str = "13900000009";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Works in rounds until it is so.
async fn until(post: &Post, so: impl Fn() -> bool) {
    for _ in 0..100 {
        post.deliver().await;
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("it did not come to it: {:?}", post.states());
}

#[actix_web::test]
async fn a_long_chinese_sms_goes_out_and_its_receipt_and_a_reply_come_back() {
    let t = TestApp::new(Engine::Sqlite);
    let c = t.county();
    let folder = t.folder().join("kannel");
    let (listener, sendsms) = (TcpListener::bind("127.0.0.1:0").unwrap(), free_port());
    let us = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let public_url = us.clone();
    let post = Post::with(t, |config| {
        config.deployment.public_url = public_url;
        config.messages.channels.sms = "gateways".into();
        config.messages.http_sms = vec![
            toml::from_str(&format!(
                r#"
name = "kannel"
method = "GET"
url = "http://127.0.0.1:{sendsms}/cgi-bin/sendsms"
success = {{ statuses = [200, 202], matches = "^(0: Accepted|3: Queued)" }}
receipt = {{ reference = "reference", status = "status", delivered = ["1"], undelivered = ["2", "16"] }}
reply = {{ from = "from", text = "text", id = "id" }}
acknowledgement = {{ content_type = "text/plain", body = "" }}
[query]
username = "xiangban"
password = "secret"
to = "{{to}}"
text = "{{signed_text}}"
coding = "2"
charset = "utf-8"
dlr-mask = "3"
dlr-url = "{{receipt_url}}?reference={{reference}}&status=%d"
"#
            ))
            .unwrap(),
        ];
    });
    let app = post.t.app.clone();
    let server =
        actix_web::HttpServer::new(move || application(app.clone())).workers(1).listen(listener).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let replies = format!("{us}{}/replies", post.t.app.office.callback_path("kannel").unwrap());
    let ports = [free_port(), free_port(), free_port()].map(|port| port.to_string());
    let arguments = [&[folder.to_str().unwrap().to_owned(), replies][..], &ports, &[sendsms.to_string()]].concat();
    let kannel = Counterpart::start("test-kannel", &arguments);
    assert_eq!(kannel.said, "ready");

    post.owe(&duty(DutyKind::ContactChild, c.child, 1, Owed::Person(c.father), post.t.now()));
    post.work().await;
    until(&post, || post.states()[0] == State::Delivered).await;
    // The phone network writes down what it got in its own time.
    let arrived = || {
        let log = std::fs::read_to_string(folder.join("centre.log")).unwrap();
        log.matches(&format!("Got message 1: <10690000 {FATHER} ")).count()
    };
    until(&post, || arrived() == 1).await;

    std::fs::write(folder.join("phone"), format!("{FATHER} 10690000 text 1\n")).unwrap();
    let open = || -> i64 {
        let read = |conn: &mut Conn| Ok(duties::table.filter(duties::closed_at.is_null()).count().get_result(conn)?);
        post.t.app.store.read(read).unwrap()
    };
    until(&post, || open() == 0).await;
    until(&post, || post.states().iter().all(|state| *state == State::Delivered)).await;
    assert_eq!(post.states().len(), 2, "the reminder, and the thanks for the answer");
    handle.stop(false).await;
}
