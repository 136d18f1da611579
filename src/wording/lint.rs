//! What stands against a wording, each thing named so that a clerk can mend it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::lines::{Contract, Form, Letter};
use super::render::{FORBIDDEN, NAME, TextError, environment, is_invisible, shown};
use super::samples::{self, Samples};
use super::{BUILT_IN_VERSION, Wording, WordingKind, with};
use crate::text_enum;

/// The longest wording; ours of the agreement has some 4 000 characters.
const LONGEST: usize = 20_000;

text_enum! {
    /// What can stand against a wording.
    pub enum WordingFault {
        /// Longer than any wording may be.
        TooLong = "too_long",
        /// A placeholder or condition is not written as one writes it.
        Syntax = "syntax",
        UnknownPlaceholder = "unknown_placeholder",
        /// What the law or the plan asks for is not said.
        ClauseMissing = "clause_missing",
        /// What must be filled in has no place.
        ValueMissing = "value_missing",
        ForbiddenWords = "forbidden_words",
        /// Characters that no font has, or that nobody sees.
        RareCharacters = "rare_characters",
        /// A part is not where the paper needs it: title, articles, places for signatures, points.
        Layout = "layout",
    }
}

/// One thing that stands against a wording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordingFinding {
    pub fault: WordingFault,
    /// What it is about: the clause, the placeholder, the characters.
    #[schema(example = "防溺水")]
    pub what: String,
    /// Counts from 1, where a line is at fault.
    pub line: Option<usize>,
    #[schema(example = "缺少“防溺水”（依据：未成年人保护法第十八条）。")]
    pub text: String,
}

#[derive(Deserialize)]
struct Clause {
    name: String,
    law: String,
    /// Said in every case.
    #[serde(default)]
    words: Vec<String>,
    /// Said where something is granted.
    #[serde(default)]
    words_granted: Vec<String>,
    /// Places in the full sample whose values must be shown.
    #[serde(default)]
    values: Vec<String>,
    /// The same in the sparse sample.
    #[serde(default)]
    refused: Vec<String>,
}

static CLAUSES: LazyLock<BTreeMap<String, Vec<Clause>>> =
    LazyLock::new(|| toml::from_str(include_str!("clauses.toml")).unwrap_or_default());

static WORDS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("findings.toml")).unwrap_or_default());

/// Everything that stands against `text`, the gravest first; empty when it may be used. `missing` tells which characters
/// no font has.
pub fn lint(kind: WordingKind, text: &str, missing: &dyn Fn(&str) -> Vec<char>) -> Vec<WordingFinding> {
    let samples = samples::of(kind);
    if text.chars().count() > LONGEST {
        return vec![finding(WordingFault::TooLong, &LONGEST.to_string(), None, "")];
    }
    let mut findings = characters(text, missing);
    findings.extend(placeholders(text, samples));
    let wording = Wording { kind, version: BUILT_IN_VERSION.into(), text: text.to_owned().into() };
    match (wording.written(samples.full.clone()), wording.written(samples.sparse.clone())) {
        (Ok(full), Ok(sparse)) => {
            findings.extend(clauses(kind, samples, &full, &sparse));
            findings.extend(layout(kind, samples, &full));
        }
        (full, sparse) => {
            let known = findings.iter().any(|one| one.fault == WordingFault::UnknownPlaceholder);
            let errors = [full.err(), sparse.err()].into_iter().flatten().map(|error| unwritten(&error));
            let new = errors.filter(|one| !(known && one.fault == WordingFault::UnknownPlaceholder));
            findings.extend(new);
        }
    }
    findings.dedup();
    findings
}

/// The text written for the full sample, to look at.
pub fn sample(kind: WordingKind, text: &str) -> Option<String> {
    let wording = Wording { kind, version: BUILT_IN_VERSION.into(), text: text.to_owned().into() };
    wording.written(samples::of(kind).full.clone()).ok()
}

/// The placeholders of a paper, each with what stands in its place in the sample.
pub(super) fn known_placeholders(kind: WordingKind) -> Vec<(String, String)> {
    let samples = samples::of(kind);
    let mut all = samples::places(&samples.full);
    let seen: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    all.extend(samples::places(&samples.sparse).into_iter().filter(|(name, _)| !seen.contains(name)));
    all.push(("template_version".into(), BUILT_IN_VERSION.into()));
    all
}

/// Name and basis of every clause that a paper must have.
pub(super) fn required_clauses(kind: WordingKind) -> impl Iterator<Item = (&'static str, &'static str)> {
    CLAUSES.get(kind.as_str()).into_iter().flatten().map(|clause| (clause.name.as_str(), clause.law.as_str()))
}

fn finding(fault: WordingFault, what: &str, line: Option<usize>, more: &str) -> WordingFinding {
    let words = WORDS.get(fault.as_str()).cloned().unwrap_or_default();
    let line_text = line.map(|line| line.to_string()).unwrap_or_default();
    let text = words.replace("{what}", what).replace("{more}", more).replace("{line}", &line_text);
    WordingFinding { fault, what: what.to_owned(), line, text }
}

fn characters(text: &str, missing: &dyn Fn(&str) -> Vec<char>) -> Vec<WordingFinding> {
    let unseen = |c: char| is_invisible(c) || (c.is_control() && c != '\n');
    let mut rare: Vec<char> = text.chars().filter(|c| unseen(*c)).collect();
    rare.extend(missing(text).into_iter().filter(|c| !unseen(*c)));
    rare.sort_unstable();
    rare.dedup();
    let name = |c: &char| if unseen(*c) { format!("U+{:04X}", u32::from(*c)) } else { c.to_string() };
    let found = |c: &char| {
        let line = text.lines().position(|line| line.contains(*c)).map(|line| line + 1);
        finding(WordingFault::RareCharacters, &name(c), line, "")
    };
    let mut findings: Vec<WordingFinding> = rare.iter().map(found).collect();
    for words in FORBIDDEN.iter().filter(|words| text.contains(**words)) {
        let line = text.lines().position(|line| line.contains(words)).map(|line| line + 1);
        findings.push(finding(WordingFault::ForbiddenWords, words, line, ""));
    }
    findings
}

/// Placeholders that no sample has a value for, wherever they stand.
fn placeholders(text: &str, samples: &Samples) -> Vec<WordingFinding> {
    let Ok(templates) = environment(text) else { return Vec::new() };
    let Ok(template) = templates.get_template(NAME) else { return Vec::new() };
    let mut unknown: Vec<String> =
        template.undeclared_variables(true).into_iter().filter(|name| !samples::knows(samples, name)).collect();
    unknown.sort();
    let line = |name: &str| text.lines().position(|line| line.contains(name)).map(|line| line + 1);
    unknown.iter().map(|name| finding(WordingFault::UnknownPlaceholder, name, line(name), "")).collect()
}

fn unwritten(error: &TextError) -> WordingFinding {
    match error {
        TextError::Forbidden(words) => finding(WordingFault::ForbiddenWords, words, None, ""),
        TextError::Template(error) => {
            let fault = match error.kind() {
                minijinja::ErrorKind::UndefinedError => WordingFault::UnknownPlaceholder,
                _ => WordingFault::Syntax,
            };
            finding(fault, error.detail().unwrap_or_default(), error.line(), "")
        }
    }
}

fn clauses(kind: WordingKind, samples: &Samples, full: &str, sparse: &str) -> Vec<WordingFinding> {
    let mut findings = Vec::new();
    for clause in CLAUSES.get(kind.as_str()).into_iter().flatten() {
        let said = clause.words.iter().all(|words| full.contains(words.as_str()) && sparse.contains(words.as_str()))
            && clause.words_granted.iter().all(|words| full.contains(words.as_str()));
        if !said {
            findings.push(finding(WordingFault::ClauseMissing, &clause.name, None, &clause.law));
        }
        let shows = |sample: &Value, text: &str, place: &String| {
            let sample = with(sample.clone(), serde_json::json!({ "template_version": BUILT_IN_VERSION }));
            sample.pointer(place).is_some_and(|value| text.contains(&shown(value)))
        };
        let lacking = clause.values.iter().filter(|place| !shows(&samples.full, full, place));
        let lacking = lacking.chain(clause.refused.iter().filter(|place| !shows(&samples.sparse, sparse, place)));
        for place in lacking {
            let name = place.trim_start_matches('/').replace('/', ".");
            findings.push(finding(WordingFault::ValueMissing, &name, None, &clause.name));
        }
    }
    findings
}

/// Whether the paper finds its parts in the text.
fn layout(kind: WordingKind, samples: &Samples, full: &str) -> Vec<WordingFinding> {
    let mut lacking = Vec::new();
    match kind {
        WordingKind::Agreement => {
            let contract = Contract::of(full);
            let signers = samples.full.pointer("/signers").and_then(Value::as_array).map_or(0, Vec::len);
            lacking.extend((contract.title.is_empty()).then_some("title"));
            lacking.extend((contract.articles.len() < 3).then_some("articles"));
            lacking.extend((contract.signers.len() != signers).then_some("signatures"));
        }
        WordingKind::Notice | WordingKind::Admonition | WordingKind::SubsidyDecision => {
            let letter = Letter::of(full);
            let names = ["/addressee", "/addressees/0/name", "/applicant/name"];
            let addressee = names.iter().find_map(|place| samples.full.pointer(place));
            lacking.extend(letter.title.is_empty().then_some("title"));
            let addressed = addressee.is_some_and(|name| letter.addressee.contains(&shown(name)));
            lacking.extend((!addressed).then_some("addressee"));
        }
        WordingKind::CapacityAssessment => lacking.extend(Form::of(full).preamble.is_empty().then_some("preamble")),
        WordingKind::HandOver => lacking.extend((Form::of(full).points.len() < 3).then_some("points")),
    }
    let part = |name: &str| WORDS.get(&format!("part_{name}")).cloned().unwrap_or_default();
    lacking.into_iter().map(|name| finding(WordingFault::Layout, &part(name), None, "")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(kind: WordingKind, text: &str) -> Vec<WordingFinding> {
        lint(kind, text, &|_| Vec::new())
    }

    /// The findings of `kind` when this part of the built-in wording reads otherwise.
    fn with_other(kind: WordingKind, from: &str, to: &str) -> Vec<WordingFinding> {
        assert!(kind.built_in().contains(from), "{from}");
        found(kind, &kind.built_in().replace(from, to))
    }

    #[test]
    fn the_built_in_wordings_are_in_order() {
        for kind in WordingKind::ALL {
            assert_eq!(found(*kind, kind.built_in()), vec![], "{kind}");
            assert!(!CLAUSES[kind.as_str()].is_empty());
        }
    }

    #[test]
    fn every_fault_has_its_words() {
        for fault in WordingFault::ALL {
            assert!(WORDS.contains_key(fault.as_str()), "{fault}");
        }
    }

    /// Each required clause is really looked for: without its line the wording is refused, and the clause is named.
    #[test]
    fn a_wording_without_a_required_clause_is_refused_and_the_clause_named() {
        for kind in WordingKind::ALL {
            for clause in &CLAUSES[kind.as_str()] {
                for words in clause.words.iter().chain(&clause.words_granted) {
                    let kept: Vec<&str> =
                        kind.built_in().lines().filter(|line| !line.contains(words.as_str())).collect();
                    let findings = found(*kind, &kept.join("\n"));
                    assert!(
                        findings.iter().any(|one| one.what == clause.name || one.fault == WordingFault::Syntax),
                        "{kind}: {words}: {findings:?}"
                    );
                }
            }
        }
        let findings = with_other(WordingKind::Agreement, "（一）防溺水：", "（一）");
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].fault, findings[0].what.as_str()), (WordingFault::ClauseMissing, "防溺水"));
        assert!(findings[0].text.contains("第十八条"), "{}", findings[0].text);
    }

    #[test]
    fn a_clause_that_is_said_only_sometimes_is_missing() {
        let hidden = "{% if replaces %}防溺水：{% endif %}";
        let findings = with_other(WordingKind::Agreement, "防溺水：", hidden);
        assert!(findings.iter().any(|one| one.what == "防溺水"), "{findings:?}");
    }

    #[test]
    fn an_unknown_placeholder_is_named_with_its_line() {
        for (to, name) in [
            ("{{ child.nickname }}", "child.nickname"),
            ("{{ father }}", "father"),
            ("{% if never %}{{ child.name }}{% endif %}", "never"),
        ] {
            let findings = with_other(WordingKind::Notice, "请在三日内确认收到", &format!("{to}请在三日内确认收到"));
            let first = findings.iter().find(|one| one.fault == WordingFault::UnknownPlaceholder).unwrap();
            assert_eq!((first.what.as_str(), first.line.is_some()), (name, true), "{findings:?}");
        }
        let in_a_loop = with_other(WordingKind::Notice, "{{ parent.name }}", "{{ parent.nickname }}");
        assert!(in_a_loop.iter().any(|one| one.fault == WordingFault::UnknownPlaceholder), "{in_a_loop:?}");
    }

    #[test]
    fn what_must_be_filled_in_must_have_a_place() {
        let findings = with_other(WordingKind::Agreement, "委托期限自{{ from }}起", "委托期限自签字起");
        assert!(
            findings.iter().any(|one| one.fault == WordingFault::ValueMissing && one.what == "from"),
            "{findings:?}"
        );
        let findings = with_other(WordingKind::SubsidyDecision, "理由：{{ reason }}", "理由另行告知");
        assert!(findings.iter().any(|one| one.what == "reason"), "{findings:?}");
    }

    #[test]
    fn bad_syntax_is_said_with_its_line_and_forbidden_words_are_named() {
        let findings = with_other(WordingKind::Agreement, "{{ version }}", "{{ version }");
        assert!(findings.iter().any(|one| one.fault == WordingFault::Syntax && one.line.is_some()), "{findings:?}");
        let findings = with_other(WordingKind::Agreement, "本协议只委托照护", "本协议办理监护权转移，只委托照护");
        assert!(findings.iter().any(|one| one.what == "监护权转移"), "{findings:?}");
    }

    #[test]
    fn characters_that_cannot_be_printed_are_named() {
        let text = WordingKind::Notice.built_in().replace("特", "\u{F8FE}").replace("请立即报告", "请立\u{200B}即报告");
        let findings = lint(WordingKind::Notice, &format!("{text}\u{F8FE}"), &|text| {
            text.chars().filter(|c| *c == '\u{F8FE}').collect()
        });
        let rare: Vec<&str> = findings
            .iter()
            .filter(|one| one.fault == WordingFault::RareCharacters)
            .map(|one| one.what.as_str())
            .collect();
        assert_eq!(rare, ["U+200B", "\u{F8FE}"], "{findings:?}");
    }

    #[test]
    fn an_agreement_without_places_for_signatures_is_no_paper() {
        let text: Vec<&str> = WordingKind::Agreement.built_in().lines().filter(|line| line.trim() != "签字").collect();
        assert!(found(WordingKind::Agreement, &text.join("\n")).iter().any(|one| one.fault == WordingFault::Layout));
        let long = "长".repeat(LONGEST + 1);
        assert_eq!(found(WordingKind::Agreement, &long)[0].fault, WordingFault::TooLong);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_somebody_types_is_judged(noise in "(?s)[{}%# a-z.中\\n|\\[\\]()]{0,60}", at in any::<prop::sample::Index>()) {
            let text = WordingKind::Notice.built_in();
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            let place = places[at.index(places.len())];
            let (before, after) = text.split_at(place);
            let _ = found(WordingKind::Notice, &format!("{before}{noise}{after}"));
        }
    }
}
