//! The program is killed while it seals, again and again: at the end each agreement is sealed exactly once.

use std::time::{Duration, Instant as Stopwatch};

use diesel::prelude::*;
use serde_json::Value;
use xiangban::children::tie_person;
use xiangban::identity::{NewPerson, Sex, TieKind, add_person};
use xiangban::papers::PaperState;
use xiangban::storage::schema::{agreement_papers, audit_events, children};

use super::program::Program;
use crate::api::guardianship::papers::{t_check, weight};
use crate::api::guardianship::{Village, path, village_of};
use crate::support::{County, Engine, TestApp, VILLAGE};

const AGREEMENTS: i64 = 14;
const ROUNDS: usize = 5;

/// A sibling with a carer of its own.
fn another_child(t: &TestApp, c: &County, number: i64) -> County {
    let now = t.now();
    let born = chrono::NaiveDate::from_ymd_opt(1960, 1, 1).unwrap();
    let carer = NewPerson {
        name: format!("赵桂兰{number}"),
        sex: Sex::Female,
        birth_date: Some(born),
        area_code: Some(VILLAGE.into()),
        phone: Some(format!("1391111{number:04}")),
        identity_number: None,
        email: None,
        language: None,
        can_read: true,
    };
    let made = t.app.store.write(|tx| {
        let grandmother = add_person(tx, &t.app.vault, now, &carer)?;
        let child: i64 = diesel::insert_into(children::table)
            .values((
                children::household_id.eq(c.household),
                children::name.eq(format!("王小雨{number}")),
                children::sex.eq(Sex::Female),
                children::birth_date.eq(born + chrono::Months::new(57 * 12)),
                children::village_code.eq(VILLAGE),
                children::confirmed_at.eq(now),
                children::created_at.eq(now),
                children::updated_at.eq(now),
            ))
            .returning(children::id)
            .get_result(tx)?;
        tie_person(tx, now, child, TieKind::Parent, c.father)?;
        tie_person(tx, now, child, TieKind::Parent, c.mother)?;
        Ok((grandmother, child))
    });
    let (grandmother, child) = made.unwrap();
    County { grandmother, child, ..c.clone() }
}

/// A village with that many agreements in force, none of them sealed.
async fn in_force(t: &TestApp) -> (County, Vec<Value>) {
    let c = t.county();
    let mut agreements = Vec::new();
    for number in 0..AGREEMENTS {
        let county = another_child(t, &c, number);
        agreements.push(village_of(t, &county).in_force().await);
    }
    (c, agreements)
}

fn sealed(t: &TestApp) -> i64 {
    let done = agreement_papers::table.filter(agreement_papers::state.ne(PaperState::Due)).count();
    t.app.store.read(|conn| Ok(done.get_result(conn)?)).unwrap()
}

fn wait_for(t: &TestApp, at_least: i64, longest: Duration) {
    let watch = Stopwatch::now();
    while sealed(t) < at_least {
        assert!(watch.elapsed() < longest, "{} of {at_least} sealed after {longest:?}", sealed(t));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn killed_while_sealing(engine: Engine) {
    let t = TestApp::with(engine, |config| {
        config.identity.codes_per_minute = 1_000;
        config.identity.codes_per_hour = 1_000;
        config.identity.codes_per_day = 1_000;
        config.identity.codes_per_address_per_hour = 1_000;
    });
    let system = actix_web::rt::System::new();
    let (county, agreements) = system.block_on(in_force(&t));
    let in_folder = |name: &str| t.folder().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("XIANGBAN__PAPERS__SEAL_KEY", in_folder("seal/key.pem")),
        ("XIANGBAN__PAPERS__SEAL_CHAIN", in_folder("seal/chain.pem")),
        ("XIANGBAN__SCHEDULER__TICK_SECONDS", "1".to_owned()),
        ("XIANGBAN__SCHEDULER__LEASE_SECONDS", "1".to_owned()),
    ];
    for _ in 0..ROUNDS {
        let before = sealed(&t);
        let program = Program::start(&t, &["work"], &settings);
        wait_for(&t, before + 1, Duration::from_secs(120));
        // Somewhere in the next papers: while one is gathered, typeset, sealed, or kept.
        std::thread::sleep(Duration::from_millis(rand::random::<u64>() % 900));
        program.kill();
    }
    let before_the_last = sealed(&t);
    assert!(before_the_last < AGREEMENTS, "all were sealed before the last kill: the test proves less than it says");
    let last = Program::start(&t, &["work"], &settings);
    wait_for(&t, AGREEMENTS, Duration::from_secs(300));
    assert!(last.terminate(), "the worker ends cleanly");
    system.block_on(each_is_sealed_once(&Village { t: &t, c: county }, &agreements));
    let left: Vec<_> =
        std::fs::read_dir(t.folder().join("seal")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "half a file: {left:?}");
}

async fn each_is_sealed_once(v: &Village<'_>, agreements: &[Value]) {
    for agreement in agreements {
        let evidence = v.t.get(&v.director(), &path(agreement, "evidence")).await.expect(200);
        let events = evidence["events"].as_array().unwrap();
        assert_eq!(events.iter().filter(|event| event["kind"] == "sealed").count(), 1, "{}", agreement["id"]);
        let chain = v.t.get(&v.director(), &path(agreement, "evidence/verification")).await.expect(200);
        assert_eq!(chain["holds"], true, "{chain}");
        let paper = v.t.get(&v.director(), &path(agreement, "document.pdf?form=sealed")).await.bytes;
        let verdict = t_check(v.t, paper).await;
        assert_eq!((verdict["holds"].as_bool(), weight(&verdict, "known")), (Some(true), "ok"), "{verdict}");
        let id = agreement["id"].as_i64().unwrap();
        let noted = audit_events::table
            .filter(audit_events::action.eq("agreement.sealed"))
            .filter(audit_events::subject_id.eq(id))
            .count();
        let noted: i64 = v.t.app.store.read(|conn| Ok(noted.get_result(conn)?)).unwrap();
        assert_eq!(noted, 1);
    }
}

#[test]
fn a_worker_killed_while_it_seals_leaves_each_agreement_sealed_exactly_once_sqlite() {
    killed_while_sealing(Engine::Sqlite);
}

#[test]
fn a_worker_killed_while_it_seals_leaves_each_agreement_sealed_exactly_once_postgresql() {
    killed_while_sealing(Engine::Postgresql);
}
