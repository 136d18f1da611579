//! Figures of the post: by day and state, and what the channels carried.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::areas::{significant, within};
use crate::clock::Instant;
use crate::identity::Scope;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;

const MOST_DAYS: i64 = 92;
const USUAL_DAYS: i64 = 30;

/// Which days and which area.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiguresFilter {
    /// The first day; 30 days back unless told.
    pub from: Option<NaiveDate>,
    /// The last day; today unless told. At most 92 days.
    pub until: Option<NaiveDate>,
    /// Within this area.
    pub area: Option<String>,
}

/// Messages by day and state, and tries by day and channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageFigures {
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub messages: Vec<StateCount>,
    pub attempts: Vec<ChannelCount>,
}

/// How many messages that were queued on a day are in a state now.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct StateCount {
    #[diesel(sql_type = Text)]
    #[schema(example = "2026-03-02")]
    pub day: String,
    #[diesel(sql_type = Text)]
    #[schema(example = "delivered")]
    pub state: String,
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
}

/// How many tries a channel saw on a day, and how many SMS are charged for them.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
#[schema(as = ChannelTries)]
pub struct ChannelCount {
    #[diesel(sql_type = Text)]
    #[schema(example = "2026-03-02")]
    pub day: String,
    #[diesel(sql_type = Text)]
    #[schema(example = "sms")]
    pub channel: String,
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    #[diesel(sql_type = BigInt)]
    pub segments: i64,
}

/// # Errors
/// 422 for days in the wrong order or too many of them.
pub fn figures(conn: &mut Conn, scope: &Scope, today: NaiveDate, filter: &FiguresFilter) -> Outcome<MessageFigures> {
    let until = filter.until.unwrap_or(today);
    let from = filter.from.unwrap_or_else(|| Instant::start_of(until).plus_days(1 - USUAL_DAYS).date());
    let days = (until - from).num_days();
    if !(0..MOST_DAYS).contains(&days) {
        return Err(Problem::field("from", "out_of_range").into());
    }
    let sight = sight(scope, filter.area.as_deref());
    let span = (Instant::start_of(from), Instant::start_of(until).plus_days(1));
    let day = local_day(conn, "m.created_at");
    let messages = diesel::sql_query(format!(
        "SELECT {day} AS day, m.state, count(*) AS messages FROM messages m \
         WHERE m.created_at >= $1 AND m.created_at < $2 AND {sight} GROUP BY 1, 2 ORDER BY 1, 2"
    ))
    .bind::<Timestamp, _>(span.0)
    .bind::<Timestamp, _>(span.1)
    .load(conn)
    .map_err(Fault::from)?;
    let day = local_day(conn, "a.started_at");
    let attempts = diesel::sql_query(format!(
        "SELECT {day} AS day, a.channel, count(*) AS attempts, CAST(sum(a.segments) AS BIGINT) AS segments \
         FROM attempts a JOIN messages m ON m.id = a.message_id \
         WHERE a.started_at >= $1 AND a.started_at < $2 AND {sight} GROUP BY 1, 2 ORDER BY 1, 2"
    ))
    .bind::<Timestamp, _>(span.0)
    .bind::<Timestamp, _>(span.1)
    .load(conn)
    .map_err(Fault::from)?;
    Ok(MessageFigures { from, until, messages, attempts })
}

fn sight(scope: &Scope, area: Option<&str>) -> String {
    let ways: Vec<String> = scope.areas.iter().map(|prefix| within("m.area_code", prefix)).collect();
    let reach = if ways.is_empty() { "1 = 0".to_owned() } else { ways.join(" OR ") };
    let wanted = area.map_or_else(|| "1 = 1".to_owned(), |code| within("m.area_code", significant(code)));
    format!("({reach}) AND {wanted}")
}

/// The day in Shanghai of a column in UTC.
fn local_day(conn: &Conn, column: &str) -> String {
    match conn {
        Conn::Postgres(_) => format!("to_char({column} + interval '8 hours', 'YYYY-MM-DD')"),
        Conn::Sqlite(_) => format!("date({column}, '+8 hours')"),
    }
}
