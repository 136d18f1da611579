//! What happens to a run after it: a row is put right and judged again, a rehearsed run is applied.

use std::collections::BTreeMap;

use super::judging::judge;
use super::matching::Decision;
use super::said::Said;
use super::verdict::{Counts, Judged, Mode, RunOutcome, Verdict};
use super::{around, audit_run, judge_rows, outcome_of};
use crate::audit;
use crate::children::occasion::Occasion;
use crate::children::sheet::{self, LedgerRow};
use crate::children::store::imports::{self, KeptRow};
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::{Conn, tentatively};

/// What a person puts right in a row.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// New words by address (`C12`) or heading.
    pub cells: BTreeMap<String, String>,
    pub decision: Decision,
}

/// Judges a row that waits for a person once more, and takes it in when the run was applied.
///
/// # Errors
/// `import_row_settled` for a row that does not wait; 422 for a cell that the row does not have.
pub fn retry(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    (import_id, place): (i64, i64),
    correction: &Correction,
) -> Outcome<KeptRow> {
    let (import, _) = imports::find(tx, scope, import_id)?;
    let kept = imports::row(tx, occasion, import_id, place)?;
    if kept.verdict != Verdict::NeedsPerson {
        return Err(Problem::of("import_row_settled").into());
    }
    let (target, context) = around(tx, occasion, &import.area_code)?;
    let written = kept.said.written.corrected(&correction.cells, context.limits.cell_chars);
    let written = written.map_err(|_| Problem::field("cells", "unknown_column"))?;
    let row = sheet::again(&written, &context);
    let applies = import.outcome == RunOutcome::Applied;
    let mut judged = tentatively(
        tx,
        |tx| judge(tx, occasion, &target, &row, &mut Said::default(), correction.decision),
        |_| applies,
    )?;
    judged.decision = correction.decision;
    forget_unwritten(std::slice::from_mut(&mut judged), applies);
    imports::settle_row(tx, occasion, import_id, place, &judged)?;
    let event = audit::Event {
        actor: occasion.actor,
        action: "ledger.import_row_judged",
        subject_kind: "import",
        subject_id: import_id,
        child_id: judged.child_id,
        area_code: Some(&import.area_code),
    };
    audit::record(tx, occasion.now, &event, &serde_json::json!({ "place": place, "verdict": judged.verdict }))?;
    imports::row(tx, occasion, import_id, place)
}

/// Applies a run that wrote nothing, with the rows as they were put right since.
///
/// # Errors
/// `import_applied` when it was applied before.
pub fn apply(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64, mode: Mode) -> Outcome<RunOutcome> {
    let (import, _) = imports::find(tx, scope, id)?;
    if import.outcome == RunOutcome::Applied {
        return Err(Problem::of("import_applied").into());
    }
    let (target, context) = around(tx, occasion, &import.area_code)?;
    let kept = imports::all_rows(tx, occasion, id)?;
    let mut rows: Vec<LedgerRow> = kept.iter().map(|kept| sheet::again(&kept.said.written, &context)).collect();
    sheet::mark_duplicates(&mut rows);
    let decided: Vec<(LedgerRow, Decision)> =
        rows.into_iter().zip(kept.iter().map(|kept| kept.said.decision)).collect();
    let (mut judged, outcome) = tentatively(
        tx,
        |tx| {
            let judged = judge_rows(tx, occasion, &target, &decided, &mut |_, _| {})?;
            let outcome = outcome_of(mode, false, &judged);
            Ok((judged, outcome))
        },
        |(_, outcome)| *outcome == RunOutcome::Applied,
    )?;
    forget_unwritten(&mut judged, outcome == RunOutcome::Applied);
    imports::set_outcome(tx, occasion, &import, mode, outcome)?;
    for (kept, judged) in kept.iter().zip(&judged) {
        imports::rewrite_row(tx, occasion, id, kept.place, judged)?;
    }
    audit_run(tx, occasion, id, &import.area_code, outcome, Counts::of(&judged))?;
    Ok(outcome)
}

/// A child that was taken back with its savepoint has no id.
pub fn forget_unwritten(rows: &mut [Judged], applied: bool) {
    for row in rows.iter_mut().filter(|row| !applied && row.verdict == Verdict::Created) {
        row.child_id = None;
    }
}
