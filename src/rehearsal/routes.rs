//! `/api/v1/reminder-rehearsal`: what the ladders are going to say.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use super::access::RehearseReminders;
use super::sheet::{self, DayCount, ExpectedCost, Outing};
use super::{Plan, rehearse};
use crate::app::App;
use crate::areas::is_code;
use crate::clock::Instant;
use crate::http::{Answer, Listing, Page, Query, id_cursor, ok};
use crate::identity::{May, PostKind};
use crate::messaging::quiet::Urgency;
use crate::problem::{Fault, Problem};

const MOST_DAYS: i64 = 92;
const USUAL_DAYS: i64 = 30;
/// A rehearsal takes its time and some disk: one after the other.
static STAGE: Semaphore = Semaphore::const_new(1);

/// How far ahead and where.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RehearsalFilter {
    /// Days ahead, today included: 30 unless told, at most 92.
    pub days: Option<i64>,
    /// Within this area; the caller's own unless told.
    pub area: Option<String>,
}

/// What would go out if nobody did anything: sums by day, and the messages themselves in parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsalView {
    pub area_code: String,
    pub from: Instant,
    pub until: Instant,
    pub days: Vec<DayCount>,
    /// Of all days together.
    pub cost: ExpectedCost,
    #[serde(flatten)]
    pub outings: Listing<Outing>,
    /// Messages that would be held back, by reason.
    pub held: BTreeMap<String, i64>,
    /// Duties that nobody would hear of, by kind.
    pub unheard: BTreeMap<&'static str, usize>,
}

/// Rehearses the reminders of the coming days; nothing is sent and nothing is written.
#[utoipa::path(tag = "messages", operation_id = "rehearse_reminders", params(RehearsalFilter, Page), responses((status = 200, body = RehearsalView)))]
#[get("/reminder-rehearsal")]
pub async fn rehearse_reminders(
    app: web::Data<App>,
    may: May<RehearseReminders>,
    filter: Query<RehearsalFilter>,
    page: Query<Page>,
) -> Answer {
    let days = filter.days.unwrap_or(USUAL_DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Problem::field("days", "out_of_range").into());
    }
    let own = may.actor.posts.iter().find(|post| may.scope.covers(&post.area_code)).map(|post| post.area_code.clone());
    let area_code = filter.area.clone().or(own).filter(|code| is_code(code)).ok_or_else(Problem::not_found)?;
    may.scope.require(&area_code)?;
    let after = page.after_id()?.unwrap_or_default();
    let _one_at_a_time = STAGE.acquire().await.map_err(Fault::internal)?;
    let plan = Plan { area: Some(area_code.clone()), from: app.clock.now(), days };
    let inner = app.clone();
    let mut played = web::block(move || rehearse(&inner, &plan))
        .await
        .map_err(|_| Fault::Unavailable("the server is stopping".into()))??;
    if !may.actor.holds(PostKind::CountyAdministrator) {
        // Nobody below the county learns from the post that somebody reported.
        played.outings.retain(|outing| outing.urgency != Urgency::Safety);
        played.days = sheet::days(&played.outings);
    }
    let cost = ExpectedCost::of(played.outings.iter());
    let outings = played.outings.into_iter().filter(|outing| outing.number > after);
    let part = outings.take(usize::try_from(page.fetch()).unwrap_or(usize::MAX)).collect();
    ok(RehearsalView {
        area_code,
        from: played.from,
        until: played.until,
        days: played.days,
        cost,
        outings: page.listing(part, |outing| id_cursor(outing.number)),
        held: played.held,
        unheard: played.unheard,
    })
}
