//! One transaction after the network: what became of many attempts, and what follows for their messages.

use std::collections::HashSet;

use diesel::prelude::*;
use serde::Serialize;

use super::plan::credit_for;
use super::prepare::Parcel;
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Vault;
use crate::messaging::channels::{Outcome as SendOutcome, Refusal};
use crate::messaging::gateways::{LiftedBy, lift, raise, take_back_minutes};
use crate::messaging::journey::{DeathReason, Event, State, sources};
use crate::messaging::retry::{Next, Patience};
use crate::messaging::route::ChannelKind;
use crate::messaging::rows::{Field, execute, execute_at, instant, stored, unfolded};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{messages, wechat_credits};

/// WeChat's answer that this person has accepted nothing that is left.
const NOT_SUBSCRIBED: &str = "43101";

/// One attempt and its outcome.
#[derive(Debug)]
pub(super) struct Done {
    pub id: i64,
    pub number: i64,
    pub try_on_channel: i32,
    pub gateway: String,
    pub form: String,
    /// Another gateway is open.
    pub others: bool,
    pub probe: Option<i64>,
    pub channel: ChannelKind,
    pub outcome: SendOutcome,
    pub at: Instant,
}

impl Done {
    pub fn of(parcel: &Parcel, outcome: SendOutcome, at: Instant) -> Self {
        Self {
            id: parcel.id,
            number: parcel.number,
            try_on_channel: parcel.try_on_channel,
            gateway: parcel.gateway.clone(),
            form: parcel.form.clone(),
            others: parcel.others,
            probe: parcel.probe,
            channel: parcel.channel,
            outcome,
            at,
        }
    }
}

#[derive(Serialize)]
struct Row {
    id: i64,
    number: i64,
    state: &'static str,
    provider: Option<String>,
    code: Option<String>,
    why: Option<&'static str>,
    next_at: Option<String>,
    #[serde(skip)]
    event: Event,
}

/// Writes the outcomes; a message that a receipt or another attempt has moved on stays where it is.
pub(super) fn record(app: &App, done: &[Done], chance: f64) -> Outcome<()> {
    let Some(now) = done.iter().map(|one| one.at).max() else { return Ok(()) };
    let patience = app.office.settings.patience;
    let rows: Vec<Row> = done.iter().map(|one| row(one, patience, chance)).collect();
    app.store.write(|tx| {
        let refused: Vec<&Row> = rows.iter().filter(|row| row.state == "refused").collect();
        take_back_minutes(tx, &refused)?;
        save_attempts(tx, &rows, now)?;
        for event in [Event::Accepted, Event::RefusedForNow, Event::RefusedForGood, Event::Silence] {
            let of_event: Vec<&Row> = rows.iter().filter(|row| row.event == event).collect();
            save_messages(tx, event, &of_event, now)?;
        }
        save_credits(tx, done, now)?;
        save_stops(tx, &app.vault, done)
    })
}

/// What a refusal says about its gateway, and what a probe that got through does.
fn save_stops(tx: &mut Conn, vault: &Vault, done: &[Done]) -> Outcome<()> {
    let mut raised: HashSet<(&str, &str)> = HashSet::new();
    for one in done {
        match (&one.outcome, one.probe) {
            (SendOutcome::Accepted { .. }, Some(stop)) => {
                lift(tx, one.at, stop, LiftedBy::Probe)?;
            }
            (SendOutcome::Refused { refusal, code }, _) => {
                let (form, until) = match refusal {
                    Refusal::PauseChannel => ("", None),
                    Refusal::PauseUntil(until) => ("", Some(*until)),
                    Refusal::StopTemplate => (one.form.as_str(), None),
                    Refusal::RetrySoon | Refusal::WaitUntil(_) | Refusal::FinalForRecipient => continue,
                };
                if raised.insert((&one.gateway, form)) {
                    raise(tx, vault, one.at, &one.gateway, form, code, until)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A refused WeChat message did not use up the acceptance, but for the answer that there is none.
fn save_credits(tx: &mut Conn, done: &[Done], now: Instant) -> Outcome<()> {
    for one in done.iter().filter(|one| one.channel == ChannelKind::Wechat) {
        let SendOutcome::Refused { code, .. } = &one.outcome else { continue };
        let person_and_template: Option<(Option<i64>, String)> =
            messages::table.find(one.id).select((messages::person_id, messages::template)).first(tx).optional()?;
        let Some((Some(person), template)) = person_and_template else { continue };
        let own = wechat_credits::table
            .filter(wechat_credits::person_id.eq(person))
            .filter(wechat_credits::template.eq(credit_for(&template).to_owned()));
        if code == NOT_SUBSCRIBED {
            diesel::update(own).set((wechat_credits::credits.eq(0), wechat_credits::updated_at.eq(now))).execute(tx)?;
        } else {
            let back = (wechat_credits::credits.eq(wechat_credits::credits + 1), wechat_credits::updated_at.eq(now));
            diesel::update(own).set(back).execute(tx)?;
        }
    }
    Ok(())
}

fn row(done: &Done, patience: Patience, chance: f64) -> Row {
    let row = |event, state: &'static str| Row {
        id: done.id,
        number: done.number,
        state,
        provider: None,
        code: None,
        why: None,
        next_at: None,
        event,
    };
    match &done.outcome {
        SendOutcome::Accepted { provider_id } => {
            Row { provider: provider_id.clone(), ..row(Event::Accepted, "accepted") }
        }
        SendOutcome::Unknown { why } => Row { code: Some(why.clone()), ..row(Event::Silence, "unknown") },
        SendOutcome::Refused { refusal, code } => {
            let next = match refusal {
                Refusal::FinalForRecipient => None,
                // At once by another gateway.
                _ if done.others => Some(patience.wait_until(done.try_on_channel, done.at)),
                Refusal::StopTemplate => None,
                Refusal::RetrySoon | Refusal::PauseChannel => {
                    Some(patience.after_refusal(done.try_on_channel, done.at, chance))
                }
                Refusal::WaitUntil(until) | Refusal::PauseUntil(until) => {
                    Some(patience.wait_until(done.try_on_channel, *until))
                }
            };
            let code = Some(code.clone());
            match next {
                Some(Next::At(at)) => Row { code, next_at: Some(stored(at)), ..row(Event::RefusedForNow, "refused") },
                Some(Next::GiveUp) => {
                    let why = Some(DeathReason::AttemptsUsedUp.as_str());
                    Row { code, why, ..row(Event::RefusedForGood, "refused") }
                }
                None => {
                    let stopped = matches!(refusal, Refusal::StopTemplate);
                    let why = if stopped { DeathReason::TemplateStopped } else { DeathReason::RefusedForGood };
                    Row { code, why: Some(why.as_str()), ..row(Event::RefusedForGood, "refused") }
                }
            }
        }
    }
}

/// The gateway's id is kept in any case: a receipt may be waiting for it.
fn save_attempts(tx: &mut Conn, rows: &[Row], now: Instant) -> Outcome<()> {
    use Field::{Number, Text};
    let at = instant(tx);
    let v = unfolded(tx, &[Number("id"), Number("number"), Text("state"), Text("provider"), Text("code")]);
    let sql = format!(
        "UPDATE attempts SET provider_id = COALESCE(v.provider, attempts.provider_id), \
         code = COALESCE(attempts.code, v.code), finished_at = COALESCE(attempts.finished_at, {at}), \
         state = CASE WHEN attempts.state IN ('sending', 'unknown') THEN v.state ELSE attempts.state END \
         FROM {v} WHERE attempts.message_id = v.id AND attempts.number = v.number"
    );
    execute_at(tx, &sql, rows, now)?;
    Ok(())
}

fn save_messages(tx: &mut Conn, event: Event, rows: &[&Row], now: Instant) -> Outcome<()> {
    use Field::{Number, Text, Time};
    let at = instant(tx);
    let v = unfolded(tx, &[Number("id"), Number("number"), Text("why"), Time("next_at")]);
    let change = match event {
        Event::Accepted => format!("state = '{}', accepted_at = {at}", State::Accepted),
        Event::RefusedForNow => format!("state = '{}', not_before = COALESCE(v.next_at, {at})", State::Queued),
        Event::RefusedForGood => format!(
            "state = '{}', not_before = {at}, state_why = v.why, channel = NULL, channel_attempts = 0, {NEXT}",
            State::Queued
        ),
        _ => format!("state = '{}'", State::Unknown),
    };
    let sql = format!(
        "UPDATE messages SET {change}, lease_holder = NULL, lease_until = NULL FROM {v} \
         WHERE messages.id = v.id AND messages.attempts = v.number AND messages.state IN ({})",
        listed(&sources(event))
    );
    if sql.contains(at) {
        execute_at(tx, &sql, rows, now)?
    } else {
        execute(tx, &sql, rows)?
    };
    Ok(())
}

/// The present channel joins those that were tried.
pub(in crate::messaging) const NEXT: &str = "channels_tried = CASE WHEN messages.channels_tried = '' THEN \
     COALESCE(messages.channel, '') ELSE messages.channels_tried || ',' || COALESCE(messages.channel, '') END";

/// States as a list for `IN`.
pub(in crate::messaging) fn listed(states: &[State]) -> String {
    states.iter().map(|state| format!("'{state}'")).collect::<Vec<_>>().join(", ")
}
