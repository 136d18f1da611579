//! Against a small SMTP server that follows a script: for each command the answer to give, or to hang up.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

#[derive(Clone, Default)]
struct Script {
    auth: &'static str,
    mail: &'static str,
    rcpt: &'static str,
    data: &'static str,
    end: &'static str,
}

const HANG_UP: &str = "hang up";
const SILENT: &str = "silent";

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    fn count(&self, start: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
    }
}

async fn server(script: Script) -> (u16, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let noted = seen.clone();
    actix_web::rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            noted.note("CONNECT");
            actix_web::rt::spawn(converse(stream, script.clone(), noted.clone()));
        }
    });
    (port, seen)
}

async fn converse(stream: TcpStream, script: Script, seen: Seen) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await?;
    let mut in_text = false;
    while let Some(line) = lines.next_line().await? {
        seen.note(&line);
        let answer = match line.get(..4).unwrap_or(&line) {
            _ if in_text && line != "." => continue,
            _ if in_text => or(script.end, "250 taken"),
            "EHLO" => "250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => or(script.auth, "235 welcome"),
            "MAIL" => or(script.mail, "250 ok"),
            "RCPT" => or(script.rcpt, "250 ok"),
            "DATA" => or(script.data, "354 go on"),
            "NOOP" => "250 ok",
            _ => "221 bye",
        };
        in_text = answer.starts_with("354");
        match answer {
            HANG_UP => return Ok(()),
            SILENT => std::future::pending().await,
            answer => write.write_all(format!("{answer}\r\n").as_bytes()).await?,
        }
    }
    Ok(())
}

fn or(scripted: &'static str, usual: &'static str) -> &'static str {
    if scripted.is_empty() { usual } else { scripted }
}

fn channel(port: u16) -> EmailChannel {
    EmailChannel::new(SmtpGateway {
        host: "127.0.0.1".into(),
        port,
        encryption: Encryption::None,
        ca_file: None,
        username: Some("us".into()),
        password: Some(Secret::Value("secret".into())),
        from: "青山镇 <no-reply@xiangban.example>".into(),
        timeout_seconds: 1,
        idle_connections: 2,
    })
    .unwrap()
}

fn letter() -> Outgoing {
    Outgoing {
        reference: "7-1".into(),
        to: Address::Email("li@example.cn".into()),
        body: Body::Email {
            text: EmailText {
                subject: "有2件事要办".into(), text: "请登录".into(), html: "<p>请登录</p>".into()
            },
            unsubscribe: Some("https://xiangban.example/stop/7".into()),
        },
    }
}

async fn outcome(script: Script) -> Outcome {
    let (port, _) = server(script).await;
    channel(port).send(&letter(), Instant::from_millis(0)).await
}

#[actix_web::test]
async fn a_letter_arrives_with_both_forms_and_our_own_id() {
    let (port, seen) = server(Script::default()).await;
    let sent = channel(port).send(&letter(), Instant::from_millis(0)).await;
    assert_eq!(sent, Outcome::Accepted { provider_id: None });
    let text = seen.text();
    for part in [
        "AUTH PLAIN",
        "RCPT TO:<li@example.cn>",
        "Message-ID: <7-1@xiangban.example>",
        "List-Unsubscribe: <https://xiangban.example/stop/7>",
        "multipart/alternative",
        "text/html",
        "=?utf-8?b?",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[actix_web::test]
async fn a_connection_serves_several_letters() {
    let (port, seen) = server(Script::default()).await;
    let channel = channel(port);
    for _ in 0..3 {
        assert_eq!(channel.send(&letter(), Instant::from_millis(0)).await, Outcome::Accepted { provider_id: None });
    }
    assert_eq!((seen.count("CONNECT"), seen.count("MAIL")), (1, 3));
}

#[actix_web::test]
async fn a_no_for_now_is_tried_again_and_a_no_for_good_is_final() {
    for (script, expected) in [
        (Script { rcpt: "450 busy", ..Script::default() }, Outcome::refused(Refusal::RetrySoon, "smtp_450")),
        (Script { rcpt: "550 nobody", ..Script::default() }, Outcome::refused(Refusal::FinalForRecipient, "smtp_550")),
        (Script { data: "451 later", ..Script::default() }, Outcome::refused(Refusal::RetrySoon, "smtp_451")),
        (Script { end: "452 full", ..Script::default() }, Outcome::refused(Refusal::RetrySoon, "smtp_452")),
        (Script { end: "554 spam", ..Script::default() }, Outcome::refused(Refusal::FinalForRecipient, "smtp_554")),
        (Script { auth: "535 no", ..Script::default() }, Outcome::refused(Refusal::PauseChannel, "smtp_535")),
        (Script { mail: "553 not you", ..Script::default() }, Outcome::refused(Refusal::PauseChannel, "smtp_553")),
    ] {
        assert_eq!(outcome(script).await, expected);
    }
}

#[actix_web::test]
async fn lost_before_the_text_nothing_was_sent_lost_after_it_nobody_knows() {
    let before = Script { rcpt: HANG_UP, ..Script::default() };
    assert_eq!(outcome(before).await, Outcome::refused(Refusal::RetrySoon, "smtp_connection"));
    let silent_before = Script { mail: SILENT, ..Script::default() };
    assert_eq!(outcome(silent_before).await, Outcome::refused(Refusal::RetrySoon, "smtp_timeout"));
    let after = Script { end: HANG_UP, ..Script::default() };
    assert_eq!(outcome(after).await, Outcome::unknown("lost_after_data"));
    let silent_after = Script { end: SILENT, ..Script::default() };
    assert_eq!(outcome(silent_after).await, Outcome::unknown("timeout_after_data"));
}

#[actix_web::test]
async fn a_closed_door_is_tried_again_and_a_wrong_address_is_not() {
    assert_eq!(
        channel(9).send(&letter(), Instant::from_millis(0)).await,
        Outcome::refused(Refusal::RetrySoon, "smtp_connection")
    );
    let wrong = Outgoing { to: Address::Email("not an address".into()), ..letter() };
    assert_eq!(
        channel(9).send(&wrong, Instant::from_millis(0)).await,
        Outcome::refused(Refusal::FinalForRecipient, "address_not_valid")
    );
}
