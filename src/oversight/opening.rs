//! Looking beyond one's reach, and the review of it.

use super::access::{OpenRecord, ReviewOpenings};
use super::store::{self, Opening};
use super::{duties, routes};
use crate::app::App;
use crate::areas;
use crate::audit::{self, Event};
use crate::children::{self, Occasion, fields, record};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::identity::{Actor, May};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::text_enum;

text_enum! {
    /// What a review found.
    pub enum OpeningVerdict {
        Justified = "justified",
        Unjustified = "unjustified",
    }
}

/// Shows a record beyond the caller's reach and makes the supervisor owe a review.
///
/// # Errors
/// *Not found* outside the county; 409 for a child whose record the caller can read anyway.
pub fn open(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    may: &May<OpenRecord>,
    child_id: i64,
    reason: &str,
) -> Outcome<routes::Opened> {
    let row = children::get(tx, child_id)?;
    let counties = may.scope.areas.iter().map(|prefix| prefix.get(..6).unwrap_or(prefix));
    if !counties.into_iter().any(|county| row.village_code.starts_with(county)) {
        return Err(Problem::not_found().into());
    }
    if fields::reads_anyway(&may.actor, &row.village_code) {
        return Err(Problem::of("opening_not_needed").into());
    }
    let id = store::insert(
        tx,
        now,
        &may.actor,
        (child_id, &row.village_code),
        &app.vault.seal(Purpose::Narrative, reason)?,
    )?;
    let opening = store::get(tx, id)?;
    duties::owe_review(tx, app, now, &opening)?;
    note(tx, now, &may.actor, "opening.made", id, child_id, &row.village_code)?;
    let occasion = Occasion::of(app, now, Some(&may.actor));
    let shown = fields::show(&record::load(tx, &occasion, &row)?, fields::View::Opened, may.actor.person_id)?;
    Ok(routes::Opened { id, record: shown })
}

/// Records what the review found; closes the duty.
///
/// # Errors
/// *Not found* beyond reach; 409 for one's own look, or one that was reviewed.
pub fn review(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    may: &May<ReviewOpenings>,
    id: i64,
    (verdict, note_words): (OpeningVerdict, Option<&str>),
) -> Outcome<Opening> {
    let opening = store::get(tx, id)?;
    may.scope.require(&opening.village_code)?;
    if opening.person_id == may.actor.person_id {
        return Err(Problem::of("opening_own").into());
    }
    let sealed = app.vault.seal_option(Purpose::Narrative, note_words)?;
    if !store::set_review(tx, now, id, may.actor.person_id, verdict, sealed)? {
        return Err(Problem::of("opening_reviewed").into());
    }
    duties::close_review(tx, now, id)?;
    note(tx, now, &may.actor, "opening.reviewed", id, opening.child_id, &opening.village_code)?;
    store::get(tx, id)
}

/// The county, or the township, of the child reviews; whoever opened it never does.
pub fn reviewer_area(opening: &Opening) -> (crate::identity::PostKind, String) {
    use crate::identity::PostKind;
    let by_supervisor =
        opening.post.as_deref().is_some_and(|post| post.starts_with(PostKind::TownshipSupervisor.as_str()));
    if by_supervisor {
        (PostKind::CountyAdministrator, areas::county_of(&opening.village_code))
    } else {
        (PostKind::TownshipSupervisor, opening.village_code.clone())
    }
}

fn note(
    tx: &mut Conn,
    now: Instant,
    actor: &Actor,
    action: &'static str,
    id: i64,
    child_id: i64,
    village: &str,
) -> Outcome<()> {
    let event = Event {
        actor: Some(actor),
        action,
        subject_kind: "opening",
        subject_id: id,
        child_id: Some(child_id),
        area_code: Some(village),
    };
    audit::record(tx, now, &event, &serde_json::json!({}))
}
