//! The texts of the slice: the agreement every party signs, and the notice the law asks for.
//!
//! A text is a pure function of its data and the template version. What is sent for signing is stored to the byte
//! and never rendered again; its SHA-256 is what everybody signs. Values go in as data: a name can neither break a
//! line nor bring markup along. The agreement speaks of entrusted *care*; guardianship stays with the parents.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::agreement::CarerKind;
use super::bars::{ChildsVoice, Declaration};
use super::capacity::Fitness;
use super::remuneration::Terms;
use super::rmb;
use crate::crypto::sha256_hex;

/// Version of the built-in wording; stands in the text itself.
pub const TEMPLATE_VERSION: &str = "2026-11";
/// What no text of this house may say: parents keep guardianship.
const FORBIDDEN: [&str; 4] = ["监护权转移", "转移监护权", "监护权移交", "与手写签名具有同等法律效力"];
/// No value in a text is longer than this many characters.
const VALUE_MAX: usize = 600;

/// A person named in a text. Phone and identity number are absent when there is none or it is not to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    pub birth_date: Option<String>,
    pub identity_number: Option<String>,
    pub phone: Option<String>,
    /// Relation to the child in the family's own word.
    pub relation: Option<String>,
    /// `father`, `mother` or `guardian` for parents.
    pub kin: Option<String>,
    pub away_place: Option<String>,
    pub village: Option<String>,
}

/// The child as a text names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedChild {
    pub name: String,
    pub sex: String,
    pub birth_date: NaiveDate,
    pub identity_number: Option<String>,
    pub village: String,
    pub school: Option<String>,
    /// Eight years or older: signs its wish.
    pub signs: bool,
}

/// The village's judgement as the agreement cites it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedAssessment {
    pub on: NaiveDate,
    pub conclusion: Fitness,
    pub reason: Option<String>,
}

/// Money the parents send for the child's living, apart from any pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LivingCosts {
    pub amount_fen: i64,
    /// Day of the month by which it is due, 1–28.
    pub day: u32,
}

/// Everything an agreement says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementText {
    pub number: String,
    pub version: i64,
    pub replaces: Option<String>,
    pub drafted_on: NaiveDate,
    pub child: NamedChild,
    pub parents: Vec<Named>,
    pub carer: Named,
    pub witness: Named,
    pub backups: Vec<Named>,
    pub kind: CarerKind,
    pub reason: String,
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub declaration: Declaration,
    pub assessment: CitedAssessment,
    pub consent_on: Option<NaiveDate>,
    pub daily: Option<String>,
    pub health: Option<String>,
    pub contact_days: i64,
    pub living_costs: Option<LivingCosts>,
    pub pay: Option<Terms>,
}

/// Everything a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    pub number: String,
    pub addressee: String,
    pub child: NamedChild,
    pub parents: Vec<Named>,
    pub carer: Named,
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub issued_on: NaiveDate,
}

/// A text that is not written any more: its bytes and their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub text: String,
    pub hash: String,
}

/// Why a text could not be written.
#[derive(Debug, Error)]
pub enum TextError {
    #[error("template: {0}")]
    Template(#[from] minijinja::Error),
    #[error("the text would say what no text may say: {0}")]
    Forbidden(&'static str),
}

/// Writes the agreement and fixes its hash.
///
/// # Errors
/// When the template asks for what the data lacks, or when the result would say something forbidden.
pub fn agreement(data: &AgreementText) -> Result<Frozen, TextError> {
    let text = render("agreement", data, agreement_extras(data))?;
    Ok(Frozen { hash: sha256_hex(text.as_bytes()), text })
}

/// Writes a notice to school or village.
///
/// # Errors
/// As [`agreement`].
pub fn notice(data: &NoticeText) -> Result<String, TextError> {
    render("notice", data, json!({}))
}

/// The committee of a village, as a letter addresses it.
pub fn village_committee_of(village: &str) -> String {
    format!("{village}{}", LABELS.village_committee)
}

/// The first eight characters of a hash, for people to compare.
pub fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// What the template needs beside the data as it stands: amounts in words, the child's voice taken apart, signers.
fn agreement_extras(data: &AgreementText) -> Json {
    let money = |amount_fen| json!({ "yuan": rmb::yuan(amount_fen), "words": rmb::words(amount_fen) });
    let pay =
        data.pay.map(|terms| with(money(terms.amount_fen), json!({ "period": terms.period, "payer": terms.payer })));
    let living_costs = data.living_costs.map(|costs| with(money(costs.amount_fen), json!({ "day": costs.day })));
    let voice = match &data.declaration.childs_voice {
        ChildsVoice::Heard { wish, words, answer } => json!({ "wish": wish, "words": words, "answer": answer }),
        ChildsVoice::NotAble { reason } => json!({ "wish": null, "not_able": reason }),
    };
    let declaration =
        with(json!(data.declaration.considerations), json!({ "checked_how": data.declaration.checked_how }));
    json!({
        "template_version": TEMPLATE_VERSION, "pay": pay, "living_costs": living_costs, "voice": voice,
        "declaration": declaration, "signers": signers(data),
    })
}

fn signers(data: &AgreementText) -> Vec<Json> {
    let signer = |title: &str, name: &str| json!({ "title": title, "name": name });
    let titles = &LABELS.signer;
    let parents = data.parents.iter().map(|parent| signer(&titles.parent, &parent.name));
    let carer = signer(&titles.carer, &data.carer.name);
    let child = data.child.signs.then(|| signer(&titles.child, &data.child.name));
    let witness = signer(&titles.witness, &data.witness.name);
    parents.chain([carer]).chain(child).chain([witness]).collect()
}

/// `base` with the fields of `more` in the place of its own.
fn with(base: Json, more: Json) -> Json {
    match (base, more) {
        (Json::Object(mut base), Json::Object(more)) => {
            base.extend(more);
            Json::Object(base)
        }
        (base, _) => base,
    }
}

#[derive(Deserialize, Default)]
struct SignerTitles {
    parent: String,
    carer: String,
    child: String,
    witness: String,
}

#[derive(Deserialize, Default)]
struct Labels {
    signer: SignerTitles,
    /// Year, month and day signs of a date.
    date: [String; 3],
    village_committee: String,
}

pub(super) const LABELS_TOML: &str = include_str!("templates/labels.toml");
static LABELS: LazyLock<Labels> = LazyLock::new(|| toml::from_str(LABELS_TOML).unwrap_or_default());

static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    templates.set_formatter(|out, _, value| out.write_str(&plain(value)).map_err(Into::into));
    templates.add_template("agreement", include_str!("templates/agreement.txt"))?;
    templates.add_template("notice", include_str!("templates/notice.txt"))?;
    let labels: Json = toml::from_str(LABELS_TOML)
        .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))?;
    templates.add_global("labels", as_value(&labels));
    Ok(templates)
});

fn render(name: &str, data: &impl Serialize, extras: Json) -> Result<String, TextError> {
    let templates = TEMPLATES.as_ref().map_err(|error| minijinja::Error::new(error.kind(), error.to_string()))?;
    let text = templates.get_template(name)?.render(as_value(&with(json!(data), extras)))?;
    match FORBIDDEN.iter().find(|words| text.contains(**words)) {
        Some(words) => Err(TextError::Forbidden(words)),
        None => Ok(text),
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
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

pub(super) fn date_in_words(date: NaiveDate) -> String {
    let [year, month, day] = &LABELS.date;
    format!("{}{year}{}{month}{}{day}", date.year(), date.month(), date.day())
}

#[cfg(test)]
#[path = "text_tests.rs"]
pub(super) mod tests;
