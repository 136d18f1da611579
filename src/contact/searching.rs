//! Searching for a number that no longer answers: other parent, backup contacts, carers, then the village.

use diesel::prelude::*;

use super::duties;
use super::reachability::{Asked, MightKnow, Next, ReachabilityRules, SearchState, Source, is_invalid, next};
use super::store::{self, Search};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::duties::{ClosedHow, Owed};
use crate::identity::{Actor, PhoneState, PostKind, change_phone};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{household_members, people};

/// A message to this person's number failed because the number is not in use. The second time in a row the number is
/// invalid; when the person owes contact, the search begins.
pub fn number_failed(tx: &mut Conn, app: &App, now: Instant, person_id: i64) -> Outcome<()> {
    let failures = store::count_failure(tx, person_id)?;
    if is_invalid(failures, &ReachabilityRules::from(&app.config.contact)) {
        store::mark_invalid(tx, person_id)?;
        begin_where_owed(tx, app, now, person_id)?;
    }
    Ok(())
}

/// Begins the search for a person whose number is known to be invalid and who owes contact.
pub fn begin_where_owed(tx: &mut Conn, app: &App, now: Instant, person_id: i64) -> Outcome<()> {
    let Some(owing) = store::open_obligations(tx, Some(person_id))?.into_iter().next() else { return Ok(()) };
    let Some(id) = store::open_search(tx, now, person_id, owing.child_id, &owing.area_code)? else { return Ok(()) };
    duties::withdraw_phone(tx, now, person_id)?;
    let search = store::search(tx, id)?;
    note(tx, now, None, "number_search.opened", &search, &serde_json::json!({}))?;
    go_on(tx, app, now, &search)
}

/// Takes the next step when it is time for it.
pub fn go_on(tx: &mut Conn, app: &App, now: Instant, search: &Search) -> Outcome<()> {
    let asked = store::steps(tx, search.id)?;
    let rules = ReachabilityRules::from(&app.config.contact);
    // Somebody who said they do not know need not be waited for.
    let patience = if asked.last().is_some_and(|step| step.knew == Some(false)) { 0 } else { rules.days_per_source };
    let rules = ReachabilityRules { days_per_source: patience, ..rules };
    let asked: Vec<Asked> = asked.iter().map(Asked::from).collect();
    match next(&who_might_know(tx, app, now, search)?, &asked, now, &rules) {
        Next::Ask { source, person_id } => {
            store::add_step(tx, now, search.id, source, Some(person_id))?;
            duties::ask(tx, &app.config.ladders, now, search, Owed::Person(person_id))
        }
        Next::TellVillage => tell_village(tx, app, now, search),
        Next::Wait(_) | Next::LeftToVillage => Ok(()),
    }
}

/// The village writes down the new number, after it was asked for or offered: the search ends, and the number is yet to
/// be verified. Nobody else can do this, because a number opens an account.
pub fn found(tx: &mut Conn, app: &App, now: Instant, search: &Search, actor: &Actor, phone: &str) -> Outcome<()> {
    store::close_search(tx, now, search.id, SearchState::Found, Some(actor.person_id))?;
    change_phone(tx, &app.vault, now, search.person_id, phone, PhoneState::Unverified)?;
    duties::close_search(tx, now, search.id, ClosedHow::Met)?;
    duties::sync_phone(tx, &app.config.contact, now, search.person_id, &search.area_code)?;
    note(tx, now, Some(actor), "number_search.found", search, &serde_json::json!({}))
}

/// Somebody who was asked offers a number, which the village then checks; or does not know one, and the next is asked.
///
/// # Errors
/// 409 when the caller was not asked, or answered before.
pub fn answer(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    search: &Search,
    actor: &Actor,
    phone: Option<&str>,
) -> Outcome<()> {
    let sealed = app.vault.seal_option(Purpose::Phone, phone)?;
    if !store::answer_step(tx, now, search.id, actor.person_id, sealed.as_deref())? {
        return Err(Problem::of("search_closed").into());
    }
    note(tx, now, Some(actor), "number_search.answered", search, &serde_json::json!({ "knew": phone.is_some() }))?;
    match (phone, search.state) {
        (Some(_), SearchState::Asking) => tell_village(tx, app, now, search),
        _ => go_on(tx, app, now, search),
    }
}

fn tell_village(tx: &mut Conn, app: &App, now: Instant, search: &Search) -> Outcome<()> {
    store::add_step(tx, now, search.id, Source::Village, None)?;
    store::hand_to_village(tx, search.id)?;
    duties::ask(tx, &app.config.ladders, now, search, Owed::Post(PostKind::VillageDirector))
}

/// The village has tried everything. The search ends; the obligation and its steps go on.
pub fn give_up(tx: &mut Conn, now: Instant, search: &Search, actor: &Actor) -> Outcome<()> {
    store::close_search(tx, now, search.id, SearchState::GivenUp, Some(actor.person_id))?;
    duties::close_search(tx, now, search.id, ClosedHow::Met)?;
    note(tx, now, Some(actor), "number_search.given_up", search, &serde_json::json!({}))
}

/// A person can be reached again (the old number answered, or a new one was given elsewhere): nothing is left to ask.
pub fn reached(tx: &mut Conn, now: Instant, search: &Search) -> Outcome<()> {
    store::close_search(tx, now, search.id, SearchState::Found, None)?;
    duties::close_search(tx, now, search.id, ClosedHow::Withdrawn)?;
    note(tx, now, None, "number_search.reached", search, &serde_json::json!({}))
}

fn who_might_know(conn: &mut Conn, app: &App, now: Instant, search: &Search) -> Outcome<Vec<MightKnow>> {
    let household_id = store::household_of_child(conn, search.child_id)?;
    let home = store::household(conn, &app.config.contact, household_id, now.date())?;
    let backups: Vec<(i64, Option<i64>)> = household_members::table
        .filter(household_members::household_id.eq(household_id))
        .filter(household_members::until.is_null())
        .filter(household_members::backup_order.is_not_null())
        .select((household_members::person_id, household_members::backup_order))
        .load(conn)?;
    let parents = home.parents.iter().filter(|parent| !parent.facts.deceased && !parent.facts.contact_forbidden);
    let named = parents
        .map(|parent| (Source::OtherParent, parent.person_id, 0))
        .chain(backups.into_iter().map(|(id, order)| (Source::BackupContact, id, order.unwrap_or_default())))
        .chain(home.carers.iter().map(|id| (Source::Carer, *id, 0)));
    let named: Vec<_> = named.filter(|(_, id, _)| *id != search.person_id).collect();
    let with_number: Vec<i64> = people::table
        .filter(people::id.eq_any(named.iter().map(|(_, id, _)| *id).collect::<Vec<_>>()))
        .filter(people::phone_state.eq_any([PhoneState::Unverified, PhoneState::Verified]))
        .filter(people::deceased_on.is_null())
        .select(people::id)
        .load(conn)?;
    Ok(named
        .into_iter()
        .map(|(source, person_id, order)| MightKnow {
            source,
            person_id,
            order,
            reachable: with_number.contains(&person_id),
        })
        .collect())
}

fn note(
    tx: &mut Conn,
    now: Instant,
    actor: Option<&Actor>,
    action: &'static str,
    search: &Search,
    detail: &serde_json::Value,
) -> Outcome<()> {
    let event = Event {
        actor,
        action,
        subject_kind: "number_search",
        subject_id: search.id,
        child_id: Some(search.child_id),
        area_code: Some(&search.area_code),
    };
    audit::record(tx, now, &event, detail)
}
