//! E-mail to a real server: STARTTLS and TLS from the first byte, a certificate authority of our own, AUTH.

use std::path::{Path, PathBuf};

use xiangban::clock::Instant;
use xiangban::messaging::channels::email::{EmailChannel, Encryption, SmtpGateway};
use xiangban::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use xiangban::messaging::templates::EmailText;

use super::Counterpart;

struct Mail {
    counterpart: Counterpart,
    folder: PathBuf,
}

impl Mail {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("xiangban_mail_{}", uuid::Uuid::new_v4().simple()));
        let counterpart = Counterpart::start("test-mail", &[folder.to_str().unwrap().to_owned()]);
        Self { counterpart, folder }
    }

    fn channel(&self, encryption: Encryption, password: &str, ca: Option<&Path>) -> EmailChannel {
        let ports: Vec<u16> = self.counterpart.said.split(' ').map(|port| port.parse().unwrap()).collect();
        let port = if encryption == Encryption::Starttls { ports[0] } else { ports[1] };
        let ca = ca.map(|ca| format!("ca_file = {ca:?}")).unwrap_or_default();
        let kind = if encryption == Encryption::Starttls { "starttls" } else { "tls" };
        let gateway: SmtpGateway = toml::from_str(&format!(
            "host = \"localhost\"\nport = {port}\nencryption = \"{kind}\"\n{ca}\nusername = \"xiangban\"\n\
             password = \"{password}\"\nfrom = \"相伴 <xiangban@example.test>\"\ntimeout_seconds = 10\n"
        ))
        .unwrap();
        EmailChannel::new(gateway).unwrap()
    }

    fn received(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(self.folder.join("received")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()).collect()
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn letter(to: &str, reference: &str) -> Outgoing {
    Outgoing {
        reference: reference.into(),
        to: Address::Email(to.into()),
        body: Body::Email {
            text: EmailText {
                subject: "待办：给孩子打电话".into(),
                text: "王先生，孩子盼着您的电话。".into(),
                html: "<p>王先生，孩子盼着您的电话。</p>".into(),
            },
            unsubscribe: Some("https://xiangban.example.test/unsubscribe/1.x".into()),
        },
    }
}

fn now() -> Instant {
    "2026-03-02T09:00:00+08:00".parse().unwrap()
}

#[actix_web::test]
async fn letters_arrive_over_both_kinds_of_tls_under_our_own_authority() {
    let mail = Mail::start();
    let ca = mail.folder.join("ca.pem");
    for (n, encryption) in [Encryption::Starttls, Encryption::Tls].into_iter().enumerate() {
        let channel = mail.channel(encryption, "sesame", Some(&ca));
        for letter in [letter("a@example.test", &format!("m{n}-1")), letter("b@example.test", &format!("m{n}-2"))] {
            assert_eq!(channel.send(&letter, now()).await, Outcome::Accepted { provider_id: None }, "{encryption:?}");
        }
    }
    let received = mail.received();
    assert_eq!(received.len(), 4);
    for (text, id) in received.iter().zip(["m0-1", "m0-2", "m1-1", "m1-2"]) {
        assert!(text.contains(&format!("Message-ID: <{id}@example.test>")), "{text}");
        assert!(text.contains("List-Unsubscribe: <https://xiangban.example.test/unsubscribe/1.x>"));
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
        assert!(text.contains("Subject: =?utf-8?") && text.contains("multipart/alternative"), "{text}");
        assert!(text.contains("text/plain") && text.contains("text/html"));
    }
}

#[actix_web::test]
async fn what_the_server_says_is_understood() {
    let mail = Mail::start();
    let ca = mail.folder.join("ca.pem");
    let channel = mail.channel(Encryption::Starttls, "sesame", Some(&ca));
    for (to, outcome) in [
        ("later@example.test", Outcome::refused(Refusal::RetrySoon, "smtp_451")),
        ("never@example.test", Outcome::refused(Refusal::FinalForRecipient, "smtp_550")),
        ("drop@example.test", Outcome::unknown("lost_after_data")),
        ("a@example.test", Outcome::Accepted { provider_id: None }),
    ] {
        assert_eq!(channel.send(&letter(to, "m1-1"), now()).await, outcome, "{to}");
    }
    let wrong = mail.channel(Encryption::Starttls, "guess", Some(&ca));
    assert_eq!(
        wrong.send(&letter("a@example.test", "m1-1"), now()).await,
        Outcome::refused(Refusal::PauseChannel, "smtp_535")
    );
    let stranger = mail.channel(Encryption::Tls, "sesame", None);
    let outcome = stranger.send(&letter("a@example.test", "m1-1"), now()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "a certificate nobody vouches for: {outcome:?}");
    assert_eq!(mail.received().len(), 2, "the dropped one and the last");
}
