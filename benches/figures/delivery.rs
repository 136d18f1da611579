//! Reminders carried to an SMS gateway on this machine that answers at once, and to one that takes 50 ms, attempts written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use xiangban::answers::MEANINGS;
use xiangban::config::Config;
use xiangban::duties::{self, DutyKind, NewDuty, Owed, Subject};
use xiangban::identity::{NewPerson, Sex, add_person};
use xiangban::messaging::{compose, round};

use crate::database::{Fresh, Kind, county, now};
use crate::requests::on_free_port;

const MESSAGES: usize = 20_000;

/// The generic gateway at once and slow, then each vendor's adapter at once.
const CASES: [(&str, Duration); 5] = [
    ("http", Duration::ZERO),
    ("http", Duration::from_millis(50)),
    ("aliyun", Duration::ZERO),
    ("tencent", Duration::ZERO),
    ("huawei", Duration::ZERO),
];

pub fn measure(kind: Kind) {
    for (adapter, answers_after) in CASES {
        let received = Arc::new(AtomicUsize::new(0));
        let port = gateway(Arc::clone(&received), answers_after);
        let fresh = Fresh::with(kind, |config| {
            config.messages.channels.sms = "gateways".into();
            describe(config, adapter, port);
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
            "delivery by {adapter}, answered after {} ms: {:.0}/s ({MESSAGES} in {spent:.2} s, each received once; composed in {composed:.2} s)",
            answers_after.as_millis(),
            MESSAGES as f64 / spent,
        );
    }
}

fn describe(config: &mut Config, adapter: &str, port: u16) {
    let url = format!("http://127.0.0.1:{port}");
    let (named, ordered) = (
        json!({ "duty/*": { "id": "1", "params": { "name": "to" } } }),
        json!({ "duty/*": { "id": "1", "params": ["to"] } }),
    );
    let terms = json!({ "price_hao": 450, "quotas": [{ "per": "number", "window": "natural_day", "limit": 40 }] });
    let messages = &mut config.messages;
    match adapter {
        "aliyun" => {
            messages.aliyun = Some(read(json!({
                "base_url": url, "access_key_id": "k", "access_key_secret": "s", "templates": named, "terms": terms,
            })));
        }
        "tencent" => {
            messages.tencent = Some(read(json!({
                "base_url": url, "secret_id": "k", "secret_key": "s", "region": "r", "sdk_app_id": "1",
                "templates": ordered, "terms": terms,
            })));
        }
        "huawei" => {
            messages.huawei = Some(read(json!({
                "base_url": url, "app_key": "k", "app_secret": "s", "signing": "wsse", "digest": "hex", "sender": "1",
                "templates": ordered, "terms": terms,
            })));
        }
        _ => {
            messages.http_sms = vec![read(json!({
                "name": "local", "url": format!("{url}/send"), "body": { "form": { "to": "{to}", "text": "{signed_text}" } },
            }))];
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
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
            ActixApp::new().default_service(web::to(move |request: HttpRequest| {
                let received = Arc::clone(&received);
                async move {
                    let number = received.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(answers_after).await;
                    let has = |name: &str| request.headers().contains_key(name);
                    let answer = if has("x-acs-action") {
                        json!({ "Code": "OK", "BizId": number.to_string() })
                    } else if has("x-tc-action") {
                        json!({ "Response": { "SendStatusSet": [{ "SerialNo": number.to_string(), "Code": "Ok" }] } })
                    } else {
                        json!({ "code": "000000", "result": [{ "smsMsgId": number.to_string() }] })
                    };
                    HttpResponse::Ok().json(answer)
                }
            }))
        })
        .workers(1)
        .listen(listener)
        .unwrap()
        .run()
    })
}
