//! What can go wrong, in one type: a [`Problem`] that is answered to the caller, or a fault of ours.
//!
//! A problem has a stable code for programs; its status and Chinese words stand in the `problems.toml`
//! files beside the code that raises it, and nowhere else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The texts of every room; a room with problems of its own adds its file here.
const TEXTS: &[&str] = &[
    include_str!("http/problems.toml"),
    include_str!("guardianship/problems.toml"),
    include_str!("children/problems.toml"),
    include_str!("contact/problems.toml"),
    include_str!("messaging/problems.toml"),
    include_str!("protection/report/problems.toml"),
    include_str!("volunteers/problems.toml"),
    include_str!("oversight/problems.toml"),
    include_str!("consent/problems.toml"),
    include_str!("wording/problems.toml"),
    include_str!("letters/problems.toml"),
    include_str!("links/problems.toml"),
];

pub type Outcome<T> = Result<T, Fault>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Answered to the caller as it is.
    #[error("{0}")]
    Problem(Box<Problem>),
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
    /// The database or another part we need cannot be reached now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("internal: {0}")]
    Internal(String),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl Fault {
    pub fn internal(why: impl std::fmt::Display) -> Self {
        Self::Internal(why.to_string())
    }

    /// The code of the problem, when it is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            _ => None,
        }
    }
}

/// A refusal with a reason (RFC 9457): code, the fields at fault, and values for its text.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}")]
pub struct Problem {
    pub code: &'static str,
    values: BTreeMap<&'static str, String>,
    fields: Vec<(String, String)>,
}

impl Problem {
    /// The problem named `code`; its words and status come from the texts.
    pub fn of(code: &'static str) -> Self {
        Self { code, values: BTreeMap::new(), fields: Vec::new() }
    }

    pub fn not_found() -> Self {
        Self::of("not_found")
    }

    /// Bad input in one field: `problem_code` names an entry under `[fields]`.
    pub fn field(field: impl Into<String>, problem_code: impl Into<String>) -> Self {
        Self::of("invalid_input").and_field(field, problem_code)
    }

    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, problem_code: impl Into<String>) -> Self {
        self.fields.push((field.into(), problem_code.into()));
        self
    }

    /// Fills `{name}` in the text. Never a secret, a phone or an identity number.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.insert(name, value.to_string());
        self
    }

    /// A value given by [`Problem::with`].
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn status(&self) -> u16 {
        words().problems.get(self.code).map_or(500, |entry| entry.status)
    }

    /// The document that is sent: type `application/problem+json`.
    pub fn document(&self) -> ProblemDocument {
        let entry = words().problems.get(self.code);
        let fill = |text: &str| {
            self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        ProblemDocument {
            kind: format!("urn:xiangban:problem:{}", self.code),
            title: entry.map(|entry| fill(&entry.title)).unwrap_or_default(),
            status: self.status(),
            detail: entry.and_then(|entry| entry.detail.as_deref()).map(fill),
            code: self.code.to_owned(),
            errors: self.fields.iter().map(|(field, code)| FieldError::new(field, code)).collect(),
            instance: None,
        }
    }
}

/// RFC 9457 problem details with a stable `code` and, for bad input, the fields at fault.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemDocument {
    #[serde(rename = "type")]
    #[schema(example = "urn:xiangban:problem:invalid_input")]
    pub kind: String,
    #[schema(example = "填写的内容有误")]
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[schema(example = "invalid_input")]
    pub code: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The request's id, to quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// One field at fault.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    #[schema(example = "phone")]
    pub field: String,
    #[schema(example = "phone_invalid")]
    pub code: String,
    #[schema(example = "不是有效的手机号码")]
    pub message: String,
}

impl FieldError {
    fn new(field: &str, code: &str) -> Self {
        let message = words().fields.get(code).or_else(|| words().fields.get("invalid")).cloned().unwrap_or_default();
        Self { field: field.to_owned(), code: code.to_owned(), message }
    }
}

#[derive(Deserialize)]
struct Entry {
    status: u16,
    title: String,
    detail: Option<String>,
}

#[derive(Deserialize, Default)]
struct Words {
    #[serde(default)]
    problems: BTreeMap<String, Entry>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        TEXTS.iter().fold(Words::default(), |mut all, text| {
            match toml::from_str::<Words>(text) {
                Ok(words) => {
                    all.problems.extend(words.problems);
                    all.fields.extend(words.fields);
                }
                Err(error) => tracing::error!(%error, "a problems.toml does not parse"),
            }
            all
        })
    });
    &WORDS
}

/// Whether a code has words (as a problem, as a field's fault); for the tests that guard the texts.
pub fn has_words(code: &str) -> bool {
    words().problems.contains_key(code) || words().fields.contains_key(code)
}

/// Every code that has words.
pub fn codes() -> impl Iterator<Item = &'static str> {
    words().problems.keys().chain(words().fields.keys()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_file_parses() {
        for text in TEXTS {
            toml::from_str::<Words>(text).unwrap();
        }
    }

    #[test]
    fn a_bad_field_is_named_with_its_reason() {
        let document = Problem::field("phone", "phone_invalid").document();
        assert_eq!(document.status, 422);
        assert_eq!(document.errors[0].field, "phone");
        assert!(document.errors[0].message.contains("手机"));
    }
}
