//! A written text as data for the press: its lines, each in its place.

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::lines::{Contract, Form, Letter};
use super::{WordingKind, with};
use crate::papers::Sheet;

/// A text with articles; `place` makes the place for a signature, given its number in the text, role and name.
pub fn contract(text: &str, on: NaiveDate, place: impl Fn(usize, &str, &str) -> Value) -> Value {
    let found = Contract::of(text);
    let preamble: Vec<Value> = found.preamble.iter().map(|line| json!({ "level": 0, "text": line })).collect();
    let articles: Vec<Value> = found
        .articles
        .iter()
        .enumerate()
        .map(|(index, article)| {
            let paragraphs: Vec<Value> =
                article.paragraphs.iter().map(|(level, text)| json!({ "level": level, "text": text })).collect();
            // The first article, which names the parties, becomes a table where it is written as one.
            let rows = if index == 0 { article.rows() } else { None };
            json!({ "title": article.title, "rows": rows, "paragraphs": paragraphs })
        })
        .collect();
    let signers: Vec<Value> =
        found.signers.iter().enumerate().map(|(index, (title, name))| place(index, title, name)).collect();
    json!({
        "title": found.title, "head": found.head, "preamble": preamble, "articles": articles, "signers": signers,
        "notes": found.notes, "date": date(on),
    })
}

/// A place for a signature with nothing in it.
pub fn empty_place(title: &str, name: &str) -> Value {
    json!({ "title": title, "name": name, "ink": null, "signed": null, "how": null })
}

/// A letter; `receipt` is what the slip says, where it has one.
pub fn letter(text: &str, on: NaiveDate, sender: &str, receipt: &str) -> Value {
    let found = Letter::of(text);
    json!({
        "title": found.title, "addressee": found.addressee, "paragraphs": found.data(), "sender": sender,
        "receipt": receipt, "date": date(on),
    })
}

/// Title and words of a form, and its points with room to fill them in.
pub fn form(text: &str, on: NaiveDate) -> Value {
    let found = Form::of(text);
    let items: Vec<Value> = found.points.iter().map(|label| json!({ "label": label, "value": "" })).collect();
    json!({ "title": found.title, "preamble": found.preamble, "items": items, "date": date(on) })
}

/// A sample to look at.
pub(super) fn sample(kind: WordingKind, text: &str, on: NaiveDate) -> (Sheet, Value) {
    match kind {
        WordingKind::Agreement => (Sheet::Agreement, contract(text, on, |_, title, name| empty_place(title, name))),
        WordingKind::Notice => (Sheet::Notice, letter(text, on, "", "")),
        WordingKind::Admonition => (Sheet::Admonition, letter(text, on, "", "")),
        WordingKind::SubsidyDecision => (Sheet::SubsidyDecision, letter(text, on, "", "")),
        WordingKind::CapacityAssessment => {
            let empty = json!({ "facts": [], "sections": [], "conclusion": [] });
            (Sheet::CapacityAssessment, with(form(text, on), empty))
        }
        WordingKind::HandOver => {
            let empty = json!({ "facts": [], "note": "", "signers": ["", "", ""] });
            (Sheet::HandOver, with(form(text, on), empty))
        }
    }
}

fn date(day: NaiveDate) -> [i32; 3] {
    let number = |value: u32| i32::try_from(value).unwrap_or_default();
    [day.year(), number(day.month()), number(day.day())]
}
