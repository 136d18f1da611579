//! The look that the village takes at a child who grows out of a label (16, 18): stays, or leaves the ledger.

use chrono::Days;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::child::ExitReason;
use super::classification::ageing::ANNOUNCED_DAYS_AHEAD;
use super::ledger::{self, Cause};
use super::occasion::Occasion;
use super::{duties, exit, store};
use crate::clock::birthday;
use crate::crypto::Purpose;
use crate::http::IfMatch;
use crate::identity::Scope;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::child_age_reviews;
use crate::storage::{Conn, insert_once};
use crate::text_enum;

text_enum! {
    /// What the village decided.
    pub enum AgeOutcome {
        Stays = "stays",
        Exits = "exits",
    }
}

/// The review of a birthday.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeReview {
    pub outcome: AgeOutcome,
    #[validate(length(max = 500))]
    pub note: Option<String>,
}

/// Records the review; leaving takes effect at once, and not before the birthday.
///
/// # Errors
/// `age_review_too_early`; *not found* for an age without meaning; `already_exists`.
pub fn review(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    child_id: i64,
    age: i32,
    seen: IfMatch,
    wanted: &AgeReview,
) -> Outcome<()> {
    if ![16, 18].contains(&age) {
        return Err(Problem::not_found().into());
    }
    let row = store::children::open(tx, occasion, scope, child_id, seen)?;
    let on = birthday(row.birth_date, age);
    let opens = on.checked_sub_days(Days::new(ANNOUNCED_DAYS_AHEAD[0])).unwrap_or(on);
    let from = if wanted.outcome == AgeOutcome::Exits { on } else { opens };
    if occasion.today() < from {
        return Err(Problem::of("age_review_too_early").into());
    }
    record(tx, occasion, child_id, age, wanted)?;
    duties::met_age_review(tx, occasion, child_id)?;
    match wanted.outcome {
        AgeOutcome::Exits => exit::lock(tx, occasion, &row, ExitReason::AgedOut),
        AgeOutcome::Stays => {
            let detail = serde_json::json!({ "age": age });
            ledger::settle(tx, occasion, child_id, Cause::AgeReviewed, &detail).map(|_| ())
        }
    }
}

fn record(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64, age: i32, wanted: &AgeReview) -> Outcome<()> {
    let by = occasion.person_id().ok_or_else(|| Problem::of("unauthorized"))?;
    let note = occasion.vault().seal_option(Purpose::Narrative, wanted.note.as_deref())?;
    let inserted = insert_once(tx, |tx| {
        diesel::insert_into(child_age_reviews::table)
            .values((
                child_age_reviews::child_id.eq(child_id),
                child_age_reviews::age.eq(i64::from(age)),
                child_age_reviews::outcome.eq(wanted.outcome),
                child_age_reviews::note_sealed.eq(note),
                child_age_reviews::reviewed_by.eq(by),
                child_age_reviews::reviewed_at.eq(occasion.now),
            ))
            .execute(tx)
    })?;
    if inserted.is_none() { Err(Problem::of("already_exists").into()) } else { Ok(()) }
}
