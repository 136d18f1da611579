//! Working off the papers that are due: seal them, then have them stamped; the same for whatever room keeps them.

use std::time::{Duration, Instant as Stopwatch};

use super::{PaperState, Press};
use crate::app::App;
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};

/// Papers looked up at once. Few, because what another worker seals meanwhile would be typeset for nothing; the rounds go
/// on until [`BUDGET`] is spent.
const ROUND: i64 = 8;
/// How long one run goes on: a worker that is told to stop waits for it, and so do the other jobs of the minute.
const BUDGET: Duration = Duration::from_secs(10);

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealing {
    pub sealed: usize,
    pub stamped: usize,
    pub troubled: usize,
}

/// Where a room keeps its papers. A step says whether this very call has taken it: making a file changes nothing, and
/// keeping it is one guarded transaction, so that a run may be killed anywhere and two may run at once.
pub trait Papers {
    /// The ids of papers in `state` whose time has come.
    fn waiting(&self, app: &App, state: PaperState, now: Instant, limit: i64) -> Outcome<Vec<i64>>;
    fn seal(&self, app: &App, now: Instant, id: i64) -> Outcome<bool>;
    fn stamp(&self, app: &App, now: Instant, id: i64) -> Outcome<bool>;
    /// Notes why a step failed, and puts the paper off.
    fn trouble(&self, app: &App, now: Instant, id: i64, fault: &Fault) -> Outcome<()>;
}

/// Seals what is due and has stamped what is sealed.
pub fn work_off(app: &App, now: Instant, papers: &impl Papers) -> Outcome<Sealing> {
    let mut done = Sealing::default();
    if !Press::is_built() {
        return Ok(done);
    }
    let begun = Stopwatch::now();
    let authorities = !app.config.papers.timestamp_authorities.is_empty();
    for state in [PaperState::Due, PaperState::Sealed] {
        // What failed is put off, so that no round of this run meets it again.
        while (state == PaperState::Due || authorities) && begun.elapsed() < BUDGET {
            let waiting = papers.waiting(app, state, now, ROUND)?;
            if waiting.is_empty() {
                break;
            }
            // One at least, so that each run gets somewhere.
            for (place, id) in waiting.into_iter().enumerate() {
                if place > 0 && begun.elapsed() >= BUDGET {
                    break;
                }
                one(app, now, papers, state, id, &mut done)?;
            }
        }
    }
    Ok(done)
}

fn one(app: &App, now: Instant, papers: &impl Papers, state: PaperState, id: i64, done: &mut Sealing) -> Outcome<()> {
    let (step, count) = match state {
        PaperState::Due => (papers.seal(app, now, id), &mut done.sealed),
        PaperState::Sealed | PaperState::Stamped => (papers.stamp(app, now, id), &mut done.stamped),
    };
    match step {
        Ok(true) => *count += 1,
        Ok(false) => {}
        // A guarded change that came too late is no fault: another run has done it.
        Err(fault) if fault.code() == Some("conflict") => {}
        Err(fault) => {
            done.troubled += 1;
            papers.trouble(app, now, id, &fault)?;
        }
    }
    Ok(())
}
