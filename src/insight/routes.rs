//! `/api/v1/insight/…`: figures of the caller's area.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::{ReadDuties, ReadFigures};
use super::standing::{StandingDuty, StandingFilter, standing};
use super::villages::{VillageFigures, villages};
use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::http::{Answer, Listing, Page, Query, ok, pair_cursor};
use crate::identity::May;

/// Every operation of the room.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_village_figures).service(list_standing_duties);
}

/// The figures of the villages in reach.
#[derive(Debug, Serialize, ToSchema)]
pub struct Villages {
    /// The moment the figures stand for.
    pub as_of: Instant,
    /// A record counts as confirmed when it was confirmed or written within this many days.
    pub confirm_days: i64,
    pub villages: Vec<VillageFigures>,
}

/// Coverage and freshness by village, in the order of their codes.
#[utoipa::path(tag = "insight", operation_id = "list_village_figures", responses((status = 200, body = Villages)))]
#[get("/insight/villages")]
pub async fn list_village_figures(app: web::Data<App>, may: May<ReadFigures>) -> Answer {
    let now = app.clock.now();
    let confirm_days = app.config.children.reconfirm_days;
    let villages = app.read(move |conn| villages(conn, &may.scope, now, now.plus_days(-confirm_days))).await?;
    ok(Villages { as_of: now, confirm_days, villages })
}

/// The open duties of the caller's area with those who have them, longest due first.
#[utoipa::path(tag = "insight", operation_id = "list_standing_duties", params(StandingFilter, Page), responses((status = 200, body = Listing<StandingDuty>)))]
#[get("/insight/duties")]
pub async fn list_standing_duties(
    app: web::Data<App>,
    may: May<ReadDuties>,
    filter: Query<StandingFilter>,
    page: Query<Page>,
) -> Answer {
    let now = app.clock.now();
    let (actor, purpose) = (may.actor.clone(), may.purpose());
    let listing = app
        .read(move |conn| {
            let items = standing(conn, &may.scope, now, &filter, &page)?;
            Ok(page.listing(items, |item| pair_cursor(item.duty.due_at, item.duty.id)))
        })
        .await?;
    let children = listing.items.iter().filter_map(|item| item.duty.child_id);
    app.access_log.record(children.map(|id| Access::of(&actor, now, id, "duties", purpose)).collect()).await?;
    ok(listing)
}
