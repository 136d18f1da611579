//! Papers: documents as PDF, set in type, sealed with the township's key, stamped with time, checked; and scans.
//!
//! The work itself is done by the crate `xiangban-documents`, which is heavy to build. This room is its only door: with
//! the feature `documents` behind it stands the [`Press`], without it one that says that it was not built.

#[cfg(feature = "documents")]
mod demo_key;
#[cfg(feature = "documents")]
mod press;
#[cfg(not(feature = "documents"))]
#[path = "absent.rs"]
mod press;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use press::Press;

use crate::clock::Instant;

/// Named beside every hash of a file.
pub const HASH_ALGORITHM: &str = "sha-256";

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
