//! Names, numbers and words are planted over the API, then looked for wherever they must not be readable.
//!
//! In clear, and only there, stand the names of people and children in their own tables: lists are sorted and searched by
//! them. (docs/security.md tells what that means for a leaked database.)

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use actix_web::http::Method;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::{Value, json};
use uuid::Uuid;
use xiangban::answers::MEANINGS;
use xiangban::messaging;
use xiangban::storage::backup::{self, Lock};
use xiangban::storage::{Conn, Engine};

use crate::on_both;
use crate::support::{County, TestApp, VILLAGE, VILLAGE_B, made_up_number};

const CHILD: &str = "漏小鱼";
const FATHER: &str = "漏大江";
const REPORTER: &str = "漏报信";
const FAMILY_PHONE: &str = "13955512301";
const CHILD_PHONE: &str = "13955512302";
const REPORTER_PHONE: &str = "13955512303";
const ASKED_PHONE: &str = "13955512304";
/// Stands in every free text, so that one search finds them all.
const WORDS: &str = "瓮中捉鳖";
const WRONG: &str = "13955512399x";

fn numbers() -> [String; 2] {
    [made_up_number("20170412", 124), made_up_number("19880303", 117)]
}

/// Everything that the program says while tests run.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static HEARD: LazyLock<Heard> = LazyLock::new(|| {
    let heard = Heard::default();
    let to = heard.clone();
    let filter = tracing_subscriber::EnvFilter::new("xiangban=trace,actix=debug,reqwest=debug,info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || to.clone()).try_init().unwrap();
    heard
});

pub(super) async fn plant(t: &TestApp, c: &County) {
    let [child_number, father_number] = numbers();
    let text = |what: &str| format!("{what}：{WORDS}，{FATHER}，电话{FAMILY_PHONE}");
    let director = t.as_person(c.director);
    let supervisor = t.as_person(c.supervisor);

    // Refused ones too: what is wrong is not to be found in a log.
    let wrong = json!({"village_code": VILLAGE, "child": {"name": CHILD, "sex": "female", "birth_date": "2017-04-12",
        "identity_number": format!("{child_number}9"), "phone": WRONG, "remark": WORDS}});
    t.post(&director, "/children", wrong).await.problem(422);
    t.post(&director, "/children", json!({"name": CHILD, "phone": CHILD_PHONE})).await.problem(400);
    t.get(&director, &format!("/children?name={CHILD_PHONE}")).await;
    t.get(&director, &format!("/children/{CHILD_PHONE}")).await;

    let body = json!({
        "village_code": VILLAGE, "address": text("住址"),
        "child": {"name": CHILD, "sex": "female", "birth_date": "2017-04-12", "identity_number": child_number,
            "phone": CHILD_PHONE, "remark": text("备注")},
        "members": [{
            "person": {"name": FATHER, "sex": "male", "birth_date": "1988-03-03", "phone": FAMILY_PHONE, "identity_number": father_number},
            "member": {"kin": "father", "holds_guardianship": true}
        }]
    });
    let key = [("idempotency-key", "plant-1")];
    let record = t.call(&director, Method::POST, "/children", Some(body.clone()), &key).await.expect(201);
    assert_eq!(t.call(&director, Method::POST, "/children", Some(body), &key).await.expect(201)["id"], record["id"]);
    let id = record["id"].as_i64().unwrap();
    let version = async || {
        let seen = t.get(&director, &format!("/children/{id}")).await.expect(200);
        (format!("\"{}\"", seen["version"]), seen)
    };
    let change = async |method: Method, path: String, body: Value| {
        let (version, _) = version().await;
        t.call(&director, method, &path, Some(body), &[("if-match", &version)]).await
    };
    change(
        Method::POST,
        format!("/children/{id}/circumstances"),
        json!({"kind": "domestic_violence", "since": "2026-01-05", "evidence": text("依据")}),
    )
    .await
    .expect(200);
    change(Method::PUT, format!("/children/{id}/health"), json!({"illness": text("病情"), "mind": text("心理")}))
        .await
        .expect(200);
    let reveal = json!({"purpose": text("用途")});
    let shown = t.post(&director, &format!("/children/{id}/numbers"), reveal).await.expect(200);
    assert_eq!(shown["identity_number"], child_number, "what is looked for was really planted");
    let (_, seen) = version().await;
    let household = &seen["household"]["id"];
    t.put(&director, &format!("/households/{household}/contact-cadence"), json!({"days": 14, "reason": text("缘由")}))
        .await
        .expect(204);
    t.post(&t.as_person(c.administrator), "/hiv-readers", json!({"person_id": c.supervisor, "area_code": VILLAGE}))
        .await
        .expect(201);
    t.put(&supervisor, &format!("/children/{id}/hiv-status"), json!({"status": "positive", "since": "2025-05-05"}))
        .await
        .expect(204);

    let report = json!({
        "client_uuid": Uuid::new_v4(), "situations": ["suspected_violence"], "narrative": text("情况"),
        "area_code": VILLAGE, "child_words": CHILD, "place_words": text("地点"), "reporter_role": "neighbour",
        "reporter_name": REPORTER, "reporter_phone": REPORTER_PHONE
    });
    t.post(&t.stranger(), "/public/reports", report).await.expect(201);
    let open = t.get(&supervisor, "/reports").await.expect(200)["items"][0]["id"].clone();
    t.get(&supervisor, &format!("/reports/{open}")).await.expect(200);
    t.post(&supervisor, &format!("/reports/{open}/reporter-openings"), json!({"reason": text("理由")}))
        .await
        .expect(200);

    let volunteer = json!({"area_code": VILLAGE, "skills": ["tutoring"], "load_wish": 2, "words": text("自述")});
    t.post(&t.as_person(c.volunteer), "/me/volunteer-application", volunteer).await.expect(201);

    t.post(&t.stranger(), "/sign-in-codes", json!({"phone": FAMILY_PHONE})).await.expect(204);
    t.post(&t.stranger(), "/sign-in-codes", json!({"phone": ASKED_PHONE})).await.expect(204);
    let guess = json!({"method": "sms_code", "phone": FAMILY_PHONE, "code": "000000"});
    t.post(&t.stranger(), "/sessions", guess).await.problem(401);
    change(Method::POST, format!("/children/{id}/transfers"), json!({"to_village": VILLAGE_B, "reason": text("迁移")}))
        .await
        .expect(201);
    t.pass_days(1);
    for job in xiangban::timetable::JOBS {
        (job.run)(&t.app, t.now()).unwrap();
    }
    for _ in 0..2 {
        messaging::round(&t.app, "test", MEANINGS, &|| true).await.unwrap();
    }
}

/// All that each table holds, as text.
fn tables(t: &TestApp) -> BTreeMap<String, String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Nullable<Text>)]
        text: Option<String>,
    }
    let lines = |conn: &mut Conn, sql: &str| -> Vec<String> {
        diesel::sql_query(sql).load::<Line>(conn).unwrap().into_iter().filter_map(|line| line.text).collect()
    };
    t.app
        .store
        .read(|conn| {
            let postgres = matches!(conn, Conn::Postgres(_));
            let names = lines(
                conn,
                if postgres {
                    "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public'"
                } else {
                    "SELECT name AS text FROM sqlite_master WHERE type = 'table'"
                },
            );
            Ok(names
                .into_iter()
                .map(|name| {
                    let rows = if postgres {
                        lines(conn, &format!("SELECT t::text AS text FROM {name} t"))
                    } else {
                        let columns = lines(conn, &format!("SELECT name AS text FROM pragma_table_info('{name}')"));
                        let values: Vec<_> = columns.iter().map(|column| format!("coalesce({column}, '')")).collect();
                        lines(conn, &format!("SELECT {} AS text FROM {name}", values.join(" || '|' || ")))
                    };
                    (name, rows.join("\n"))
                })
                .collect())
        })
        .unwrap()
}

fn raw_files(t: &TestApp) -> Vec<u8> {
    let mut bytes = Vec::new();
    if t.app.store.engine() == Engine::Sqlite {
        for ending in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{}{ending}", t.app.store.url())).unwrap_or_default());
        }
        assert!(contains(&bytes, CHILD), "the file is really the database");
    }
    bytes
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

on_both! {
    async fn what_was_planted_is_readable_nowhere_but_names_in_their_tables(t: TestApp) {
        LazyLock::force(&HEARD);
        let c = t.county();
        plant(&t, &c).await;
        let [child_number, father_number] = numbers();
        let secret = [&child_number, &father_number, FAMILY_PHONE, CHILD_PHONE, REPORTER_PHONE, ASKED_PHONE, WRONG, WORDS, REPORTER];
        let names = [CHILD, FATHER];
        let mut open = Vec::new();

        let tables = tables(&t);
        assert!(tables["people"].contains(FATHER) && tables["children"].contains(CHILD), "the search finds what is there");
        for (table, text) in &tables {
            open.extend(secret.iter().filter(|text_of| text.contains(**text_of)).map(|found| format!("{found} in {table}")));
            if table != "people" && table != "children" {
                open.extend(names.iter().filter(|name| text.contains(**name)).map(|found| format!("{found} in {table}")));
            }
        }
        let files = raw_files(&t);
        open.extend(secret.iter().filter(|text| contains(&files, text)).map(|found| format!("{found} in the file")));

        let file = t.folder().join("planted.backup");
        backup::make(&t.app.store, &file, Some(Lock::Keys(&t.app.vault))).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        open.extend(secret.iter().chain(&names).filter(|text| contains(&bytes, text)).map(|found| format!("{found} in the backup")));

        let heard = HEARD.0.lock().unwrap().clone();
        assert!(heard.len() > 100, "the log is really listened to");
        open.extend(secret.iter().chain(&names).filter(|text| contains(&heard, text)).map(|found| format!("{found} in the log")));
        assert!(open.is_empty(), "\n{}", open.join("\n"));
    }
}
