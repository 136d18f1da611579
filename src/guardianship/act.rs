use std::sync::Arc;

use chrono::NaiveDate;

use super::agreement::Limits;
use crate::app::App;
use crate::audit;
use crate::clock::Instant;
use crate::config::Config;
use crate::crypto::Vault;
use crate::duties::DutyKind;
use crate::identity::Actor;
use crate::papers::Press;
use crate::problem::Outcome;
use crate::storage::Conn;

/// Who acts and when, with the keys and settings of the house. `actor` is none for a job.
#[derive(Clone)]
pub struct Act {
    pub actor: Option<Actor>,
    pub now: Instant,
    pub vault: Arc<Vault>,
    pub config: Arc<Config>,
    pub press: Arc<Press>,
}

/// What an audit event is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub kind: &'static str,
    pub id: i64,
    pub child_id: i64,
    pub area_code: &'a str,
}

impl Act {
    /// A person acts now.
    pub fn by(app: &App, actor: Actor) -> Self {
        Self { actor: Some(actor), ..Self::by_itself(app, app.clock.now()) }
    }

    /// A job acts.
    pub fn by_itself(app: &App, now: Instant) -> Self {
        Self {
            actor: None,
            now,
            vault: Arc::clone(&app.vault),
            config: Arc::clone(&app.config),
            press: Arc::clone(&app.press),
        }
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.now.date()
    }

    pub(super) fn person_id(&self) -> Option<i64> {
        self.actor.as_ref().map(|actor| actor.person_id)
    }

    pub(super) fn limits(&self) -> Limits {
        let settings = &self.config.guardianship;
        Limits {
            term_months: u32::try_from(settings.term_months_max).unwrap_or_default(),
            assessment_valid_days: settings.assessment_valid_days,
        }
    }

    /// The usual days from opening to due of a kind of duty.
    pub(super) fn due_days(&self, kind: DutyKind) -> i64 {
        self.config.ladders.of(kind).due_days
    }

    pub(super) fn audit(
        &self,
        tx: &mut Conn,
        action: &'static str,
        about: About<'_>,
        detail: &impl serde::Serialize,
    ) -> Outcome<()> {
        let event = audit::Event {
            actor: self.actor.as_ref(),
            action,
            subject_kind: about.kind,
            subject_id: about.id,
            child_id: Some(about.child_id),
            area_code: Some(about.area_code),
        };
        audit::record(tx, self.now, &event, detail)
    }
}
