//! Replies: read, judged against what the number was asked, acted upon; everything else lies in the village's inbox.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::json;

use super::{Fate, Kept, Kind, Meanings, fields, hold, read_replies, settle};
use crate::app::App;
use crate::areas::AreaLevel;
use crate::audit;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::duties::DutyKind;
use crate::identity::{Person, find_by_phone};
use crate::messaging::channels::sms::Reply;
use crate::messaging::deliver;
use crate::messaging::outbox::{NewMessage, Recipient, post};
use crate::messaging::phone::Mobile;
use crate::messaging::quiet::Urgency;
use crate::messaging::reply::{Answer, Decision, InboxReason, Question, decide, read};
use crate::messaging::wording;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{areas, attempts, duties, inbox_items, messages, people, reminders};

/// Days after which a second `1` to a settled question is no longer understood as such.
const LATELY_DAYS: i64 = 7;
/// Answers of ours to one person on one day: two machines must not talk to each other for ever.
const ANSWERS_A_DAY: i64 = 10;

/// A question that was answered with `1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub kind: DutyKind,
    pub duty_id: i64,
    pub subject_kind: String,
    pub subject_id: i64,
    pub child_id: Option<i64>,
    /// Who answered.
    pub person_id: i64,
    /// The reply: the same one is handled once.
    pub inbound_id: i64,
}

/// What the slice that owns the duty made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Recorded.
    Done,
    /// Such a duty cannot be answered by SMS: a person reads the reply.
    NotHere,
}

pub(super) fn interpret(app: &App, meanings: &Meanings, now: Instant) -> Outcome<usize> {
    let mut after = 0;
    let mut settled = 0;
    loop {
        let mut held = None;
        let outcome = app.store.write(|tx| {
            held = hold(tx, Kind::Reply, after, 1)?.pop();
            held.as_ref().map_or(Ok(()), |row| interpret_one(app, meanings, tx, row, now))
        });
        match (held, outcome) {
            (Some(row), Ok(())) => {
                after = row.id;
                settled += 1;
            }
            // One reply that cannot be handled now must not keep the others waiting.
            (Some(row), Err(error)) => {
                tracing::error!(inbound = row.id, %error, "a reply could not be handled");
                after = row.id;
            }
            (None, outcome) => return outcome.map(|()| settled),
        }
    }
}

fn interpret_one(app: &App, meanings: &Meanings, tx: &mut Conn, row: &Kept, now: Instant) -> Outcome<()> {
    let replies = match fields(app, row)?.and_then(|fields| read_replies(app, &row.gateway, &fields)) {
        Ok(replies) => replies,
        Err(_) => return settle(tx, &[row.id], Fate::Malformed, now),
    };
    let mut fate = Fate::NoChange;
    for (place, reply) in replies.iter().enumerate() {
        let one = One { app, inbound_id: row.id, place: i64::try_from(place).unwrap_or_default(), reply, now };
        fate = one.interpret(meanings, tx)?;
    }
    settle(tx, &[row.id], fate, now)
}

/// One reply of one callback.
struct One<'a> {
    app: &'a App,
    inbound_id: i64,
    place: i64,
    reply: &'a Reply,
    now: Instant,
}

/// An open question with what is needed to act on it.
struct Open {
    question: Question,
    person_id: i64,
    kind: DutyKind,
    subject_kind: String,
    subject_id: i64,
    child_id: Option<i64>,
    area_code: String,
}

/// Where an item of the inbox belongs.
#[derive(Default)]
struct Belongs {
    person_id: Option<i64>,
    child_id: Option<i64>,
    area_code: Option<String>,
}

impl One<'_> {
    fn interpret(&self, meanings: &Meanings, tx: &mut Conn) -> Outcome<Fate> {
        let senders = match Mobile::parse(&self.reply.from) {
            Ok(mobile) => find_by_phone(tx, &self.app.vault, mobile.digits())?,
            Err(_) => Vec::new(),
        };
        let Some(sender) = senders.first() else {
            self.put_in_inbox(tx, InboxReason::UnknownNumber, &Belongs::default())?;
            return Ok(Fate::Inbox);
        };
        let ids: Vec<i64> = senders.iter().map(|person| person.id).collect();
        let open = self.open_questions(tx, &ids)?;
        let questions: Vec<Question> = open.iter().map(|open| open.question.clone()).collect();
        let decision = decide(&read(&self.reply.text), &questions, self.settled_lately(tx, &ids)?);
        match decision {
            Decision::Act { answer, question } => {
                let chosen = open.iter().find(|open| open.question == question);
                self.act(meanings, tx, answer, chosen, sender)
            }
            Decision::AskBack { choices } => self.ask_back(tx, &choices, sender),
            Decision::AlreadyDone => {
                self.answer(tx, sender.id, "reply/already_done", json!({})).map(|()| Fate::NoChange)
            }
            Decision::Stop => self.stop(tx, &senders),
            Decision::Inbox(reason) => self.pass_on(tx, reason, sender, open.first()),
        }
    }

    fn act(
        &self,
        meanings: &Meanings,
        tx: &mut Conn,
        answer: Answer,
        chosen: Option<&Open>,
        sender: &Person,
    ) -> Outcome<Fate> {
        let Some(open) = chosen.filter(|_| answer == Answer::Done) else {
            return self.pass_on(tx, InboxReason::HelpWanted, sender, chosen);
        };
        let answered = Answered {
            kind: open.kind,
            duty_id: open.question.duty_id,
            subject_kind: open.subject_kind.clone(),
            subject_id: open.subject_id,
            child_id: open.child_id,
            person_id: open.person_id,
            inbound_id: self.inbound_id,
        };
        match (meanings.answered)(self.app, tx, self.now, &answered)? {
            Handled::Done => {
                let event = audit::Event {
                    actor: None,
                    action: "reply.answered",
                    subject_kind: "duty",
                    subject_id: answered.duty_id,
                    child_id: answered.child_id,
                    area_code: Some(&open.area_code),
                };
                audit::record(
                    tx,
                    self.now,
                    &event,
                    &json!({ "person_id": open.person_id, "inbound_id": self.inbound_id }),
                )?;
                self.answer(tx, open.person_id, "reply/done", json!({}))?;
                Ok(Fate::Answered)
            }
            Handled::NotHere => self.pass_on(tx, InboxReason::Words, sender, chosen),
        }
    }

    fn ask_back(&self, tx: &mut Conn, choices: &[Question], sender: &Person) -> Outcome<Fate> {
        let lines: Vec<String> =
            choices.iter().map(|one| wording::with_answer(&one.line, &format!("1#{}", one.code))).collect();
        self.answer(tx, sender.id, "reply/choose", json!({ "list": wording::short_list(&lines), "items": lines }))?;
        Ok(Fate::AskedBack)
    }

    /// Everybody who shares the phone: it is the phone that shall be left in peace.
    fn stop(&self, tx: &mut Conn, senders: &[Person]) -> Outcome<Fate> {
        for person in senders {
            diesel::update(people::table.find(person.id).filter(people::reminders_stopped_at.is_null()))
                .set(people::reminders_stopped_at.eq(self.now))
                .execute(tx)?;
            let event = audit::Event {
                actor: None,
                action: "reminders.stopped",
                subject_kind: "person",
                subject_id: person.id,
                child_id: None,
                area_code: person.area_code.as_deref(),
            };
            audit::record(tx, self.now, &event, &json!({ "inbound_id": self.inbound_id }))?;
        }
        if let Some(first) = senders.first() {
            self.answer(tx, first.id, "reply/stopped", json!({}))?;
        }
        Ok(Fate::Stopped)
    }

    fn pass_on(&self, tx: &mut Conn, reason: InboxReason, sender: &Person, about: Option<&Open>) -> Outcome<Fate> {
        let belongs = Belongs {
            person_id: Some(sender.id),
            child_id: about.and_then(|open| open.child_id),
            area_code: about.map(|open| open.area_code.clone()).or_else(|| sender.area_code.clone()),
        };
        self.put_in_inbox(tx, reason, &belongs)?;
        let template = if reason == InboxReason::HelpWanted { "reply/help_received" } else { "reply/passed_on" };
        self.answer(tx, sender.id, template, json!({}))?;
        Ok(Fate::Inbox)
    }

    fn put_in_inbox(&self, tx: &mut Conn, reason: InboxReason, belongs: &Belongs) -> Outcome<()> {
        let area_code = match &belongs.area_code {
            Some(code) => code.clone(),
            None => self.area_of_stranger(tx)?,
        };
        let vault = &self.app.vault;
        diesel::insert_into(inbox_items::table)
            .values((
                inbox_items::inbound_id.eq(self.inbound_id),
                inbox_items::place.eq(self.place),
                inbox_items::why.eq(reason),
                inbox_items::person_id.eq(belongs.person_id),
                inbox_items::child_id.eq(belongs.child_id),
                inbox_items::area_code.eq(area_code),
                inbox_items::from_sealed.eq(vault.seal(Purpose::Phone, &self.reply.from)?),
                inbox_items::text_sealed.eq(vault.seal(Purpose::Message, &self.reply.text)?),
                inbox_items::created_at.eq(self.now),
            ))
            .execute(tx)?;
        Ok(())
    }

    /// Where an unknown number was last written to, or else the county.
    fn area_of_stranger(&self, conn: &mut Conn) -> Outcome<String> {
        let digits =
            Mobile::parse(&self.reply.from).map_or_else(|_| self.reply.from.clone(), |m| m.digits().to_owned());
        let last: Option<Option<String>> = attempts::table
            .inner_join(messages::table)
            .filter(attempts::to_index.eq(self.app.vault.index(Purpose::Phone, &digits)))
            .filter(messages::area_code.is_not_null())
            .order(attempts::started_at.desc())
            .select(messages::area_code)
            .first(conn)
            .optional()?;
        if let Some(code) = last.flatten() {
            return Ok(code);
        }
        let county: Option<String> = areas::table
            .filter(areas::level.eq(AreaLevel::County))
            .order(areas::code)
            .select(areas::code)
            .first(conn)
            .optional()?;
        Ok(county.unwrap_or_default())
    }

    fn answer(&self, tx: &mut Conn, person_id: i64, template: &str, data: serde_json::Value) -> Outcome<()> {
        let today: i64 = messages::table
            .filter(messages::person_id.eq(person_id))
            .filter(messages::template.like("reply/%"))
            .filter(messages::created_at.ge(Instant::start_of(self.now.date())))
            .count()
            .get_result(tx)?;
        if today >= ANSWERS_A_DAY {
            return Ok(());
        }
        let area_code = people::table.find(person_id).select(people::area_code).first(tx)?;
        let new = NewMessage {
            occasion_key: format!("reply/{}/{}", self.inbound_id, self.place),
            to: Recipient::Person(person_id),
            template: template.to_owned(),
            urgency: Urgency::Asked,
            data,
            child_id: None,
            area_code,
            not_before: self.now,
            expires_at: Some(self.now.plus_days(1)),
        };
        post(tx, &self.app.vault, self.now, &new)?;
        Ok(())
    }

    fn settled_lately(&self, conn: &mut Conn, senders: &[i64]) -> Outcome<bool> {
        let found: i64 = reminders::table
            .inner_join(duties::table)
            .filter(reminders::person_id.eq_any(senders.to_vec()))
            .filter(reminders::reply_code.is_not_null())
            .filter(duties::closed_at.ge(self.now.plus_days(-LATELY_DAYS)))
            .count()
            .get_result(conn)?;
        Ok(found > 0)
    }

    /// What the phone was asked and has not answered; a duty that was asked about several times is one question.
    fn open_questions(&self, conn: &mut Conn, senders: &[i64]) -> Outcome<Vec<Open>> {
        type Row = (i64, Option<i64>, i64, Option<String>, i64, DutyKind, String, i64, Option<i64>, String);
        let rows: Vec<Row> = reminders::table
            .inner_join(duties::table)
            .filter(reminders::person_id.eq_any(senders.to_vec()))
            .filter(reminders::reply_code.is_not_null())
            .filter(reminders::message_id.is_not_null())
            .filter(duties::closed_at.is_null())
            .order(reminders::id.desc())
            .select((
                reminders::id,
                reminders::message_id,
                reminders::person_id,
                reminders::reply_code,
                duties::id,
                duties::kind,
                duties::subject_kind,
                duties::subject_id,
                duties::child_id,
                duties::area_code,
            ))
            .load(conn)?;
        let message_ids: Vec<i64> = rows.iter().filter_map(|row| row.1).collect();
        let lines = deliver::lines(conn, self.app, &message_ids, self.now)?;
        let mut open: HashMap<(i64, i64), Open> = HashMap::new();
        for (reminder_id, message_id, person_id, code, duty_id, kind, subject_kind, subject_id, child_id, area_code) in
            rows
        {
            let (Some(message_id), Some(code)) = (message_id, code) else { continue };
            let line = lines.get(&reminder_id).cloned().unwrap_or_default();
            let question = Question { message_id, duty_id, code, line };
            open.entry((duty_id, person_id)).or_insert(Open {
                question,
                person_id,
                kind,
                subject_kind,
                subject_id,
                child_id,
                area_code,
            });
        }
        let mut open: Vec<Open> = open.into_values().collect();
        open.sort_by_key(|one| (one.question.duty_id, one.person_id));
        Ok(open)
    }
}
