//! Letters are sealed by the job that seals agreements (`timetable`), in the same way.

use serde_json::json;

use super::issuing::note;
use super::letter::LetterKind;
use super::store::{self, Letter};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::papers::{
    Manuscript, Mark, PaperState, Papers, Sealing, Sheet, retry_at, stamp_in_turn, why_not_made, work_off,
};
use crate::problem::{Fault, Outcome};
use crate::wording::{LABELS, paper};

/// Seals what is due and has stamped what is sealed.
pub fn seal_letters(app: &App, now: Instant) -> Outcome<Sealing> {
    work_off(app, now, &Letters)
}

/// The paper of a letter, as issued.
pub(super) fn manuscript(vault: &Vault, letter: &Letter, public_url: &str) -> Outcome<Manuscript> {
    let text = vault.open(Purpose::Narrative, &letter.text_sealed)?;
    let sheet = match letter.kind {
        LetterKind::Admonition => Sheet::Admonition,
        LetterKind::SubsidyDecision => Sheet::SubsidyDecision,
    };
    let data = paper::letter(&text, letter.issued_at.date(), &letter.sender, "");
    let mark = Mark { number: letter.number(), hash: letter.text_hash.clone(), address: format!("{public_url}/check") };
    Ok(Manuscript { sheet, data, mark })
}

struct Letters;

impl Papers for Letters {
    fn waiting(&self, app: &App, state: PaperState, now: Instant, limit: i64) -> Outcome<Vec<i64>> {
        app.store.read(|conn| store::waiting(conn, state, now, limit))
    }

    fn seal(&self, app: &App, now: Instant, id: i64) -> Outcome<bool> {
        let letter = app.store.read(|conn| store::load(conn, id))?;
        let manuscript = manuscript(&app.vault, &letter, &app.config.deployment.public_url)?;
        let reason = format!("{} {}", LABELS.paper.letter_sealed_because, letter.number());
        let file = app.press.seal(&manuscript.set(&app.press)?, &reason, now)?;
        let detail = json!({ "paper": app.vault.digest(&file) });
        app.store.write(|tx| {
            store::keep_sealed(tx, &app.vault, now, id, &file)?;
            note(tx, now, None, "letter.sealed", &letter, &detail)
        })?;
        Ok(true)
    }

    fn stamp(&self, app: &App, now: Instant, id: i64) -> Outcome<bool> {
        let letter = app.store.read(|conn| store::load(conn, id))?;
        let file = app.store.read(|conn| store::file(conn, &app.vault, id))?;
        let (Some(old), Some(file)) = (letter.hash.clone(), file) else { return Ok(false) };
        let stamped = stamp_in_turn(app, &file)?;
        let report = app.press.check(&stamped, now)?;
        let at = report.stamped_at.ok_or_else(|| Fault::internal("a time stamp that is not there"))?;
        let detail = json!({ "paper": app.vault.digest(&stamped), "at": at, "by": report.stamped_by });
        app.store.write(|tx| {
            store::keep_stamped(tx, &app.vault, (id, &old), &stamped, (at, report.stamped_by.as_deref()))?;
            note(tx, now, None, "letter.stamped", &letter, &detail)
        })?;
        Ok(true)
    }

    fn trouble(&self, app: &App, now: Instant, id: i64, fault: &Fault) -> Outcome<()> {
        let why = why_not_made(fault);
        tracing::warn!(letter = id, why, "paper not made");
        app.store.write(|tx| {
            let failures = store::load(tx, id)?.attempts;
            store::note_trouble(tx, id, &why, retry_at(now, failures))
        })
    }
}
