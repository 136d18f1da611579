//! The words around what papers say.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::guardianship::capacity::Fitness;
use crate::wording::LABELS_TOML;

#[derive(Deserialize)]
pub(super) struct Words {
    pub manner: MannerWords,
    pub paper: PaperWords,
    pub assessment: AssessmentWords,
    answer: BTreeMap<String, String>,
    conclusion: BTreeMap<String, String>,
    pub hand_over: HandOverWords,
}

impl Words {
    pub fn answer(&self, code: &str) -> String {
        self.answer.get(code).cloned().unwrap_or_default()
    }

    pub fn conclusion(&self, fitness: Fitness) -> String {
        self.conclusion.get(fitness.as_str()).cloned().unwrap_or_default()
    }
}

#[derive(Deserialize, Default)]
pub(super) struct MannerWords {
    pub own_phone: String,
    pub in_person: String,
}

#[derive(Deserialize, Default)]
pub(super) struct PaperWords {
    pub notice_sender: String,
    pub notice_receipt: String,
    pub sealed_because: String,
    pub separator: String,
}

#[derive(Deserialize, Default)]
pub(super) struct AssessmentWords {
    pub carer: String,
    pub birth_date: String,
    pub child: String,
    pub village: String,
    pub on: String,
    pub by: String,
    pub conclusion: String,
    pub findings: String,
    pub reason: String,
    pub none: String,
}

#[derive(Deserialize, Default)]
pub(super) struct HandOverWords {
    pub child: String,
    pub number: String,
    pub ended_on: String,
    pub carer: String,
}

pub(super) static WORDS: LazyLock<Words> =
    LazyLock::new(|| toml::from_str(LABELS_TOML).unwrap_or_else(|_| Words::none()));

impl Words {
    fn none() -> Self {
        Self {
            manner: MannerWords::default(),
            paper: PaperWords::default(),
            assessment: AssessmentWords::default(),
            answer: BTreeMap::new(),
            conclusion: BTreeMap::new(),
            hand_over: HandOverWords::default(),
        }
    }
}
