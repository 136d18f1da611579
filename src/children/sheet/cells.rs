//! One row looked at through the heading: cells by meaning, each with its address for findings.

use std::collections::BTreeMap;

use super::finding::{Finding, Weight};
use super::grid::{Cell, GridRow, column_name};
use super::headings::{About, Column, Heading, Meaning, Person};
use super::row::WrittenCell;
use super::words;

/// Columns by meaning; address, labels and remark may stand in several columns.
pub struct Columns {
    by_meaning: BTreeMap<Column, Vec<(usize, String)>>,
    /// Findings about whole columns: unknown, refused, told twice.
    pub findings: Vec<Finding>,
}

impl Columns {
    pub fn new(heading: &Heading) -> Self {
        let mut columns = Self { by_meaning: BTreeMap::new(), findings: Vec::new() };
        for (place, written, meaning) in &heading.columns {
            match meaning {
                Meaning::Read(column) => columns.take(*column, *place, written),
                Meaning::PassedOver => {}
                Meaning::Refused => columns.say("column_refused", *place, written, ""),
                Meaning::Unknown => columns.say("column_unknown", *place, written, ""),
            }
        }
        columns
    }

    fn take(&mut self, column: Column, place: usize, written: &str) {
        let several = matches!(
            column.about,
            About::Address | About::Labels | About::Remark | About::Illness | About::Grade | About::Disability
        );
        let first =
            self.by_meaning.get(&column).and_then(|places| places.first()).map(|(first, _)| column_name(*first));
        match first {
            Some(first) if !several => self.say("column_twice", place, written, &first),
            _ => self.by_meaning.entry(column).or_default().push((place, written.to_owned())),
        }
    }

    fn say(&mut self, code: &str, place: usize, written: &str, other: &str) {
        self.findings.push(Finding::new(Weight::Note, code).at(column_name(place), written).other(other));
    }

    /// The columns of a row that was kept as it was written.
    pub fn of_written(cells: &[WrittenCell]) -> Self {
        let mut columns = Self { by_meaning: BTreeMap::new(), findings: Vec::new() };
        for cell in cells {
            columns.by_meaning.entry(cell.column).or_default().push((cell.place, cell.heading.clone()));
        }
        columns
    }

    /// The cells of `row` in these columns, the empty ones too, as they are kept to be read again.
    pub fn written(&self, row: &GridRow) -> Vec<WrittenCell> {
        let places =
            self.by_meaning.iter().flat_map(|(column, places)| places.iter().map(move |place| (*column, place)));
        places
            .map(|(column, (place, heading))| WrittenCell {
                place: *place,
                heading: heading.clone(),
                column,
                cell: row.cell(*place).clone(),
            })
            .collect()
    }

    /// Whether any column that is read has something in `row`.
    pub fn touch(&self, row: &GridRow) -> bool {
        self.by_meaning.values().flatten().any(|(place, _)| !row.cell(*place).is_empty())
    }
}

/// A cell with its address.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub cell: &'a Cell,
    place: usize,
    heading: &'a str,
}

/// A row that is being read, and what was found so far.
pub struct Cells<'a> {
    columns: &'a Columns,
    row: &'a GridRow,
    pub findings: Vec<Finding>,
}

impl<'a> Cells<'a> {
    pub fn new(columns: &'a Columns, row: &'a GridRow) -> Self {
        Self { columns, row, findings: Vec::new() }
    }

    /// The first cell of that meaning that says something; broken cells are reported and passed over.
    pub fn get(&mut self, person: impl Into<Option<Person>>, about: About) -> Option<At<'a>> {
        self.all(person, about).into_iter().next()
    }

    /// Every cell of that meaning that says something.
    pub fn all(&mut self, person: impl Into<Option<Person>>, about: About) -> Vec<At<'a>> {
        let (columns, row) = (self.columns, self.row);
        let places =
            columns.by_meaning.get(&Column { person: person.into(), about }).map(Vec::as_slice).unwrap_or_default();
        let cells = places.iter().map(|(place, heading)| At { cell: row.cell(*place), place: *place, heading });
        cells.filter(|at| self.speaks(*at)).collect()
    }

    fn speaks(&mut self, at: At<'_>) -> bool {
        match at.cell {
            Cell::Empty => false,
            Cell::TooLong => {
                self.say(Weight::Doubt, "cell_too_long", at);
                false
            }
            Cell::Failed(error) => {
                self.push(Finding::new(Weight::Doubt, "cell_error").value(error), at);
                false
            }
            Cell::Text(text) => !words::says_nothing(text),
            Cell::Number(_) | Cell::Date(_) | Cell::Answer(_) => true,
        }
    }

    /// The words of the cell of that meaning.
    pub fn words(&mut self, person: impl Into<Option<Person>>, about: About) -> Option<(String, At<'a>)> {
        self.get(person, about).map(|at| (at.cell.words(), at))
    }

    /// Yes or no where 无 is an answer, not an empty cell.
    pub fn ticked(&self, person: Person, about: About) -> Option<bool> {
        let places = self.columns.by_meaning.get(&Column { person: Some(person), about })?;
        places.iter().find_map(|(place, _)| words::answer("answer", &self.row.cell(*place).words()))
    }

    /// A finding about a cell that must not be quoted.
    pub fn say(&mut self, weight: Weight, code: &str, at: At<'_>) {
        self.push(Finding::new(weight, code), at);
    }

    /// A finding that quotes the cell; runs of digits that could be a number of a person are left out.
    pub fn quote(&mut self, weight: Weight, code: &str, at: At<'_>) {
        self.push(Finding::new(weight, code).value(&quotable(&at.cell.words())), at);
    }

    pub fn push(&mut self, finding: Finding, at: At<'_>) {
        let cell = format!("{}{}", column_name(at.place), self.row.number);
        self.findings.push(finding.at(cell, at.heading));
    }

    /// A finding about the row as a whole.
    pub fn say_of_row(&mut self, weight: Weight, code: &str) {
        self.findings.push(Finding::new(weight, code));
    }
}

/// `text` without what could be an identity number or a phone number.
pub fn quotable(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits > 8 { "…".to_owned() } else { text.to_owned() }
}
