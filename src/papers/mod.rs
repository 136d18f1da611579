//! Papers: documents as PDF, set in type, sealed with the township's key, stamped with time, checked; and scans.
//!
//! The work itself is done by the crate `xiangban-documents`, which is heavy to build. This room is its only door: with
//! the feature `documents` behind it stands the [`Press`], without it one that says that it was not built.

// Tried by its tests in every build.
#[cfg(any(test, not(feature = "documents")))]
#[cfg_attr(feature = "documents", allow(dead_code, reason = "only its tests use it here"))]
mod absent;
mod authority;
#[cfg(feature = "documents")]
mod demo_key;
mod manuscript;
#[cfg(feature = "documents")]
mod press;
mod rounds;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[cfg(not(feature = "documents"))]
use absent as press;
pub use authority::stamp_in_turn;
pub use manuscript::{Manuscript, Mark};
pub use press::Press;
pub use rounds::{Papers, Sealing, work_off};

use crate::clock::Instant;
use crate::problem::Fault;
use crate::text_enum;

text_enum! {
    /// How far a paper that is sealed has come.
    pub enum PaperState {
        /// To be typeset and sealed.
        Due = "due",
        /// Sealed; no authority has stamped it yet.
        Sealed = "sealed",
        Stamped = "stamped",
    }
}

/// When to try again after this many failures: each time after twice as long, at most a day.
pub fn retry_at(now: Instant, failures: i64) -> Instant {
    const MINUTES_LONGEST: i64 = 24 * 60;
    now.plus_minutes((1_i64 << failures.clamp(0, 12)).min(MINUTES_LONGEST))
}

/// What the people who look after papers are told of a failure.
pub fn why_not_made(fault: &Fault) -> String {
    match fault {
        Fault::Problem(problem) => problem.document().detail.unwrap_or_else(|| problem.code.to_owned()),
        other => other.to_string(),
    }
}

/// What can be set in type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Agreement,
    CapacityAssessment,
    Notice,
    Admonition,
    SubsidyDecision,
    HandOver,
}

/// What a check found in a sealed file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaperReport {
    /// Whether nothing is wrong with the file itself.
    pub holds: bool,
    /// What is wrong, by name.
    pub findings: Vec<String>,
    pub sealed_by: Option<String>,
    /// When the sealer says it was.
    pub claimed_at: Option<String>,
    pub reason: Option<String>,
    /// When an independent authority saw the seal.
    pub stamped_at: Option<Instant>,
    pub stamped_by: Option<String>,
}

/// A scan made safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

/// A question to a time stamp authority.
pub struct StampQuestion {
    pub request: Vec<u8>,
    #[cfg_attr(not(feature = "documents"), allow(dead_code, reason = "nothing asks without the press"))]
    inner: press::Question,
}
