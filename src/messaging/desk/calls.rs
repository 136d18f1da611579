//! The call list: whom to phone because no machine could tell them, with which words, and how the call ended.
//!
//! What the caller says about a call comes in as a receipt of that attempt, like any network's: *reached* makes the
//! message delivered, *wrong number* counts against the number, *given up* ends the message undelivered.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::sight::{not_about_danger, still_owed, within_sight};
use crate::app::App;
use crate::audit;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::http::Page;
use crate::identity::{Actor, Scope};
use crate::messaging::deliver::reference;
use crate::messaging::inbound::{self, Kind, PERSON, Raw};
use crate::messaging::journey::State;
use crate::messaging::quiet::Urgency;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::{calls, duties, messages, people, reminders};
use crate::storage::{Conn, Db, changed};
use crate::text_enum;

/// After nobody answered, the call is due again so many hours later, by daylight.
const AGAIN_AFTER_HOURS: i64 = 3;

text_enum! {
    /// How a call ended.
    pub enum CallOutcome {
        Reached = "reached",
        /// Nobody answered: the call comes up again later.
        NoAnswer = "no_answer",
        WrongNumber = "wrong_number",
        GaveUp = "gave_up",
    }
}

/// Which calls to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallFilter {
    /// Within this area.
    pub area: Option<String>,
    /// Also those that come up again later.
    #[serde(default)]
    pub later: bool,
}

/// Somebody to phone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallView {
    pub id: i64,
    pub message_id: i64,
    pub person_id: i64,
    #[schema(example = "王大山")]
    pub person_name: String,
    /// In full: it is there to be phoned.
    #[schema(example = "13900000009")]
    pub phone: Option<String>,
    /// `no_machine`, `undelivered`, or `unknown` when nobody knows whether the message arrived.
    pub why: String,
    /// What to say.
    pub words: String,
    /// The duties it is about.
    pub duty_ids: Vec<i64>,
    pub area_code: String,
    pub tries: i64,
    pub not_before: Instant,
    pub created_at: Instant,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = calls)]
struct Row {
    id: i64,
    message_id: i64,
    person_id: i64,
    child_id: Option<i64>,
    area_code: String,
    why: String,
    words_sealed: String,
    tries: i64,
    not_before: Instant,
    created_at: Instant,
}

/// The open calls within sight, oldest first, and the children they are about.
pub fn list(
    conn: &mut Conn,
    vault: &Vault,
    now: Instant,
    may: (&Actor, &Scope),
    filter: &CallFilter,
    page: &Page,
) -> Outcome<(Vec<CallView>, Vec<i64>)> {
    let (actor, scope) = may;
    let mut query = calls::table
        .inner_join(messages::table)
        .select((Row::as_select(), messages::id.nullable(), messages::origin_id))
        .filter(calls::settled_at.is_null())
        .filter(within_sight("calls.area_code", scope, filter.area.as_deref()))
        .filter(not_about_danger(actor))
        .filter(still_owed())
        .into_boxed::<Db>();
    if !filter.later {
        query = query.filter(calls::not_before.le(now));
    }
    if let Some(after) = page.after_id()? {
        query = query.filter(calls::id.gt(after));
    }
    let rows: Vec<(Row, Option<i64>, Option<i64>)> = query.order(calls::id).limit(page.fetch()).load(conn)?;
    let sources = rows.iter().filter_map(|(_, own, origin)| origin.or(*own)).collect();
    let told = told(conn, sources)?;
    let people = people_of(conn, vault, rows.iter().map(|(row, ..)| row.person_id).collect())?;
    let mut children: Vec<i64> = rows.iter().filter_map(|(row, ..)| row.child_id).collect();
    let mut views = Vec::with_capacity(rows.len());
    for (row, own, origin) in rows {
        let about = origin.or(own).and_then(|source| told.get(&source)).cloned().unwrap_or_default();
        children.extend(about.iter().filter_map(|(_, child)| *child));
        let (person_name, phone) = people.get(&row.person_id).cloned().unwrap_or_default();
        views.push(CallView {
            id: row.id,
            message_id: row.message_id,
            person_id: row.person_id,
            person_name,
            phone,
            words: vault.open(Purpose::Message, &row.words_sealed)?,
            why: row.why,
            duty_ids: about.into_iter().map(|(duty, _)| duty).collect(),
            area_code: row.area_code,
            tries: row.tries,
            not_before: row.not_before,
            created_at: row.created_at,
        });
    }
    Ok((views, children))
}

/// Writes down how a call ended.
///
/// # Errors
/// 409 when the call was settled before.
pub fn settle(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    may: (&Actor, &Scope),
    id: i64,
    outcome: CallOutcome,
    note: Option<&str>,
) -> Outcome<()> {
    let (actor, scope) = may;
    let (row, settled_at, state, urgency, attempt): (Row, Option<Instant>, State, Urgency, i64) = calls::table
        .inner_join(messages::table)
        .select((Row::as_select(), calls::settled_at, messages::state, messages::urgency, messages::attempts))
        .filter(calls::id.eq(id))
        .filter(within_sight("calls.area_code", scope, None))
        .filter(not_about_danger(actor))
        .first(tx)?;
    if settled_at.is_some() {
        return Err(Problem::of("call_settled").into());
    }
    let later = app.office.settings.quiet.next_allowed(now.plus_hours(AGAIN_AFTER_HOURS), urgency);
    let again = outcome == CallOutcome::NoAnswer;
    let rows = diesel::update(
        calls::table.filter(calls::id.eq(id)).filter(calls::tries.eq(row.tries)).filter(calls::settled_at.is_null()),
    )
    .set((
        calls::tries.eq(row.tries + 1),
        calls::state.eq(if again { "open" } else { outcome.as_str() }),
        calls::not_before.eq(if again { later } else { row.not_before }),
        calls::settled_at.eq((!again).then_some(now)),
        calls::settled_by.eq((!again).then_some(actor.person_id)),
        calls::note_sealed.eq(app.vault.seal_option(Purpose::Message, note)?),
    ))
    .execute(tx)?;
    changed(rows)?;
    let status = match outcome {
        CallOutcome::Reached => Some("delivered"),
        CallOutcome::WrongNumber => Some("number_invalid"),
        // What is in doubt stays so: the doubt is not sent round by the other channels.
        CallOutcome::GaveUp if state != State::Unknown => Some("undelivered"),
        CallOutcome::GaveUp | CallOutcome::NoAnswer => None,
    };
    if let Some(status) = status {
        let raw = Raw {
            content_type: "application/json".into(),
            query: String::new(),
            body: json!({ "reference": reference(row.message_id, attempt), "status": status }).to_string(),
        };
        inbound::keep(tx, &app.vault, PERSON, Kind::Receipt, &format!("call-{id}-{}", row.tries), &raw, now)?;
    }
    if outcome == CallOutcome::GaveUp && state == State::Unknown {
        diesel::update(messages::table.filter(messages::id.eq(row.message_id)).filter(messages::settled_at.is_null()))
            .set((
                messages::settled_at.eq(now),
                messages::settled_by.eq(actor.person_id),
                messages::settled_how.eq(super::SettledHow::GivenUp),
            ))
            .execute(tx)?;
    }
    let event = audit::Event {
        actor: Some(actor),
        action: "call.settled",
        subject_kind: "call",
        subject_id: id,
        child_id: row.child_id,
        area_code: Some(&row.area_code),
    };
    audit::record(tx, now, &event, &json!({ "outcome": outcome, "try": row.tries + 1 }))
}

/// A duty and the child it is about.
type About = (i64, Option<i64>);

/// The open duties that messages tell of, with their children.
fn told(conn: &mut Conn, sources: Vec<i64>) -> Outcome<HashMap<i64, Vec<About>>> {
    let rows: Vec<(Option<i64>, i64, Option<i64>)> = reminders::table
        .inner_join(duties::table)
        .filter(reminders::message_id.eq_any(sources))
        .filter(duties::closed_at.is_null())
        .order(duties::id)
        .select((reminders::message_id, duties::id, duties::child_id))
        .load(conn)?;
    let mut told: HashMap<i64, Vec<About>> = HashMap::new();
    for (message, duty, child) in rows {
        let about = told.entry(message.unwrap_or_default()).or_default();
        if !about.iter().any(|(other, _)| *other == duty) {
            about.push((duty, child));
        }
    }
    Ok(told)
}

fn people_of(conn: &mut Conn, vault: &Vault, ids: Vec<i64>) -> Outcome<HashMap<i64, (String, Option<String>)>> {
    let rows: Vec<(i64, String, Option<String>)> = people::table
        .filter(people::id.eq_any(ids))
        .select((people::id, people::name, people::phone_sealed))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, name, sealed)| Ok((id, (name, vault.open_option(Purpose::Phone, sealed.as_deref())?))))
        .collect()
}
