//! `/api/v1/number-searches`: whose number no longer answers, and who may know the new one.

use std::collections::BTreeMap;

use actix_web::{get, put, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::App;
use crate::clock::Instant;
use crate::contact::access::FindNumber;
use crate::contact::reachability::{SearchState, Source};
use crate::contact::searching;
use crate::contact::store::{self, Search};
use crate::crypto::Purpose;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, id_cursor, no_content, ok};
use crate::identity::{May, Scope, SignedIn};
use crate::messaging::phone::Mobile;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::people;

/// A search for somebody's number.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchView {
    pub id: i64,
    pub person_id: i64,
    #[schema(example = "王大山")]
    pub person_name: String,
    pub child_id: i64,
    pub area_code: String,
    pub state: SearchState,
    pub opened_at: Instant,
    pub steps: Vec<StepView>,
}

/// Somebody who was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    pub source: Source,
    pub person_name: Option<String>,
    pub asked_at: Instant,
    pub answered_at: Option<Instant>,
    /// The number they offered, for the village to try.
    pub offered_number: Option<String>,
}

/// A search in which the caller is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedView {
    pub id: i64,
    /// Whose number is looked for.
    pub person_name: String,
}

/// The answer of somebody who was asked.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchAnswerBody {
    /// The number they know; absent when they know none.
    #[schema(example = "13900001234")]
    pub phone: Option<String>,
}

/// The new number.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundNumberBody {
    #[schema(example = "13900001234")]
    pub phone: String,
}

/// Open searches in the caller's area.
#[utoipa::path(tag = "contacts", operation_id = "list_number_searches", params(Page), responses((status = 200, body = Listing<SearchView>)))]
#[get("/number-searches")]
pub async fn list_number_searches(app: web::Data<App>, may: May<FindNumber>, page: Query<Page>) -> Answer {
    let inner = app.clone();
    let listing = app
        .read(move |conn| {
            let rows = store::searches_within(conn, &may.scope, page.after_id()?, page.fetch())?;
            let views: Outcome<Vec<_>> = rows.into_iter().map(|row| view(conn, &inner, row)).collect();
            Ok(page.listing(views?, |view| id_cursor(view.id)))
        })
        .await?;
    ok(listing)
}

/// Searches in which the caller is asked for a number.
#[utoipa::path(tag = "contacts", operation_id = "list_my_number_searches", responses((status = 200, body = Vec<AskedView>)))]
#[get("/me/number-searches")]
pub async fn list_my_number_searches(app: web::Data<App>, me: SignedIn) -> Answer {
    let asked = app
        .read(move |conn| {
            let rows = store::searches_asking(conn, me.actor.person_id)?;
            let names = names(conn, rows.iter().map(|row| row.person_id).collect())?;
            Ok(rows
                .into_iter()
                .map(|row| AskedView {
                    id: row.id,
                    person_name: names.get(&row.person_id).cloned().unwrap_or_default(),
                })
                .collect::<Vec<_>>())
        })
        .await?;
    ok(asked)
}

/// Offers a number, which the village then tries; or says that one is not known.
#[utoipa::path(tag = "contacts", operation_id = "answer_number_search", request_body = SearchAnswerBody, params(("id" = i64, Path)), responses((status = 204)))]
#[put("/number-searches/{id}/answer")]
pub async fn answer_number_search(
    app: web::Data<App>,
    me: SignedIn,
    id: PathId,
    body: Body<SearchAnswerBody>,
) -> Answer {
    let phone = body.phone.as_deref().map(number).transpose()?;
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        let search = asked(tx, me.actor.person_id, id.0)?;
        searching::answer(tx, &inner, now, &search, &me.actor, phone.as_deref())
    })
    .await?;
    no_content()
}

/// Writes down the new number, after it was tried.
#[utoipa::path(tag = "contacts", operation_id = "set_found_number", request_body = FoundNumberBody, params(("id" = i64, Path)), responses((status = 204)))]
#[put("/number-searches/{id}/number")]
pub async fn set_found_number(
    app: web::Data<App>,
    may: May<FindNumber>,
    id: PathId,
    body: Body<FoundNumberBody>,
) -> Answer {
    let phone = number(&body.phone)?;
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        let search = open_within(tx, &may.scope, id.0)?;
        searching::found(tx, &inner, now, &search, &may.actor, &phone)
    })
    .await?;
    no_content()
}

/// Says that everything was tried.
#[utoipa::path(tag = "contacts", operation_id = "give_up_number_search", params(("id" = i64, Path)), responses((status = 204)))]
#[put("/number-searches/{id}/giving-up")]
pub async fn give_up_number_search(app: web::Data<App>, may: May<FindNumber>, id: PathId) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| {
        let search = open_within(tx, &may.scope, id.0)?;
        searching::give_up(tx, now, &search, &may.actor)
    })
    .await?;
    no_content()
}

fn number(text: &str) -> Outcome<String> {
    Mobile::parse(text)
        .map(|phone| phone.digits().to_owned())
        .map_err(|_| Problem::field("phone", "phone_invalid").into())
}

fn asked(conn: &mut Conn, person_id: i64, id: i64) -> Outcome<Search> {
    let open = store::searches_asking(conn, person_id)?;
    open.into_iter().find(|search| search.id == id).ok_or_else(|| Problem::not_found().into())
}

fn open_within(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<Search> {
    let search = store::search(conn, id)?;
    if !store::is_within(scope, &search) {
        return Err(Problem::not_found().into());
    }
    if search.closed_at.is_some() {
        return Err(Problem::of("search_closed").into());
    }
    Ok(search)
}

fn view(conn: &mut Conn, app: &App, search: Search) -> Outcome<SearchView> {
    let steps = store::steps(conn, search.id)?;
    let people = steps.iter().filter_map(|step| step.person_id).chain([search.person_id]).collect();
    let names = names(conn, people)?;
    let steps: Outcome<Vec<_>> = steps
        .into_iter()
        .map(|step| {
            Ok(StepView {
                source: step.source,
                person_name: step.person_id.and_then(|id| names.get(&id).cloned()),
                asked_at: step.asked_at,
                answered_at: step.answered_at,
                offered_number: app.vault.open_option(Purpose::Phone, step.number_sealed.as_deref())?,
            })
        })
        .collect();
    Ok(SearchView {
        id: search.id,
        person_id: search.person_id,
        person_name: names.get(&search.person_id).cloned().unwrap_or_default(),
        child_id: search.child_id,
        area_code: search.area_code,
        state: search.state,
        opened_at: search.opened_at,
        steps: steps?,
    })
}

fn names(conn: &mut Conn, ids: Vec<i64>) -> Outcome<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> =
        people::table.filter(people::id.eq_any(ids)).select((people::id, people::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}
