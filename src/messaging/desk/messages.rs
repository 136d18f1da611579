//! Messages as the desk sees them, each with its journey; and the settling of what no machine could settle.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::sight::{Addressee, addressees, not_about_danger, within_sight};
use crate::audit;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::duties::DutyKind;
use crate::http::Page;
use crate::identity::{Actor, Scope};
use crate::messaging::journey::{Event, State, after, sources};
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::{attempts, calls, duties, messages, reminders};
use crate::storage::{Conn, Db, changed};
use crate::text_enum;

text_enum! {
    /// What a person decided about a message that no machine could bring to its end.
    pub enum SettledHow {
        /// The person was told in another way.
        ReachedOtherwise = "reached_otherwise",
        /// It goes out once more, by every channel there is.
        SentAgain = "sent_again",
        GivenUp = "given_up",
    }
}

/// States in which a person may decide.
const UNSETTLED: [State; 3] = [State::Dead, State::Unknown, State::Undelivered];
/// Messages with a secret in them: nobody reads them here.
const SECRET: &str = "code/";

/// Which messages to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    pub state: Option<State>,
    /// `duty/…`, `notice/…`, or `reminders` for what the ladders tell.
    pub template: Option<String>,
    pub person_id: Option<i64>,
    /// Queued since this moment.
    pub since: Option<Instant>,
    /// Within this area.
    pub area: Option<String>,
    /// Only what waits for a person's decision: dead, unknown, undelivered and not settled.
    #[serde(default)]
    pub unsettled: bool,
}

/// A message in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageSummary {
    pub id: i64,
    /// Absent for a number without a person.
    pub to: Option<Addressee>,
    #[schema(example = "reminders")]
    pub template: String,
    pub urgency: Urgency,
    pub state: State,
    /// Why it was frozen, died or went on.
    #[schema(example = "no_channel")]
    pub why: Option<String>,
    pub channel: Option<ChannelKind>,
    pub area_code: Option<String>,
    pub created_at: Instant,
    pub not_before: Instant,
    pub attempts: i64,
    pub read_at: Option<Instant>,
    pub settled_at: Option<Instant>,
    pub settled_how: Option<SettledHow>,
}

/// A message with its whole journey.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageView {
    #[serde(flatten)]
    pub summary: MessageSummary,
    /// What was said; absent before it was written, and for one-time codes.
    pub text: Option<String>,
    /// The duties that it told of, as they stand now.
    pub tells: Vec<ToldDuty>,
    pub journey: Vec<AttemptView>,
    pub call: Option<CallStanding>,
    pub note: Option<String>,
}

/// A duty that a message told of.
#[derive(Clone, Debug, Queryable, Serialize, ToSchema)]
pub struct ToldDuty {
    pub duty_id: i64,
    pub kind: DutyKind,
    pub child_id: Option<i64>,
    pub stage: i64,
    /// As whom the person was told.
    #[schema(example = "owed")]
    pub role: String,
    pub due_at: Instant,
    pub closed_at: Option<Instant>,
}

/// One try on one channel, and what came of it.
#[derive(Clone, Debug, Queryable, Serialize, ToSchema)]
pub struct AttemptView {
    pub number: i64,
    pub channel: ChannelKind,
    pub gateway: String,
    #[schema(example = "delivered")]
    pub state: String,
    /// What the gateway or the network said.
    pub code: Option<String>,
    pub segments: i64,
    pub started_at: Instant,
    pub finished_at: Option<Instant>,
}

/// Where the call about a message stands.
#[derive(Clone, Debug, Queryable, Serialize, ToSchema)]
pub struct CallStanding {
    pub id: i64,
    #[schema(example = "open")]
    pub state: String,
    pub tries: i64,
    pub not_before: Instant,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    id: i64,
    person_id: Option<i64>,
    template: String,
    urgency: Urgency,
    state: State,
    state_why: Option<String>,
    channel: Option<ChannelKind>,
    child_id: Option<i64>,
    area_code: Option<String>,
    created_at: Instant,
    not_before: Instant,
    expires_at: Option<Instant>,
    attempts: i64,
    origin_id: Option<i64>,
    body_sealed: Option<String>,
    read_at: Option<Instant>,
    settled_at: Option<Instant>,
    settled_how: Option<SettledHow>,
    settled_note_sealed: Option<String>,
}

/// The messages within sight, newest first.
pub fn list(
    conn: &mut Conn,
    vault: &Vault,
    actor: &Actor,
    scope: &Scope,
    filter: &MessageFilter,
    page: &Page,
) -> Outcome<Vec<MessageSummary>> {
    let mut query = messages::table
        .select(Row::as_select())
        .filter(within_sight("messages.area_code", scope, filter.area.as_deref()))
        .filter(not_about_danger(actor))
        .into_boxed::<Db>();
    if let Some(state) = filter.state {
        query = query.filter(messages::state.eq(state));
    }
    if let Some(template) = &filter.template {
        query = query.filter(messages::template.eq(template.clone()));
    }
    if let Some(person_id) = filter.person_id {
        query = query.filter(messages::person_id.eq(person_id));
    }
    if let Some(since) = filter.since {
        query = query.filter(messages::created_at.ge(since));
    }
    if filter.unsettled {
        query = query.filter(messages::state.eq_any(UNSETTLED)).filter(messages::settled_at.is_null());
    }
    if let Some(before) = page.after_id()? {
        query = query.filter(messages::id.lt(before));
    }
    let rows: Vec<Row> = query.order(messages::id.desc()).limit(page.fetch()).load(conn)?;
    let people = addressees(conn, vault, rows.iter().filter_map(|row| row.person_id))?;
    Ok(rows.into_iter().map(|row| summary(&row, row.person_id.and_then(|id| people.get(&id)).cloned())).collect())
}

/// One message with its journey, and the children it is about.
pub fn view(conn: &mut Conn, vault: &Vault, actor: &Actor, scope: &Scope, id: i64) -> Outcome<(MessageView, Vec<i64>)> {
    let row = within_reach(conn, actor, scope, id)?;
    let tells: Vec<ToldDuty> = reminders::table
        .inner_join(duties::table)
        .filter(reminders::message_id.eq(row.origin_id.unwrap_or(row.id)))
        .order(reminders::id)
        .select((
            duties::id,
            duties::kind,
            duties::child_id,
            reminders::stage,
            reminders::role,
            duties::due_at,
            duties::closed_at,
        ))
        .load(conn)?;
    let journey: Vec<AttemptView> = attempts::table
        .filter(attempts::message_id.eq(row.id))
        .order(attempts::number)
        .select((
            attempts::number,
            attempts::channel,
            attempts::gateway,
            attempts::state,
            attempts::code,
            attempts::segments,
            attempts::started_at,
            attempts::finished_at,
        ))
        .load(conn)?;
    let call: Option<CallStanding> = calls::table
        .filter(calls::message_id.eq(row.id))
        .select((calls::id, calls::state, calls::tries, calls::not_before))
        .first(conn)
        .optional()?;
    let readable = row.body_sealed.as_deref().filter(|_| !row.template.starts_with(SECRET));
    let text = vault.open_option(Purpose::Message, readable)?;
    let note = vault.open_option(Purpose::Message, row.settled_note_sealed.as_deref())?;
    let children = tells.iter().filter_map(|told| told.child_id).chain(row.child_id).collect();
    let to = match row.person_id {
        Some(person_id) => addressees(conn, vault, [person_id])?.remove(&person_id),
        None => None,
    };
    Ok((MessageView { summary: summary(&row, to), text, tells, journey, call, note }, children))
}

/// A person's decision; `note` is what they know.
///
/// # Errors
/// 409 for a message that is on its way, arrived, or was settled; for a second sending also when its time has passed.
pub fn settle(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    may: (&Actor, &Scope),
    id: i64,
    how: SettledHow,
    note: &str,
) -> Outcome<()> {
    let (actor, scope) = may;
    let row = within_reach(tx, actor, scope, id)?;
    if row.settled_at.is_some() || !UNSETTLED.contains(&row.state) {
        return Err(Problem::of("message_not_unsettled").into());
    }
    let note_sealed = vault.seal(Purpose::Message, note)?;
    match how {
        SettledHow::SentAgain => send_again(tx, now, &row)?,
        SettledHow::ReachedOtherwise => {
            close(tx, now, actor, &row, how, after(row.state, Event::ReceiptDelivered), &note_sealed)?
        }
        SettledHow::GivenUp => close(tx, now, actor, &row, how, None, &note_sealed)?,
    }
    diesel::update(calls::table.filter(calls::message_id.eq(row.id)).filter(calls::settled_at.is_null()))
        .set((calls::state.eq("withdrawn"), calls::settled_at.eq(now), calls::settled_by.eq(actor.person_id)))
        .execute(tx)?;
    let event = audit::Event {
        actor: Some(actor),
        action: "message.settled",
        subject_kind: "message",
        subject_id: row.id,
        child_id: row.child_id,
        area_code: row.area_code.as_deref(),
    };
    audit::record(tx, now, &event, &json!({ "how": how, "was": row.state, "why": row.state_why }))
}

fn close(
    tx: &mut Conn,
    now: Instant,
    actor: &Actor,
    row: &Row,
    how: SettledHow,
    next: Option<State>,
    note_sealed: &str,
) -> Outcome<()> {
    let rows = diesel::update(
        messages::table
            .filter(messages::id.eq(row.id))
            .filter(messages::state.eq(row.state))
            .filter(messages::settled_at.is_null()),
    )
    .set((
        messages::state.eq(next.unwrap_or(row.state)),
        messages::settled_at.eq(now),
        messages::settled_by.eq(actor.person_id),
        messages::settled_how.eq(how),
        messages::settled_note_sealed.eq(note_sealed),
    ))
    .execute(tx)?;
    changed(rows)
}

/// The same message once more, from its first channel on: a receipt of an earlier try that comes late still stops it.
fn send_again(tx: &mut Conn, now: Instant, row: &Row) -> Outcome<()> {
    if row.expires_at.is_some_and(|at| at <= now) {
        return Err(Problem::of("message_over").into());
    }
    let rows = diesel::update(
        messages::table.filter(messages::id.eq(row.id)).filter(messages::state.eq_any(sources(Event::SentAgain))),
    )
    .set((
        messages::state.eq(State::Queued),
        messages::state_why.eq(SettledHow::SentAgain.as_str()),
        messages::not_before.eq(now),
        messages::channel.eq(None::<ChannelKind>),
        messages::channels_tried.eq(""),
        messages::channel_attempts.eq(0),
        messages::accepted_at.eq(None::<Instant>),
    ))
    .execute(tx)?;
    changed(rows)
}

/// # Errors
/// *Not found* when it lies beyond the caller's sight.
fn within_reach(conn: &mut Conn, actor: &Actor, scope: &Scope, id: i64) -> Outcome<Row> {
    Ok(messages::table
        .select(Row::as_select())
        .filter(messages::id.eq(id))
        .filter(within_sight("messages.area_code", scope, None))
        .filter(not_about_danger(actor))
        .first(conn)?)
}

fn summary(row: &Row, to: Option<Addressee>) -> MessageSummary {
    MessageSummary {
        id: row.id,
        to,
        template: row.template.clone(),
        urgency: row.urgency,
        state: row.state,
        why: row.state_why.clone(),
        channel: row.channel,
        area_code: row.area_code.clone(),
        created_at: row.created_at,
        not_before: row.not_before,
        attempts: row.attempts,
        read_at: row.read_at,
        settled_at: row.settled_at,
        settled_how: row.settled_how,
    }
}
