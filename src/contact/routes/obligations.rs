//! `/api/v1/contact-obligations`: which parent owes contact, since when, and by when.

use std::collections::BTreeMap;

use actix_web::{delete, get, put, web};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::contact::access::{LetRest, ReadContacts, SetCadence};
use crate::contact::obligation::{
    CadenceFault, ContactRules, ObligationState, Step, cadence_faults, is_a_visit, rests, step,
};
use crate::contact::store::{self, Obligation};
use crate::contact::{keeping, reconcile_household};
use crate::duties::ClosedHow;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, id_cursor, no_content, ok};
use crate::identity::{May, SignedIn};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::people;

/// What a parent owes one household.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObligationView {
    pub id: i64,
    pub household_id: i64,
    pub parent_person_id: i64,
    #[schema(example = "王大山")]
    pub parent_name: String,
    /// The eldest child of the household on the ledger.
    pub child_id: i64,
    pub state: ObligationState,
    /// The day by which the next contact is due.
    pub due_on: NaiveDate,
    /// Whole days past that day; negative while there is time.
    pub days_overdue: i64,
    /// What the days have made necessary, from the due day on.
    pub step: Option<Step>,
    pub with_child_on: Option<NaiveDate>,
    pub with_carer_on: Option<NaiveDate>,
    /// Whether a carer stands beside the child as somebody to talk with.
    pub carer_counts: bool,
    pub rest_from: Option<NaiveDate>,
    pub rest_until: Option<NaiveDate>,
}

/// Which obligations to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ObligationFilter {
    pub child_id: Option<i64>,
}

/// A visit home.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestBody {
    #[schema(example = "2026-02-10")]
    pub from: NaiveDate,
    /// The last day at home.
    #[schema(example = "2026-02-24")]
    pub until: NaiveDate,
}

/// A household's own cadence.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CadenceBody {
    #[schema(example = 14)]
    pub days: i64,
    #[validate(length(max = 200, code = "length"))]
    #[schema(example = "父亲在远洋船上，两周靠岸一次")]
    pub reason: String,
}

/// The contact obligations within the caller's reach.
#[utoipa::path(tag = "contacts", operation_id = "list_contact_obligations", params(ObligationFilter, Page), responses((status = 200, body = Listing<ObligationView>)))]
#[get("/contact-obligations")]
pub async fn list_contact_obligations(
    app: web::Data<App>,
    may: May<ReadContacts>,
    filter: Query<ObligationFilter>,
    page: Query<Page>,
) -> Answer {
    let now = app.clock.now();
    let (actor, purpose, child_id) = (may.actor.clone(), may.purpose(), filter.child_id);
    let rules = ContactRules::from(&app.config.contact);
    let listing = app
        .read(move |conn| {
            let rows = store::obligations_visible(conn, &may.scope, child_id, page.fetch(), page.after_id()?)?;
            Ok(page.listing(views(conn, &rules, now, rows)?, |view| id_cursor(view.id)))
        })
        .await?;
    let seen = child_id.filter(|_| !listing.items.is_empty());
    app.access_log
        .record(seen.map(|child| Access::of(&actor, now, child, "contact", purpose)).into_iter().collect())
        .await?;
    ok(listing)
}

/// The contact that the caller owes as a parent.
#[utoipa::path(tag = "contacts", operation_id = "list_my_contact_obligations", responses((status = 200, body = Vec<ObligationView>)))]
#[get("/me/contact-obligations")]
pub async fn list_my_contact_obligations(app: web::Data<App>, me: SignedIn) -> Answer {
    let now = app.clock.now();
    let rules = ContactRules::from(&app.config.contact);
    let own = app
        .read(move |conn| {
            let rows = store::open_obligations(conn, Some(me.actor.person_id))?;
            views(conn, &rules, now, rows)
        })
        .await?;
    ok(own)
}

/// Says that the parent is home for a while: nothing falls due meanwhile.
#[utoipa::path(tag = "contacts", operation_id = "rest_contact_obligation", request_body = RestBody, params(("id" = i64, Path)), responses((status = 200, body = ObligationView)))]
#[put("/contact-obligations/{id}/rest")]
pub async fn rest_contact_obligation(
    app: web::Data<App>,
    may: May<LetRest>,
    id: PathId,
    body: Body<RestBody>,
) -> Answer {
    let rules = ContactRules::from(&app.config.contact);
    if !is_a_visit(body.from, body.until, &rules) {
        return Err(Problem::field("until", "not_a_visit").into());
    }
    let rest = Some((body.from, body.until));
    change_rest(app, may, id.0, rest).await
}

/// The visit home is over, or did not take place.
#[utoipa::path(tag = "contacts", operation_id = "lift_contact_rest", params(("id" = i64, Path)), responses((status = 200, body = ObligationView)))]
#[delete("/contact-obligations/{id}/rest")]
pub async fn lift_contact_rest(app: web::Data<App>, may: May<LetRest>, id: PathId) -> Answer {
    change_rest(app, may, id.0, None).await
}

/// Gives a household a cadence of its own, with a reason.
#[utoipa::path(tag = "contacts", operation_id = "set_contact_cadence", request_body = CadenceBody, params(("id" = i64, Path)), responses((status = 204)))]
#[put("/households/{id}/contact-cadence")]
pub async fn set_contact_cadence(
    app: web::Data<App>,
    may: May<SetCadence>,
    id: PathId,
    body: Body<CadenceBody>,
) -> Answer {
    let rules = ContactRules::from(&app.config.contact);
    if let Some(fault) = cadence_faults(body.days, &body.reason, &rules).first() {
        let field = if *fault == CadenceFault::NoReason { "reason" } else { "days" };
        return Err(Problem::field(field, fault.as_str()).into());
    }
    change_cadence(app, may, id.0, Some((body.days, body.into_inner().reason))).await
}

/// Returns a household to the township's cadence.
#[utoipa::path(tag = "contacts", operation_id = "clear_contact_cadence", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/households/{id}/contact-cadence")]
pub async fn clear_contact_cadence(app: web::Data<App>, may: May<SetCadence>, id: PathId) -> Answer {
    change_cadence(app, may, id.0, None).await
}

async fn change_rest(app: web::Data<App>, may: May<LetRest>, id: i64, rest: Option<(NaiveDate, NaiveDate)>) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let before = store::obligation_visible(tx, &may.scope, id)?;
            if before.state == ObligationState::Ended {
                return Err(Problem::of("obligation_ended").into());
            }
            store::set_rest(tx, &before, rest)?;
            let home = store::household(tx, &inner.config.contact, before.household_id, now.date())?;
            let changed = store::obligation(tx, id)?;
            keeping::settle(tx, now, &changed, &home, ClosedHow::Superseded)?;
            let detail = serde_json::json!({ "from": rest.map(|r| r.0), "until": rest.map(|r| r.1) });
            keeping::note(tx, now, Some(&may.actor), "contact_obligation.rest", &before, &detail)?;
            let after = store::obligation(tx, id)?;
            let rules = ContactRules::from(&inner.config.contact);
            views(tx, &rules, now, vec![after])?.pop().ok_or_else(|| Problem::not_found().into())
        })
        .await?;
    ok(view)
}

async fn change_cadence(
    app: web::Data<App>,
    may: May<SetCadence>,
    household_id: i64,
    cadence: Option<(i64, String)>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        store::require_household(tx, &may.scope, household_id)?;
        store::set_cadence(tx, household_id, cadence.as_ref().map(|(days, reason)| (*days, reason.as_str())))?;
        reconcile_household(tx, &inner.config.contact, now, household_id)?;
        for obligation in store::open_of_household(tx, household_id)? {
            let detail = serde_json::json!({ "days": cadence.as_ref().map(|(days, _)| days) });
            keeping::note(tx, now, Some(&may.actor), "contact_obligation.cadence", &obligation, &detail)?;
        }
        Ok(())
    })
    .await?;
    no_content()
}

fn views(conn: &mut Conn, rules: &ContactRules, now: Instant, rows: Vec<Obligation>) -> Outcome<Vec<ObligationView>> {
    let ids: Vec<_> = rows.iter().map(|row| row.parent_person_id).collect();
    let names: BTreeMap<i64, String> = people::table
        .filter(people::id.eq_any(ids))
        .select((people::id, people::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    Ok(rows.into_iter().map(|row| view(row, rules, now.date(), &names)).collect())
}

fn view(row: Obligation, rules: &ContactRules, today: NaiveDate, names: &BTreeMap<i64, String>) -> ObligationView {
    let resting = row.rest_from.zip(row.rest_until).is_some_and(|(from, until)| rests(from, until, today));
    ObligationView {
        id: row.id,
        household_id: row.household_id,
        parent_person_id: row.parent_person_id,
        parent_name: names.get(&row.parent_person_id).cloned().unwrap_or_default(),
        child_id: row.child_id,
        state: if resting && row.state == ObligationState::Owed { ObligationState::Resting } else { row.state },
        due_on: row.due_on,
        days_overdue: (today - row.due_on).num_days(),
        step: step(row.due_on, today, rules),
        with_child_on: row.with_child_on,
        with_carer_on: row.with_carer_on,
        carer_counts: row.carer_counts,
        rest_from: row.rest_from,
        rest_until: row.rest_until,
    }
}
