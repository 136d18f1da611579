//! Workbooks (.xlsx): the cells of every sheet as they were last calculated; formulas themselves are ignored.
//!
//! Cells are streamed one by one: a dense range would allocate all the emptiness between A1 and XFD1048576.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Dimensions, Reader, Xlsx};

use super::SheetFault;
use super::grid::{Cell, Grid, GridRow, Merge};
use super::limits::Limits;

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The visible content of a workbook, sheet by sheet.
///
/// # Errors
/// [`SheetFault::Damaged`] when the file cannot be read, [`SheetFault::UnpacksTooLarge`], [`SheetFault::TooManyRows`].
pub fn grids(bytes: &[u8], limits: &Limits) -> Result<Vec<Grid>, SheetFault> {
    limits.admit_zip(bytes)?;
    // A foreign parser on a foreign file: a panic in it means that this file is damaged, not that we are.
    catch_unwind(AssertUnwindSafe(|| read(bytes, limits))).unwrap_or(Err(SheetFault::Damaged))
}

fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Grid>, SheetFault> {
    let mut workbook = Workbook::new(Cursor::new(bytes)).map_err(|_| SheetFault::Damaged)?;
    let names: Vec<String> = workbook.sheet_names().into_iter().take(limits.sheets).collect();
    let mut rows_left = limits.rows;
    names
        .into_iter()
        .filter_map(|name| match sheet(&mut workbook, &name, limits, rows_left) {
            // Charts and macro sheets have no cells.
            Err(SheetFault::Damaged) if workbook_has_other_cells(&workbook) => None,
            Ok(grid) => {
                rows_left = rows_left.saturating_sub(grid.rows.len());
                Some(Ok(grid))
            }
            Err(fault) => Some(Err(fault)),
        })
        .collect()
}

fn workbook_has_other_cells(workbook: &Workbook<'_>) -> bool {
    workbook.sheets_metadata().iter().any(|sheet| sheet.typ != calamine::SheetType::WorkSheet)
}

fn sheet(workbook: &mut Workbook<'_>, name: &str, limits: &Limits, rows_left: usize) -> Result<Grid, SheetFault> {
    let merges = workbook.merge_cells_by_sheet_name(name).unwrap_or_default();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|_| SheetFault::Damaged)?;
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    while let Some(found) = cells.next_cell().map_err(|_| SheetFault::Damaged)? {
        let (row, column) = found.get_position();
        let Some(column) = usize::try_from(column).ok().filter(|column| *column < limits.columns) else {
            continue;
        };
        let cell = cell(found.get_value(), limits.cell_chars);
        if cell.is_empty() {
            continue;
        }
        let cells_of_row = rows.entry(row).or_default();
        if cells_of_row.len() <= column {
            cells_of_row.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells_of_row.get_mut(column) {
            *place = cell;
        }
        if rows.len() > rows_left {
            return Err(SheetFault::TooManyRows);
        }
    }
    let rows = rows.into_iter().map(|(row, cells)| GridRow { number: row.saturating_add(1), cells }).collect();
    let merges = merges.iter().take(limits.rows).filter_map(|dimensions| merge(dimensions, limits)).collect();
    Ok(Grid { name: name.to_owned(), rows, merges })
}

fn cell(value: &DataRef<'_>, max_chars: usize) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::text(text, max_chars),
        DataRef::SharedString(text) => Cell::text(text, max_chars),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text, max_chars),
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet keeps fifteen digits anyway")]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) if number.is_finite() => Cell::Number(*number),
        DataRef::Float(number) => Cell::Failed(number.to_string()),
        DataRef::Bool(answer) => Cell::Answer(*answer),
        DataRef::DateTime(moment) => {
            moment.as_datetime().map_or(Cell::Number(moment.as_f64()), |moment| Cell::Date(moment.date()))
        }
        DataRef::Error(error) => Cell::Failed(error.to_string()),
    }
}

fn merge(dimensions: &Dimensions, limits: &Limits) -> Option<Merge> {
    let (top, left) = dimensions.start;
    let (bottom, right) = dimensions.end;
    let columns = (usize::try_from(left).ok()?, usize::try_from(right).ok()?);
    let sensible = columns.1 < limits.columns && bottom.saturating_sub(top) < 50;
    sensible.then_some(Merge { rows: (top.saturating_add(1), bottom.saturating_add(1)), columns })
}
