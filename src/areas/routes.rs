//! `/api/v1/areas`: the areas that the caller works in; `/api/v1/public/areas`: their names, for whoever reports.

use actix_web::{get, web};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::ReadAreas;
use super::{AreaLevel, store};
use crate::app::App;
use crate::http::{Answer, ok};
use crate::identity::May;
use crate::storage::schema::areas;

/// An area.
#[derive(Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = areas)]
pub struct Area {
    #[schema(example = "520381102201")]
    pub code: String,
    #[schema(example = "石板村")]
    pub name: String,
    pub level: AreaLevel,
    pub parent_code: Option<String>,
}

/// The areas within the caller's reach, by code.
#[utoipa::path(tag = "areas", operation_id = "list_areas", responses((status = 200, body = Vec<Area>)))]
#[get("/areas")]
pub async fn list_areas(app: web::Data<App>, may: May<ReadAreas>) -> Answer {
    ok(app.read(move |conn| store::within_reach(conn, &may.scope)).await?)
}

/// The townships and villages by code, for somebody who is not signed in and has to say where a child is.
#[utoipa::path(tag = "areas", operation_id = "list_public_areas", security(()), responses((status = 200, body = Vec<Area>)))]
#[get("/public/areas")]
pub async fn list_public_areas(app: web::Data<App>) -> Answer {
    ok(app.read(store::townships_and_villages).await?)
}
