//! The rehearsal: what would go out to whom, why, on which channel and at what cost, day by day, if nobody did anything.
//!
//! ```text
//!  open duties, waiting messages, the people concerned ──copied from one snapshot──▶ an embedded database of its own
//!      ──▶ remind, compose, prepare: the program itself, with a clock that goes from mark to mark ──▶ read off, thrown away
//! ```
//!
//! So the rules are the real ones by construction, nothing is written where it counts, and no writer waits. A mark is a
//! moment at which something can change: a stage of a duty is reached (as the timetable would notice it), a pause ends,
//! a waiting message may go, the quiet of the night is over.

mod access;
mod copy;
mod marks;
pub mod routes;
mod sheet;

pub use sheet::{ChannelCount, DayCount, ExpectedCost, Outing, Rehearsal, Told};

use std::sync::Arc;

use crate::app::App;
use crate::areas::significant;
use crate::clock::{Clock, Instant};
use crate::duties::remind_kinds;
use crate::messaging::{compose, pretend_to_deliver};
use crate::problem::Outcome;

/// What is rehearsed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Only what is owed within this area; everything without.
    pub area: Option<String>,
    /// The first moment of the sheet. What would happen before is rehearsed, and not shown.
    pub from: Instant,
    pub days: i64,
}

/// Rehearses on a copy; blocks for as long as that takes, and must run off the async threads.
pub fn rehearse(app: &App, plan: &Plan) -> Outcome<Rehearsal> {
    let now = app.clock.now();
    let (start, until) = (now.min(plan.from), plan.from.plus_days(plan.days));
    let copy = copy::Copy::of(app, plan.area.as_deref().map(significant), now)?;
    let clock = Clock::fixed(start);
    let office = Arc::new(app.office.at_rest());
    let stage = App { store: copy.store.clone(), clock: clock.clone(), office, ..app.clone() };
    let before = sheet::before(&stage)?;
    let mut unheard = std::collections::BTreeMap::new();
    for (at, kinds) in marks::of(&stage, start, until)? {
        clock.set(at);
        if !kinds.is_empty() {
            let reminded = remind_kinds(&stage.store, &stage.config.ladders, at, kinds)?;
            for (kind, count) in reminded.unheard {
                *unheard.entry(kind).or_default() += count;
            }
            compose(&stage.store, stage.office.settings.quiet, at)?;
        }
        pretend_to_deliver(&stage, at)?;
    }
    sheet::read(&stage, &before, plan.from, until, unheard)
}
