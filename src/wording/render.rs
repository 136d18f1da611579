//! A text with values in the place of its placeholders: a pure function of the text and the data.
//!
//! Values go in as data: a name can neither break a line nor bring markup along. Texts come from people, so that a text
//! may use only so much work, and sees nothing but its data and the labels.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

/// What no text of this house may say: parents keep guardianship.
pub(super) const FORBIDDEN: [&str; 4] = ["监护权转移", "转移监护权", "监护权移交", "与手写签名具有同等法律效力"];
/// No value in a text is longer than this many characters.
const VALUE_MAX: usize = 600;
/// Steps that writing one text may take; the longest of ours takes some 2 000.
const FUEL: u64 = 100_000;
pub(super) const NAME: &str = "text";

/// Why a text could not be written.
#[derive(Debug, Error)]
pub enum TextError {
    #[error("template: {0}")]
    Template(#[from] minijinja::Error),
    #[error("the text would say what no text may say: {0}")]
    Forbidden(&'static str),
}

#[derive(Deserialize, Default)]
pub struct SignerTitles {
    pub parent: String,
    pub carer: String,
    pub child: String,
    pub witness: String,
}

/// What stands in the seal of a letter.
#[derive(Deserialize, Default)]
pub struct LetterWords {
    pub letter_sealed_because: String,
}

/// The Chinese of codes and the words around values.
#[derive(Deserialize, Default)]
pub struct Labels {
    pub signer: SignerTitles,
    /// Year, month and day signs of a date.
    date: [String; 3],
    pub village_committee: String,
    pub township_government: String,
    pub paper: LetterWords,
}

pub const LABELS_TOML: &str = include_str!("labels.toml");
pub static LABELS: LazyLock<Labels> = LazyLock::new(|| toml::from_str(LABELS_TOML).unwrap_or_default());

/// `text` as a template, with everything it may use.
pub(super) fn environment(text: &str) -> Result<Environment<'_>, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    templates.set_formatter(|out, _, value| out.write_str(&plain(value)).map_err(Into::into));
    templates.set_fuel(Some(FUEL));
    templates.add_template(NAME, text)?;
    let labels: Json = toml::from_str(LABELS_TOML)
        .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))?;
    templates.add_global("labels", as_value(&labels));
    Ok(templates)
}

pub(super) fn render(text: &str, data: &Json) -> Result<String, TextError> {
    let written = environment(text)?.get_template(NAME)?.render(as_value(data))?;
    match FORBIDDEN.iter().find(|words| written.contains(**words)) {
        Some(words) => Err(TextError::Forbidden(words)),
        None => Ok(written),
    }
}

/// `base` with the fields of `more` in the place of its own.
pub fn with(base: Json, more: Json) -> Json {
    match (base, more) {
        (Json::Object(mut base), Json::Object(more)) => {
            base.extend(more);
            Json::Object(base)
        }
        (base, _) => base,
    }
}

fn as_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => number.as_i64().map_or_else(|| number.to_string().into(), Value::from),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(as_value).collect(),
        Json::Object(fields) => Value::from_pairs(fields.iter().map(|(key, value)| (key.as_str(), as_value(value)))),
    }
}

/// A value as a text shows it.
pub(super) fn shown(json: &Json) -> String {
    plain(&as_value(json))
}

/// A value as it stands in a text: dates in words, no control or direction characters, one line, bounded.
fn plain(value: &Value) -> String {
    let text = value.to_string();
    let text = text.parse::<NaiveDate>().map_or(text, date_in_words);
    let kept =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control() && !is_invisible(*c));
    let kept: String = kept.take(VALUE_MAX).collect();
    kept.trim().trim_end_matches(['。', '.']).to_owned()
}

/// Characters that change how a line reads without being seen.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

pub fn date_in_words(date: NaiveDate) -> String {
    let [year, month, day] = &LABELS.date;
    format!("{}{year}{}{month}{}{day}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_would_never_end_is_stopped() {
        let text = "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
        assert!(matches!(render(text, &Json::Null), Err(TextError::Template(_))));
    }

    #[test]
    fn a_text_sees_no_file_and_no_other_text() {
        for text in ["{% include '/etc/passwd' %}", "{% import 'x' as y %}", "{% extends 'base' %}"] {
            assert!(render(text, &serde_json::json!({})).is_err(), "{text}");
        }
    }
}
