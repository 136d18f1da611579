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
    pub now: Instant,
    pub vault: &'a Vault,
    pub config: &'a Config,
    pub actor: Option<&'a Actor>,
}

impl<'a> Occasion<'a> {
    pub fn of(app: &'a App, now: Instant, actor: Option<&'a Actor>) -> Self {
        Self { now, vault: &app.vault, config: &app.config, actor }
    }

    pub fn today(&self) -> NaiveDate {
        self.now.date()
    }

    pub fn person_id(&self) -> Option<i64> {
        self.actor.map(|actor| actor.person_id)
    }
}
