//! What the papers of entrusted care say, as data for the press.
//!
//! The paper of an agreement is its frozen text and nothing else: the lines are sorted into head, articles and places
//! for signatures, and each line stands in the paper exactly once. What is added are the signatures as written, the
//! number, the short hash and the code by which the paper is checked.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::Act;
use super::capacity::{Fitness, Questionnaire};
use super::signature::Manner;
use super::store::agreement::{self as kept, Agreement};
use super::store::capacity::StoredAssessment;
use super::store::family;
use super::store::notice::Notice;
use super::store::paper::{self as papers, Inked};
use super::text::{self, date_in_words, short};
use crate::crypto::{Purpose, sha256_hex};
use crate::identity::person;
use crate::papers::{Press, Sheet};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// A paper that is not typeset yet: what it says. Gathered in a transaction, set outside of it.
pub(super) struct Manuscript {
    sheet: Sheet,
    data: Value,
    mark: Mark,
}

/// What stands at the foot of each page.
struct Mark {
    number: String,
    hash: String,
    address: String,
}

impl Manuscript {
    /// The PDF.
    pub fn set(mut self, press: &Press) -> Outcome<Vec<u8>> {
        let qr = press.qr(&self.mark.address)?;
        if let Some(data) = self.data.as_object_mut() {
            let mark = json!({ "number": self.mark.number, "short": short(&self.mark.hash), "qr": qr });
            data.insert("mark".into(), mark);
        }
        press.typeset(self.sheet, &self.data)
    }
}

/// The agreement as sent for signing, with the signatures that were made so far when `with_ink`.
///
/// # Errors
/// 409 before it was sent.
pub(super) fn agreement(conn: &mut Conn, act: &Act, id: i64, with_ink: bool) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, id)?;
    let frozen = kept::document(conn, &act.vault, id)?.ok_or_else(|| Problem::of("agreement_state"))?;
    let ink = if with_ink { ink_by_party(conn, act, id)? } else { Vec::new() };
    let on = if with_ink { agreement.in_force_at } else { agreement.sent_at };
    let day = on.unwrap_or(agreement.created_at).date();
    let data = sorted(&frozen.text, &ink, day);
    Ok(Manuscript { sheet: Sheet::Agreement, data, mark: mark(act, &agreement, &frozen.hash) })
}

/// The signatures in the order in which the parties stand in the text; none where somebody has not signed.
fn ink_by_party(conn: &mut Conn, act: &Act, id: i64) -> Outcome<Vec<Option<Inked>>> {
    let made = papers::inked(conn, &act.vault, id)?;
    let of = |party: i64| made.iter().find(|one| one.party_id == party).cloned();
    Ok(kept::parties(conn, id)?.into_iter().map(|party| of(party.id)).collect())
}

fn mark(act: &Act, agreement: &Agreement, hash: &str) -> Mark {
    let number = agreement.number();
    let address = format!("{}/check/{number}/{}", act.config.deployment.public_url, short(hash));
    Mark { number, hash: hash.to_owned(), address }
}

/// The lines of a frozen text, each in its place.
fn sorted(text: &str, ink: &[Option<Inked>], on: NaiveDate) -> Value {
    let words = &PAPER.layout;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let title = lines.next().unwrap_or_default().trim();
    let (mut head, mut preamble, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut articles, mut signers): (Vec<Article>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut signing = false;
    for line in lines {
        if line.trim() == words.signatures {
            signing = true;
        } else if signing {
            match signer(line) {
                Some((title, name)) => {
                    signers.push(place(title, name, ink.get(signers.len()).and_then(Option::as_ref)))
                }
                None => notes.push(line.trim()),
            }
        } else if is_article(line) {
            articles.push(Article { title: line.trim(), paragraphs: Vec::new() });
        } else if let Some(article) = articles.last_mut() {
            article.paragraphs.push((level(line), line.trim()));
        } else if preamble.is_empty() && line.contains(&words.colon) {
            head.push(line.trim());
        } else {
            preamble.push(json!({ "level": 0, "text": line.trim() }));
        }
    }
    let articles: Vec<Value> = articles.iter().enumerate().map(|(index, one)| one.data(index == 0)).collect();
    json!({
        "title": title, "head": head, "preamble": preamble, "articles": articles, "signers": signers, "notes": notes,
        "date": date(on),
    })
}

struct Article<'a> {
    title: &'a str,
    paragraphs: Vec<(u8, &'a str)>,
}

impl Article<'_> {
    /// The first article, which names the parties, becomes a table where it is written as one.
    fn data(&self, as_table: bool) -> Value {
        let paragraphs: Vec<Value> =
            self.paragraphs.iter().map(|(level, text)| json!({ "level": level, "text": text })).collect();
        let rows = if as_table { self.rows() } else { None };
        json!({ "title": self.title, "rows": rows, "paragraphs": paragraphs })
    }

    fn rows(&self) -> Option<Vec<Value>> {
        let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
        for (level, text) in &self.paragraphs {
            if *level == 1 {
                let (label, rest) = text.split_once(PAPER.layout.colon.as_str())?;
                rows.push((label, Some(rest).filter(|rest| !rest.is_empty()).into_iter().collect()));
            } else {
                rows.last_mut()?.1.push(text);
            }
        }
        Some(rows.into_iter().map(|(label, lines)| json!({ "label": label, "lines": lines })).collect())
    }
}

fn is_article(line: &str) -> bool {
    let [begin, end] = &PAPER.layout.article;
    let number = line.strip_prefix(begin.as_str()).and_then(|rest| rest.split_once(end.as_str()));
    number.is_some_and(|(number, _)| (1..=4).contains(&number.chars().count()))
}

/// 1: a numbered item; 2: a point of it; 0: anything else.
fn level(line: &str) -> u8 {
    let [begin, end] = &PAPER.layout.item;
    let numbered = line.strip_prefix(begin.as_str()).and_then(|rest| rest.split_once(end.as_str()));
    if line.starts_with("    ") { 2 } else { u8::from(numbered.is_some_and(|(number, _)| number.chars().count() <= 3)) }
}

/// `1. 委托人（王大山）：签字____` → who signs in which role. The role may hold brackets of its own.
fn signer(line: &str) -> Option<(&str, &str)> {
    let (who, _) = line.split_once(PAPER.layout.signer.as_str())?;
    let (_, who) = who.split_once(". ")?;
    let [open, close] = &PAPER.layout.item;
    let (title, name) = who.strip_suffix(close.as_str())?.rsplit_once(open.as_str())?;
    Some((title, name))
}

fn place(title: &str, name: &str, ink: Option<&Inked>) -> Value {
    let how = |one: &Inked| match (one.manner, &one.host) {
        (Manner::InPerson, Some(host)) => format!("{}{host}", PAPER.manner.in_person),
        _ => PAPER.manner.own_phone.clone(),
    };
    let signed = |one: &Inked| format!("{} {}", date_in_words(one.at.date()), one.at.time_of_day().format("%H:%M"));
    json!({
        "title": title, "name": name, "ink": ink.map(|one| one.handwriting.svg()), "signed": ink.map(signed),
        "how": ink.map(how),
    })
}

/// The notice to school or village, with a slip to send back.
pub(super) fn notice(conn: &mut Conn, act: &Act, notice: &Notice) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, notice.agreement_id)?;
    let text = act.vault.open(Purpose::Narrative, &notice.text_sealed)?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (title, addressee) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    // The last line is number and date, which the paper has at its foot and at its end.
    let paragraphs: Vec<&str> = lines.filter(|line| !line.contains(PAPER.layout.date_label.as_str())).collect();
    let words = &PAPER.paper;
    let parents = kept::parties(conn, agreement.id)?
        .into_iter()
        .filter(|party| party.role == super::agreement::PartyRole::Parent)
        .filter_map(|party| party.person_id)
        .map(|id| Ok(person(conn, id)?.name))
        .collect::<Outcome<Vec<_>>>()?;
    let data = json!({
        "title": title, "addressee": addressee, "paragraphs": paragraphs,
        "sender": format!("{}{}", words.notice_sender, parents.join(&words.separator)),
        "receipt": format!("{}{}", words.notice_receipt, agreement.number()), "date": date(notice.issued_at.date()),
    });
    let hash = agreement.document_hash.clone().unwrap_or_default();
    let mark = Mark { hash: notice.text_hash.clone(), ..mark(act, &agreement, &hash) };
    Ok(Manuscript { sheet: Sheet::Notice, data, mark })
}

/// The judgement on a carer, question by question.
pub(super) fn assessment(conn: &mut Conn, act: &Act, made: &StoredAssessment) -> Outcome<Manuscript> {
    let words = &PAPER.assessment;
    let child = family::family(conn, made.child_id)?;
    let carer = person(conn, made.carer_id)?;
    let by = person(conn, made.assessed_by)?.name;
    let answers = made.answers()?;
    let mut sections: Vec<(String, Vec<Value>)> = Vec::new();
    for question in &Questionnaire::current().questions {
        let answer = answers.get(&question.code).map(|answer| PAPER.answer(answer.as_str())).unwrap_or_default();
        let asked = json!({ "text": question.text, "answer": answer });
        match sections.last_mut().filter(|(title, _)| *title == question.section) {
            Some((_, questions)) => questions.push(asked),
            None => sections.push((question.section.clone(), vec![asked])),
        }
    }
    let sections: Vec<Value> =
        sections.into_iter().map(|(title, questions)| json!({ "title": title, "questions": questions })).collect();
    let fact = |label: &str, value: String| json!({ "label": label, "value": value });
    let findings: Vec<String> = made.findings()?.iter().map(|finding| finding.text.clone()).collect();
    let findings = if findings.is_empty() { words.none.clone() } else { findings.join("") };
    let data = json!({
        "title": PAPER.paper.title_assessment,
        "facts": [
            fact(&words.carer, carer.name),
            fact(&words.birth_date, carer.birth_date.map(date_in_words).unwrap_or_default()),
            fact(&words.child, child.child.name.clone()),
            fact(&words.village, child.village_name.clone()),
            fact(&words.on, date_in_words(made.assessed_on)),
            fact(&words.by, by),
        ],
        "sections": sections,
        "conclusion": [
            fact(&words.conclusion, PAPER.conclusion(made.conclusion)),
            fact(&words.findings, findings),
            fact(&words.reason, made.reason(&act.vault)?.unwrap_or_else(|| words.none.clone())),
        ],
        "date": date(made.assessed_on),
    });
    let hash = sha256_hex(data.to_string().as_bytes());
    let number = format!("PG-{}-{:06}", made.assessed_on.year(), made.id);
    let address = format!("{}/check", act.config.deployment.public_url);
    Ok(Manuscript { sheet: Sheet::CapacityAssessment, data, mark: Mark { number, hash, address } })
}

/// The list that is filled in when the child goes from hand to hand.
pub(super) fn hand_over(conn: &mut Conn, act: &Act, id: i64) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, id)?;
    let ended = agreement.ended_on.ok_or_else(|| Problem::of("agreement_state"))?;
    let hash = agreement.document_hash.clone().ok_or_else(|| Problem::of("agreement_state"))?;
    let words = &PAPER.hand_over;
    let child = family::child(conn, agreement.child_id)?;
    let carer = person(conn, agreement.carer_id)?.name;
    let fact = |label: &str, value: &str| json!({ "label": label, "value": value });
    let items: Vec<Value> = words.items.iter().map(|label| fact(label, "")).collect();
    let data = json!({
        "title": PAPER.paper.title_hand_over,
        "facts": [
            fact(&words.child, &child.name),
            fact(&words.number, &agreement.number()),
            fact(&words.ended_on, &date_in_words(ended)),
            fact(&words.carer, &carer),
        ],
        "items": items, "note": "", "signers": [carer, "", ""], "date": date(ended),
    });
    Ok(Manuscript { sheet: Sheet::HandOver, data, mark: mark(act, &agreement, &hash) })
}

/// Refuses names and words that could not be printed, while somebody is there to spell them otherwise.
///
/// # Errors
/// 422 with the characters.
pub(super) fn require_printable(act: &Act, words: &[&str]) -> Outcome<()> {
    let missing = act.press.missing_characters(&words.concat())?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Problem::of("rare_characters").with("characters", missing.iter().collect::<String>()).into())
}

/// Why the seal was set, as it stands in the file.
pub(super) fn reason(agreement: &Agreement) -> String {
    format!(
        "{} {} {} {}",
        PAPER.paper.sealed_because,
        agreement.number(),
        agreement.evidence_count,
        agreement.evidence_head
    )
}

fn date(day: NaiveDate) -> [i32; 3] {
    let number = |value: u32| i32::try_from(value).unwrap_or_default();
    [day.year(), number(day.month()), number(day.day())]
}

#[derive(Deserialize)]
struct Words {
    layout: Layout,
    manner: MannerWords,
    paper: PaperWords,
    assessment: AssessmentWords,
    answer: std::collections::BTreeMap<String, String>,
    conclusion: std::collections::BTreeMap<String, String>,
    hand_over: HandOverWords,
}

impl Words {
    fn answer(&self, code: &str) -> String {
        self.answer.get(code).cloned().unwrap_or_default()
    }

    fn conclusion(&self, fitness: Fitness) -> String {
        self.conclusion.get(fitness.as_str()).cloned().unwrap_or_default()
    }
}

#[derive(Deserialize, Default)]
struct Layout {
    signatures: String,
    article: [String; 2],
    item: [String; 2],
    signer: String,
    colon: String,
    date_label: String,
}

#[derive(Deserialize, Default)]
struct MannerWords {
    own_phone: String,
    in_person: String,
}

#[derive(Deserialize, Default)]
struct PaperWords {
    title_assessment: String,
    title_hand_over: String,
    notice_sender: String,
    notice_receipt: String,
    sealed_because: String,
    separator: String,
}

#[derive(Deserialize, Default)]
struct AssessmentWords {
    carer: String,
    birth_date: String,
    child: String,
    village: String,
    on: String,
    by: String,
    conclusion: String,
    findings: String,
    reason: String,
    none: String,
}

#[derive(Deserialize, Default)]
struct HandOverWords {
    child: String,
    number: String,
    ended_on: String,
    carer: String,
    items: Vec<String>,
}

static PAPER: LazyLock<Words> = LazyLock::new(|| toml::from_str(text::LABELS_TOML).unwrap_or_else(|_| Words::none()));

impl Words {
    fn none() -> Self {
        Self {
            layout: Layout::default(),
            manner: MannerWords::default(),
            paper: PaperWords::default(),
            assessment: AssessmentWords::default(),
            answer: std::collections::BTreeMap::new(),
            conclusion: std::collections::BTreeMap::new(),
            hand_over: HandOverWords::default(),
        }
    }
}

/// What `reason` wrote: how many events the chain had when the seal was set, and the hash of the last.
pub(super) fn head_in(reason: &str) -> Option<super::evidence::Head> {
    let mut parts = reason.rsplit(' ');
    let (hash, count) = (parts.next()?, parts.next()?);
    Some(super::evidence::Head { count: count.parse().ok()?, hash: hash.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_frozen_text_stands_in_its_paper_once() {
        let data = super::super::text::tests::data();
        let frozen = text::agreement(&data).unwrap();
        let sorted = sorted(&frozen.text, &[], NaiveDate::from_ymd_opt(2026, 3, 2).unwrap());
        assert_eq!(sorted["articles"].as_array().unwrap().len(), 18);
        assert_eq!(sorted["articles"][0]["rows"].as_array().unwrap().len(), 5);
        assert_eq!(sorted["signers"].as_array().unwrap().len(), data.parents.len() + 3);
        let all = sorted.to_string();
        for line in frozen.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let in_table = line.split_once('：').is_some_and(|(_, rest)| all.contains(rest));
            let in_place = line.contains("签字____") || line == "签字";
            let escaped = serde_json::to_string(line).unwrap();
            assert!(all.contains(escaped.trim_matches('"')) || in_table || in_place, "{line}");
        }
    }

    #[test]
    fn a_name_that_looks_like_an_article_makes_none() {
        assert!(is_article("第十八条 生效和文本"));
        assert!(!is_article("第三者在场时也由委托人决定，条 件不变"));
        assert_eq!(
            signer("5. 见证人（村（居）民委员会）（李主任）：签字____ 指印____"),
            Some(("见证人（村（居）民委员会）", "李主任"))
        );
    }

    #[test]
    fn the_head_of_the_chain_is_read_back_from_the_seal() {
        assert_eq!(
            head_in("证据链： WT-2026-000017 12 abcd").map(|head| (head.count, head.hash)),
            Some((12, "abcd".into()))
        );
        assert_eq!(head_in("各方已签"), None);
    }
}
