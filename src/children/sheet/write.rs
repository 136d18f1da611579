//! A table as a workbook: every cell is text, so that no number loses digits and nothing from the data becomes a formula.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use crate::audit;

/// A table to be handed out.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    pub sheet_name: &'a str,
    /// The line above the table: what it is, as of when, for whom.
    pub title: String,
    /// Who took the file and under which number; on the sheet and on every printed page.
    pub mark: String,
    pub headings: Vec<&'a str>,
    pub rows: Vec<Vec<String>>,
}

/// A workbook with one sheet, the title above the headings, headings frozen and filterable.
///
/// # Errors
/// What the workbook cannot hold (more rows or longer cells than the format allows).
pub fn workbook(table: &Table<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(table.sheet_name)?;
    let last_column = u16::try_from(table.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let above = format!("{}　{}", table.title, table.mark);
    sheet.write_string_with_format(0, 0, above, &Format::new().set_italic().set_font_color(Color::Gray))?;
    let heading = Format::new().set_bold().set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
    for (column, text) in (0u16..).zip(&table.headings) {
        sheet.write_string_with_format(1, column, *text, &heading)?;
        sheet
            .set_column_width(column, width(text, table.rows.iter().filter_map(|row| row.get(usize::from(column)))))?;
    }
    let text = Format::new().set_num_format("@");
    for (number, row) in (2u32..).zip(&table.rows) {
        for (column, cell) in (0u16..).zip(row) {
            sheet.write_string_with_format(number, column, cell, &text)?;
        }
    }
    let last_row = u32::try_from(table.rows.len() + 1).unwrap_or(u32::MAX);
    sheet.autofilter(1, 0, last_row, last_column)?;
    sheet.set_freeze_panes(2, 0)?;
    audit::stamp(sheet, &table.title, &table.mark);
    workbook.save_to_buffer()
}

/// Wide enough for the longest of the first cells, Chinese characters counting double.
fn width<'a>(heading: &str, cells: impl Iterator<Item = &'a String>) -> f64 {
    let length = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<u32>();
    let longest = cells.take(200).map(|cell| length(cell)).max().unwrap_or_default().max(length(heading));
    f64::from(longest.clamp(6, 40)) + 2.0
}
