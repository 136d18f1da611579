//! What every change of the ledger needs to know: when it happens, by whom, with which keys and settings.

use chrono::NaiveDate;

use crate::app::App;
use crate::clock::Instant;
use crate::config::Config;
use crate::crypto::Vault;
use crate::identity::Actor;

/// The circumstances of a change; `actor` is absent for the system itself.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    pub app: &'a App,
    pub now: Instant,
    pub actor: Option<&'a Actor>,
}

impl<'a> Occasion<'a> {
    pub fn of(app: &'a App, now: Instant, actor: Option<&'a Actor>) -> Self {
        Self { app, now, actor }
    }

    pub fn vault(&self) -> &'a Vault {
        &self.app.vault
    }

    pub fn config(&self) -> &'a Config {
        &self.app.config
    }

    pub fn today(&self) -> NaiveDate {
        self.now.date()
    }

    pub fn person_id(&self) -> Option<i64> {
        self.actor.map(|actor| actor.person_id)
    }
}
