//! What is to be said about a cell, a row, a column or a file: a stable code, and Chinese words from a file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text_enum;

static TEXTS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("findings.toml")).unwrap_or_default());
static FAULT_TEXTS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("faults.toml")).unwrap_or_default());

text_enum! {
    /// Why a file as a whole cannot be taken.
    pub enum SheetFault {
        Empty = "empty",
        TooLarge = "too_large",
        UnpacksTooLarge = "unpacks_too_large",
        OldFormat = "old_format",
        NotASheet = "not_a_sheet",
        Damaged = "damaged",
        NoHeading = "no_heading",
        TooManyRows = "too_many_rows",
        NoRows = "no_rows",
    }
}

impl SheetFault {
    /// What to tell the person who sent the file; `limit` fills in for the faults that name one.
    pub fn text(self, limit: &str) -> String {
        FAULT_TEXTS.get(self.as_str()).map_or_else(String::new, |text| text.replace("{limit}", limit))
    }
}

text_enum! {
    /// How much a finding weighs.
    pub enum Weight {
        /// The row waits for a person.
        Fault = "fault",
        /// The cell was not taken, the row was.
        Doubt = "doubt",
        /// The cell was taken in one of several possible ways; please look.
        Note = "note",
    }
}

/// One finding. `value` never holds an identity number or a phone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SheetFinding)]
pub struct Finding {
    /// The cell as a spreadsheet names it, `C12`; absent when the finding is about the row or the file.
    #[schema(example = "C12")]
    pub cell: Option<String>,
    /// The heading of the column as the village wrote it.
    #[schema(example = "身份证号")]
    pub heading: Option<String>,
    #[schema(example = "identity_checksum")]
    pub code: String,
    pub weight: Weight,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub other: String,
    /// What a person reads.
    pub text: String,
}

impl Finding {
    /// A finding about no particular cell.
    pub fn new(weight: Weight, code: &str) -> Self {
        let text = words(code, "", "", "");
        Self {
            cell: None,
            heading: None,
            code: code.to_owned(),
            weight,
            value: String::new(),
            other: String::new(),
            text,
        }
    }

    pub fn at(mut self, cell: String, heading: &str) -> Self {
        self.cell = Some(cell);
        self.heading = Some(heading.to_owned());
        self.reworded()
    }

    /// What stands in the cell (for words and dates only).
    pub fn value(mut self, value: &str) -> Self {
        self.value = value.chars().take(40).collect();
        self.reworded()
    }

    /// The other thing the text names: a row, a date, a person.
    pub fn other(mut self, other: impl ToString) -> Self {
        self.other = other.to_string();
        self.reworded()
    }

    fn reworded(mut self) -> Self {
        self.text = words(&self.code, self.heading.as_deref().unwrap_or_default(), &self.value, &self.other);
        self
    }
}

fn words(code: &str, heading: &str, value: &str, other: &str) -> String {
    let template = TEXTS.get(code).map_or("", String::as_str);
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    // One pass, so that braces in a cell stay what they are.
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(match name {
            "heading" => heading,
            "value" => value,
            "other" => other,
            _ => "",
        });
        rest = behind;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::identity_number::IdentityFault;
    use crate::children::sheet::dates::DateFault;

    #[test]
    fn every_fault_of_a_number_or_a_date_has_words() {
        let codes = IdentityFault::ALL
            .iter()
            .map(|fault| fault.as_str())
            .chain(DateFault::ALL.iter().map(|fault| fault.as_str()));
        for code in codes {
            assert!(TEXTS.contains_key(code), "{code}");
        }
        for fault in SheetFault::ALL {
            assert!(!fault.text("").is_empty(), "{fault}");
        }
    }

    #[test]
    fn a_cell_cannot_smuggle_placeholders_into_the_text() {
        let finding = Finding::new(Weight::Fault, "date_unreadable").value("{other}{").other("x");
        assert_eq!(finding.text, "日期“{other}{”无法识别,请写成 2015-03-08 这样的形式。");
    }
}
