//! Forms: the judgement on a carer, and the list that is filled in when a child goes from hand to hand.

use chrono::Datelike;
use serde_json::{Value, json};

use super::mark;
use super::words::WORDS;
use crate::guardianship::act::Act;
use crate::guardianship::capacity::Questionnaire;
use crate::guardianship::store::agreement as kept;
use crate::guardianship::store::capacity::StoredAssessment;
use crate::guardianship::store::family;
use crate::identity::person;
use crate::papers::{Manuscript, Mark, Sheet};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::wording::{self, WordingKind, date_in_words, paper, with, written_now};

/// The judgement on a carer, question by question.
pub(in crate::guardianship) fn assessment(conn: &mut Conn, act: &Act, made: &StoredAssessment) -> Outcome<Manuscript> {
    let words = &WORDS.assessment;
    let family = family::family(conn, made.child_id)?;
    let carer = person(conn, made.carer_id)?;
    let by = person(conn, made.assessed_by)?.name;
    let findings: Vec<String> = made.findings()?.iter().map(|finding| finding.text.clone()).collect();
    let findings = if findings.is_empty() { words.none.clone() } else { findings.join("") };
    let wording = wording::in_effect(conn, WordingKind::CapacityAssessment, &family.child.village_code)?;
    let named = json!({ "child": { "name": family.child.name }, "carer": { "name": carer.name } });
    let text = written_now(&wording, named)?;
    let more = json!({
        "facts": [
            fact(&words.carer, carer.name),
            fact(&words.birth_date, carer.birth_date.map(date_in_words).unwrap_or_default()),
            fact(&words.child, family.child.name.clone()),
            fact(&words.village, family.village_name.clone()),
            fact(&words.on, date_in_words(made.assessed_on)),
            fact(&words.by, by),
        ],
        "sections": sections(made)?,
        "conclusion": [
            fact(&words.conclusion, WORDS.conclusion(made.conclusion)),
            fact(&words.findings, findings),
            fact(&words.reason, made.reason(&act.vault)?.unwrap_or_else(|| words.none.clone())),
        ],
    });
    let data = with(paper::form(&text, made.assessed_on), more);
    let hash = act.vault.digest(data.to_string().as_bytes());
    let number = format!("PG-{}-{:06}", made.assessed_on.year(), made.id);
    let address = format!("{}/check", act.config.deployment.public_url);
    Ok(Manuscript { sheet: Sheet::CapacityAssessment, data, mark: Mark { number, hash, address } })
}

/// The questions by section, each with its answer.
fn sections(made: &StoredAssessment) -> Outcome<Vec<Value>> {
    let answers = made.answers()?;
    let mut sections: Vec<(String, Vec<Value>)> = Vec::new();
    for question in &Questionnaire::current().questions {
        let answer = answers.get(&question.code).map(|answer| WORDS.answer(answer.as_str())).unwrap_or_default();
        let asked = json!({ "text": question.text, "answer": answer });
        match sections.last_mut().filter(|(title, _)| *title == question.section) {
            Some((_, questions)) => questions.push(asked),
            None => sections.push((question.section.clone(), vec![asked])),
        }
    }
    Ok(sections.into_iter().map(|(title, questions)| json!({ "title": title, "questions": questions })).collect())
}

/// The list that is filled in when the child goes from hand to hand.
pub(in crate::guardianship) fn hand_over(conn: &mut Conn, act: &Act, id: i64) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, id)?;
    let ended = agreement.ended_on.ok_or_else(|| Problem::of("agreement_state"))?;
    let hash = agreement.document_hash.clone().ok_or_else(|| Problem::of("agreement_state"))?;
    let words = &WORDS.hand_over;
    let child = family::child(conn, agreement.child_id)?;
    let carer = person(conn, agreement.carer_id)?.name;
    let wording = wording::in_effect(conn, WordingKind::HandOver, &agreement.village_code)?;
    let named = json!({
        "number": agreement.number(), "child": { "name": child.name }, "carer": { "name": carer }, "ended_on": ended,
    });
    let text = written_now(&wording, named)?;
    let more = json!({
        "facts": [
            fact(&words.child, child.name.clone()),
            fact(&words.number, agreement.number()),
            fact(&words.ended_on, date_in_words(ended)),
            fact(&words.carer, carer.clone()),
        ],
        "note": "", "signers": [carer, "", ""],
    });
    let data = with(paper::form(&text, ended), more);
    Ok(Manuscript { sheet: Sheet::HandOver, data, mark: mark(act, &agreement, &hash) })
}

fn fact(label: &str, value: String) -> Value {
    json!({ "label": label, "value": value })
}
