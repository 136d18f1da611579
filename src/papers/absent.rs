//! What stands in the place of the press in a build without documents.

use serde_json::Value;

use super::{PaperReport, Scan, Sheet, StampQuestion};
use crate::clock::Instant;
use crate::config::Config;
use crate::problem::{Fault, Outcome, Problem};

/// No press: whatever is asked of it, it says so.
pub struct Press;

pub(super) struct Question;

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

    pub fn stamped(&self, _file: Vec<u8>, question: &StampQuestion, _answer: &[u8]) -> Outcome<Vec<u8>> {
        let _ = &question.inner;
        Err(absent())
    }

    pub fn scan(&self, _bytes: &[u8]) -> Outcome<Scan> {
        Err(absent())
    }
}

fn absent() -> Fault {
    Problem::of("documents_not_built").into()
}
