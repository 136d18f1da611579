//! The words of `config/demo/lives.toml`: where people work, what a village writes into its ledger.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::children::classification::facts::{CircumstanceKind, Condition, Kin};

/// What the families live from, and how a village writes it down.
#[derive(Debug, Deserialize)]
pub struct Lives {
    pub work_places: Vec<String>,
    pub groups: Vec<String>,
    pub disabilities: Vec<String>,
    pub illnesses: Vec<String>,
    pub grades: Vec<String>,
    pub male: String,
    pub female: String,
    pub rural: String,
    pub urban: String,
    pub yes: String,
    pub no: String,
    pub enrolled: String,
    pub preschool: String,
    pub not_yet: String,
    pub vocational: String,
    pub vocational_school: String,
    pub title_ending: String,
    pub headings: Vec<String>,
    committee_ending: String,
    kin: BTreeMap<String, String>,
    condition: BTreeMap<String, String>,
    circumstance: BTreeMap<String, String>,
    schools: BTreeMap<String, Schools>,
}

/// The schools of a township by stage.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Schools {
    pub kindergarten: String,
    pub primary: String,
    pub middle: String,
}

impl Lives {
    pub fn committee_of(&self, village: &str) -> String {
        format!("{village}{}", self.committee_ending)
    }

    pub fn kin(&self, kin: Kin) -> &str {
        self.kin.get(kin.as_str()).map_or("", String::as_str)
    }

    pub fn condition(&self, condition: Condition) -> &str {
        self.condition.get(condition.as_str()).map_or("", String::as_str)
    }

    pub fn circumstance(&self, kind: CircumstanceKind) -> &str {
        self.circumstance.get(kind.as_str()).map_or("", String::as_str)
    }

    pub fn schools_of(&self, village_code: &str) -> Schools {
        village_code.get(..9).and_then(|township| self.schools.get(township)).cloned().unwrap_or_default()
    }
}
