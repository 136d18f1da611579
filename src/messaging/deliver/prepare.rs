//! One transaction before the network: messages are claimed, judged, written, and marked `sending` with their attempts.

use std::time::Duration;

use serde::Serialize;

use super::choose::{Choice, Chooser, Chosen};
use super::claim::{Claimed, claim};
use super::facts::Facts;
use super::plan::{Plan, Rules, credit_for, plan};
use super::words::{Writer, Written};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::messaging::channels::Outgoing;
use crate::messaging::gateways::keep_minutes;
use crate::messaging::journey::{DeathReason, Event, State, after};
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::messaging::rows::{Field, execute, execute_at, instant, stored, unfolded};
use crate::problem::Outcome;
use crate::storage::Conn;

/// How long a safety message waits for its gateway before the next channel takes it.
const SAFETY_WAIT_SECONDS: i64 = 60;

/// That a message still waits, in words that match no partial index: SQLite would walk the whole queue for a batch, and
/// unfold the batch anew for each message of it.
const STILL_QUEUED: &str = "messages.state || '' = 'queued'";

/// A message in `sending`, with what is to be handed to its gateway.
#[derive(Debug)]
pub(super) struct Parcel {
    pub id: i64,
    /// The number of the attempt.
    pub number: i64,
    /// Which attempt it is on this channel.
    pub try_on_channel: i32,
    pub gateway: String,
    /// The form of the gateway that carries it.
    pub form: String,
    /// Another gateway is open, should this one refuse.
    pub others: bool,
    /// The stop that it probes.
    pub probe: Option<i64>,
    /// How long it waits for its place in the gateway's stream.
    pub delay: Duration,
    pub channel: ChannelKind,
    pub outgoing: Outgoing,
}

/// A batch, ready for the network.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub claimed: usize,
    /// Went back because their gateway is busy.
    pub busy: usize,
    pub parcels: Vec<Parcel>,
}

pub(super) fn prepare(app: &App, holder: &str, now: Instant, limit: i64) -> Outcome<Prepared> {
    let settings = &app.office.settings;
    let kinds = app.office.kinds();
    app.store.write(|tx| {
        let batch = claim(tx, now, limit)?;
        if batch.is_empty() {
            return Ok(Prepared::default());
        }
        let facts = Facts::load(tx, &batch, now)?;
        let mut chooser = Chooser::load(tx, app, &batch, &facts, now)?;
        let rules = Rules { quiet: settings.quiet, limit: settings.daily_limit, channels: &kinds };
        let writer = Writer {
            facts: &facts,
            templates: &app.office.templates,
            vault: &app.vault,
            public_url: &app.config.deployment.public_url,
            link_days: app.config.identity.link_days,
            now,
        };
        let mut sheet = Sheet::new(holder, now.plus_seconds(settings.lease_seconds));
        for message in &batch {
            sheet.judge(tx, app, message, &writer, &rules, &mut chooser)?;
        }
        sheet.save(tx, now)?;
        chooser.save(tx)?;
        // The last, because other workers wait for these rows.
        let handed = sheet.sending.iter().filter(|one| !one.traffic.is_empty());
        keep_minutes(tx, handed.map(|one| (one.gateway.as_str(), one.traffic)), now)?;
        Ok(Prepared { claimed: batch.len(), busy: sheet.busy, parcels: sheet.parcels })
    })
}

/// What a batch comes to, as rows to be written.
struct Sheet<'a> {
    holder: &'a str,
    lease_until: Instant,
    busy: usize,
    parcels: Vec<Parcel>,
    rested: Vec<Rested>,
    passed: Vec<Passed>,
    sending: Vec<Sending>,
    copies: Vec<Copy>,
    codes: Vec<Code>,
    calls: Vec<Call>,
    credits: Vec<Credit>,
}

#[derive(Serialize)]
struct Rested {
    id: i64,
    state: &'static str,
    why: Option<&'static str>,
    at: Option<String>,
}

/// A channel that turned out not to lead to the person.
#[derive(Serialize)]
struct Passed {
    id: i64,
    channel: &'static str,
}

#[derive(Serialize)]
struct Sending {
    id: i64,
    number: i64,
    channel: &'static str,
    gateway: String,
    body: String,
    tried: String,
    to_index: Option<String>,
    segments: usize,
    form: String,
    traffic: &'static str,
    cost: i64,
    state: &'static str,
    attempt_state: &'static str,
    lease: Option<String>,
}

#[derive(Serialize)]
struct Copy {
    id: i64,
    channel: &'static str,
    tried: String,
}

#[derive(Serialize)]
struct Code {
    id: i64,
    code: String,
}

#[derive(Serialize)]
struct Call {
    id: i64,
    person: i64,
    child: Option<i64>,
    area: String,
    why: &'static str,
    words: String,
}

#[derive(Serialize)]
struct Credit {
    person: i64,
    template: String,
}

impl<'a> Sheet<'a> {
    fn new(holder: &'a str, lease_until: Instant) -> Self {
        Self {
            holder,
            lease_until,
            busy: 0,
            parcels: Vec::new(),
            rested: Vec::new(),
            passed: Vec::new(),
            sending: Vec::new(),
            copies: Vec::new(),
            codes: Vec::new(),
            calls: Vec::new(),
            credits: Vec::new(),
        }
    }

    fn judge(
        &mut self,
        tx: &mut Conn,
        app: &App,
        message: &Claimed,
        writer: &Writer<'_>,
        rules: &Rules<'_>,
        chooser: &mut Chooser<'_>,
    ) -> Outcome<()> {
        match plan(message, writer.facts, rules, writer.now) {
            Plan::Freeze(reason) => self.rest(message, Event::Stopped, Some(reason.as_str())),
            Plan::Expire => self.rest(message, Event::TooLate, None),
            Plan::Dead(reason) => self.rest(message, Event::NoWay, Some(reason.as_str())),
            Plan::Exhausted => self.exhaust(message),
            Plan::NotBefore(at) => self.postpone(message, at),
            Plan::Send { channel, items, copies } => match writer.write(message, channel, &items) {
                Ok(written) if written.outgoing.is_none() => {
                    self.send(app, message, writer.facts, channel, &copies, written, None)?;
                }
                Ok(written) => {
                    let number = written.to_index.as_deref();
                    match chooser.choose(tx, message, channel, &written.template, number)? {
                        Choice::Gateway(chosen) => {
                            self.send(app, message, writer.facts, channel, &copies, written, Some(chosen))?;
                        }
                        // Danger does not wait for a gateway.
                        Choice::NotBefore(at)
                            if message.urgency == Urgency::Safety
                                && at.since(writer.now).num_seconds() > SAFETY_WAIT_SECONDS =>
                        {
                            self.pass(message, channel);
                        }
                        Choice::NotBefore(at) => self.postpone(message, at),
                        Choice::Busy(at) => {
                            self.busy += 1;
                            self.postpone(message, at);
                        }
                        Choice::Nobody => self.pass(message, channel),
                    }
                }
                Err(DeathReason::NoChannel) if channel != ChannelKind::CallList => self.pass(message, channel),
                Err(reason) => self.rest(message, Event::NoWay, Some(reason.as_str())),
            },
        }
        Ok(())
    }

    fn postpone(&mut self, message: &Claimed, at: Instant) {
        let state = State::Queued.as_str();
        self.rested.push(Rested { id: message.id, state, why: None, at: Some(stored(at)) });
    }

    fn pass(&mut self, message: &Claimed, channel: ChannelKind) {
        self.passed.push(Passed { id: message.id, channel: channel.as_str() });
    }

    fn rest(&mut self, message: &Claimed, event: Event, why: Option<&'static str>) {
        if let Some(state) = after(State::Queued, event) {
            self.rested.push(Rested { id: message.id, state: state.as_str(), why, at: None });
        }
    }

    /// Nothing is left to try: dead when nobody ever took it, undelivered when somebody did.
    fn exhaust(&mut self, message: &Claimed) {
        let last = message.state_why.as_deref().and_then(|why| why.parse::<DeathReason>().ok());
        match message.accepted_at {
            Some(_) => self.rest(message, Event::Exhausted, None),
            None => self.rest(message, Event::NoWay, Some(last.unwrap_or(DeathReason::NoChannel).as_str())),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of one loop")]
    fn send(
        &mut self,
        app: &App,
        message: &Claimed,
        facts: &Facts,
        channel: ChannelKind,
        copies: &[ChannelKind],
        written: Written,
        chosen: Option<Chosen>,
    ) -> Outcome<()> {
        let number = message.attempts + 1;
        let gateway = chosen.as_ref().map_or_else(|| channel.to_string(), |chosen| chosen.gateway.clone());
        let form = chosen.as_ref().map(|chosen| chosen.form.clone()).unwrap_or_default();
        let segments = i64::try_from(written.segments).unwrap_or(i64::MAX);
        let body = app.vault.seal(Purpose::Message, &written.text)?;
        let mut tried: Vec<&str> = message.channels_tried.split(',').filter(|kind| !kind.is_empty()).collect();
        tried.extend(copies.iter().map(|kind| kind.as_str()));
        let by_hand = written.outgoing.is_none();
        self.copies.extend(copies.iter().map(|kind| Copy {
            id: message.id,
            channel: kind.as_str(),
            tried: all_but(*kind),
        }));
        self.codes.extend(written.codes.into_iter().map(|(id, code)| Code { id, code }));
        if by_hand {
            self.calls.push(Call {
                id: message.id,
                person: message.person_id.unwrap_or_default(),
                child: message.child_id,
                area: area_of(message, facts),
                why: message.state_why.as_deref().map_or("no_machine", |_| "undelivered"),
                words: body.clone(),
            });
        }
        if let (ChannelKind::Wechat, Some(person)) = (channel, message.person_id) {
            self.credits.push(Credit { person, template: credit_for(&message.template).to_owned() });
        }
        self.sending.push(Sending {
            id: message.id,
            number,
            channel: channel.as_str(),
            gateway: gateway.clone(),
            body,
            tried: tried.join(","),
            to_index: written.to_index,
            segments: written.segments,
            form: form.clone(),
            traffic: chosen.as_ref().map_or("", |chosen| chosen.traffic.as_str()),
            cost: chosen.as_ref().map_or(0, |chosen| chosen.price_hao.saturating_mul(segments)),
            state: if by_hand { State::Accepted.as_str() } else { State::Sending.as_str() },
            attempt_state: if by_hand { State::Accepted.as_str() } else { State::Sending.as_str() },
            lease: (!by_hand).then(|| stored(self.lease_until)),
        });
        if let Some((to, body)) = written.outgoing {
            let same = message.channel == Some(channel);
            let before = if same { i32::try_from(message.channel_attempts).unwrap_or(i32::MAX) } else { 0 };
            self.parcels.push(Parcel {
                id: message.id,
                number,
                try_on_channel: before.saturating_add(1),
                gateway,
                form,
                others: chosen.as_ref().is_some_and(|chosen| chosen.others),
                probe: chosen.as_ref().and_then(|chosen| chosen.probe),
                delay: chosen.as_ref().map(|chosen| chosen.delay).unwrap_or_default(),
                channel,
                outgoing: Outgoing { reference: reference(message.id, number), to, body },
            });
        }
        Ok(())
    }

    fn save(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        use Field::{Number, Text, Time};
        let v = unfolded(tx, &[Number("id"), Text("state"), Text("why"), Time("at")]);
        let sql = format!(
            "UPDATE messages SET state = v.state, state_why = COALESCE(v.why, messages.state_why), \
             not_before = COALESCE(v.at, messages.not_before) FROM {v} \
             WHERE messages.id = v.id AND {STILL_QUEUED}"
        );
        execute(tx, &sql, &self.rested)?;
        let v = unfolded(tx, &[Number("id"), Text("channel")]);
        let sql = format!(
            "UPDATE messages SET channels_tried = messages.channels_tried || ',' || v.channel, channel = NULL \
             FROM {v} WHERE messages.id = v.id AND {STILL_QUEUED}"
        );
        execute(tx, &sql, &self.passed)?;
        self.save_copies(tx, now)?;
        self.save_sending(tx, now)?;
        let v = unfolded(tx, &[Number("id"), Text("code")]);
        let sql = format!("UPDATE reminders SET reply_code = v.code FROM {v} WHERE reminders.id = v.id");
        execute(tx, &sql, &self.codes)?;
        self.save_calls(tx, now)?;
        let (v, at) = (unfolded(tx, &[Number("person"), Text("template")]), instant(tx));
        let sql = format!(
            "UPDATE wechat_credits SET credits = wechat_credits.credits - 1, updated_at = {at} FROM {v} \
             WHERE wechat_credits.person_id = v.person AND wechat_credits.template = v.template \
             AND wechat_credits.credits > 0"
        );
        execute_at(tx, &sql, &self.credits, now)?;
        Ok(())
    }

    fn save_sending(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        use Field::{Number, Text, Time};
        let (holder, at) = (self.holder.replace('\'', ""), instant(tx));
        let v =
            unfolded(tx, &[Number("id"), Text("channel"), Text("body"), Text("tried"), Text("state"), Time("lease")]);
        let sql = format!(
            "UPDATE messages SET state = v.state, channel = v.channel, body_sealed = v.body, channels_tried = v.tried, \
             channel_attempts = CASE WHEN messages.channel = v.channel THEN messages.channel_attempts + 1 ELSE 1 END, \
             attempts = messages.attempts + 1, lease_holder = '{holder}', lease_until = v.lease, \
             accepted_at = CASE WHEN v.state = 'accepted' THEN {at} ELSE messages.accepted_at END \
             FROM {v} WHERE messages.id = v.id AND {STILL_QUEUED}"
        );
        execute_at(tx, &sql, &self.sending, now)?;
        let fields = [
            Number("id"),
            Number("number"),
            Text("channel"),
            Text("gateway"),
            Text("to_index"),
            Text("attempt_state"),
            Number("segments"),
            Text("form"),
            Text("traffic"),
            Number("cost"),
        ];
        let v = unfolded(tx, &fields);
        let sql = format!(
            "INSERT INTO attempts (message_id, number, channel, gateway, to_index, state, segments, form, traffic, cost_hao, \
                 started_at) \
             SELECT v.id, v.number, v.channel, v.gateway, v.to_index, v.attempt_state, v.segments, v.form, v.traffic, \
                 v.cost, {at} FROM {v}"
        );
        execute_at(tx, &sql, &self.sending, now)?;
        Ok(())
    }

    fn save_copies(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        let at = instant(tx);
        let v = unfolded(tx, &[Field::Number("id"), Field::Text("channel"), Field::Text("tried")]);
        let sql = format!(
            "INSERT INTO messages (occasion_key, person_id, to_sealed, template, urgency, data_sealed, child_id, \
                 area_code, state, channels_tried, not_before, expires_at, created_at, origin_id) \
             SELECT m.occasion_key || '/' || v.channel, m.person_id, m.to_sealed, m.template, m.urgency, m.data_sealed, \
                 m.child_id, m.area_code, 'queued', v.tried, {at}, m.expires_at, m.created_at, m.id \
             FROM {v} JOIN messages m ON m.id = v.id \
             WHERE NOT EXISTS (SELECT 1 FROM messages t WHERE t.occasion_key = m.occasion_key || '/' || v.channel)"
        );
        execute_at(tx, &sql, &self.copies, now)?;
        Ok(())
    }

    fn save_calls(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        use Field::{Number, Text};
        let at = instant(tx);
        let fields = [Number("id"), Number("person"), Number("child"), Text("area"), Text("why"), Text("words")];
        let v = unfolded(tx, &fields);
        let again = format!(
            "UPDATE calls SET state = 'open', settled_at = NULL, settled_by = NULL, not_before = {at}, words_sealed = v.words \
             FROM {v} WHERE calls.message_id = v.id"
        );
        execute_at(tx, &again, &self.calls, now)?;
        let sql = format!(
            "INSERT INTO calls (message_id, person_id, child_id, area_code, why, words_sealed, state, not_before, created_at) \
             SELECT v.id, v.person, v.child, v.area, v.why, v.words, 'open', {at}, {at} FROM {v} \
             WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.message_id = v.id)"
        );
        execute_at(tx, &sql, &self.calls, now)?;
        Ok(())
    }
}

/// Our name for an attempt, as gateways carry it.
pub(in crate::messaging) fn reference(message_id: i64, number: i64) -> String {
    format!("m{message_id}-{number}")
}

fn all_but(kind: ChannelKind) -> String {
    let others = ChannelKind::ALL.iter().filter(|other| **other != kind).map(|other| other.as_str());
    others.collect::<Vec<_>>().join(",")
}

fn area_of(message: &Claimed, facts: &Facts) -> String {
    let person = message.person_id.and_then(|id| facts.people.get(&id));
    let own = person.and_then(|person| person.area_code.clone());
    message.area_code.clone().or(own).unwrap_or_default()
}
