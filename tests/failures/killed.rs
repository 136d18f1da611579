use std::collections::BTreeMap;
use std::time::{Duration, Instant as Stopwatch};

use diesel::prelude::*;
use serde_json::json;
use xiangban::clock::Clock;
use xiangban::messaging::journey::State;
use xiangban::messaging::{NewMessage, Recipient, Urgency, post};
use xiangban::storage::schema::messages;

use super::gateway::RecordingGateway;
use super::program::{Program, gateway_file};
use crate::support::{Engine, TestApp};

const MESSAGES: usize = 600;

/// Queues messages that say a number each; the program reads the real clock, so they are due now.
fn queue(t: &TestApp) {
    let now = Clock::System.now();
    t.app
        .store
        .write(|tx| {
            for n in 0..MESSAGES {
                let new = NewMessage {
                    occasion_key: format!("test:{n}"),
                    to: Recipient::Phone(format!("139{n:08}")),
                    template: "code/sign_in".into(),
                    urgency: Urgency::Asked,
                    data: json!({"code": format!("{n:06}"), "minutes": "30"}),
                    child_id: None,
                    area_code: None,
                    not_before: now,
                    expires_at: Some(now.plus_hours(1)),
                };
                post(tx, &t.app.vault, now, &new)?;
            }
            Ok(())
        })
        .unwrap();
}

fn states(t: &TestApp) -> BTreeMap<State, usize> {
    let all: Vec<State> = t.app.store.read(|conn| Ok(messages::table.select(messages::state).load(conn)?)).unwrap();
    all.into_iter().fold(BTreeMap::new(), |mut count, state| {
        *count.entry(state).or_default() += 1;
        count
    })
}

fn open(t: &TestApp) -> usize {
    let states = states(t);
    states.get(&State::Queued).unwrap_or(&0) + states.get(&State::Sending).unwrap_or(&0)
}

fn wait_until_all_is_settled(t: &TestApp) {
    let watch = Stopwatch::now();
    while open(t) > 0 {
        assert!(watch.elapsed() < Duration::from_secs(60), "still open: {:?}", states(t));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Nothing twice, nothing lost: what the gateway did not get is unknown, for a person to settle.
fn nothing_twice_nothing_lost(t: &TestApp, gateway: &RecordingGateway, most_unknown: usize) {
    let received = gateway.received();
    let twice: Vec<_> = received.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "received twice: {twice:?}");
    let states = states(t);
    let unknown = *states.get(&State::Unknown).unwrap_or(&0);
    let accepted = *states.get(&State::Accepted).unwrap_or(&0);
    assert_eq!(accepted + unknown, MESSAGES, "{states:?}");
    assert!(
        received.len() >= accepted && received.len() + unknown >= MESSAGES,
        "{} received, {states:?}",
        received.len()
    );
    assert!(unknown <= most_unknown, "{unknown} unknown, at most {most_unknown} were in flight");
}

fn killed_at_random_moments(engine: Engine) {
    let t = TestApp::new(engine);
    let gateway = RecordingGateway::start(Duration::from_millis(120));
    let file = gateway_file(&t, gateway.port);
    let arguments = ["--config", file.to_str().unwrap(), "work"];
    queue(&t);
    let mut rounds = 0;
    for wait in [350, 430, 610, 390, 520, 470, 700, 560] {
        let program = Program::start(&t, &arguments, &[]);
        std::thread::sleep(Duration::from_millis(wait));
        program.kill();
        rounds += 1;
    }
    assert!(open(&t) > 0, "everything was sent before the last kill: the test proves less than it says");
    let last = Program::start(&t, &arguments, &[]);
    wait_until_all_is_settled(&t);
    assert!(last.terminate(), "the worker ends cleanly");
    nothing_twice_nothing_lost(&t, &gateway, rounds * 20);
}

fn two_workers(engine: Engine) {
    let t = TestApp::new(engine);
    let gateway = RecordingGateway::start(Duration::from_millis(5));
    let file = gateway_file(&t, gateway.port);
    let arguments = ["--config", file.to_str().unwrap(), "work"];
    queue(&t);
    let workers = [Program::start(&t, &arguments, &[]), Program::start(&t, &arguments, &[])];
    wait_until_all_is_settled(&t);
    for worker in workers {
        assert!(worker.terminate());
    }
    nothing_twice_nothing_lost(&t, &gateway, 0);
}

#[test]
fn a_worker_killed_again_and_again_sends_nothing_twice_and_loses_nothing_sqlite() {
    killed_at_random_moments(Engine::Sqlite);
}

#[test]
fn a_worker_killed_again_and_again_sends_nothing_twice_and_loses_nothing_postgresql() {
    killed_at_random_moments(Engine::Postgresql);
}

#[test]
fn two_workers_share_the_queue_sqlite() {
    two_workers(Engine::Sqlite);
}

#[test]
fn two_workers_share_the_queue_postgresql() {
    two_workers(Engine::Postgresql);
}
