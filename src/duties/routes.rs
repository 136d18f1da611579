//! `/api/v1/todo`: what the caller has to do.

use actix_web::{get, web};

use super::todo::{DutyFilter, TodoItem, todo};
use crate::app::App;
use crate::http::{Answer, Listing, Page, Query, ok};
use crate::identity::SignedIn;

/// The caller's to-do list, most pressing first.
#[utoipa::path(tag = "duties", operation_id = "list_todo", params(DutyFilter, Page), responses((status = 200, body = Listing<TodoItem>)))]
#[get("/todo")]
pub async fn list_todo(app: web::Data<App>, me: SignedIn, filter: Query<DutyFilter>, page: Query<Page>) -> Answer {
    let now = app.clock.now();
    let listing = app
        .read(move |conn| {
            let items = todo(conn, &me.actor, now, &filter, &page)?;
            Ok(page.listing(items, |item| crate::http::pair_cursor(item.duty.due_at, item.duty.id)))
        })
        .await?;
    ok(listing)
}
