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
use super::store::paper as papers;
use crate::app::App;
use crate::clock::Instant;
use crate::papers::{PaperState, Papers, Sealing, retry_at, stamp_in_turn, why_not_made, work_off};
use crate::problem::{Fault, Outcome};

/// Seals what is due and has stamped what is sealed.
pub fn seal_papers(app: &App, now: Instant) -> Outcome<Sealing> {
    work_off(app, now, &AgreementPapers)
}

struct AgreementPapers;

impl Papers for AgreementPapers {
    fn waiting(&self, app: &App, state: PaperState, now: Instant, limit: i64) -> Outcome<Vec<i64>> {
        app.store.read(|conn| papers::waiting(conn, state, now, limit))
    }

    fn seal(&self, app: &App, now: Instant, id: i64) -> Outcome<bool> {
        let act = Act::by_itself(app, now);
        let (manuscript, reason) = app.store.read(|conn| {
            let agreement = kept::load(conn, id)?;
            Ok((paper::agreement(conn, &act, id, true)?, paper::reason(&agreement)))
        })?;
        let file = app.press.seal(&manuscript.set(&app.press)?, &reason, now)?;
        let body = json!({ "paper": act.vault.digest(&file), "algorithm": act.vault.digest_algorithm() });
        app.store.write(|tx| {
            papers::keep_sealed(tx, &act.vault, now, id, &file)?;
            evidence::append(tx, &act, id, EventKind::Sealed, &body)?;
            let agreement = kept::load(tx, id)?;
            act.audit(tx, "agreement.sealed", agreement.about(), &body)
        })?;
        Ok(true)
    }

    /// Asks the authorities in turn; the first that answers stamps it.
    fn stamp(&self, app: &App, now: Instant, id: i64) -> Outcome<bool> {
        let act = Act::by_itself(app, now);
        let (paper, file) =
            app.store.read(|conn| Ok((papers::paper(conn, id)?, papers::file(conn, &act.vault, id)?)))?;
        let (Some(old), Some(file)) = (paper.and_then(|paper| paper.hash), file) else { return Ok(false) };
        let stamped = stamp_in_turn(app, &file)?;
        let report = app.press.check(&stamped, now)?;
        let at = report.stamped_at.ok_or_else(|| Fault::internal("a time stamp that is not there"))?;
        let (digest, algorithm) = (act.vault.digest(&stamped), act.vault.digest_algorithm());
        let body = json!({ "paper": digest, "algorithm": algorithm, "at": at, "by": report.stamped_by });
        app.store.write(|tx| {
            papers::keep_stamped(tx, &act.vault, (id, &old), &stamped, (at, report.stamped_by.as_deref()))?;
            evidence::append(tx, &act, id, EventKind::Stamped, &body)?;
            let agreement = kept::load(tx, id)?;
            act.audit(tx, "agreement.stamped", agreement.about(), &body)
        })?;
        Ok(true)
    }

    fn trouble(&self, app: &App, now: Instant, id: i64, fault: &Fault) -> Outcome<()> {
        let why = why_not_made(fault);
        tracing::warn!(agreement = id, why, "paper not made");
        app.store.write(|tx| {
            let failures = papers::paper(tx, id)?.map_or(0, |paper| paper.attempts);
            papers::note_trouble(tx, id, &why, retry_at(now, failures))
        })
    }
}
