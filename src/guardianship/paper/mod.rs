//! What the papers of entrusted care say, as data for the press.
//!
//! The paper of an agreement is its frozen text and nothing else: the lines are sorted into head, articles and places
//! for signatures, and each line stands in the paper exactly once. What is added are the signatures as written, the
//! number, the short hash and the code by which the paper is checked.

mod agreement;
mod forms;
mod notice;
mod words;

pub(super) use agreement::{agreement, head_in, reason};
pub(super) use forms::{assessment, hand_over};
pub(super) use notice::notice;

use super::act::Act;
use super::store::agreement::Agreement;
use crate::crypto::short_digest;
use crate::papers::Mark;
use crate::problem::{Outcome, Problem};

fn mark(act: &Act, agreement: &Agreement, hash: &str) -> Mark {
    let number = agreement.number();
    let address = format!("{}/check/{number}/{}", act.config.deployment.public_url, short_digest(hash));
    Mark { number, hash: hash.to_owned(), address }
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
