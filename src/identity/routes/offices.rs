//! `/api/v1/organisations`, `/posts`: who sits where.

use actix_web::{delete, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, created, id_cursor, no_content, ok};
use crate::identity::May;
use crate::identity::offices::{
    self, AccountWanted, Appointment, ManageOffices, OrganisationView, OrganisationWanted, PostView, ReadOffices,
};

/// The id of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    #[schema(example = 17)]
    pub id: i64,
}

/// The organisations that serve the caller's area, or lie in it.
#[utoipa::path(tag = "offices", operation_id = "list_organisations", params(Page), responses((status = 200, body = Listing<OrganisationView>)))]
#[get("/organisations")]
pub async fn list_organisations(app: web::Data<App>, may: May<ReadOffices>, page: Query<Page>) -> Answer {
    let listing = app
        .read(move |conn| {
            Ok(page.listing(offices::list_organisations(conn, &may.scope, &page)?, |row| id_cursor(row.id)))
        })
        .await?;
    ok(listing)
}

/// Founds an organisation in the caller's area.
#[utoipa::path(tag = "offices", operation_id = "create_organisation", request_body = OrganisationWanted, responses((status = 201, body = Made)))]
#[post("/organisations")]
pub async fn create_organisation(
    app: web::Data<App>,
    may: May<ManageOffices>,
    body: Body<OrganisationWanted>,
) -> Answer {
    let now = app.clock.now();
    let vault = app.vault.clone();
    let id = app.write(move |tx| offices::found(tx, &vault, now, &may.actor, &may.scope, &body)).await?;
    created(format!("/api/v1/organisations/{id}"), Made { id })
}

/// The posts held today in the caller's area, and in those it lies in.
#[utoipa::path(tag = "offices", operation_id = "list_posts", params(Page), responses((status = 200, body = Listing<PostView>)))]
#[get("/posts")]
pub async fn list_posts(app: web::Data<App>, may: May<ReadOffices>, page: Query<Page>) -> Answer {
    let today = app.clock.today();
    let listing = app
        .read(move |conn| {
            Ok(page.listing(offices::list_posts(conn, &may.scope, today, &page)?, |row| id_cursor(row.id)))
        })
        .await?;
    ok(listing)
}

/// Appoints somebody to a post; a person with this name and phone is found again.
#[utoipa::path(tag = "offices", operation_id = "appoint", request_body = Appointment, responses((status = 201, body = Made)))]
#[post("/posts")]
pub async fn appoint(app: web::Data<App>, may: May<ManageOffices>, body: Body<Appointment>) -> Answer {
    let now = app.clock.now();
    let vault = app.vault.clone();
    let id = app.write(move |tx| offices::appoint(tx, &vault, now, &may.actor, &may.scope, &body)).await?;
    created(format!("/api/v1/posts/{id}"), Made { id })
}

/// Ends a post as of today.
#[utoipa::path(tag = "offices", operation_id = "end_post", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/posts/{id}")]
pub async fn end_post(app: web::Data<App>, may: May<ManageOffices>, id: PathId) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| offices::end_post(tx, now, &may.actor, &may.scope, id.0)).await?;
    no_content()
}

/// Opens a staff account for the holder of a post.
#[utoipa::path(tag = "offices", operation_id = "open_account", params(("id" = i64, Path)), request_body = AccountWanted, responses((status = 201, body = Made)))]
#[post("/posts/{id}/account")]
pub async fn create_account(
    app: web::Data<App>,
    may: May<ManageOffices>,
    id: PathId,
    body: Body<AccountWanted>,
) -> Answer {
    let now = app.clock.now();
    let vault = app.vault.clone();
    let person_id =
        app.write(move |tx| offices::open_account(tx, &vault, now, &may.actor, &may.scope, id.0, &body)).await?;
    created(format!("/api/v1/people/{person_id}"), Made { id: person_id })
}
