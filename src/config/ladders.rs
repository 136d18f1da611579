//! Ladders as configured: the stages of a duty and who is told at each.

use std::collections::BTreeMap;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::problem::{Fault, Outcome};

/// The ladder of every kind of duty.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Ladders(BTreeMap<DutyKind, Ladder>);

/// Stages in ascending order; `due_days` is the usual span from opening to due, where the kind has one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ladder {
    #[serde(default)]
    pub due_days: i64,
    pub stages: Vec<Stage>,
}

/// One rung: when it is reached, relative to the due moment, and the roles that are told.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stage {
    #[serde(default)]
    days: i64,
    #[serde(default)]
    minutes: i64,
    pub tell: Vec<String>,
}

impl Stage {
    pub fn offset(&self) -> Duration {
        Duration::days(self.days) + Duration::minutes(self.minutes)
    }
}

impl Ladder {
    /// The latest stage reached at `as_of` by a duty due at `due_at`; `None` before the first.
    pub fn reached(&self, due_at: Instant, as_of: Instant) -> Option<usize> {
        self.stages.iter().rposition(|stage| due_at.plus(stage.offset()) <= as_of)
    }

    /// When each stage is reached by a duty due at `due_at`.
    pub fn moments(&self, due_at: Instant) -> impl Iterator<Item = (usize, Instant, &Stage)> {
        self.stages.iter().enumerate().map(move |(index, stage)| (index, due_at.plus(stage.offset()), stage))
    }
}

impl Ladders {
    /// The ladder of `kind`; [`Ladders::check`] has made sure there is one.
    pub fn of(&self, kind: DutyKind) -> &Ladder {
        static NONE: Ladder = Ladder { due_days: 0, stages: Vec::new() };
        self.0.get(&kind).unwrap_or(&NONE)
    }

    /// # Errors
    /// A kind without a ladder, or stages out of order.
    pub fn check(&self) -> Outcome<()> {
        for kind in DutyKind::ALL {
            let stages = &self.of(*kind).stages;
            if stages.is_empty() {
                return Err(Fault::internal(format!("configuration: [ladders.{kind}] is missing")));
            }
            let plain = |role: &String| role.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            if !stages.iter().flat_map(|stage| &stage.tell).all(plain) {
                return Err(Fault::internal(format!("configuration: [ladders.{kind}] a role is not a plain name")));
            }
            if !stages.is_sorted_by_key(Stage::offset) {
                return Err(Fault::internal(format!(
                    "configuration: [ladders.{kind}] stages are not in ascending order"
                )));
            }
        }
        Ok(())
    }
}
