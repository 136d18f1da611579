//! The texts of the slice: the agreement every party signs, and the notice the law asks for.
//!
//! A text is a pure function of its data and a [`Wording`]. What is sent for signing is stored to the byte and never
//! written again; its digest is what everybody signs. The agreement speaks of entrusted *care*; guardianship stays
//! with the parents.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::agreement::CarerKind;
use super::bars::{ChildsVoice, Declaration};
use super::capacity::Fitness;
use super::remuneration::Terms;
use super::rmb;
use crate::children::schooling::Enrolment;
use crate::crypto::DigestAlgorithm;
use crate::wording::{LABELS, TextError, Wording, with};

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
    /// As written in the record, whether it is one of our organisations or not.
    pub school: Option<String>,
    /// What is said where no school is named.
    pub enrolment: Option<Enrolment>,
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

/// A text that is not written any more: its bytes and their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub text: String,
    pub hash: String,
    /// The version of the wording it was made from.
    pub wording: String,
}

/// Writes the agreement and fixes its digest.
///
/// # Errors
/// When the wording asks for what the data lacks, or when the result would say something forbidden.
pub fn agreement(wording: &Wording, digest: DigestAlgorithm, data: &AgreementText) -> Result<Frozen, TextError> {
    let text = wording.written(agreement_values(data))?;
    Ok(Frozen { hash: digest.digest(text.as_bytes()), text, wording: wording.version.clone() })
}

/// Writes a notice to school or village.
///
/// # Errors
/// As [`agreement`].
pub fn notice(wording: &Wording, data: &NoticeText) -> Result<String, TextError> {
    wording.written(json!(data))
}

/// The data as it stands, and what a wording needs beside it: amounts in words, the child's voice taken apart, signers.
fn agreement_values(data: &AgreementText) -> Json {
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
    let more = json!({
        "pay": pay, "living_costs": living_costs, "voice": voice, "declaration": declaration, "signers": signers(data),
    });
    with(json!(data), more)
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

#[cfg(test)]
#[path = "text_tests.rs"]
pub(super) mod tests;
