//! A table as it came: rows of cells with their addresses, before anybody knows what they mean.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One cell, numbers and dates as the spreadsheet kept them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Date(NaiveDate),
    Answer(bool),
    /// A formula that failed, as its error text (`#N/A`).
    Failed(String),
    /// More characters than the limit; the content was not kept.
    TooLong,
}

impl Cell {
    /// A text cell without surrounding blanks; [`Cell::Empty`] when nothing is left.
    pub fn text(content: &str, max_chars: usize) -> Self {
        let content = content.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        if content.is_empty() {
            Self::Empty
        } else if content.chars().nth(max_chars).is_some() {
            Self::TooLong
        } else {
            Self::Text(content.to_owned())
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// What the cell says, as one would read it aloud.
    pub fn words(&self) -> String {
        match self {
            Self::Empty | Self::TooLong => String::new(),
            Self::Text(text) | Self::Failed(text) => text.clone(),
            Self::Number(number) => plain_number(*number),
            Self::Date(date) => date.to_string(),
            Self::Answer(yes) => if *yes { "是" } else { "否" }.to_owned(),
        }
    }
}

/// A number without exponent and without `.0`.
pub fn plain_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e18 { format!("{number:.0}") } else { number.to_string() }
}

/// A row that has at least one cell, under the number a person sees beside it (from 1).
#[derive(Clone, Debug, PartialEq)]
pub struct GridRow {
    pub number: u32,
    pub cells: Vec<Cell>,
}

impl GridRow {
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }

    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_empty)
    }
}

/// Cells that are shown as one; rows from 1, columns from 0, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    pub rows: (u32, u32),
    pub columns: (usize, usize),
}

/// One sheet of a workbook, or a csv file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    pub name: String,
    pub rows: Vec<GridRow>,
    pub merges: Vec<Merge>,
}

impl Grid {
    /// Repeats the content of cells merged sideways over all columns of a heading row.
    pub fn heading_row(&self, index: usize) -> Vec<String> {
        let Some(row) = self.rows.get(index) else {
            return Vec::new();
        };
        let mut texts: Vec<String> = row.cells.iter().map(Cell::words).collect();
        for merge in self.merges.iter().filter(|merge| merge.rows.0 == row.number) {
            let text = row.cell(merge.columns.0).words();
            if texts.len() <= merge.columns.1 {
                texts.resize(merge.columns.1 + 1, String::new());
            }
            for place in texts.iter_mut().take(merge.columns.1 + 1).skip(merge.columns.0) {
                place.clone_from(&text);
            }
        }
        texts
    }

    /// Repeats the content of cells merged downwards in every row below, as siblings share the cells of their parents.
    pub fn fill_down(&mut self) {
        for merge in
            self.merges.iter().filter(|merge| merge.rows.0 < merge.rows.1 && merge.columns.0 == merge.columns.1)
        {
            let Some(top) = self.rows.iter().position(|row| row.number == merge.rows.0) else {
                continue;
            };
            let content = self.rows.get(top).map(|row| row.cell(merge.columns.0).clone()).unwrap_or_default();
            let below = self.rows.iter_mut().skip(top + 1).take_while(|row| row.number <= merge.rows.1);
            for row in below.filter(|row| !row.is_blank()) {
                if row.cells.len() <= merge.columns.0 {
                    row.cells.resize(merge.columns.0 + 1, Cell::Empty);
                }
                if let Some(cell) = row.cells.get_mut(merge.columns.0) {
                    cell.clone_from(&content);
                }
            }
        }
    }
}

/// The name of a column as spreadsheets show it: 0 is A, 26 is AA.
pub fn column_name(mut column: usize) -> String {
    let mut name = String::new();
    loop {
        let letter = u8::try_from(column % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + letter));
        if column < 26 {
            return name;
        }
        column = column / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_spreadsheets_name_them() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(column_name), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_number_is_read_aloud_without_exponent() {
        assert_eq!(Cell::Number(13_812_345_678.0).words(), "13812345678");
        assert_eq!(Cell::Number(2015.3).words(), "2015.3");
    }
}
