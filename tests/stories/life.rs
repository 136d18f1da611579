//! Time in a story: the clock goes from job to job, the worker does its rounds, people act in between.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::Value;
use xiangban::answers::MEANINGS;
use xiangban::clock::Instant;
use xiangban::crypto::Purpose;
use xiangban::duties::Difference;
use xiangban::identity::Person;
use xiangban::messaging::inbound::{Kind, Raw, keep};
use xiangban::messaging::route::ChannelKind;
use xiangban::messaging::templates::Templates;
use xiangban::messaging::{PostOffice, round};
use xiangban::scheduler::run_due;
use xiangban::storage::schema::{calls, messages, people};
use xiangban::storage::transfer::fingerprints;
use xiangban::timetable::JOBS;
use xiangban::{children, contact, duties, guardianship, protection, volunteers};

use super::phones::Phones;
use crate::support::{Reply, TestApp};

/// When the worker looks in on a day: after each job of the night, when the quiet hours end, in the morning, in the evening.
const ROUNDS: [&str; 8] = ["00:15", "00:25", "00:45", "01:15", "08:00", "09:00", "20:00", "23:00"];

/// A place that lives from day to day.
pub struct Life {
    pub t: TestApp,
    pub phones: Phones,
    /// Who had which number or address, once they had it.
    names: RefCell<BTreeMap<String, String>>,
    calls: RefCell<Vec<(Instant, String)>>,
}

impl Life {
    pub fn new(mut t: TestApp) -> Self {
        let phones = Phones::default();
        let channels = [ChannelKind::Sms, ChannelKind::Email, ChannelKind::Wechat]
            .map(|kind| phones.gateway(kind, &t.app.store, &t.app.vault));
        let settings = PostOffice::settings_of(&t.app.config);
        t.app.office = Arc::new(PostOffice::with(Templates::shared("相伴").unwrap(), settings, channels.into()));
        Self { t, phones, names: RefCell::default(), calls: RefCell::default() }
    }

    /// Lets time pass until this moment (`03-09 12:10` of the story's year), with everything that happens by itself.
    pub async fn until(&self, moment: &str) {
        let end = self.moment(moment);
        assert!(end >= self.t.now(), "{moment} is over");
        let mut day = self.t.today();
        while day <= end.date() {
            for time in ROUNDS {
                let at = Instant::at_local(day, format!("{time}:00").parse().unwrap());
                if self.t.now() < at && at <= end {
                    self.t.clock.set(at);
                    self.work().await;
                    // What people did by day is true before the night, and what time brought is true after it.
                    if ["01:15", "23:00"].contains(&time) {
                        self.assert_reconciled();
                    }
                }
            }
            day = day.succ_opt().unwrap();
        }
        self.t.clock.set(end);
        self.work().await;
    }

    /// The program stands still until this moment; then the worker comes back.
    pub async fn stands_still_until(&self, moment: &str) {
        self.t.clock.set(self.moment(moment));
        self.work().await;
    }

    /// What the worker does when it wakes: jobs that are due, then messages until nothing moves.
    pub async fn work(&self) {
        self.learn_names();
        run_due(&self.t.app, JOBS, self.t.now()).unwrap();
        loop {
            let done = round(&self.t.app, "story", MEANINGS, &|| true).await.unwrap();
            if done.handed_over == 0 && done.interpreted == 0 {
                break;
            }
        }
        self.note_calls();
    }

    /// Somebody answers from a phone.
    pub async fn reply(&self, number: &str, text: &str) {
        let body = serde_json::json!({ "from": number, "text": text }).to_string();
        let raw = Raw { content_type: "application/json".into(), query: String::new(), body };
        let (vault, now, key) = (&self.t.app.vault, self.t.now(), uuid::Uuid::new_v4().to_string());
        self.t.app.store.write(|tx| keep(tx, vault, "sandbox", Kind::Reply, &key, &raw, now)).unwrap();
        self.work().await;
    }

    pub async fn get(&self, person: i64, path: &str) -> Value {
        self.t.get(&self.t.as_person(person), path).await.expect(200)
    }

    pub async fn post(&self, person: i64, path: &str, body: Value) -> Reply {
        self.t.post(&self.t.as_person(person), path, body).await
    }

    pub async fn put(&self, person: i64, path: &str, body: Value) -> Reply {
        self.t.put(&self.t.as_person(person), path, body).await
    }

    /// The records and the open duties agree, in every room.
    #[track_caller]
    pub fn assert_reconciled(&self) {
        let today = self.t.today();
        let found = self.t.app.store.read(|conn| {
            let mut found: Vec<Difference> = guardianship::differences(conn, today)?;
            let expected = children::duties::expected(conn)?;
            found.extend(duties::differences(conn, &children::duties::KINDS, expected)?);
            let expected = contact::duties::expected(conn)?;
            found.extend(duties::differences(conn, contact::duties::KINDS, expected)?);
            let expected = volunteers::duties::expected(conn)?;
            found.extend(duties::differences(conn, volunteers::duties::KINDS, expected)?);
            let expected = protection::report::duties::expected(conn)?;
            found.extend(duties::differences(conn, protection::report::duties::KINDS, expected)?);
            Ok(found)
        });
        assert_eq!(found.unwrap(), [], "on {today}");
    }

    /// Every job run once more changes nothing, and tells nobody anything.
    pub async fn assert_twice_changes_nothing(&self) {
        self.work().await;
        // Old counters go whenever a job comes by; nothing else may change by that either.
        let told = self.phones.received().len();
        let tidy = JOBS.iter().find(|job| job.name == "tidy").unwrap();
        (tidy.run)(&self.t.app, self.t.now()).unwrap();
        let before = self.contents();
        for job in JOBS {
            (job.run)(&self.t.app, self.t.now()).unwrap();
        }
        round(&self.t.app, "another", MEANINGS, &|| true).await.unwrap();
        let after = self.contents();
        let changed: Vec<_> = after.iter().filter(|(table, held)| before.get(*table) != Some(*held)).collect();
        assert!(changed.is_empty(), "on {}: {changed:?}", self.t.today());
        assert_eq!(self.phones.received().len(), told);
    }

    /// The story ends: nothing is left to be sent.
    pub async fn end(&self) {
        self.assert_reconciled();
        self.assert_twice_changes_nothing().await;
        let waiting: i64 = self
            .t
            .app
            .store
            .read(|conn| {
                let states = messages::state.eq_any(vec!["queued", "sending"]);
                Ok(messages::table.filter(states).count().get_result(conn)?)
            })
            .unwrap();
        assert_eq!(waiting, 0, "messages are left in the outbox");
    }

    /// What everybody received, a line each: when, who, by which way, which words. Codes differ from run to run and are
    /// crossed out.
    pub fn diary(&self) -> String {
        self.learn_names();
        let names = self.names.borrow();
        let mut lines: Vec<(Instant, String)> = self
            .phones
            .received()
            .into_iter()
            .map(|one| {
                let who = names.get(&one.to).cloned().unwrap_or(one.to);
                (one.at, format!("{who} {}  {}", way(one.channel), first_paragraphs(&one.text)))
            })
            .collect();
        lines.extend(self.calls.borrow().iter().cloned());
        lines.sort();
        let mut diary = String::new();
        for (at, line) in lines {
            diary.push_str(&format!("{} {line}\n", at.local().format("%m-%d %H:%M")));
        }
        let code = regex::Regex::new(r"(/l/|验证码|#|报告编号)[0-9A-Za-z-]+").unwrap();
        code.replace_all(&diary, "$1……").into_owned()
    }

    /// `03-09 12:10` in the year of the story, or a full date.
    fn moment(&self, text: &str) -> Instant {
        let full = if text.len() > "03-09 12:10".len() { text.to_owned() } else { format!("2026-{text}") };
        let (day, time) = full.split_once(' ').unwrap();
        Instant::at_local(day.parse::<NaiveDate>().unwrap(), format!("{time}:00").parse().unwrap())
    }

    fn contents(&self) -> BTreeMap<String, (u64, String)> {
        let tables = fingerprints(&self.t.app.store).unwrap();
        tables.into_iter().map(|one| (one.table, (one.rows, one.fingerprint))).collect()
    }

    fn learn_names(&self) {
        let vault = &self.t.app.vault;
        let everybody: Vec<Person> =
            self.t.app.store.read(|conn| Ok(people::table.select(Person::as_select()).load(conn)?)).unwrap();
        let mut names = self.names.borrow_mut();
        for person in everybody {
            let phone = vault.open_option(Purpose::Phone, person.phone_sealed.as_deref()).unwrap();
            let email = vault.open_option(Purpose::Email, person.email_sealed.as_deref()).unwrap();
            for address in [phone, email].into_iter().flatten() {
                names.insert(address, person.name.clone());
            }
        }
    }

    /// Whom the village was asked to phone since the last look.
    fn note_calls(&self) {
        let mut noted = self.calls.borrow_mut();
        let seen = i64::try_from(noted.len()).unwrap();
        let new: Vec<(String, String)> = self
            .t
            .app
            .store
            .read(|conn| {
                Ok(calls::table
                    .inner_join(people::table)
                    .order(calls::id)
                    .offset(seen)
                    .limit(i64::MAX)
                    .select((people::name, calls::words_sealed))
                    .load(conn)?)
            })
            .unwrap();
        for (name, sealed) in new {
            let words = self.t.app.vault.open(Purpose::Message, &sealed).unwrap();
            noted.push((self.t.now(), format!("{name} 电话名单  {words}")));
        }
    }
}

fn way(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Sms => "短信",
        ChannelKind::Email => "邮件",
        ChannelKind::Wechat => "微信",
        ChannelKind::CallList => "电话名单",
    }
}

/// An e-mail without its frame, on one line.
fn first_paragraphs(text: &str) -> String {
    let body = text.split("\n\n打开办理：").next().unwrap_or_default();
    body.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
