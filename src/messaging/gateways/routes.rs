//! `/api/v1/gateways`, `/gateway-stops`: how the gateways stand, and starting a stopped one again.

use actix_web::{delete, get, web};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::RunGateways;
use super::stops::{LiftedBy, Stop, lift, standing};
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, PathId, no_content, ok};
use crate::identity::May;
use crate::messaging::route::ChannelKind;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_gateways).service(lift_gateway_stop);
}

/// A gateway of this deployment.
#[derive(Debug, Serialize, ToSchema)]
pub struct GatewayView {
    #[schema(example = "aliyun")]
    pub name: String,
    pub channel: ChannelKind,
    pub stops: Vec<Stop>,
    pub today: Usage,
    pub this_month: Usage,
}

/// What went through a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// Handed over and not refused.
    pub messages: i64,
    pub delivered: i64,
    pub refused: i64,
    /// Nobody knows whether these went out.
    pub unknown: i64,
    pub segments: i64,
    /// In fen, rounded up.
    pub cost_fen: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = BigInt)]
    messages: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
    #[diesel(sql_type = BigInt)]
    unknown: i64,
    #[diesel(sql_type = BigInt)]
    segments: i64,
    #[diesel(sql_type = BigInt)]
    cost_hao: i64,
}

/// The gateways with their stops, their use and their cost.
#[utoipa::path(tag = "gateways", operation_id = "list_gateways", responses((status = 200, body = Vec<GatewayView>)))]
#[get("/gateways")]
pub async fn list_gateways(app: web::Data<App>, _may: May<RunGateways>) -> Answer {
    let now = app.clock.now();
    let today = Instant::start_of(now.date());
    let month = chrono::Datelike::with_day(&now.date(), 1).map_or(today, Instant::start_of);
    let gateways = app.office.names();
    let view = app
        .read(move |conn| {
            let (stops, days, months) = (standing(conn)?, usage(conn, today)?, usage(conn, month)?);
            let of = |rows: &[(String, Usage)], name: &str| {
                rows.iter().find(|(gateway, _)| gateway == name).map(|(_, usage)| *usage).unwrap_or_default()
            };
            let views = gateways.into_iter().map(|(name, channel)| GatewayView {
                stops: stops.iter().filter(|stop| stop.gateway == name).cloned().collect(),
                today: of(&days, &name),
                this_month: of(&months, &name),
                name,
                channel,
            });
            Ok(views.collect::<Vec<_>>())
        })
        .await?;
    ok(view)
}

fn usage(conn: &mut Conn, since: Instant) -> Outcome<Vec<(String, Usage)>> {
    // Grouped by a value and not by the column, so that SQLite reads the days asked for instead of an index in its order.
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT gateway || '' AS gateway, CAST(SUM(CASE WHEN state <> 'refused' THEN 1 ELSE 0 END) AS BIGINT) AS messages, \
             CAST(SUM(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS BIGINT) AS delivered, \
             CAST(SUM(CASE WHEN state = 'refused' THEN 1 ELSE 0 END) AS BIGINT) AS refused, \
             CAST(SUM(CASE WHEN state = 'unknown' THEN 1 ELSE 0 END) AS BIGINT) AS unknown, \
             CAST(SUM(CASE WHEN state <> 'refused' THEN segments ELSE 0 END) AS BIGINT) AS segments, \
             CAST(SUM(CASE WHEN state <> 'refused' THEN cost_hao ELSE 0 END) AS BIGINT) AS cost_hao \
         FROM attempts WHERE started_at >= $1 GROUP BY 1",
    )
    .bind::<Timestamp, _>(since)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let usage = Usage {
                messages: row.messages,
                delivered: row.delivered,
                refused: row.refused,
                unknown: row.unknown,
                segments: row.segments,
                cost_fen: row.cost_hao.saturating_add(99) / 100,
            };
            (row.gateway, usage)
        })
        .collect())
}

/// Lets a stopped gateway or form try again.
#[utoipa::path(tag = "gateways", operation_id = "lift_gateway_stop", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/gateway-stops/{id}")]
pub async fn lift_gateway_stop(app: web::Data<App>, may: May<RunGateways>, id: PathId) -> Answer {
    let now = app.clock.now();
    let lifted = app.write(move |tx| lift(tx, now, id.0, LiftedBy::Person(&may.actor))).await?;
    if lifted { no_content() } else { Err(Problem::not_found().into()) }
}
