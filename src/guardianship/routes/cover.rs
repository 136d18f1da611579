//! Who has care of a child, and which children nobody has care of (P13).

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Access;
use crate::children;
use crate::guardianship::access::ReadGaps;
use crate::guardianship::gap::{CoverVerdict, cover};
use crate::guardianship::reasons::Finding;
use crate::guardianship::store::cover as covered;
use crate::http::{Answer, Listing, Page, PathId, Query, id_cursor, ok};
use crate::identity::May;
use crate::problem::Outcome;

/// A child whom nobody has care of.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapView {
    pub child_id: i64,
    pub child_name: String,
    pub village_code: String,
    pub birth_date: NaiveDate,
    /// Why nobody has.
    pub reasons: Vec<Finding>,
}

/// Who has care of a child today.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverView {
    pub child_id: i64,
    #[serde(flatten)]
    pub verdict: CoverVerdict,
}

/// The children within reach with neither a parent who is there and able, nor an agreement in force, nor a placement.
#[utoipa::path(tag = "guardianship", operation_id = "list_guardianship_gaps", params(Page), responses((status = 200, body = Listing<GapView>)))]
#[get("/guardianship-gaps")]
pub async fn list_guardianship_gaps(app: web::Data<App>, may: May<ReadGaps>, page: Query<Page>) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let listing = app
        .read(move |conn| {
            let after = page.after_id()?.unwrap_or(0);
            let found = covered::uncovered(conn, Some(&may.scope), now.date(), after, page.fetch())?;
            let items = found
                .into_iter()
                .map(|(child_id, child_name, village_code, birth_date)| {
                    let reasons = match cover(&covered::facts(conn, child_id)?, now.date()) {
                        CoverVerdict::Gap { reasons } => reasons.into_iter().map(Finding::from).collect(),
                        CoverVerdict::Covered { .. } => Vec::new(),
                    };
                    Ok(GapView { child_id, child_name, village_code, birth_date, reasons })
                })
                .collect::<Outcome<Vec<_>>>()?;
            Ok(page.listing(items, |item| id_cursor(item.child_id)))
        })
        .await?;
    let seen = listing.items.iter().map(|item| Access::of(&actor, now, item.child_id, "guardianship_gap", purpose));
    app.access_log.record(seen.collect()).await?;
    ok(listing)
}

/// Who has care of one child today, or why nobody has.
#[utoipa::path(tag = "guardianship", operation_id = "get_cover", params(("id" = i64, Path)), responses((status = 200, body = CoverView)))]
#[get("/children/{id}/cover")]
pub async fn get_cover(app: web::Data<App>, may: May<ReadGaps>, PathId(child_id): PathId) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let verdict = app
        .read(move |conn| {
            children::require(conn, &may.scope, child_id)?;
            Ok(cover(&covered::facts(conn, child_id)?, now.date()))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "guardianship_gap", purpose)]).await?;
    ok(CoverView { child_id, verdict })
}
