//! Every duty has its record and every record its duty, whatever people do and in whatever order.

use actix_web::http::Method;
use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::contact;
use xiangban::demo;
use xiangban::duties::{ClosedHow, Difference, DutyKind};
use xiangban::reconcile::{self, ROOMS};
use xiangban::storage::schema::{duties, messages};
use xiangban::timetable::JOBS;

use crate::on_both;
use crate::support::{County, Engine, TestApp, VILLAGE, VILLAGE_B};

fn found(t: &TestApp) -> Vec<Difference> {
    let today = t.today();
    t.app.store.on_snapshot(|conn| reconcile::differences(conn, today)).unwrap()
}

/// The next day, after all jobs of the night but the one that looks.
fn a_night(t: &TestApp) {
    t.pass_days(1);
    for job in JOBS.iter().filter(|job| job.name != "reconcile") {
        (job.run)(&t.app, t.now()).unwrap();
    }
}

/// Things that people do; each may be refused, and then changes nothing.
struct Walk<'a> {
    t: &'a TestApp,
    c: County,
    children: Vec<i64>,
}

impl Walk<'_> {
    async fn new_child(&mut self, n: u64) {
        let body = json!({
            "village_code": VILLAGE, "household_id": self.c.household,
            "child": { "name": format!("王小{n}"), "sex": "female", "birth_date": format!("20{:02}-03-0{}", 9 + n % 14, 1 + n % 9) }
        });
        let reply = self.t.post(&self.t.as_person(self.c.director), "/children", body).await;
        if reply.status == 201 {
            self.children.push(reply.body["id"].as_i64().unwrap());
        }
    }

    async fn change(&self, who: i64, method: Method, child: i64, path: &str, body: Value) {
        let seen = self.t.get(&self.t.as_person(self.c.supervisor), &format!("/children/{child}")).await;
        let version = seen.etag.unwrap_or_default();
        let path = format!("/children/{child}{path}");
        self.t.call(&self.t.as_person(who), method, &path, Some(body), &[("if-match", &version)]).await;
    }

    async fn first(&self, who: i64, path: &str) -> Option<Value> {
        let reply = self.t.get(&self.t.as_person(who), path).await;
        let items = if reply.body.is_array() { reply.body } else { reply.body["items"].clone() };
        items.get(0).cloned()
    }

    async fn step(&mut self, draw: u64) {
        let (t, c) = (self.t, self.c.clone());
        let child = self.children[draw as usize / 16 % self.children.len()];
        let parent = if draw.is_multiple_of(3) { c.mother } else { c.father };
        match draw % 16 {
            0 => self.new_child(draw).await,
            1 => self.change(c.director, Method::PUT, child, "/exit", json!({ "reason": "other" })).await,
            2 => self.change(c.supervisor, Method::DELETE, child, "/exit", Value::Null).await,
            3 => {
                let body = json!({ "to_village": VILLAGE_B, "reason": "随外婆居住" });
                self.change(c.director, Method::POST, child, "/transfers", body).await;
            }
            4 | 5 => {
                let Some(transfer) = self.first(c.director_b, "/transfers?state=proposed").await else { return };
                let how = if draw.is_multiple_of(2) { "acceptance" } else { "refusal" };
                let body = (how == "refusal").then(|| json!({ "why": "查无此户" }));
                let path = format!("/transfers/{}/{how}", transfer["id"]);
                t.call(&t.as_person(c.director_b), Method::PUT, &path, body, &[]).await;
            }
            6..=8 => {
                let Some(owed) = self.first(parent, "/me/contact-obligations").await else { return };
                let body = json!({
                    "client_uuid": uuid::Uuid::new_v4(), "obligation_id": owed["id"], "kind": "call",
                    "with_child": true, "with_carer": true, "happened_on": t.today()
                });
                t.post(&t.as_person(parent), "/contacts", body).await;
            }
            9 => {
                let now = t.now();
                t.app.store.write(|tx| contact::number_failed(tx, &t.app, now, parent)).unwrap();
            }
            10 => {
                let Some(search) = self.first(c.director, "/number-searches").await else { return };
                let path = format!("/number-searches/{}/number", search["id"]);
                let phone = format!("1391234{:04}", draw % 10_000);
                t.put(&t.as_person(c.director), &path, json!({ "phone": phone })).await;
            }
            11 => {
                let body = json!({
                    "client_uuid": uuid::Uuid::new_v4(), "situations": ["other_danger"], "narrative": "孩子独自在家",
                    "area_code": VILLAGE, "reporter_role": "village"
                });
                t.post(&t.as_person(c.director), "/reports", body).await;
            }
            12 => {
                let Some(report) = self.first(c.supervisor, "/reports?state=received").await else { return };
                let who = t.as_person(if draw.is_multiple_of(2) { c.supervisor } else { c.police });
                t.call(&who, Method::PUT, &format!("/reports/{}/acceptance", report["id"]), None, &[]).await;
            }
            13 => {
                let Some(missed) = self.first(c.director, "/missed-contacts").await else { return };
                let path = format!("/missed-contacts/{}/settlement", missed["id"]);
                t.put(&t.as_person(c.director), &path, json!({ "outcome": "could_not_reach" })).await;
            }
            _ => {
                for _ in 0..(1 + draw / 16 % 5) {
                    a_night(t);
                }
            }
        }
    }
}

async fn walk(engine: Engine, seed: u64, steps: u64) {
    let t = TestApp::new(engine);
    let c = t.county();
    let confirmation = format!("/children/{}/confirmation", c.child);
    t.call(&t.as_person(c.director), Method::PUT, &confirmation, None, &[("if-match", "\"1\"")]).await.expect(200);
    let mut walk = Walk { t: &t, children: vec![c.child], c };
    a_night(&t);
    assert_eq!(found(&t), [], "seed {seed} at the start");
    let mut draw = seed;
    for step in 0..steps {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        walk.step(draw >> 33).await;
        assert_eq!(found(&t), [], "seed {seed}, step {step}, at once after {}", (draw >> 33) % 16);
        a_night(&t);
        assert_eq!(found(&t), [], "seed {seed}, step {step}, what {}", (draw >> 33) % 16);
    }
}

#[actix_web::test]
async fn whatever_people_do_the_night_finds_no_difference() {
    for seed in 1..=3 {
        walk(Engine::Sqlite, seed, 25).await;
    }
    walk(Engine::Postgresql, 4, 15).await;
}

#[actix_web::test]
async fn the_demo_county_has_no_difference_by_day_and_after_a_night() {
    let t = TestApp::new(Engine::Sqlite);
    demo::load(&t.app, t.now(), |_| {}).unwrap();
    a_night(&t);
    assert_eq!(found(&t), []);
}

on_both! {
    async fn a_planted_difference_is_found_and_the_county_hears_of_it(t: TestApp) {
        let c = t.county();
        let body = json!({
            "client_uuid": uuid::Uuid::new_v4(), "situations": ["other_danger"], "narrative": "孩子独自在家",
            "area_code": VILLAGE, "reporter_role": "village"
        });
        t.post(&t.as_person(c.director), "/reports", body).await.expect(201);
        let before = found(&t);
        let now = t.now();
        t.app.store.write(|tx| {
            let one: i64 = duties::table.filter(duties::kind.eq(DutyKind::AcceptReport)).select(duties::id).first(tx)?;
            diesel::update(duties::table.find(one))
                .set((duties::closed_at.eq(now), duties::closed_how.eq(ClosedHow::Met))).execute(tx)?;
            diesel::insert_into(duties::table).values((
                duties::kind.eq(DutyKind::VerifyPhone), duties::subject_kind.eq("person"), duties::subject_id.eq(c.passer),
                duties::area_code.eq(VILLAGE), duties::owed_by_person_id.eq(c.passer),
                duties::owed_key.eq(format!("person:{}", c.passer)), duties::due_at.eq(now), duties::opened_at.eq(now),
            )).execute(tx)?;
            Ok(())
        }).unwrap();
        let after = found(&t);
        let planted: Vec<&Difference> = after.iter().filter(|difference| !before.contains(difference)).collect();
        assert!(matches!(planted[..], [
            Difference::Missing { kind: DutyKind::AcceptReport, .. } | Difference::Stray { kind: DutyKind::VerifyPhone, .. },
            Difference::Missing { kind: DutyKind::AcceptReport, .. } | Difference::Stray { kind: DutyKind::VerifyPhone, .. },
        ]), "{planted:?}");
        assert_eq!(reconcile::run(&t.app, now).unwrap(), after.len());
        reconcile::run(&t.app, now).unwrap();
        let told: Vec<Option<i64>> = t.app.store.read(|conn| Ok(messages::table
            .filter(messages::template.eq("notice/duties_differ")).select(messages::person_id).load(conn)?)).unwrap();
        assert_eq!(told, [Some(c.administrator)], "once a night");
    }
}

#[test]
fn every_kind_of_duty_is_derived_by_one_room() {
    for kind in DutyKind::ALL {
        let rooms: Vec<&str> = ROOMS.iter().filter(|room| room.kinds.contains(kind)).map(|room| room.name).collect();
        assert_eq!(rooms.len(), 1, "{kind} is derived by {rooms:?}: see src/reconcile.rs");
    }
}
