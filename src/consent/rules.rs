//! The rules as parents read them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules on children's data: the page, and the version that is agreed to.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct Rules {
    #[schema(example = "2026-11")]
    pub version: String,
    pub title: String,
    /// A parent's consent is needed for children younger than this.
    pub needed_below_age: i32,
    pub paragraphs: Vec<String>,
}

pub fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| toml::from_str(include_str!("rules.toml")).unwrap_or_default());
    &RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_can_be_read_and_say_what_withdrawal_does() {
        assert!(!rules().version.is_empty() && rules().needed_below_age == 14);
        assert!(rules().paragraphs.iter().any(|text| text.contains("撤回以后")));
        assert!(!rules().paragraphs.iter().any(|text| text.contains("监护权转移")));
    }
}
