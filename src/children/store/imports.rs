//! Runs of an import and their rows; what stands in a row stays sealed.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::areas::within;
use crate::children::import::{Counts, Decision, Judged, Mode, RunOutcome, Touched, Verdict};
use crate::children::occasion::Occasion;
use crate::children::sheet::{Finding, SheetRead, WrittenRow};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::Page;
use crate::identity::Scope;
use crate::problem::{Fault, Outcome};
use crate::storage::schema::{ledger_import_rows, ledger_imports, people};
use crate::storage::{Conn, Db};

/// A run to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewImport<'a> {
    pub area_code: &'a str,
    pub file_name: &'a str,
    pub file_sha256: &'a str,
    pub mode: Mode,
    pub outcome: RunOutcome,
    pub sheets: &'a [SheetRead],
}

/// A run as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = ledger_imports)]
pub struct ImportRow {
    pub id: i64,
    pub area_code: String,
    pub file_name: String,
    pub file_sha256: String,
    pub mode: Mode,
    pub outcome: RunOutcome,
    pub report_sealed: String,
    pub imported_at: Instant,
}

/// A row of a file with what became of it, opened.
#[derive(Clone, Debug)]
pub struct KeptRow {
    pub place: i64,
    pub verdict: Verdict,
    pub child_id: Option<i64>,
    pub judged_at: Instant,
    pub said: Said,
}

/// What is sealed of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    pub name: String,
    pub written: WrittenRow,
    pub touched: Vec<Touched>,
    pub findings: Vec<Finding>,
    pub decision: Decision,
}

impl Said {
    fn of(judged: &Judged) -> Self {
        Self {
            name: judged.row.child.name.clone(),
            written: judged.row.written(),
            touched: judged.touched.clone(),
            findings: judged.findings.clone(),
            decision: judged.decision,
        }
    }
}

pub fn add(tx: &mut Conn, occasion: &Occasion<'_>, new: &NewImport<'_>) -> Outcome<i64> {
    let report = serde_json::to_string(new.sheets).map_err(Fault::internal)?;
    Ok(diesel::insert_into(ledger_imports::table)
        .values((
            ledger_imports::area_code.eq(new.area_code),
            ledger_imports::file_name.eq(new.file_name),
            ledger_imports::file_sha256.eq(new.file_sha256),
            ledger_imports::mode.eq(new.mode),
            ledger_imports::outcome.eq(new.outcome),
            ledger_imports::report_sealed.eq(occasion.vault().seal(Purpose::LedgerRow, &report)?),
            ledger_imports::imported_by.eq(occasion.person_id()),
            ledger_imports::imported_at.eq(occasion.now),
        ))
        .returning(ledger_imports::id)
        .get_result(tx)?)
}

/// What was made of the sheets of a run's file.
pub fn sheets(occasion: &Occasion<'_>, row: &ImportRow) -> Outcome<Vec<SheetRead>> {
    let report = occasion.vault().open(Purpose::LedgerRow, &row.report_sealed)?;
    serde_json::from_str(&report).map_err(Fault::internal)
}

pub fn add_row(tx: &mut Conn, occasion: &Occasion<'_>, import_id: i64, place: i64, judged: &Judged) -> Outcome<()> {
    diesel::insert_into(ledger_import_rows::table)
        .values((
            ledger_import_rows::import_id.eq(import_id),
            ledger_import_rows::place.eq(place),
            ledger_import_rows::verdict.eq(judged.verdict),
            ledger_import_rows::child_id.eq(judged.child_id),
            ledger_import_rows::row_sealed.eq(sealed(occasion, judged)?),
            ledger_import_rows::judged_by.eq(occasion.person_id()),
            ledger_import_rows::judged_at.eq(occasion.now),
        ))
        .execute(tx)?;
    Ok(())
}

/// Writes what became of a row that waited for a person.
///
/// # Errors
/// `conflict` when somebody settled it meanwhile.
pub fn settle_row(tx: &mut Conn, occasion: &Occasion<'_>, import_id: i64, place: i64, judged: &Judged) -> Outcome<()> {
    let waiting = ledger_import_rows::table
        .filter(ledger_import_rows::import_id.eq(import_id))
        .filter(ledger_import_rows::place.eq(place))
        .filter(ledger_import_rows::verdict.eq(Verdict::NeedsPerson));
    let rows = diesel::update(waiting)
        .set((
            ledger_import_rows::verdict.eq(judged.verdict),
            ledger_import_rows::child_id.eq(judged.child_id),
            ledger_import_rows::row_sealed.eq(sealed(occasion, judged)?),
            ledger_import_rows::judged_by.eq(occasion.person_id()),
            ledger_import_rows::judged_at.eq(occasion.now),
        ))
        .execute(tx)?;
    crate::storage::changed(rows)
}

/// Writes what became of a row when its run was applied.
pub fn rewrite_row(tx: &mut Conn, occasion: &Occasion<'_>, import_id: i64, place: i64, judged: &Judged) -> Outcome<()> {
    let rows = diesel::update(ledger_import_rows::table.find((import_id, place)))
        .set((
            ledger_import_rows::verdict.eq(judged.verdict),
            ledger_import_rows::child_id.eq(judged.child_id),
            ledger_import_rows::row_sealed.eq(sealed(occasion, judged)?),
            ledger_import_rows::judged_by.eq(occasion.person_id()),
            ledger_import_rows::judged_at.eq(occasion.now),
        ))
        .execute(tx)?;
    crate::storage::changed(rows)
}

/// Moves a run that wrote nothing to another outcome.
///
/// # Errors
/// `conflict` when somebody was faster.
pub fn set_outcome(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    import: &ImportRow,
    mode: Mode,
    outcome: RunOutcome,
) -> Outcome<()> {
    let same = ledger_imports::table
        .filter(ledger_imports::id.eq(import.id))
        .filter(ledger_imports::outcome.eq(import.outcome));
    let rows = diesel::update(same)
        .set((
            ledger_imports::outcome.eq(outcome),
            ledger_imports::mode.eq(mode),
            ledger_imports::imported_by.eq(occasion.person_id()),
            ledger_imports::imported_at.eq(occasion.now),
        ))
        .execute(tx)?;
    crate::storage::changed(rows)
}

fn sealed(occasion: &Occasion<'_>, judged: &Judged) -> Outcome<String> {
    let said = serde_json::to_string(&Said::of(judged)).map_err(Fault::internal)?;
    occasion.vault().seal(Purpose::LedgerRow, &said)
}

/// A run of a village within reach, with who ran it.
///
/// # Errors
/// *Not found* otherwise.
pub fn find(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<(ImportRow, Option<String>)> {
    let found: (ImportRow, Option<String>) = ledger_imports::table
        .left_join(people::table.on(ledger_imports::imported_by.eq(people::id.nullable())))
        .filter(ledger_imports::id.eq(id))
        .select((ImportRow::as_select(), people::name.nullable()))
        .first(conn)?;
    scope.require(&found.0.area_code)?;
    Ok(found)
}

/// Runs of the villages within reach, newest first.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    village: Option<&str>,
    page: &Page,
) -> Outcome<Vec<(ImportRow, Option<String>)>> {
    let reach: Vec<String> = scope.areas.iter().map(|prefix| within("ledger_imports.area_code", prefix)).collect();
    let reach = if reach.is_empty() { "1 = 0".to_owned() } else { format!("({})", reach.join(" OR ")) };
    let mut query = ledger_imports::table
        .left_join(people::table.on(ledger_imports::imported_by.eq(people::id.nullable())))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&reach))
        .filter(ledger_imports::id.lt(page.after_id()?.unwrap_or(i64::MAX)))
        .select((ImportRow::as_select(), people::name.nullable()))
        .into_boxed::<Db>();
    if let Some(village) = village {
        query = query.filter(ledger_imports::area_code.eq(village.to_owned()));
    }
    Ok(query.order(ledger_imports::id.desc()).limit(page.fetch()).load(conn)?)
}

/// How many rows of a run came to what.
pub fn counts(conn: &mut Conn, import_id: i64) -> Outcome<Counts> {
    let rows: Vec<(Verdict, i64)> = ledger_import_rows::table
        .filter(ledger_import_rows::import_id.eq(import_id))
        .group_by(ledger_import_rows::verdict)
        .select((ledger_import_rows::verdict, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().fold(Counts::default(), |mut counts, (verdict, rows)| {
        counts.add(verdict, rows);
        counts
    }))
}

type StoredRow = (i64, Verdict, Option<i64>, Instant, String);

/// Rows of a run in the order of the file.
pub fn rows(
    conn: &mut Conn,
    occasion: &Occasion<'_>,
    import_id: i64,
    verdict: Option<Verdict>,
    page: &Page,
) -> Outcome<Vec<KeptRow>> {
    let mut query = ledger_import_rows::table
        .filter(ledger_import_rows::import_id.eq(import_id))
        .filter(ledger_import_rows::place.gt(page.after_id()?.unwrap_or(0)))
        .select((
            ledger_import_rows::place,
            ledger_import_rows::verdict,
            ledger_import_rows::child_id,
            ledger_import_rows::judged_at,
            ledger_import_rows::row_sealed,
        ))
        .into_boxed::<Db>();
    if let Some(verdict) = verdict {
        query = query.filter(ledger_import_rows::verdict.eq(verdict));
    }
    let rows: Vec<StoredRow> = query.order(ledger_import_rows::place).limit(page.fetch()).load(conn)?;
    rows.into_iter().map(|row| opened(occasion, row)).collect()
}

/// Every row of a run in the order of the file.
pub fn all_rows(conn: &mut Conn, occasion: &Occasion<'_>, import_id: i64) -> Outcome<Vec<KeptRow>> {
    let rows: Vec<StoredRow> = ledger_import_rows::table
        .filter(ledger_import_rows::import_id.eq(import_id))
        .select((
            ledger_import_rows::place,
            ledger_import_rows::verdict,
            ledger_import_rows::child_id,
            ledger_import_rows::judged_at,
            ledger_import_rows::row_sealed,
        ))
        .order(ledger_import_rows::place)
        .load(conn)?;
    rows.into_iter().map(|row| opened(occasion, row)).collect()
}

/// One row of a run.
pub fn row(conn: &mut Conn, occasion: &Occasion<'_>, import_id: i64, place: i64) -> Outcome<KeptRow> {
    let row: StoredRow = ledger_import_rows::table
        .find((import_id, place))
        .select((
            ledger_import_rows::place,
            ledger_import_rows::verdict,
            ledger_import_rows::child_id,
            ledger_import_rows::judged_at,
            ledger_import_rows::row_sealed,
        ))
        .first(conn)?;
    opened(occasion, row)
}

fn opened(occasion: &Occasion<'_>, (place, verdict, child_id, judged_at, sealed): StoredRow) -> Outcome<KeptRow> {
    let said = occasion.vault().open(Purpose::LedgerRow, &sealed)?;
    let said = serde_json::from_str(&said).map_err(Fault::internal)?;
    Ok(KeptRow { place, verdict, child_id, judged_at, said })
}
