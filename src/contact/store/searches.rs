use diesel::prelude::*;

use crate::areas::within;
use crate::clock::Instant;
use crate::contact::reachability::{Asked, SearchState, Source};
use crate::identity::{PhoneState, Scope};
use crate::problem::Outcome;
use crate::storage::schema::{number_search_steps, number_searches, people};
use crate::storage::{Conn, Db, changed, insert_once};

/// A search for somebody's number.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = number_searches)]
pub struct Search {
    pub id: i64,
    pub person_id: i64,
    pub child_id: i64,
    pub area_code: String,
    pub state: SearchState,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
}

/// Somebody who was asked for the number.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = number_search_steps)]
pub struct SearchStep {
    pub id: i64,
    pub search_id: i64,
    pub source: Source,
    pub person_id: Option<i64>,
    pub asked_at: Instant,
    pub answered_at: Option<Instant>,
    pub knew: Option<bool>,
    pub number_sealed: Option<String>,
}

const OPEN: [SearchState; 2] = [SearchState::Asking, SearchState::WithVillage];

/// Opens a search; `None` when one is open for this person.
pub fn open_search(
    tx: &mut Conn,
    now: Instant,
    person_id: i64,
    child_id: i64,
    area_code: &str,
) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(number_searches::table)
            .values((
                number_searches::person_id.eq(person_id),
                number_searches::child_id.eq(child_id),
                number_searches::area_code.eq(area_code),
                number_searches::state.eq(SearchState::Asking),
                number_searches::opened_at.eq(now),
            ))
            .returning(number_searches::id)
            .get_result(tx)
    })?)
}

/// Whether the last search for this person's number was given up: nothing is asked again until a number is known.
pub fn was_given_up(conn: &mut Conn, person_id: i64) -> Outcome<bool> {
    let last: Option<SearchState> = number_searches::table
        .filter(number_searches::person_id.eq(person_id))
        .order(number_searches::id.desc())
        .select(number_searches::state)
        .first(conn)
        .optional()?;
    Ok(last == Some(SearchState::GivenUp))
}

pub fn search(conn: &mut Conn, id: i64) -> Outcome<Search> {
    Ok(number_searches::table.find(id).select(Search::as_select()).first(conn)?)
}

pub fn open_searches(conn: &mut Conn) -> Outcome<Vec<Search>> {
    Ok(number_searches::table
        .select(Search::as_select())
        .filter(number_searches::state.eq_any(OPEN))
        .order(number_searches::id)
        .load(conn)?)
}

pub fn open_search_for(conn: &mut Conn, person_id: i64) -> Outcome<Option<Search>> {
    Ok(number_searches::table
        .select(Search::as_select())
        .filter(number_searches::person_id.eq(person_id))
        .filter(number_searches::state.eq_any(OPEN))
        .first(conn)
        .optional()?)
}

/// Open searches in the areas of the caller's posts.
pub fn searches_within(conn: &mut Conn, scope: &Scope, after: Option<i64>, limit: i64) -> Outcome<Vec<Search>> {
    let mut query = number_searches::table
        .select(Search::as_select())
        .filter(number_searches::state.eq_any(OPEN))
        .filter(within_posts(scope))
        .into_boxed::<Db>();
    if let Some(after) = after {
        query = query.filter(number_searches::id.gt(after));
    }
    Ok(query.order(number_searches::id).limit(limit).load(conn)?)
}

/// Searches in which this person was asked and has not answered.
pub fn searches_asking(conn: &mut Conn, person_id: i64) -> Outcome<Vec<Search>> {
    let asked = number_search_steps::table
        .filter(number_search_steps::person_id.eq(person_id))
        .filter(number_search_steps::answered_at.is_null())
        .select(number_search_steps::search_id);
    Ok(number_searches::table
        .select(Search::as_select())
        .filter(number_searches::state.eq_any(OPEN))
        .filter(number_searches::id.eq_any(asked))
        .order(number_searches::id)
        .load(conn)?)
}

pub fn is_within(scope: &Scope, search: &Search) -> bool {
    scope.covers(&search.area_code)
}

pub fn steps(conn: &mut Conn, search_id: i64) -> Outcome<Vec<SearchStep>> {
    Ok(number_search_steps::table
        .select(SearchStep::as_select())
        .filter(number_search_steps::search_id.eq(search_id))
        .order(number_search_steps::id)
        .load(conn)?)
}

pub fn add_step(tx: &mut Conn, now: Instant, search_id: i64, source: Source, person_id: Option<i64>) -> Outcome<()> {
    diesel::insert_into(number_search_steps::table)
        .values((
            number_search_steps::search_id.eq(search_id),
            number_search_steps::source.eq(source),
            number_search_steps::person_id.eq(person_id),
            number_search_steps::asked_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// Notes the answer of somebody who was asked; `false` when they were not, or answered before.
pub fn answer_step(
    tx: &mut Conn,
    now: Instant,
    search_id: i64,
    person_id: i64,
    number_sealed: Option<&str>,
) -> Outcome<bool> {
    let rows = diesel::update(
        number_search_steps::table
            .filter(number_search_steps::search_id.eq(search_id))
            .filter(number_search_steps::person_id.eq(person_id))
            .filter(number_search_steps::answered_at.is_null()),
    )
    .set((
        number_search_steps::answered_at.eq(now),
        number_search_steps::knew.eq(number_sealed.is_some()),
        number_search_steps::number_sealed.eq(number_sealed),
    ))
    .execute(tx)?;
    Ok(rows > 0)
}

pub fn hand_to_village(tx: &mut Conn, search_id: i64) -> Outcome<()> {
    let rows = diesel::update(
        number_searches::table
            .filter(number_searches::id.eq(search_id))
            .filter(number_searches::state.eq(SearchState::Asking)),
    )
    .set(number_searches::state.eq(SearchState::WithVillage))
    .execute(tx)?;
    changed(rows)
}

pub fn close_search(tx: &mut Conn, now: Instant, search_id: i64, state: SearchState, by: Option<i64>) -> Outcome<()> {
    let rows = diesel::update(
        number_searches::table.filter(number_searches::id.eq(search_id)).filter(number_searches::state.eq_any(OPEN)),
    )
    .set((number_searches::state.eq(state), number_searches::closed_at.eq(now), number_searches::closed_by.eq(by)))
    .execute(tx)?;
    changed(rows)
}

/// Counts a failed delivery against the person's number; returns the failures in a row.
pub fn count_failure(tx: &mut Conn, person_id: i64) -> Outcome<i64> {
    Ok(diesel::update(people::table.find(person_id))
        .set(people::phone_failures.eq(people::phone_failures + 1))
        .returning(people::phone_failures)
        .get_result(tx)?)
}

pub fn mark_invalid(tx: &mut Conn, person_id: i64) -> Outcome<()> {
    diesel::update(people::table.find(person_id)).set(people::phone_state.eq(PhoneState::Invalid)).execute(tx)?;
    Ok(())
}

/// The number answered: it is theirs, as of now.
pub fn mark_verified(tx: &mut Conn, now: Instant, person_id: i64) -> Outcome<()> {
    diesel::update(people::table.find(person_id))
        .set((
            people::phone_state.eq(PhoneState::Verified),
            people::phone_verified_at.eq(now),
            people::phone_failures.eq(0),
        ))
        .execute(tx)?;
    Ok(())
}

impl From<&SearchStep> for Asked {
    fn from(step: &SearchStep) -> Self {
        Self { person_id: step.person_id, at: step.asked_at }
    }
}

fn within_posts(scope: &Scope) -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    let ways: Vec<_> = scope.areas.iter().map(|prefix| within("number_searches.area_code", prefix)).collect();
    diesel::dsl::sql(&if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) })
}
