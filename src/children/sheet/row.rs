//! A row of a village's ledger once it is understood: typed values, and what is to be said about its cells.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Weight};
use super::grid::{Cell, GridRow, column_name};
use super::headings::{self, About, Column, Person};
use super::words::plain;
use crate::children::classification::LabelKind;
use crate::children::classification::facts::{CircumstanceKind, Condition, DisabilityKind, Kin};
use crate::children::identity_number::IdentityNumber;
use crate::children::schooling::Schooling;
use crate::identity::Sex;
use crate::messaging::phone::Mobile;

/// One child of a ledger file.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// Name of the sheet; empty for csv.
    pub sheet: String,
    /// The number a person sees beside the row.
    pub number: u32,
    pub child: ChildCells,
    pub father: AdultCells,
    pub mother: AdultCells,
    pub carer: AdultCells,
    pub findings: Vec<Finding>,
    /// What the row was read from, to be read again when a cell was corrected.
    pub cells: Vec<WrittenCell>,
}

/// A cell under a heading that is understood, as it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenCell {
    pub place: usize,
    pub heading: String,
    pub column: Column,
    pub cell: Cell,
}

/// A row as it was written, to be kept and read again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenRow {
    pub sheet: String,
    pub number: u32,
    pub cells: Vec<WrittenCell>,
}

impl WrittenRow {
    /// The row with other words in some cells. A cell is named by its address (`C12`), by its heading, or by any
    /// heading that villages use for the same thing; the row gets the cell when it has none.
    ///
    /// # Errors
    /// The name that names no cell.
    pub fn corrected(mut self, corrections: &BTreeMap<String, String>, max_chars: usize) -> Result<Self, String> {
        for (name, value) in corrections {
            let place = self.place_of(name).ok_or_else(|| name.clone())?;
            if let Some(written) = self.cells.get_mut(place) {
                written.cell = Cell::text(value, max_chars);
            }
        }
        Ok(self)
    }

    /// The cell as a spreadsheet names it.
    pub fn address(&self, cell: &WrittenCell) -> String {
        format!("{}{}", column_name(cell.place), self.number)
    }

    fn place_of(&mut self, name: &str) -> Option<usize> {
        let named = |cell: &WrittenCell| self.address(cell) == name || plain(&cell.heading) == plain(name);
        if let Some(place) = self.cells.iter().position(named) {
            return Some(place);
        }
        let column = headings::meaning_of(name)?;
        if let Some(place) = self.cells.iter().position(|cell| cell.column == column) {
            return Some(place);
        }
        let place = self.cells.iter().map(|cell| cell.place + 1).max().unwrap_or_default();
        self.cells.push(WrittenCell { place, heading: name.to_owned(), column, cell: Cell::Empty });
        Some(self.cells.len() - 1)
    }

    /// The cells in their columns.
    pub fn grid_row(&self) -> GridRow {
        let width = self.cells.iter().map(|cell| cell.place + 1).max().unwrap_or_default();
        let mut cells = vec![Cell::Empty; width];
        for written in &self.cells {
            if let Some(cell) = cells.get_mut(written.place) {
                cell.clone_from(&written.cell);
            }
        }
        GridRow { number: self.number, cells }
    }
}

impl LedgerRow {
    /// The row as it was written.
    pub fn written(&self) -> WrittenRow {
        WrittenRow { sheet: self.sheet.clone(), number: self.number, cells: self.cells.clone() }
    }

    /// What the row says about father, mother or carer.
    pub fn adult(&self, who: Person) -> &AdultCells {
        match who {
            Person::Mother => &self.mother,
            Person::Carer => &self.carer,
            Person::Father | Person::Parents | Person::Child => &self.father,
        }
    }

    /// Where the row tells `about` of `person`: the address of the cell and its heading.
    pub fn place_of(&self, person: Person, about: About) -> Option<(String, &str)> {
        let cell = self.cells.iter().find(|cell| cell.column == Column::of(person, about))?;
        Some((format!("{}{}", column_name(cell.place), self.number), &cell.heading))
    }

    /// `finding`, said of the cell that tells `about` of `person`.
    pub fn say(&self, finding: Finding, person: Person, about: About) -> Finding {
        match self.place_of(person, about) {
            Some((cell, heading)) => finding.at(cell, heading),
            None => finding,
        }
    }

    /// Whether the row waits for a person.
    pub fn needs_person(&self) -> bool {
        self.findings.iter().any(|finding| finding.weight == Weight::Fault)
    }

    /// Whether both rows say the same about the same people, wherever they stand.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.child == other.child
            && self.father == other.father
            && self.mother == other.mother
            && self.carer == other.carer
    }
}

/// What the row says about the child.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChildCells {
    pub name: String,
    pub sex: Option<Sex>,
    pub birth_date: Option<NaiveDate>,
    pub identity_number: Option<IdentityNumber>,
    pub phone: Option<Mobile>,
    pub ethnicity: Option<String>,
    pub village: Option<String>,
    pub address: Option<String>,
    pub rural_registration: Option<bool>,
    pub schooling: Schooling,
    /// Whether the row says how the child stands to school, or a named school only lets us think so.
    pub enrolment_told: bool,
    pub disability: Option<WrittenDisability>,
    /// What the village wrote about illness, in its words.
    pub illness: Option<String>,
    pub circumstances: Vec<CircumstanceKind>,
    /// Labels the village wrote down; they are compared with what the facts give, never taken over.
    pub stated: Vec<LabelKind>,
    pub remark: Option<String>,
}

/// A disability as a ledger states it: without a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenDisability {
    /// 1 (gravest) to 4.
    pub grade: u8,
    pub kind: Option<DisabilityKind>,
}

/// What the row says about a parent or the carer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdultCells {
    pub name: Option<String>,
    pub sex: Option<Sex>,
    pub birth_date: Option<NaiveDate>,
    pub identity_number: Option<IdentityNumber>,
    pub phones: Vec<Mobile>,
    pub kin: Option<Kin>,
    pub condition: Option<Condition>,
    /// Where the person works, in the village's words.
    pub place: Option<String>,
    pub outside_county: Option<bool>,
    pub away: Option<bool>,
    pub away_since: Option<NaiveDate>,
    /// How far the true day may lie from `away_since`, which stands for a month, a year or "three years".
    pub away_since_within_days: i64,
    /// Whether the row names this parent as the one who looks after the child.
    pub cares: bool,
}

impl AdultCells {
    /// Whether the row says anything about this person.
    pub fn is_told(&self) -> bool {
        self.name.is_some() || self.identity_number.is_some() || self.condition.is_some()
    }
}
