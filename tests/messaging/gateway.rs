//! A gateway that writes down every message it received and answers as it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use xiangban::clock::Instant;
use xiangban::config::Config;
use xiangban::duties::{self, DutyKind, NewDuty, Owed, Subject, remind};
use xiangban::messaging::channels::{Address, Body, Channel, Outcome, Outgoing};
use xiangban::messaging::inbound::{Answered, Handled, Meanings};
use xiangban::messaging::journey::State;
use xiangban::messaging::route::ChannelKind;
use xiangban::messaging::templates::Templates;
use xiangban::messaging::{PostOffice, Round, compose, round};
use xiangban::problem::Outcome as Done;
use xiangban::storage::Conn;
use xiangban::storage::schema::{duties as duty_table, messages};

use crate::support::TestApp;

/// What reached a phone or a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub reference: String,
    pub to: String,
    pub text: String,
}

/// One recording gateway of one kind.
#[derive(Clone)]
pub struct Recording {
    kind: ChannelKind,
    receipts: bool,
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<Outcome>>>,
    pub delay: Arc<Mutex<Duration>>,
}

impl Recording {
    pub fn of(kind: ChannelKind) -> Self {
        Self {
            kind,
            receipts: kind != ChannelKind::Email,
            received: Arc::default(),
            script: Arc::default(),
            delay: Arc::default(),
        }
    }

    /// Answers in this order; after the last, everything is accepted.
    pub fn answers(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.script.lock().unwrap().extend(outcomes);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What arrived since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    pub fn texts(&self) -> Vec<String> {
        self.take().into_iter().map(|one| one.text).collect()
    }
}

#[async_trait]
impl Channel for Recording {
    fn name(&self) -> &str {
        match self.kind {
            ChannelKind::Sms => "sandbox_sms",
            ChannelKind::Email => "sandbox_email",
            ChannelKind::Wechat => "sandbox_wechat",
            ChannelKind::CallList => "sandbox_calls",
        }
    }

    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn has_receipts(&self) -> bool {
        self.receipts
    }

    async fn send(&self, message: &Outgoing, _: Instant) -> Outcome {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Outcome::Accepted { provider_id: None });
        if !matches!(answer, Outcome::Refused { .. }) {
            let to = match &message.to {
                Address::Mobile(mobile) => mobile.digits().to_owned(),
                Address::Email(address) | Address::Wechat(address) => address.clone(),
            };
            let text = match &message.body {
                Body::Sms { text, .. } => text.clone(),
                Body::Email { text, .. } => format!("{}\n{}", text.subject, text.text),
                Body::Wechat { text, .. } => text.data.values().cloned().collect::<Vec<_>>().join("|"),
            };
            self.received.lock().unwrap().push(Received { reference: message.reference.clone(), to, text });
        }
        answer
    }
}

/// The program with recording gateways for every channel.
pub struct Post {
    pub t: TestApp,
    pub sms: Recording,
    pub email: Recording,
    pub wechat: Recording,
}

impl Post {
    pub fn of(mut t: TestApp) -> Self {
        let (sms, email, wechat) =
            (Recording::of(ChannelKind::Sms), Recording::of(ChannelKind::Email), Recording::of(ChannelKind::Wechat));
        let channels: Vec<Arc<dyn Channel>> =
            vec![Arc::new(sms.clone()), Arc::new(email.clone()), Arc::new(wechat.clone())];
        let settings = PostOffice::settings_of(&t.app.config);
        t.app.office = Arc::new(PostOffice::with(Templates::shared("相伴").unwrap(), settings, channels));
        Self { t, sms, email, wechat }
    }

    /// The program with the gateways of a configuration.
    pub fn with(mut t: TestApp, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = (*t.app.config).clone();
        change(&mut config);
        t.app.office = Arc::new(PostOffice::open(&config, &t.app.vault, &t.app.store).unwrap());
        t.app.config = Arc::new(config);
        let of = Recording::of;
        Self { t, sms: of(ChannelKind::Sms), email: of(ChannelKind::Email), wechat: of(ChannelKind::Wechat) }
    }

    /// Opens a duty that is due in so many days.
    pub fn owe(&self, new: &NewDuty) -> i64 {
        let now = self.t.now();
        self.t.app.store.write(|tx| duties::open(tx, now, new)).unwrap().unwrap()
    }

    /// Reminders, messages, delivery: what the worker does in its rounds.
    pub async fn work(&self) -> Round {
        let now = self.t.now();
        remind(&self.t.app.store, &self.t.app.config.ladders, now).unwrap();
        compose(&self.t.app.store, self.t.app.office.settings.quiet, now).unwrap();
        self.deliver().await
    }

    pub async fn deliver(&self) -> Round {
        round(&self.t.app, "test", MEANINGS, &|| true).await.unwrap()
    }

    pub fn states(&self) -> Vec<State> {
        self.t
            .app
            .store
            .read(|conn| Ok(messages::table.select(messages::state).order(messages::id).load(conn)?))
            .unwrap()
    }

    pub fn whys(&self) -> Vec<Option<String>> {
        self.t
            .app
            .store
            .read(|conn| Ok(messages::table.select(messages::state_why).order(messages::id).load(conn)?))
            .unwrap()
    }
}

/// Stands in for the slices: the answered duty is closed; a failing number is the business of `contact`.
const MEANINGS: Meanings = Meanings {
    answered: close_as_met,
    number_failed: |app, tx, now, person_id| xiangban::contact::number_failed(tx, app, now, person_id),
};

fn close_as_met(_: &xiangban::app::App, tx: &mut Conn, now: Instant, answered: &Answered) -> Done<Handled> {
    diesel::update(duty_table::table.find(answered.duty_id))
        .set((duty_table::closed_at.eq(now), duty_table::closed_how.eq("met")))
        .execute(tx)?;
    Ok(Handled::Done)
}

/// A duty about the county's child.
pub fn duty(kind: DutyKind, child_id: i64, subject_id: i64, owed_by: Owed, due_at: Instant) -> NewDuty {
    NewDuty {
        kind,
        subject: Subject { kind: "test", id: subject_id },
        child_id: Some(child_id),
        area_code: crate::support::VILLAGE.into(),
        owed_by,
        due_at,
        audience: Vec::new(),
    }
}
