//! The finished paper: typeset with all signatures, sealed, stamped with the time.
//!
//! ```text
//!   in force ──▶ due ──── typeset, seal ───▶ sealed ──── an authority answers ───▶ stamped
//!                 ▲ │ trouble: later again     ▲ │ none answers: later again
//!                 └─┘                          └─┘
//! ```
//! Making the file takes long and changes nothing; keeping it is one guarded transaction together with the event in the
//! evidence. So the job may be killed anywhere and run twice at once: an agreement ends sealed exactly once.

use serde_json::json;

use super::act::Act;
use super::evidence::EventKind;
use super::paper;
use super::store::agreement as kept;
use super::store::evidence;
use super::store::paper::{self as papers, PaperState};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::sha256_hex;
use crate::papers::{HASH_ALGORITHM, Press};
use crate::problem::{Fault, Outcome};

/// Agreements in one round of the job.
const ROUND: i64 = 8;
const MINUTES_LONGEST: i64 = 24 * 60;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealing {
    pub sealed: usize,
    pub stamped: usize,
    pub troubled: usize,
}

/// Seals what is due and has stamped what is sealed.
pub fn seal_papers(app: &App, now: Instant) -> Outcome<Sealing> {
    let mut done = Sealing::default();
    if !Press::is_built() {
        return Ok(done);
    }
    for id in app.store.read(|conn| papers::waiting(conn, PaperState::Due, now, ROUND))? {
        match seal(app, now, id) {
            Ok(true) => done.sealed += 1,
            Ok(false) => {}
            Err(fault) => {
                done.troubled += 1;
                trouble(app, now, id, &fault)?;
            }
        }
    }
    if app.config.papers.timestamp_authorities.is_empty() {
        return Ok(done);
    }
    for id in app.store.read(|conn| papers::waiting(conn, PaperState::Sealed, now, ROUND))? {
        match stamp(app, now, id) {
            Ok(true) => done.stamped += 1,
            Ok(false) => {}
            Err(fault) => {
                done.troubled += 1;
                trouble(app, now, id, &fault)?;
            }
        }
    }
    Ok(done)
}

/// Whether this very call sealed it.
fn seal(app: &App, now: Instant, id: i64) -> Outcome<bool> {
    let act = Act::by_itself(app, now);
    let (manuscript, reason) = app.store.read(|conn| {
        let agreement = kept::load(conn, id)?;
        Ok((paper::agreement(conn, &act, id, true)?, paper::reason(&agreement)))
    })?;
    let file = app.press.seal(&manuscript.set(&app.press)?, &reason, now)?;
    keep(app, &act, id, &file)
}

fn keep(app: &App, act: &Act, id: i64, file: &[u8]) -> Outcome<bool> {
    let body = json!({ "paper": sha256_hex(file), "algorithm": HASH_ALGORITHM });
    let kept = app.store.write(|tx| {
        papers::keep_sealed(tx, &act.vault, act.now, id, file)?;
        evidence::append(tx, act, id, EventKind::Sealed, &body)?;
        let agreement = kept::load(tx, id)?;
        act.audit(tx, "agreement.sealed", agreement.about(), &body)
    });
    first(kept)
}

/// Asks the authorities in turn; the first that answers stamps it.
fn stamp(app: &App, now: Instant, id: i64) -> Outcome<bool> {
    let act = Act::by_itself(app, now);
    let Some(file) = app.store.read(|conn| papers::file(conn, &act.vault, id))? else { return Ok(false) };
    let old = sha256_hex(&file);
    let stamped = ask_in_turn(app, &file)?;
    let report = app.press.check(&stamped, now)?;
    let at = report.stamped_at.ok_or_else(|| Fault::internal("a time stamp that is not there"))?;
    let body = json!({ "paper": sha256_hex(&stamped), "algorithm": HASH_ALGORITHM, "at": at, "by": report.stamped_by });
    let kept = app.store.write(|tx| {
        papers::keep_stamped(tx, &act.vault, (id, &old), &stamped, (at, report.stamped_by.as_deref()))?;
        evidence::append(tx, &act, id, EventKind::Stamped, &body)?;
        let agreement = kept::load(tx, id)?;
        act.audit(tx, "agreement.stamped", agreement.about(), &body)
    });
    first(kept)
}

fn ask_in_turn(app: &App, file: &[u8]) -> Outcome<Vec<u8>> {
    let mut last = Fault::internal("no authority");
    for authority in &app.config.papers.timestamp_authorities {
        let question = app.press.stamp_question(file)?;
        let answered = ask(app, authority, question.request.clone());
        match answered.and_then(|answer| app.press.stamped(file.to_vec(), &question, &answer)) {
            Ok(stamped) => return Ok(stamped),
            Err(fault) => last = Fault::Unavailable(format!("{authority}: {fault}")),
        }
    }
    Err(last)
}

fn ask(app: &App, authority: &str, request: Vec<u8>) -> Outcome<Vec<u8>> {
    let seconds = app.config.papers.timestamp_timeout_seconds;
    let unreachable = |error: reqwest::Error| Fault::Unavailable(error.without_url().to_string());
    let asked = app
        .http
        .post(authority)
        .header("content-type", "application/timestamp-query")
        .timeout(std::time::Duration::from_secs(seconds))
        .body(request);
    // Jobs run on a thread of their own, where waiting is allowed.
    tokio::runtime::Handle::current().block_on(async {
        let answer = asked.send().await.and_then(reqwest::Response::error_for_status).map_err(unreachable)?;
        Ok(answer.bytes().await.map_err(unreachable)?.to_vec())
    })
}

/// A guarded change that came too late is no fault: another run has done it.
fn first(kept: Outcome<()>) -> Outcome<bool> {
    match kept {
        Ok(()) => Ok(true),
        Err(fault) if fault.code() == Some("conflict") => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Notes why it failed, and waits twice as long as the time before.
fn trouble(app: &App, now: Instant, id: i64, fault: &Fault) -> Outcome<()> {
    let why = match fault {
        Fault::Problem(problem) => problem.document().detail.unwrap_or_else(|| problem.code.to_owned()),
        other => other.to_string(),
    };
    tracing::warn!(agreement = id, why, "paper not made");
    app.store.write(|tx| {
        let attempts = papers::paper(tx, id)?.map_or(0, |paper| paper.attempts);
        let minutes = (1_i64 << attempts.clamp(0, 12)).min(MINUTES_LONGEST);
        papers::note_trouble(tx, id, &why, now.plus_minutes(minutes))
    })
}
