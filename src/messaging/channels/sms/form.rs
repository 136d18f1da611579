//! A vendor's templates: which of ours is which of theirs, and with which variables.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::exchange::VendorError;
use crate::messaging::templates::Facts;

/// Longest value that the vendors take for one variable, characters.
const LONGEST_CHARS: usize = 35;
/// Facts that every SMS has beside those of its template: the matter, what it is about, what to do, what `1` means.
pub const SHORT_NAMES: [&str; 4] = ["line", "what", "next", "done"];

/// Our templates by name, or by the beginning of their names (`"duty/*"`): the longest that fits counts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Forms(BTreeMap<String, Form>);

/// A template as it was approved by the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The vendor's id of it.
    pub id: String,
    #[serde(default)]
    pub params: Params,
}

/// The variables: by the vendor's names, or in the vendor's order; each is one of our facts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Params {
    Named(BTreeMap<String, String>),
    Ordered(Vec<String>),
}

impl Default for Params {
    fn default() -> Self {
        Self::Ordered(Vec::new())
    }
}

impl Params {
    /// The facts that are asked for.
    pub fn facts(&self) -> Vec<&str> {
        match self {
            Self::Named(map) => map.values().map(String::as_str).collect(),
            Self::Ordered(list) => list.iter().map(String::as_str).collect(),
        }
    }
}

impl Form {
    /// The variables in their order with the names the vendor gives them (empty when it counts them).
    pub fn filled(&self, facts: &Facts) -> Option<Vec<(String, String)>> {
        let value = |fact: &String| Some(shortened(&text(facts.get(fact)?)?));
        match &self.params {
            Params::Named(map) => map.iter().map(|(name, fact)| Some((name.clone(), value(fact)?))).collect(),
            Params::Ordered(list) => list.iter().map(|fact| Some((String::new(), value(fact)?))).collect(),
        }
    }
}

impl Forms {
    /// The configured name that covers `template`, and its form.
    pub fn of(&self, template: &str) -> Option<(&str, &Form)> {
        let covers = |name: &str| match name.strip_suffix('*') {
            Some(beginning) => template.starts_with(beginning),
            None => template == name,
        };
        let fitting = self.0.iter().filter(|(name, _)| covers(name));
        fitting.max_by_key(|(name, _)| (!name.ends_with('*'), name.len())).map(|(name, form)| (name.as_str(), form))
    }

    /// Every configured name with its form.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Form)> {
        self.0.iter().map(|(name, form)| (name.as_str(), form))
    }

    /// Checks that the variables are named, or ordered, as this vendor wants them.
    pub(super) fn check(&self, named: bool) -> Result<(), VendorError> {
        for (template, form) in &self.0 {
            let why = match &form.params {
                _ if form.id.trim().is_empty() => "the id is empty",
                Params::Ordered(list) if named && !list.is_empty() => "params must be named: { theirs = \"ours\" }",
                Params::Named(_) if !named => "params must be a list in the vendor's order",
                _ => continue,
            };
            return Err(VendorError::Template { template: template.clone(), why });
        }
        Ok(())
    }
}

fn text(fact: &serde_json::Value) -> Option<String> {
    match fact {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn shortened(value: &str) -> String {
    let value: String = value.chars().filter(|c| !c.is_control()).collect();
    if value.chars().count() <= LONGEST_CHARS {
        return value;
    }
    value.chars().take(LONGEST_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> Forms {
        toml::from_str(
            r#"
"duty/*" = { id = "D", params = { matter = "line" } }
"duty/contact_child/*" = { id = "C", params = ["to", "line"] }
"code/sign_in" = { id = "S", params = ["code"] }
"#,
        )
        .unwrap()
    }

    #[test]
    fn the_nearest_name_counts() {
        let id = |template| forms().of(template).map(|(name, form)| format!("{name} {}", form.id));
        assert_eq!(id("code/sign_in").as_deref(), Some("code/sign_in S"));
        assert_eq!(id("duty/contact_child/owed").as_deref(), Some("duty/contact_child/* C"));
        assert_eq!(id("duty/check_in/owed").as_deref(), Some("duty/* D"));
        assert_eq!(id("code/signing"), None);
    }

    #[test]
    fn variables_are_filled_and_cut_and_a_missing_fact_is_no_gap() {
        let facts: Facts =
            serde_json::from_value(serde_json::json!({ "to": "王先生", "line": "字".repeat(40) })).unwrap();
        let filled = forms().of("duty/contact_child/owed").unwrap().1.filled(&facts).unwrap();
        assert_eq!(filled[0].1, "王先生");
        assert_eq!(filled[1].1.chars().count(), 35);
        assert_eq!(forms().of("code/sign_in").unwrap().1.filled(&facts), None);
    }

    #[test]
    fn a_vendor_that_names_its_variables_refuses_a_list() {
        assert!(forms().check(true).is_err());
        assert!(forms().check(false).is_err());
    }
}
