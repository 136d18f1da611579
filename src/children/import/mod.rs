//! Taking a village's ledger in (P1): every row of the file gets a verdict, and what a person must look at is named
//! by cell. Reading the same file twice changes nothing.
//!
//! ```text
//!  file ─ sheet ─▶ rows ─┬─▶ whom does it mean? (matching) ─▶ what is different? (own, family) ─▶ apply
//!                        │          │ two, or elsewhere             │ another father …            │
//!                        │          └──────────▶ needs_person ◀─────┘          created │ updated │ unchanged
//!                        │                            │ corrected, or decided by a person
//!                        └────────────────────────────┘
//!  run:  rehearsed (nothing is written) │ applied │ refused (all rows were wanted, one needs a person)
//! ```
//!
//! A rehearsal is the run itself in a savepoint that is taken back, so that it cannot promise anything else.

mod apply;
mod family;
pub(super) mod held;
mod judging;
mod later;
mod matching;
mod own;
mod said;
mod tidy;
mod verdict;

pub use self::judging::Target;
pub use self::later::{Correction, apply, retry};
pub use self::matching::{Decision, Neighbourhood};
pub use self::verdict::{Counts, Judged, Mode, RunOutcome, Touched, Verdict};

use self::judging::judge;
use self::later::forget_unwritten;
use self::said::Said;
use super::occasion::Occasion;
use super::sheet::{self, Context, Ledger, LedgerRow, SheetFault, SheetRead};
use super::store;
use crate::areas::{self, AreaLevel};
use crate::audit;
use crate::crypto::sha256_hex;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::{Conn, Store, tentatively};

/// A file to take in.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub village_code: String,
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub mode: Mode,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// A run and what became of each row.
#[derive(Clone, Debug)]
pub struct Report {
    pub import_id: i64,
    pub outcome: RunOutcome,
    pub counts: Counts,
    pub sheets: Vec<SheetRead>,
    pub rows: Vec<Judged>,
}

/// Reads the file and takes it in; `tell` hears how many rows of how many are judged.
///
/// # Errors
/// `sheet_refused` for a file that cannot be read; 422 for what is no village.
pub fn run(
    store: &Store,
    occasion: &Occasion<'_>,
    wanted: &Wanted,
    mut tell: impl FnMut(usize, usize),
) -> Outcome<Report> {
    let (target, context) = store.read(|conn| around(conn, occasion, &wanted.village_code))?;
    let ledger = sheet::read(&wanted.bytes, &context).map_err(|fault| refused(fault, &context))?;
    store.write(|tx| take_in(tx, occasion, wanted, &target, &ledger, &mut tell))
}

/// As [`run`], inside a transaction of the caller's.
pub fn run_within(tx: &mut Conn, occasion: &Occasion<'_>, wanted: &Wanted) -> Outcome<Report> {
    let (target, context) = around(tx, occasion, &wanted.village_code)?;
    let ledger = sheet::read(&wanted.bytes, &context).map_err(|fault| refused(fault, &context))?;
    take_in(tx, occasion, wanted, &target, &ledger, &mut |_, _| {})
}

/// The village, and what reading its file needs to know.
fn around(conn: &mut Conn, occasion: &Occasion<'_>, village: &str) -> Outcome<(Target, Context)> {
    areas::require_code(village, "village_code")?;
    areas::exists(conn, village, AreaLevel::Village, "village_code")?;
    let names = areas::names_within(conn, &areas::county_of(village))?;
    let own = names.iter().find(|(code, _)| code == village).map(|(_, name)| name.clone()).unwrap_or_default();
    let township = areas::township_of(village);
    let is_neighbour = |code: &str| code != village && areas::township_of(code) == township && code != township;
    let others = names.iter().filter(|(code, _)| is_neighbour(code)).map(|(_, name)| name.clone()).collect();
    let context = Context {
        today: occasion.today(),
        limits: occasion.config().children.import.clone(),
        home_names: names.into_iter().map(|(_, name)| name).collect(),
    };
    let neighbourhood = Neighbourhood { village: own, others };
    Ok((Target { village_code: village.to_owned(), neighbourhood }, context))
}

fn refused(fault: SheetFault, context: &Context) -> Fault {
    let limit = match fault {
        SheetFault::TooLarge => (context.limits.file_bytes >> 20).to_string(),
        SheetFault::UnpacksTooLarge => (context.limits.unpacked_bytes >> 20).to_string(),
        SheetFault::TooManyRows => context.limits.rows.to_string(),
        _ => String::new(),
    };
    Problem::of("sheet_refused").with("why", fault.text(&limit)).into()
}

fn take_in(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    wanted: &Wanted,
    target: &Target,
    ledger: &Ledger,
    tell: &mut dyn FnMut(usize, usize),
) -> Outcome<Report> {
    let undecided: Vec<_> = ledger.rows.iter().map(|row| (row.clone(), Decision::None)).collect();
    let (mut rows, outcome) = tentatively(
        tx,
        |tx| {
            let rows = judge_rows(tx, occasion, target, &undecided, tell)?;
            let outcome = outcome_of(wanted.mode, wanted.dry_run, &rows);
            Ok((rows, outcome))
        },
        |(_, outcome)| *outcome == RunOutcome::Applied,
    )?;
    forget_unwritten(&mut rows, outcome == RunOutcome::Applied);
    let new = store::imports::NewImport {
        area_code: &wanted.village_code,
        file_name: &wanted.file_name,
        file_sha256: &sha256_hex(&wanted.bytes),
        mode: wanted.mode,
        outcome,
        sheets: &ledger.sheets,
    };
    let import_id = store::imports::add(tx, occasion, &new)?;
    for (place, row) in (1..).zip(&rows) {
        store::imports::add_row(tx, occasion, import_id, place, row)?;
    }
    let counts = Counts::of(&rows);
    audit_run(tx, occasion, import_id, &wanted.village_code, outcome, counts)?;
    Ok(Report { import_id, outcome, counts, sheets: ledger.sheets.clone(), rows })
}

fn judge_rows(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    target: &Target,
    rows: &[(LedgerRow, Decision)],
    tell: &mut dyn FnMut(usize, usize),
) -> Outcome<Vec<Judged>> {
    let mut said = Said::default();
    let mut judged = Vec::with_capacity(rows.len());
    for (row, decision) in rows {
        let mut row = judge(tx, occasion, target, row, &mut said, *decision)?;
        row.decision = *decision;
        judged.push(row);
        tell(judged.len(), rows.len());
    }
    Ok(judged)
}

fn outcome_of(mode: Mode, dry_run: bool, rows: &[Judged]) -> RunOutcome {
    let waits = rows.iter().any(|row| row.verdict == Verdict::NeedsPerson);
    if dry_run {
        RunOutcome::Rehearsed
    } else if mode == Mode::All && waits {
        RunOutcome::Refused
    } else {
        RunOutcome::Applied
    }
}

fn audit_run(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    id: i64,
    village: &str,
    outcome: RunOutcome,
    counts: Counts,
) -> Outcome<()> {
    let event = audit::Event {
        actor: occasion.actor,
        action: "ledger.imported",
        subject_kind: "import",
        subject_id: id,
        child_id: None,
        area_code: Some(village),
    };
    audit::record(tx, occasion.now, &event, &serde_json::json!({ "outcome": outcome, "rows": counts }))
}
