//! What a rehearsal came to, read off its copy.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::identity::Sex;
use crate::messaging::journey::State;
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::messaging::wording;
use crate::problem::Outcome;
use crate::storage::schema::{attempts, duties, messages, people, reminders};

/// Ids asked for in one query.
const AT_ONCE: usize = 10_000;

/// Everything that would go out, in its order, with the sums by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    pub from: Instant,
    pub until: Instant,
    pub days: Vec<DayCount>,
    pub outings: Vec<Outing>,
    /// Messages that would not go out at the end, by reason.
    pub held: BTreeMap<String, i64>,
    /// Duties whose stage would be reached with nobody to tell, by kind.
    pub unheard: BTreeMap<&'static str, usize>,
}

/// What SMS may be expected to cost: each segment at the price of the gateway that would carry it, and at the mean of the
/// prices by their shares where several gateways share. Refusals, second tries and answers are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpectedCost {
    /// In fen, rounded up; absent when no price is known (the sandbox, or a contract without `price_hao`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1235)]
    pub fen: Option<i64>,
    /// SMS whose price is not known: they are not in `fen`.
    pub unpriced: i64,
}

impl ExpectedCost {
    /// The sum over `outings`.
    pub fn of<'a>(outings: impl Iterator<Item = &'a Outing>) -> Self {
        let (mut hao, mut unpriced) = (0_i64, 0);
        for outing in outings.filter(|outing| outing.channel == ChannelKind::Sms) {
            hao = hao.saturating_add(outing.cost_hao);
            unpriced += i64::from(outing.cost_hao == 0);
        }
        Self { fen: (hao > 0).then_some(hao.saturating_add(99) / 100), unpriced }
    }
}

/// What would go out on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayCount {
    pub date: NaiveDate,
    pub people: usize,
    pub messages: usize,
    /// SMS that are charged.
    pub segments: i64,
    pub cost: ExpectedCost,
    pub channels: Vec<ChannelCount>,
}

/// What one channel would carry on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelCount {
    pub channel: ChannelKind,
    pub messages: usize,
    pub segments: i64,
}

/// One message that would go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outing {
    /// Its place in the rehearsal.
    pub number: i64,
    pub at: Instant,
    pub person_id: Option<i64>,
    #[schema(example = "王先生")]
    pub called: String,
    pub channel: ChannelKind,
    pub segments: i64,
    /// In ten-thousandths of a yuan; 0 = not known. One message costs parts of a fen, so only sums are shown.
    #[serde(skip)]
    pub cost_hao: i64,
    pub urgency: Urgency,
    /// `reminders`, or the notice that waits already.
    pub template: String,
    /// Why: the duties and stages it tells of.
    pub tells: Vec<Told>,
}

/// A stage of a duty that a message tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Told {
    pub duty_id: i64,
    pub kind: DutyKind,
    /// The first stage of its ladder is 0.
    pub stage: i64,
    /// As whom the person is told.
    #[schema(example = "owed")]
    pub role: String,
}

/// What was there in earnest before the rehearsal began.
pub(super) struct Before {
    last_attempt: i64,
    held: BTreeMap<String, i64>,
}

pub(super) fn before(stage: &App) -> Outcome<Before> {
    let last: Option<i64> =
        stage.store.read(|conn| Ok(attempts::table.select(diesel::dsl::max(attempts::id)).first(conn)?))?;
    Ok(Before { last_attempt: last.unwrap_or_default(), held: held(stage)? })
}

pub(super) fn read(
    stage: &App,
    before: &Before,
    from: Instant,
    until: Instant,
    unheard: BTreeMap<&'static str, usize>,
) -> Outcome<Rehearsal> {
    let mut outings = outings(stage, before.last_attempt, from)?;
    outings.sort_by_key(|outing| (outing.at, outing.number));
    for (place, outing) in outings.iter_mut().enumerate() {
        outing.number = i64::try_from(place + 1).unwrap_or(i64::MAX);
    }
    let mut held = held(stage)?;
    for (why, count) in &before.held {
        held.entry(why.clone()).and_modify(|all| *all -= count);
    }
    held.retain(|_, count| *count > 0);
    Ok(Rehearsal { from, until, days: days(&outings), outings, held, unheard })
}

/// The sums of each day on which something goes out.
pub fn days(outings: &[Outing]) -> Vec<DayCount> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Outing>> = BTreeMap::new();
    for outing in outings {
        by_day.entry(outing.at.date()).or_default().push(outing);
    }
    by_day.into_iter().map(|(date, outings)| day(date, &outings)).collect()
}

fn day(date: NaiveDate, outings: &[&Outing]) -> DayCount {
    let people: BTreeSet<Option<i64>> = outings.iter().map(|outing| outing.person_id).collect();
    let mut channels: BTreeMap<ChannelKind, (usize, i64)> = BTreeMap::new();
    for outing in outings {
        let sum = channels.entry(outing.channel).or_default();
        *sum = (sum.0 + 1, sum.1 + outing.segments);
    }
    let count = |(channel, (messages, segments))| ChannelCount { channel, messages, segments };
    DayCount {
        date,
        people: people.len(),
        messages: outings.len(),
        segments: outings.iter().map(|outing| outing.segments).sum(),
        cost: ExpectedCost::of(outings.iter().copied()),
        channels: channels.into_iter().map(count).collect(),
    }
}

fn outings(stage: &App, last_attempt: i64, from: Instant) -> Outcome<Vec<Outing>> {
    type Row = (i64, Instant, ChannelKind, i64, i64, i64, Option<i64>, Option<i64>, String, Urgency);
    let rows: Vec<Row> = stage.store.read(|conn| {
        Ok(attempts::table
            .inner_join(messages::table)
            .filter(attempts::id.gt(last_attempt))
            .filter(attempts::started_at.ge(from))
            .order(attempts::id)
            .select((
                attempts::id,
                attempts::started_at,
                attempts::channel,
                attempts::segments,
                attempts::cost_hao,
                messages::id,
                messages::origin_id,
                messages::person_id,
                messages::template,
                messages::urgency,
            ))
            .load(conn)?)
    })?;
    let sources: Vec<i64> = rows.iter().map(|row| row.6.unwrap_or(row.5)).collect();
    let told = told(stage, sources)?;
    let names = names(stage, rows.iter().filter_map(|row| row.7).collect())?;
    Ok(rows
        .into_iter()
        .map(|(number, at, channel, segments, cost_hao, id, origin, person_id, template, urgency)| Outing {
            number,
            at,
            called: person_id.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
            person_id,
            channel,
            segments,
            cost_hao,
            urgency,
            template,
            tells: told.get(&origin.unwrap_or(id)).cloned().unwrap_or_default(),
        })
        .collect())
}

/// By message; of several stages of one duty the latest.
fn told(stage: &App, mut sources: Vec<i64>) -> Outcome<HashMap<i64, Vec<Told>>> {
    sources.sort_unstable();
    sources.dedup();
    let mut told: HashMap<i64, Vec<Told>> = HashMap::new();
    for some in sources.chunks(AT_ONCE) {
        type Row = (Option<i64>, i64, DutyKind, i64, String);
        let rows: Vec<Row> = stage.store.read(|conn| {
            Ok(reminders::table
                .inner_join(duties::table)
                .filter(reminders::message_id.eq_any(some.to_vec()))
                .order((duties::due_at, duties::id, reminders::stage))
                .select((reminders::message_id, duties::id, duties::kind, reminders::stage, reminders::role))
                .load(conn)?)
        })?;
        for (message, duty_id, kind, stage, role) in rows {
            let about = told.entry(message.unwrap_or_default()).or_default();
            about.retain(|told| told.duty_id != duty_id);
            about.push(Told { duty_id, kind, stage, role });
        }
    }
    Ok(told)
}

fn names(stage: &App, mut ids: Vec<i64>) -> Outcome<HashMap<i64, String>> {
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let rows: Vec<(i64, String, Sex)> = stage.store.read(|conn| {
            Ok(people::table
                .filter(people::id.eq_any(some.to_vec()))
                .select((people::id, people::name, people::sex))
                .load(conn)?)
        })?;
        names.extend(rows.into_iter().map(|(id, name, sex)| (id, wording::salutation(&name, sex, None))));
    }
    Ok(names)
}

/// Messages that came to rest without going out, by state and reason.
fn held(stage: &App) -> Outcome<BTreeMap<String, i64>> {
    let rows: Vec<(String, Option<String>, i64)> = stage.store.read(|conn| {
        Ok(messages::table
            .filter(messages::state.eq_any([State::Frozen, State::Dead, State::Expired]))
            .filter(messages::attempts.eq(0))
            .group_by((messages::state, messages::state_why))
            .select((messages::state, messages::state_why, diesel::dsl::count_star()))
            .load(conn)?)
    })?;
    Ok(rows.into_iter().map(|(state, why, count)| (why.unwrap_or(state), count)).collect())
}
