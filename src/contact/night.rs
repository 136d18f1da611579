//! What the night finds: households whose facts have come of age, weeks of silence, numbers that no longer answer.
//! Running it twice, late, or on two machines changes nothing.

use chrono::Duration;
use diesel::prelude::*;

use super::missed::next_step;
use super::reachability::SearchState;
use super::store::{self, Obligation};
use super::{duties, keeping, searching};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::identity::PhoneState;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{contact_obligations, people};

const BATCH: i64 = 100;

/// What one night did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Night {
    pub households: usize,
    pub raised: usize,
    pub searches: usize,
}

/// Looks at every household, every long silence, every search.
pub fn run(app: &App, now: Instant) -> Outcome<Night> {
    let households = households(app, now)?;
    let raised = silences(app, now)?;
    let searches = searches(app, now)?;
    phones(app, now)?;
    Ok(Night { households, raised, searches })
}

fn households(app: &App, now: Instant) -> Outcome<usize> {
    let (mut after, mut seen) = (0, 0);
    loop {
        let ids = app.store.read(|conn| store::households_after(conn, after, BATCH))?;
        let Some(last) = ids.last() else { return Ok(seen) };
        after = *last;
        seen += ids.len();
        app.store.write(|tx| {
            ids.iter().try_for_each(|id| keeping::reconcile_household(tx, &app.config.contact, now, *id))
        })?;
    }
}

/// Raises a risk item, once, for each contact that is overdue by the configured days.
fn silences(app: &App, now: Instant) -> Outcome<usize> {
    let due_until = now.date() - Duration::days(app.config.contact.risk_after_days);
    let (mut after, mut raised) = (0, 0);
    loop {
        let silent = app.store.read(|conn| store::overdue_obligations(conn, due_until, after, BATCH))?;
        let Some(last) = silent.last() else { return Ok(raised) };
        after = last.id;
        for obligation in &silent {
            raised += usize::from(app.store.write(|tx| raise(tx, app, now, obligation))?);
        }
    }
}

fn raise(tx: &mut Conn, app: &App, now: Instant, obligation: &Obligation) -> Outcome<bool> {
    let step = next_step(store::talks_before(tx, obligation.id)?);
    let Some(id) = store::raise_missed(tx, now, obligation, step)? else { return Ok(false) };
    duties::open_review(tx, &app.config.ladders, now, id, obligation)?;
    let event = Event {
        actor: None,
        action: "missed_contact.raised",
        subject_kind: "missed_contact",
        subject_id: id,
        child_id: Some(obligation.child_id),
        area_code: Some(&obligation.area_code),
    };
    audit::record(tx, now, &event, &serde_json::json!({ "admonition": step, "due_on": obligation.due_on }))?;
    Ok(true)
}

fn searches(app: &App, now: Instant) -> Outcome<usize> {
    let lost: Vec<i64> = app.store.read(|conn| {
        Ok(contact_obligations::table
            .inner_join(people::table)
            .filter(contact_obligations::ended_at.is_null())
            .filter(people::phone_state.eq(PhoneState::Invalid))
            .select(people::id)
            .distinct()
            .load(conn)?)
    })?;
    for person_id in lost {
        app.store.write(|tx| {
            if store::was_given_up(tx, person_id)? {
                return Ok(());
            }
            searching::begin_where_owed(tx, app, now, person_id)
        })?;
    }
    let open = app.store.read(store::open_searches)?;
    for search in &open {
        app.store.write(|tx| {
            let state: PhoneState = people::table.find(search.person_id).select(people::phone_state).first(tx)?;
            match (state, search.state) {
                (PhoneState::Verified | PhoneState::Unverified, _) => searching::reached(tx, now, search),
                (_, SearchState::Asking) => searching::go_on(tx, app, now, search),
                _ => Ok(()),
            }
        })?;
    }
    Ok(open.len())
}

/// Withdraws the verification of numbers that nobody needs any more.
fn phones(app: &App, now: Instant) -> Outcome<()> {
    let (needed, verifying) =
        app.store.read(|conn| Ok((duties::people_to_verify(conn)?, duties::people_verifying(conn)?)))?;
    for person_id in verifying.into_iter().filter(|person_id| !needed.contains_key(person_id)) {
        app.store.write(|tx| duties::withdraw_phone(tx, now, person_id))?;
    }
    Ok(())
}
