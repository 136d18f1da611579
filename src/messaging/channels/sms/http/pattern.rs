//! Texts with `{placeholders}`, filled in one pass so that a message may itself contain braces.

use serde_json::Value;

use super::settings::SettingsError;
use crate::messaging::channels::sms::percent_encoded;
use crate::messaging::phone::Mobile;
use crate::messaging::segments::signed;

/// What the placeholders stand for in one request.
pub(super) struct Values<'a> {
    pub to: &'a Mobile,
    pub signature: &'a str,
    pub text: &'a str,
    pub template: &'a str,
    pub reference: &'a str,
    pub receipt_url: &'a str,
}

/// A compiled text.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Plain(String),
    Slot(Slot),
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    To,
    ToInternational,
    Text,
    SignedText,
    Signature,
    Template,
    Reference,
    ReceiptUrl,
}

impl Pattern {
    pub fn compile(text: &str) -> Result<Self, SettingsError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    plain.push(c);
                }
                '{' => {
                    let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    pieces.push(Piece::Slot(slot(&name)?));
                }
                '}' => return Err(SettingsError::Brace(text.to_owned())),
                c => plain.push(c),
            }
        }
        pieces.push(Piece::Plain(plain));
        Ok(Self(pieces))
    }

    pub fn fill(&self, values: &Values<'_>) -> String {
        self.0.iter().map(|piece| piece.filled(values, str::to_owned)).collect()
    }

    /// Fills with every value percent-encoded, for use inside a URL.
    pub fn fill_encoded(&self, values: &Values<'_>) -> String {
        self.0.iter().map(|piece| piece.filled(values, percent_encoded)).collect()
    }
}

impl Piece {
    fn filled(&self, values: &Values<'_>, encode: fn(&str) -> String) -> String {
        let slot = match self {
            Self::Plain(text) => return text.clone(),
            Self::Slot(slot) => slot,
        };
        match slot {
            Slot::To => encode(values.to.digits()),
            Slot::ToInternational => encode(&values.to.international()),
            Slot::Text => encode(values.text),
            Slot::SignedText => encode(&signed(values.signature, values.text)),
            Slot::Signature => encode(values.signature),
            Slot::Template => encode(values.template),
            Slot::Reference => encode(values.reference),
            Slot::ReceiptUrl => encode(values.receipt_url),
        }
    }
}

/// The value itself when every text in it compiles.
pub(super) fn checked(shape: &Value) -> Result<Value, SettingsError> {
    match shape {
        Value::String(text) => Pattern::compile(text).map(drop)?,
        Value::Array(items) => items.iter().try_for_each(|item| checked(item).map(drop))?,
        Value::Object(fields) => fields.values().try_for_each(|item| checked(item).map(drop))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(shape.clone())
}

/// A JSON value with every text in it filled; what is filled in stays a text, whatever it contains.
pub(super) fn fill_json(shape: &Value, values: &Values<'_>) -> Value {
    match shape {
        Value::String(text) => Pattern::compile(text).map_or_else(|_| shape.clone(), |p| p.fill(values).into()),
        Value::Array(items) => items.iter().map(|item| fill_json(item, values)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, item)| (key.clone(), fill_json(item, values)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn slot(name: &str) -> Result<Slot, SettingsError> {
    Ok(match name {
        "to" => Slot::To,
        "to_international" => Slot::ToInternational,
        "text" => Slot::Text,
        "signed_text" => Slot::SignedText,
        "signature" => Slot::Signature,
        "template" => Slot::Template,
        "reference" => Slot::Reference,
        "receipt_url" => Slot::ReceiptUrl,
        other => return Err(SettingsError::Placeholder(other.to_owned())),
    })
}
