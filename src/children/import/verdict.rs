//! What became of a row, and of a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::matching::Decision;
use crate::children::sheet::{About, Column, Finding, LedgerRow, Person, Weight};
use crate::text_enum;

text_enum! {
    /// What a row came to.
    pub enum Verdict {
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        /// Nothing was written: a person must look at the cells that the findings name.
        NeedsPerson = "needs_person",
    }
}

text_enum! {
    /// Which rows are taken.
    pub enum Mode {
        /// All of them, or none when one needs a person.
        All = "all",
        /// The good ones; the others wait.
        Good = "good",
    }
}

text_enum! {
    /// How a run ended.
    pub enum RunOutcome {
        /// Asked for as a rehearsal: nothing was written.
        Rehearsed = "rehearsed",
        Applied = "applied",
        /// All rows were wanted, and one needs a person: nothing was written.
        Refused = "refused",
    }
}

/// A field that the row changed, with the cell that said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Touched {
    /// Whose and what.
    #[schema(example = "father.phone")]
    pub field: String,
    #[schema(example = "H4")]
    pub cell: Option<String>,
    #[schema(example = "父亲电话")]
    pub heading: Option<String>,
}

impl Touched {
    pub fn of(row: &LedgerRow, person: Person, about: About) -> Self {
        let place = row.place_of(person, about);
        Self {
            field: Column::of(person, about).to_string(),
            heading: place.as_ref().map(|(_, heading)| (*heading).to_owned()),
            cell: place.map(|(cell, _)| cell),
        }
    }
}

/// A row with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    /// The child of the ledger that the row is about; absent for one that was not written.
    pub child_id: Option<i64>,
    pub touched: Vec<Touched>,
    pub findings: Vec<Finding>,
    pub row: LedgerRow,
    /// What a person had said about whom the row means.
    pub decision: Decision,
}

impl Judged {
    /// The row with what must be looked at before it can be taken.
    pub fn needs_person(row: &LedgerRow, child_id: Option<i64>, findings: Vec<Finding>) -> Self {
        Self {
            verdict: Verdict::NeedsPerson,
            child_id,
            touched: Vec::new(),
            findings,
            row: row.clone(),
            decision: Decision::None,
        }
    }
}

/// Whether one of the findings keeps a row from being taken.
pub fn stops(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.weight == Weight::Fault)
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub needs_person: i64,
}

impl Counts {
    pub fn add(&mut self, verdict: Verdict, rows: i64) {
        let count = match verdict {
            Verdict::Created => &mut self.created,
            Verdict::Updated => &mut self.updated,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::NeedsPerson => &mut self.needs_person,
        };
        *count += rows;
    }

    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Judged>) -> Self {
        rows.into_iter().fold(Self::default(), |mut counts, row| {
            counts.add(row.verdict, 1);
            counts
        })
    }
}
