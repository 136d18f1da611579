//! Wording: what papers say, in texts that a township may word for itself.
//!
//! ```text
//!   built in ◀── no wording of one's own ── county's ◀── township's      the nearest that there is, is in effect
//!
//!   draft ──▶ trial: findings, sample, PDF ──▶ version n+1 of the area, in effect at once ──▶ withdrawn (the next above)
//! ```
//! A text has placeholders (`{{ child.name }}`); how a paper looks is not said here but in `documents/templates`. A wording
//! that lacks what the law or the plan asks for, names a placeholder that does not exist, or holds a character that
//! cannot be printed is refused, and told why ([`lint`]). Versions are never changed: a frozen text names the version it
//! was made from, and that one is still there.

mod access;
pub mod lines;
pub mod lint;
pub mod paper;
mod render;
pub mod routes;
mod samples;
mod store;

use std::borrow::Cow;

pub use render::{LABELS, LABELS_TOML, TextError, date_in_words, with};
pub use store::in_effect;

use crate::problem::{Fault, Outcome, Problem};
use crate::text_enum;

/// Version of the built-in wordings; stands in the texts themselves.
pub const BUILT_IN_VERSION: &str = "2026-11";

text_enum! {
    /// Which paper's words.
    pub enum WordingKind {
        Agreement = "agreement",
        Notice = "notice",
        CapacityAssessment = "capacity_assessment",
        HandOver = "hand_over",
        Admonition = "admonition",
        SubsidyDecision = "subsidy_decision",
    }
}

impl WordingKind {
    /// The text that is used where nobody has worded one.
    pub fn built_in(self) -> &'static str {
        match self {
            Self::Agreement => include_str!("texts/agreement.txt"),
            Self::Notice => include_str!("texts/notice.txt"),
            Self::CapacityAssessment => include_str!("texts/capacity_assessment.txt"),
            Self::HandOver => include_str!("texts/hand_over.txt"),
            Self::Admonition => include_str!("texts/admonition.txt"),
            Self::SubsidyDecision => include_str!("texts/subsidy_decision.txt"),
        }
    }
}

/// The words of a paper, and which version of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub kind: WordingKind,
    /// `2026-11`, or area and number of a wording of its own: `990101100000/3`.
    pub version: String,
    pub text: Cow<'static, str>,
}

impl Wording {
    pub fn built_in(kind: WordingKind) -> Self {
        Self { kind, version: BUILT_IN_VERSION.into(), text: Cow::Borrowed(kind.built_in()) }
    }

    /// The text with values in the place of its placeholders.
    ///
    /// # Errors
    /// A placeholder that `data` has no value for, or a result that says what no text may say.
    pub fn written(&self, data: serde_json::Value) -> Result<String, TextError> {
        render::render(&self.text, &with(data, serde_json::json!({ "template_version": self.version })))
    }
}

/// As [`Wording::written`], for a caller who is told.
///
/// # Errors
/// 422 when it cannot be written.
pub fn written_now(wording: &Wording, data: serde_json::Value) -> Outcome<String> {
    wording.written(data).map_err(|error| unwritten(&error))
}

/// What a caller is told of a text that could not be written.
pub fn unwritten(error: &TextError) -> Fault {
    tracing::error!(%error, "a text was not written");
    Problem::of("text_not_written").into()
}

/// The committee of a village, as a letter addresses it.
pub fn village_committee_of(village: &str) -> String {
    format!("{village}{}", LABELS.village_committee)
}
