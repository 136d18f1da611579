//! What a check came to, in Chinese sentences that a village official can read out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;

use crate::papers::PaperReport;
use crate::text_enum;

text_enum! {
    /// How a sentence is meant.
    pub enum CheckWeight {
        Ok = "ok",
        Bad = "bad",
        /// Nothing against the file, but to be known.
        Note = "note",
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckedThing)]
pub struct Checked {
    pub weight: CheckWeight,
    pub code: String,
    #[schema(example = "协议文本与各方签署时的校验值一致：ab12cd34")]
    pub text: String,
}

/// Whether a file holds, and everything that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaperVerdict)]
pub struct Verdict {
    pub holds: bool,
    /// The number of the agreement, when the file tells.
    pub number: Option<String>,
    pub checked: Vec<Checked>,
}

impl Verdict {
    pub(super) fn add(&mut self, weight: CheckWeight, code: &str, detail: &str) {
        let text = WORDS.get(weight.as_str()).and_then(|texts| texts.get(code)).cloned().unwrap_or_default();
        self.checked.push(Checked { weight, code: code.to_owned(), text: text.replace("{detail}", detail) });
    }

    pub(super) fn judge(&mut self, code: &str, holds: bool, detail: &str) {
        self.add(if holds { CheckWeight::Ok } else { CheckWeight::Bad }, code, detail);
    }

    /// What was found in a sealed file.
    pub(super) fn seal(&mut self, report: &PaperReport) {
        for code in &report.findings {
            let note = WORDS.get("note").is_some_and(|notes| notes.contains_key(code));
            self.add(if note { CheckWeight::Note } else { CheckWeight::Bad }, code, "");
        }
        if report.holds {
            let by = report.sealed_by.clone().unwrap_or_default();
            let at = report.claimed_at.as_deref().and_then(readable).unwrap_or_default();
            self.add(CheckWeight::Ok, "seal", &format!("{by}{}{at}", word("seal_at")));
            match (report.stamped_at, &report.stamped_by) {
                (Some(at), by) => {
                    self.add(CheckWeight::Ok, "stamp", &format!("{at} {}", by.clone().unwrap_or_default()))
                }
                (None, _) => self.add(CheckWeight::Note, "not_stamped", ""),
            }
        }
    }

    /// Closes the verdict.
    pub(super) fn concluded(mut self) -> Self {
        self.holds = !self.checked.is_empty() && self.checked.iter().all(|one| one.weight != CheckWeight::Bad);
        self
    }

    /// The whole verdict for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let sign = |weight| match weight {
            CheckWeight::Ok => "✓",
            CheckWeight::Bad => "✗",
            CheckWeight::Note => "·",
        };
        let number = self.number.iter().map(|number| format!("{} {number}", word("agreement")));
        let checked = self.checked.iter().map(|one| format!("{} {}", sign(one.weight), one.text));
        let end = word(if self.holds { "holds" } else { "fails" });
        number.chain(checked).chain([end]).collect()
    }
}

/// `D:20260302090000+08'00'` as people write it.
fn readable(date: &str) -> Option<String> {
    let digits = date.strip_prefix("D:")?;
    let part = |from: usize, to: usize| digits.get(from..to);
    Some(format!("{}-{}-{} {}:{}", part(0, 4)?, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?))
}

pub(super) fn word(name: &str) -> String {
    WORDS.get("word").and_then(|words| words.get(name)).cloned().unwrap_or_default()
}

static WORDS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("verdict.toml")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_there_and_every_finding_of_a_seal_has_one() {
        for code in ["not_pdf", "not_sealed", "later_revision", "seal_unreadable", "altered", "stamp_broken"] {
            assert!(WORDS["bad"].contains_key(code), "{code}");
        }
        assert!(WORDS["note"].contains_key("seal_not_trusted") && WORDS["note"].contains_key("stamp_not_trusted"));
        assert_eq!(readable("D:20260302090000+08'00'").as_deref(), Some("2026-03-02 09:00"));
    }

    #[test]
    fn one_bad_thing_is_enough() {
        let mut verdict = Verdict::default();
        verdict.judge("document", true, "ab12cd34");
        verdict.judge("chain", false, "3");
        let verdict = verdict.concluded();
        assert!(!verdict.holds);
        assert!(verdict.lines().iter().any(|line| line.starts_with("✗ 证据链有问题")));
        assert!(!Verdict::default().concluded().holds, "nothing looked at is nothing shown");
    }
}
