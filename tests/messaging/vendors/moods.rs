//! Every mood of every vendor: three people are to be told, the vendor meets one of the three with the mood, and in the
//! end nobody is told twice and nobody is forgotten.

use std::collections::BTreeMap;

use diesel::prelude::*;
use xiangban::duties::{DutyKind, Owed};
use xiangban::messaging::journey::State;
use xiangban::storage::Conn;
use xiangban::storage::schema::messages;

use super::post_with;
use super::standin::{ALL, Mood, Standin, Vendor};
use crate::messaging::gateway::{Post, duty};
use crate::support::{Engine, TestApp};

/// What comes of it.
struct Case {
    mood: Mood,
    /// Requests in all.
    asked: usize,
    /// Taken by the vendor.
    taken: usize,
    /// Went on by e-mail.
    by_email: usize,
    /// Nobody knows, and nobody sends it again.
    unknown: usize,
}

const CASES: [Case; 7] = [
    Case { mood: Mood::RateLimit, asked: 4, taken: 3, by_email: 0, unknown: 0 },
    Case { mood: Mood::Unavailable, asked: 4, taken: 3, by_email: 0, unknown: 0 },
    Case { mood: Mood::Balance, asked: 4, taken: 3, by_email: 0, unknown: 0 },
    Case { mood: Mood::TemplateRefused, asked: 3, taken: 2, by_email: 1, unknown: 0 },
    Case { mood: Mood::NumberRefused, asked: 3, taken: 2, by_email: 1, unknown: 0 },
    Case { mood: Mood::Silent, asked: 3, taken: 3, by_email: 0, unknown: 1 },
    Case { mood: Mood::Garbage, asked: 3, taken: 3, by_email: 0, unknown: 1 },
];

/// Id, state and channel of the three messages.
fn told(post: &Post) -> Vec<(i64, State, Option<String>)> {
    let read = |conn: &mut Conn| {
        Ok(messages::table
            .filter(messages::template.eq("reminders"))
            .order(messages::id)
            .select((messages::id, messages::state, messages::channel))
            .load(conn)?)
    };
    post.t.app.store.read(read).unwrap()
}

/// How often the vendor took each message: by the id in the reference (`mark.m17-2`).
fn taken(standin: &Standin) -> BTreeMap<i64, usize> {
    let mut times = BTreeMap::new();
    for one in standin.taken() {
        let own = one.reference.rsplit('.').next().unwrap();
        let id = own.trim_start_matches('m').split('-').next().unwrap().parse().unwrap();
        *times.entry(id).or_default() += 1;
    }
    times
}

async fn play(engine: Engine, vendor: Vendor, case: &Case) {
    let what = format!("{engine:?} {vendor:?} {:?}", case.mood);
    let (t, standin) = (TestApp::new(engine), Standin::start(vendor).await);
    let c = t.county();
    let post = post_with(t, &[&standin]);
    standin.moods([case.mood]);
    for (subject, person) in (1..).zip([c.father, c.mother, c.grandmother]) {
        post.owe(&duty(DutyKind::ContactChild, c.child, subject, Owed::Person(person), post.t.now()));
    }
    // Less than the two hours after which the missing receipts would send everything on.
    for _ in 0..10 {
        post.work().await;
        post.t.pass_minutes(11);
    }
    let (told, taken) = (told(&post), taken(&standin));
    assert_eq!(told.len(), 3, "{what}");
    assert!(taken.values().all(|times| *times == 1), "{what}: twice: {taken:?}");
    let mut unknown = 0;
    let mut by_email = 0;
    for (id, state, channel) in &told {
        match (taken.contains_key(id), channel.as_deref(), state) {
            (true, Some("sms"), State::Accepted) => {}
            (true, Some("sms"), State::Unknown) => unknown += 1,
            (false, Some("email"), State::Accepted | State::Delivered) => by_email += 1,
            other => panic!("{what}: message {id} is lost or doubled: {other:?}"),
        }
    }
    let came = (standin.asked(), taken.len(), by_email, unknown);
    assert_eq!(came, (case.asked, case.taken, case.by_email, case.unknown), "{what}");
    assert_eq!(standin.forged(), 0, "{what}");
}

async fn play_all(engine: Engine) {
    for vendor in ALL {
        for case in &CASES {
            play(engine, vendor, case).await;
        }
    }
}

#[actix_web::test]
async fn no_mood_of_a_vendor_loses_or_doubles_a_message_sqlite() {
    play_all(Engine::Sqlite).await;
}

#[actix_web::test]
async fn no_mood_of_a_vendor_loses_or_doubles_a_message_postgresql() {
    play_all(Engine::Postgresql).await;
}
