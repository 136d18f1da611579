//! Households and their members. A change names the version of the household it is based on, and is written into the
//! record of every child that lives there.

use actix_web::{delete, post, put, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::super::access::EditChild;
use super::super::household::{AwayFields, MemberFields, NewMember, ReturnFields};
use super::super::ledger::{self, Cause};
use super::super::occasion::Occasion;
use super::super::record::{self, Household};
use super::super::store;
use super::children::member_wanted;
use crate::app::App;
use crate::http::{Answer, Body, IfMatch, PathId, versioned};
use crate::identity::{May, Scope};
use crate::problem::Outcome;
use crate::storage::Conn;

/// Runs a change of a household, settles its children, and answers with the household.
async fn change(
    app: web::Data<App>,
    may: May<EditChild>,
    work: impl Fn(&mut Conn, &Occasion<'_>, &Scope) -> Outcome<i64> + Send + 'static,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let household = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let household = work(tx, &occasion, &may.scope)?;
            ledger::settle_household(tx, &occasion, household, None, Cause::HouseholdChanged)?;
            record::household(tx, &occasion, household)
        })
        .await?;
    versioned(household.version, household)
}

/// Where the household lives.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressWanted {
    #[validate(length(max = 200))]
    #[schema(example = "石板村三组")]
    pub address: Option<String>,
}

/// Writes the address; kept sealed.
#[utoipa::path(tag = "households", operation_id = "set_household_address", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = AddressWanted, responses((status = 200, body = Household)))]
#[put("/households/{id}/address")]
pub async fn set_household_address(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<AddressWanted>,
) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        store::household::open(tx, occasion, scope, id.0, seen)?;
        store::household::set_address(tx, occasion, id.0, body.address.as_deref())?;
        Ok(id.0)
    })
    .await
}

/// Adds a member: somebody known, or somebody new (found again by identity number, or by phone and name).
#[utoipa::path(tag = "households", operation_id = "add_household_member", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = NewMember, responses((status = 200, body = Household)))]
#[post("/households/{id}/members")]
pub async fn add_household_member(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<NewMember>,
) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        let village = store::household::open(tx, occasion, scope, id.0, seen)?;
        let wanted = member_wanted(tx, occasion, scope, &body)?;
        ledger::join(tx, occasion, id.0, &village, &wanted)?;
        Ok(id.0)
    })
    .await
}

/// Writes what somebody is to the child: kin, guardianship, care, condition.
#[utoipa::path(tag = "households", operation_id = "update_household_member", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = MemberFields, responses((status = 200, body = Household)))]
#[put("/household-members/{id}")]
pub async fn update_household_member(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<MemberFields>,
) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        body.check(occasion.today())?;
        let row = store::household::open_member(tx, occasion, scope, id.0, seen)?;
        store::household::update_member(tx, row.id, &body)?;
        Ok(row.household_id)
    })
    .await
}

/// Writes where somebody works away from home, and since when.
#[utoipa::path(tag = "households", operation_id = "set_away", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = AwayFields, responses((status = 200, body = Household)))]
#[put("/household-members/{id}/away")]
pub async fn set_away(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<AwayFields>,
) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        body.check(occasion.today())?;
        let row = store::household::open_member(tx, occasion, scope, id.0, seen)?;
        store::household::go_away(tx, &row, &body.0.clone().cleaned())?;
        Ok(row.household_id)
    })
    .await
}

/// Writes that somebody came home: for good, or for a visit, which does not break an absence.
#[utoipa::path(tag = "households", operation_id = "set_returned", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = ReturnFields, responses((status = 200, body = Household)))]
#[put("/household-members/{id}/return")]
pub async fn set_returned(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<ReturnFields>,
) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        body.check(occasion.today())?;
        let row = store::household::open_member(tx, occasion, scope, id.0, seen)?;
        store::household::come_home(tx, &row, &body)?;
        Ok(row.household_id)
    })
    .await
}

/// Ends a membership as of today; it stays on record.
#[utoipa::path(tag = "households", operation_id = "end_household_member", params(("id" = i64, Path), ("If-Match" = String, Header)), responses((status = 200, body = Household)))]
#[delete("/household-members/{id}")]
pub async fn end_household_member(app: web::Data<App>, may: May<EditChild>, id: PathId, seen: IfMatch) -> Answer {
    change(app, may, move |tx, occasion, scope| {
        let row = store::household::open_member(tx, occasion, scope, id.0, seen)?;
        store::household::end_member(tx, row.id, occasion.today())?;
        Ok(row.household_id)
    })
    .await
}
