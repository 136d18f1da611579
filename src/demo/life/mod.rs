//! What happened in the demo county since its ledgers came in: people phone home, sign, visit, are late, are lost.
//!
//! Everything is done by somebody at a time in the past, through the steps that their requests would take, so that the
//! records, duties, evidence and audit are those of a county that has been at work for months.

pub(super) mod calls;
pub(super) mod care;
pub(super) mod company;
pub(super) mod desk;
pub(super) mod post;
mod scene;

use serde::Deserialize;

/// The words of `config/demo/life.toml`.
#[derive(Debug, Deserialize)]
pub struct Words {
    reason: String,
    daily: String,
    checked_how: String,
    character: String,
    home: String,
    body_and_mind: String,
    bond: String,
    wish_words: String,
    not_able_because: String,
    capacity_reason: String,
    unfit_reason: String,
    refusal_reason: String,
    phone_of_parent: String,
    phone_of_village: String,
    received_by: String,
    contact_notes: Vec<String>,
    contradiction: String,
    volunteer_words: String,
    check_in_notes: Vec<String>,
    worry_words: String,
    narratives: Vec<String>,
    transfer_reason: String,
    refusal_of_transfer: String,
}
