//! What stands in the place of the press in a build without documents.

use serde_json::Value;

use super::{PaperReport, Scan, Sheet, StampQuestion};
use crate::clock::Instant;
use crate::config::Config;
use crate::problem::{Fault, Outcome, Problem};

/// No press: whatever is asked of it, it says so.
pub struct Press;

pub(super) type Question = ();

impl Press {
    pub fn new(_: &Config) -> Self {
        Self
    }

    pub fn is_built() -> bool {
        false
    }

    pub fn get_ready(&self) -> Outcome<String> {
        Err(absent())
    }

    /// Without fonts nobody can say what they lack.
    pub fn missing_characters(&self, _text: &str) -> Outcome<Vec<char>> {
        Ok(Vec::new())
    }

    pub fn typeset(&self, _sheet: Sheet, _data: &Value) -> Outcome<Vec<u8>> {
        Err(absent())
    }

    pub fn qr(&self, _text: &str) -> Outcome<String> {
        Err(absent())
    }

    pub fn seal(&self, _file: &[u8], _reason: &str, _at: Instant) -> Outcome<Vec<u8>> {
        Err(absent())
    }

    pub fn chain_pem(&self) -> Outcome<String> {
        Err(absent())
    }

    pub fn check(&self, _file: &[u8], _at: Instant) -> Outcome<PaperReport> {
        Err(absent())
    }

    pub fn check_with(_file: &[u8], _roots_pem: &str, _at: Instant) -> Outcome<PaperReport> {
        Err(absent())
    }

    pub fn stamp_question(&self, _file: &[u8]) -> Outcome<StampQuestion> {
        Err(absent())
    }

    pub fn stamped(&self, _file: Vec<u8>, _question: &StampQuestion, _answer: &[u8]) -> Outcome<Vec<u8>> {
        Err(absent())
    }

    pub fn scan(&self, _bytes: &[u8]) -> Outcome<Scan> {
        Err(absent())
    }
}

fn absent() -> Fault {
    Problem::of("documents_not_built").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is asked of it, the answer is 503 with a code of its own and words that say what to do.
    #[test]
    fn a_build_without_documents_says_so() {
        let press = Press::new(&Config::load(None).unwrap());
        let at = Instant::from_millis(0);
        let faults = [
            press.get_ready().err(),
            press.typeset(Sheet::Agreement, &Value::Null).err(),
            press.qr("").err(),
            press.seal(b"", "", at).err(),
            press.chain_pem().err(),
            press.check(b"", at).err(),
            Press::check_with(b"", "", at).err(),
            press.stamp_question(b"").err(),
            press.scan(b"").err(),
        ];
        for fault in faults {
            let Some(Fault::Problem(problem)) = fault else { panic!("{fault:?}") };
            assert_eq!((problem.code, problem.status()), ("documents_not_built", 503));
            let document = problem.document();
            assert!(!document.title.is_empty() && document.detail.is_some_and(|detail| detail.contains("documents")));
        }
        assert!(!Press::is_built() && press.missing_characters("王").unwrap().is_empty());
    }
}
