//! Text tables: csv in UTF-8 (with or without byte order mark), UTF-16 or GB18030, split by comma, tab or semicolon.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::SheetFault;
use super::grid::{Cell, Grid, GridRow};
use super::limits::Limits;

/// The table in a text file.
///
/// # Errors
/// [`SheetFault::NotASheet`] for bytes that are no text, [`SheetFault::TooManyRows`].
pub fn grid(bytes: &[u8], limits: &Limits) -> Result<Grid, SheetFault> {
    let text = decode(bytes)? + "\n";
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut numbering = Numbering { row: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|_| SheetFault::Damaged)? {
        let number = numbering.next(&record, reader.position().line());
        let cells: Vec<Cell> =
            record.iter().take(limits.columns).map(|field| Cell::text(unguarded(field), limits.cell_chars)).collect();
        if cells.iter().all(Cell::is_empty) {
            continue;
        }
        rows.push(GridRow { number, cells });
        if rows.len() > limits.rows {
            return Err(SheetFault::TooManyRows);
        }
    }
    Ok(Grid { name: String::new(), rows, merges: Vec::new() })
}

/// Row numbers as a spreadsheet shows them: blank lines count, line breaks inside a cell do not.
struct Numbering {
    row: u64,
    line: u64,
}

impl Numbering {
    /// The number of `record`, after which the reader stands on line `end`.
    fn next(&mut self, record: &csv::StringRecord, end: u64) -> u32 {
        let breaks = record.iter().map(|field| field.matches('\n').count() as u64).sum::<u64>();
        let blank_lines = end.saturating_sub(self.line).saturating_sub(breaks + 1);
        self.line = end;
        self.row += blank_lines + 1;
        u32::try_from(self.row).unwrap_or(u32::MAX)
    }
}

/// Bytes as text: a byte order mark decides, else valid UTF-8 is UTF-8, and the rest is GB18030.
fn decode(bytes: &[u8]) -> Result<String, SheetFault> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
    let binary = text.contains('\0') || (had_errors && text.matches('\u{fffd}').count() * 50 > text.chars().count());
    if binary { Err(SheetFault::NotASheet) } else { Ok(text.into_owned()) }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { GB18030 }
}

/// The separator that occurs most in the first lines.
fn delimiter(text: &str) -> u8 {
    let count =
        |separator: u8| text.lines().take(20).map(|line| line.matches(char::from(separator)).count()).sum::<usize>();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The content of a field that a spreadsheet guarded against being taken as a number: `="110…"` or `'110…`.
fn unguarded(field: &str) -> &str {
    let field = field.trim();
    let quoted = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    quoted.or_else(|| field.strip_prefix('\'')).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(bytes: &[u8]) -> Vec<Vec<String>> {
        let grid = grid(bytes, &Limits::default()).unwrap();
        grid.rows.iter().map(|row| row.cells.iter().map(Cell::words).collect()).collect()
    }

    #[test]
    fn the_same_table_is_read_from_every_encoding_and_separator() {
        let text = "姓名,性别\r\n张小满,男\r\n";
        let expected = [["姓名", "性别"], ["张小满", "男"]];
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let (legacy, _, _) = GB18030.encode(text);
        let tabbed = text.replace(',', "\t");
        let wide: Vec<u8> = [0xfeff].into_iter().chain(tabbed.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &marked, &legacy, tabbed.as_bytes(), text.replace(',', ";").as_bytes(), &wide] {
            assert_eq!(words(bytes), expected);
        }
    }

    #[test]
    fn guards_of_spreadsheets_are_taken_off_and_line_numbers_are_those_a_person_sees() {
        let grid = grid("\"a\n\",b\n\n=\"0123\",'456\n".as_bytes(), &Limits::default()).unwrap();
        assert_eq!(grid.rows[1].number, 3);
        assert_eq!(grid.rows[1].cells, [Cell::Text("0123".into()), Cell::Text("456".into())]);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(grid(&[0, 1, 2, 255, 0, 7], &Limits::default()).unwrap_err(), SheetFault::NotASheet);
    }
}
