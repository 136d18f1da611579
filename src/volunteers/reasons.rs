//! Reasons as people read them: a stable code, its sentence from `reasons.toml`, and what it speaks of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;

use super::matching::Because;
use super::volunteer::{Missing, ServiceForm};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VolunteerReason {
    #[schema(example = "same_village")]
    pub code: String,
    #[schema(example = "就在同一个村")]
    pub text: String,
    /// The form of service it speaks of, where it speaks of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ServiceForm>,
}

impl VolunteerReason {
    /// The reason named by `code`.
    pub fn of(code: &str) -> Self {
        Self { code: code.to_owned(), text: text(code).to_owned(), about: None }
    }
}

impl<T: Copy + ToString> From<&Because<T>> for VolunteerReason {
    fn from(because: &Because<T>) -> Self {
        Self { about: because.about, ..Self::of(&because.code.to_string()) }
    }
}

/// The sentence of a code; the code itself when the file lacks it (a test prevents that).
pub fn text(code: &str) -> &str {
    TEXTS.get(code).map_or(code, String::as_str)
}

/// A child as messages may name it: by its family, never by its own name.
pub fn child_of_family(name: &str) -> String {
    text("child_of_family").replace("{surname}", &name.chars().take(1).collect::<String>())
}

/// What is missing, in one line.
pub fn missing_line(missing: &[Missing]) -> String {
    missing.iter().map(|gap| text(gap.as_str())).collect::<Vec<_>>().join("、")
}

static TEXTS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("reasons.toml")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volunteers::matching::{Doubt, Fit, Obstacle};

    #[test]
    fn every_reason_has_words() {
        let codes = Missing::ALL
            .iter()
            .map(|code| code.as_str())
            .chain(Fit::ALL.iter().map(|code| code.as_str()))
            .chain(Doubt::ALL.iter().map(|code| code.as_str()))
            .chain(Obstacle::ALL.iter().map(|code| code.as_str()));
        for code in codes {
            assert_ne!(text(code), code, "{code} has no words");
        }
    }
}
