//! Notices that a child is in entrusted care, for the school or village to read and acknowledge.

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::guardianship::access::{AcknowledgeNotice, ReadNotice};
use crate::guardianship::acknowledging;
use crate::guardianship::act::Act;
use crate::guardianship::notice::NoticeTo;
use crate::guardianship::store::notice;
use crate::http::{Answer, Listing, Page, PathId, Query, id_cursor, ok};
use crate::identity::May;

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticeFilter {
    /// Only those that wait to be acknowledged.
    #[serde(default)]
    pub open: bool,
}

/// A notice in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeSummary {
    pub id: i64,
    pub agreement_id: i64,
    pub child_id: i64,
    pub child_name: String,
    pub addressee: NoticeTo,
    pub issued_at: Instant,
    pub acknowledged_at: Option<Instant>,
}

/// A notice with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeView {
    pub id: i64,
    pub child_id: i64,
    pub addressee: NoticeTo,
    pub text: String,
    /// SHA-256 of the text.
    pub text_hash: String,
    pub issued_at: Instant,
    pub acknowledged_at: Option<Instant>,
}

/// The notices addressed to the caller's school or village, newest first.
#[utoipa::path(tag = "guardianship", operation_id = "list_care_notices", params(NoticeFilter, Page), responses((status = 200, body = Listing<NoticeSummary>)))]
#[get("/care-notices")]
pub async fn list_care_notices(
    app: web::Data<App>,
    may: May<ReadNotice>,
    filter: Query<NoticeFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let listing = app
        .read(move |conn| {
            let found = notice::list(conn, &may.actor, filter.open, page.after_id()?, page.fetch())?;
            let items = found.into_iter().map(|(notice, child_name)| summary(notice, child_name)).collect();
            Ok(page.listing(items, |item: &NoticeSummary| id_cursor(item.id)))
        })
        .await?;
    let seen = listing.items.iter().map(|item| Access::of(&actor, now, item.child_id, "care_notice_list", purpose));
    app.access_log.record(seen.collect()).await?;
    ok(listing)
}

fn summary(notice: notice::Notice, child_name: String) -> NoticeSummary {
    NoticeSummary {
        id: notice.id,
        agreement_id: notice.agreement_id,
        child_id: notice.child_id,
        child_name,
        addressee: notice.addressee,
        issued_at: notice.issued_at,
        acknowledged_at: notice.acknowledged_at,
    }
}

/// One notice.
#[utoipa::path(tag = "guardianship", operation_id = "get_care_notice", params(("id" = i64, Path)), responses((status = 200, body = NoticeView)))]
#[get("/care-notices/{id}")]
pub async fn get_care_notice(app: web::Data<App>, may: May<ReadNotice>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let shown = app
        .read(move |conn| {
            let found = notice::load(conn, &may.actor, id)?;
            Ok(NoticeView {
                id,
                child_id: found.child_id,
                addressee: found.addressee,
                text: vault.open(Purpose::Narrative, &found.text_sealed)?,
                text_hash: found.text_hash,
                issued_at: found.issued_at,
                acknowledged_at: found.acknowledged_at,
            })
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, shown.child_id, "care_notice", purpose)]).await?;
    ok(shown)
}

/// The school or village acknowledges the notice.
#[utoipa::path(tag = "guardianship", operation_id = "acknowledge_care_notice", params(("id" = i64, Path)), responses((status = 200, body = NoticeSummary)))]
#[put("/care-notices/{id}/acknowledgement")]
pub async fn acknowledge_care_notice(app: web::Data<App>, may: May<AcknowledgeNotice>, PathId(id): PathId) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let shown = app
        .write(move |tx| {
            let found = acknowledging::acknowledge(tx, &act, &may.actor, id)?;
            let name = crate::guardianship::store::family::child(tx, found.child_id)?.name;
            Ok(summary(found, name))
        })
        .await?;
    ok(shown)
}
