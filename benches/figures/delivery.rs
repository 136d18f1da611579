//! Reminders carried to an SMS gateway on this machine that answers at once, and to one that takes 50 ms, attempts
//! written; beside the generic adapter each vendor's. Then the same with a day of attempts behind it, and the memory
//! held while a great many go out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use xiangban::answers::MEANINGS;
use xiangban::config::Config;
use xiangban::crypto::Purpose;
use xiangban::duties;
use xiangban::messaging::{compose, round};

use crate::database::{Fresh, Kind, county, now};
use crate::remind::memory_kb;
use crate::requests::on_free_port;

/// The generic gateway at once and slow, then each vendor's adapter at once.
const CASES: [(&str, Duration); 5] = [
    ("http", Duration::ZERO),
    ("http", Duration::from_millis(50)),
    ("aliyun", Duration::ZERO),
    ("tencent", Duration::ZERO),
    ("huawei", Duration::ZERO),
];

/// How many: `name` in the environment, or else `usual`.
fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().expect(name))
}

/// A county in which so many people are to be told by SMS, and their messages waiting.
struct Place {
    fresh: Fresh,
    received: Arc<AtomicUsize>,
    messages: usize,
    composed: f64,
}

impl Place {
    fn new(kind: Kind, adapter: &str, answers_after: Duration, messages: usize, before: impl FnOnce(&Fresh)) -> Self {
        let received = Arc::new(AtomicUsize::new(0));
        let port = gateway(Arc::clone(&received), answers_after);
        let fresh = Fresh::with(kind, |config| {
            config.messages.channels.sms = "gateways".into();
            describe(config, adapter, port);
        });
        county(&fresh, 10);
        owe(&fresh, messages);
        before(&fresh);
        let app = &fresh.app;
        duties::remind(&app.store, &app.config.ladders, now()).unwrap();
        let watch = Stopwatch::now();
        compose(&app.store, app.office.settings.quiet, now()).unwrap();
        let composed = watch.elapsed().as_secs_f64();
        Self { fresh, received, messages, composed }
    }

    /// Delivers all of it; returns the seconds it took.
    fn deliver(&self) -> f64 {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let watch = Stopwatch::now();
        let done = runtime.block_on(round(&self.fresh.app, "bench", MEANINGS, &|| true)).unwrap();
        let spent = watch.elapsed().as_secs_f64();
        assert_eq!((done.handed_over, self.received.load(Ordering::SeqCst)), (self.messages, self.messages));
        spent
    }
}

pub fn measure(kind: Kind) {
    let messages = size("XIANGBAN_BENCH_MESSAGES", 20_000);
    for (adapter, answers_after) in CASES {
        let place = Place::new(kind, adapter, answers_after, messages, |_| {});
        let spent = place.deliver();
        println!(
            "delivery by {adapter}, answered after {} ms: {:.0}/s ({messages} in {spent:.2} s, each received once; composed in {:.2} s)",
            answers_after.as_millis(),
            messages as f64 / spent,
            place.composed,
        );
    }
}

/// Quotas by number, by number and template, and over the whole gateway: with nothing before, and with a day of attempts.
pub fn measure_quotas(kind: Kind) {
    let messages = size("XIANGBAN_BENCH_MESSAGES", 20_000) / 2;
    let attempts = size("XIANGBAN_BENCH_ATTEMPTS", 200_000);
    for attempts in [0, attempts] {
        let place = Place::new(kind, "aliyun", Duration::ZERO, messages, |fresh| a_day_before(fresh, kind, attempts));
        let spent = place.deliver();
        println!(
            "delivery under quotas with {attempts} attempts in the day before: {:.0}/s ({messages} in {spent:.2} s)",
            messages as f64 / spent,
        );
    }
}

/// The memory of this process (the gateway of the measurement included) while a great many messages go out.
pub fn measure_memory(kind: Kind) {
    let messages = size("XIANGBAN_BENCH_MEMORY_MESSAGES", 200_000);
    let place = Place::new(kind, "http", Duration::ZERO, messages, |_| {});
    let marks = [messages / 20, messages / 4, messages / 2, messages];
    let before = memory_kb("VmRSS");
    let received = Arc::clone(&place.received);
    let watcher = std::thread::spawn(move || {
        marks.map(|mark| {
            while received.load(Ordering::SeqCst) < mark {
                std::thread::sleep(Duration::from_millis(5));
            }
            memory_kb("VmRSS")
        })
    });
    let spent = place.deliver();
    let held = watcher.join().unwrap();
    let told: Vec<String> =
        marks.iter().zip(held).map(|(mark, kb)| format!("{mark}: {:.1} MB", kb as f64 / 1024.0)).collect();
    println!(
        "memory over {messages} messages: before {:.1} MB; {} ({:.0}/s)",
        before as f64 / 1024.0,
        told.join(", "),
        messages as f64 / spent
    );
}

fn describe(config: &mut Config, adapter: &str, port: u16) {
    let url = format!("http://127.0.0.1:{port}");
    let (named, ordered) = (
        json!({ "duty/*": { "id": "1", "params": { "name": "to" } } }),
        json!({ "duty/*": { "id": "1", "params": ["to"] } }),
    );
    let terms = json!({ "price_hao": 450, "quotas": [
        { "per": "number", "window": "natural_day", "limit": 40 },
        { "per": "number_and_template", "window": { "rolling_seconds": 86400 }, "limit": 50 },
        { "per": "signature", "window": { "rolling_seconds": 86400 }, "limit": 100_000_000 },
    ] });
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

/// The first person who is told.
const FIRST: usize = 1001;

/// As many people with a phone, each of whom owes a call today.
fn owe(fresh: &Fresh, count: usize) {
    let (vault, at) = (&fresh.app.vault, now().utc().format("%F %T").to_string());
    let numbers: Vec<usize> = (0..count).collect();
    for part in numbers.chunks(1000) {
        let rows: Vec<String> = part
            .iter()
            .map(|number| {
                let phone = format!("139{number:08}");
                let (sealed, index) =
                    (vault.seal(Purpose::Phone, &phone).unwrap(), vault.index(Purpose::Phone, &phone));
                let id = FIRST + number;
                format!("({id}, 'person', 'male', '990101100201', '{sealed}', '{index}', 'unverified', '{at}', '{at}')")
            })
            .collect();
        fresh.sql(&format!(
            "INSERT INTO people (id, name, sex, area_code, phone_sealed, phone_index, phone_state, created_at, updated_at)
               VALUES {}",
            rows.join(", ")
        ));
    }
    fresh.sql(&format!(
        "INSERT INTO duties (kind, subject_kind, subject_id, area_code, owed_by_person_id, owed_key, due_at, opened_at)
           SELECT 'contact_child', 'contact_obligation', id, area_code, id, 'person:' || id, created_at, created_at
           FROM people WHERE id >= {FIRST}"
    ));
    fresh.sql("ANALYZE");
}

/// So many messages handed over in the 23 hours before, to 50 000 numbers.
fn a_day_before(fresh: &Fresh, kind: Kind, attempts: usize) {
    if attempts == 0 {
        return;
    }
    let at = match kind {
        Kind::Sqlite => "datetime('2026-03-01 02:00:00', '+' || (i % 1380) || ' minutes')",
        Kind::Postgresql => "TIMESTAMP '2026-03-01 02:00:00' + (i % 1380) * INTERVAL '1 minute'",
    };
    fresh.sql(&format!(
        "INSERT INTO messages (id, occasion_key, template, urgency, data_sealed, state, not_before, created_at)
           VALUES (1, 'before', 'reminders', 'routine', '', 'delivered', '2026-03-01 02:00:00', '2026-03-01 02:00:00');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {attempts})
         INSERT INTO attempts (message_id, number, channel, gateway, to_index, state, segments, form, traffic, cost_hao, started_at)
           SELECT 1, i, 'sms', 'aliyun', 'before' || (i % 50000), 'delivered', 1, 'duty/*', 'notice', 450, {at} FROM n;
         INSERT INTO gateway_minutes (gateway, minute, traffic, messages)
           SELECT gateway, started_at, traffic, COUNT(*) FROM attempts GROUP BY 1, 2, 3;"
    ));
    // The next id of the engine's own.
    if kind == Kind::Postgresql {
        fresh.sql("SELECT setval(pg_get_serial_sequence('messages', 'id'), 1); ANALYZE attempts, gateway_minutes");
    }
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
