//! From a grid to rows: where the heading is, which rows are records, and what each record says.

use super::adults;
use super::cells::{Cells, Columns};
use super::child;
use super::finding::{Finding, SheetFault, Weight};
use super::grid::{Cell, Grid, GridRow};
use super::headings::{self, About, Heading, Meaning, Person};
use super::row::{LedgerRow, WrittenRow};
use super::{Context, duplicates, words};

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub rows: Vec<LedgerRow>,
    pub sheets: Vec<SheetRead>,
}

/// What was made of one sheet.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct SheetRead {
    pub name: String,
    /// The row of the heading; absent when none was found and the sheet was passed over.
    pub heading_row: Option<u32>,
    pub records: usize,
    /// Blank rows, sums, notes and repeated headings.
    pub passed_over: usize,
    /// Findings about whole columns.
    pub columns: Vec<Finding>,
}

/// Reads every sheet that has a heading.
///
/// # Errors
/// [`SheetFault::NoHeading`] when no sheet has one, [`SheetFault::NoRows`] when nothing stands below.
pub fn ledger(grids: Vec<Grid>, context: &Context) -> Result<Ledger, SheetFault> {
    let mut ledger = Ledger::default();
    for grid in grids {
        let sheet = read_sheet(grid, context, &mut ledger.rows);
        ledger.sheets.push(sheet);
    }
    if ledger.sheets.iter().all(|sheet| sheet.heading_row.is_none()) {
        return Err(SheetFault::NoHeading);
    }
    if ledger.rows.is_empty() {
        return Err(SheetFault::NoRows);
    }
    duplicates::mark(&mut ledger.rows);
    Ok(ledger)
}

fn read_sheet(mut grid: Grid, context: &Context, rows: &mut Vec<LedgerRow>) -> SheetRead {
    let Some(heading) = headings::find(&grid) else {
        return SheetRead {
            name: grid.name,
            heading_row: None,
            records: 0,
            passed_over: grid.rows.len(),
            columns: Vec::new(),
        };
    };
    grid.fill_down();
    let columns = Columns::new(&heading);
    let before = rows.len();
    let below = grid.rows.get(heading.first_record..).unwrap_or_default();
    rows.extend(
        below
            .iter()
            .filter(|row| is_record(row, &heading, &columns))
            .map(|row| record(&grid.name, row, &columns, context)),
    );
    let records = rows.len() - before;
    SheetRead {
        heading_row: grid.rows.get(heading.first_record.saturating_sub(1)).map(|row| row.number),
        records,
        passed_over: below.len() - records,
        columns: columns.findings,
        name: grid.name,
    }
}

fn record(sheet: &str, row: &GridRow, columns: &Columns, context: &Context) -> LedgerRow {
    let mut cells = Cells::new(columns, row);
    let mut child = child::read(&mut cells, context);
    let mut adults = adults::read(&mut cells, context);
    adults::give_phone_to_somebody(&mut cells, &mut child, &mut adults);
    let [father, mother, carer] = adults;
    if [&father, &mother].iter().any(|parent| parent.name.as_deref() == Some(child.name.as_str())) {
        cells.say_of_row(Weight::Doubt, "parent_named_like_child");
    }
    LedgerRow {
        sheet: sheet.to_owned(),
        number: row.number,
        child,
        father,
        mother,
        carer,
        findings: cells.findings,
        cells: columns.written(row),
    }
}

/// Reads a row once more from what was kept of it.
pub fn again(row: &WrittenRow, context: &Context) -> LedgerRow {
    record(&row.sheet, &row.grid_row(), &Columns::of_written(&row.cells), context)
}

/// Whether a row below the heading is a child: not blank, no sum, no note, no repeated heading.
fn is_record(row: &GridRow, heading: &Heading, columns: &Columns) -> bool {
    let first = row.cells.iter().find(|cell| !cell.is_empty()).map(Cell::words).unwrap_or_default();
    let has = |about| tells(row, heading, about);
    let is_note = words::begins("total", &first) && !has(About::IdentityNumber) && !has(About::BirthDate);
    let lonely = row.cells.iter().filter(|cell| !cell.is_empty()).count() == 1
        && !has(About::IdentityNumber)
        && !has(About::Name);
    columns.touch(row) && !is_note && !lonely && !repeats_heading(row, heading)
}

fn tells(row: &GridRow, heading: &Heading, about: About) -> bool {
    heading.columns.iter().any(|(place, _, meaning)| {
        matches!(meaning, Meaning::Read(column) if column.about == about && column.person == Some(Person::Child))
            && !row.cell(*place).is_empty()
    })
}

/// Printed ledgers repeat their heading on every page.
fn repeats_heading(row: &GridRow, heading: &Heading) -> bool {
    let same = heading
        .columns
        .iter()
        .filter(|(place, written, _)| words::plain(&row.cell(*place).words()) == words::plain(written));
    let said = row.cells.iter().filter(|cell| !cell.is_empty()).count();
    said > 0 && same.count() * 2 >= said
}
