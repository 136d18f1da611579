//! Reminders carried to an SMS gateway on this machine that answers at once, and to one that takes 50 ms, attempts written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use xiangban::answers::MEANINGS;
use xiangban::duties::{self, DutyKind, NewDuty, Owed, Subject};
use xiangban::identity::{NewPerson, Sex, add_person};
use xiangban::messaging::{compose, round};

use crate::database::{Fresh, Kind, county, now};
use crate::requests::on_free_port;

const MESSAGES: usize = 20_000;

pub fn measure(kind: Kind) {
    for answers_after in [Duration::ZERO, Duration::from_millis(50)] {
        let received = Arc::new(AtomicUsize::new(0));
        let port = gateway(Arc::clone(&received), answers_after);
        let fresh = Fresh::with(kind, |config| {
            config.messages.channels.sms = "http".into();
            config.messages.http_sms = vec![
                serde_json::from_value(serde_json::json!({
                    "name": "local", "url": format!("http://127.0.0.1:{port}/send"),
                    "body": { "form": { "to": "{to}", "text": "{signed_text}" } }
                }))
                .unwrap(),
            ];
        });
        county(&fresh, 10);
        owe(&fresh);
        let (app, settings) = (&fresh.app, &fresh.app.office.settings);
        duties::remind(&app.store, &app.config.ladders, now()).unwrap();
        let watch = Stopwatch::now();
        compose(&app.store, settings.quiet, now()).unwrap();
        let composed = watch.elapsed().as_secs_f64();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let watch = Stopwatch::now();
        let done = runtime.block_on(round(app, "bench", MEANINGS, &|| true)).unwrap();
        let spent = watch.elapsed().as_secs_f64();
        assert_eq!((done.handed_over, received.load(Ordering::SeqCst)), (MESSAGES, MESSAGES));
        println!(
            "delivery, the gateway answers after {} ms: {:.0}/s ({MESSAGES} in {spent:.2} s, each received once; composed in {composed:.2} s)",
            answers_after.as_millis(),
            MESSAGES as f64 / spent,
        );
    }
}

/// As many people with a phone, each of whom owes a call today.
fn owe(fresh: &Fresh) {
    let vault = &fresh.app.vault;
    fresh
        .app
        .store
        .write(|tx| {
            for number in 0..MESSAGES as i64 {
                let person = NewPerson {
                    name: "person".into(),
                    sex: Sex::Male,
                    birth_date: None,
                    area_code: Some("990101100201".into()),
                    phone: Some(format!("139{number:08}")),
                    identity_number: None,
                    email: None,
                    language: None,
                    can_read: true,
                };
                let person_id = add_person(tx, vault, now(), &person)?;
                let duty = NewDuty {
                    kind: DutyKind::ContactChild,
                    subject: Subject { kind: "contact_obligation", id: number },
                    child_id: None,
                    area_code: "990101100201".into(),
                    owed_by: Owed::Person(person_id),
                    due_at: now(),
                    audience: Vec::new(),
                };
                duties::open(tx, now(), &duty)?;
            }
            Ok(())
        })
        .unwrap();
    fresh.sql("ANALYZE");
}

fn gateway(received: Arc<AtomicUsize>, answers_after: Duration) -> u16 {
    on_free_port(move |listener| {
        HttpServer::new(move || {
            let received = Arc::clone(&received);
            ActixApp::new().route(
                "/send",
                web::post().to(move || {
                    let received = Arc::clone(&received);
                    async move {
                        received.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(answers_after).await;
                        HttpResponse::Ok().finish()
                    }
                }),
            )
        })
        .workers(1)
        .listen(listener)
        .unwrap()
        .run()
    })
}
