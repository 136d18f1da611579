//! One child: find, read, add, write, confirm.

use actix_web::{get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::super::access::{ConfirmChild, EditChild, ListChildren, ReadChild, RevealNumbers};
use super::super::child::{ChildFields, ChildState, is_sensible};
use super::super::classification::LabelKind;
use super::super::fields::{self, View};
use super::super::household::{AwayFields, NewMember};
use super::super::ledger::{self, Cause, HouseholdWanted, MemberWanted, NewChild, PersonWanted};
use super::super::occasion::Occasion;
use super::super::record::{self, ChildRecord};
use super::super::schooling::Schooling;
use super::super::store::list::ChildFilter;
use super::super::store::{self, ChildRow};
use super::log_reads;
use crate::app::App;
use crate::areas::{self, AreaLevel};
use crate::audit::Access;
use crate::clock::{Instant, age_on};
use crate::crypto::Purpose;
use crate::http::{
    Answer, Body, IdempotencyKey, IfMatch, Listing, Page, PathId, Query, Stored, id_cursor, ok, once, versioned,
};
use crate::identity::{May, Scope, Sex};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::volunteers::check_in::RiskLevel;

/// A line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChildLine {
    pub id: i64,
    pub version: i64,
    #[schema(example = "王小雨")]
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    pub age: i32,
    #[schema(example = "990101100201")]
    pub village_code: String,
    pub household_id: i64,
    pub state: ChildState,
    pub risk_level: RiskLevel,
    pub labels: Vec<LabelKind>,
    pub confirmed_at: Instant,
    /// Whether the re-confirmation is overdue.
    pub stale: bool,
}

impl ChildLine {
    fn of(row: ChildRow, mut labels: Vec<LabelKind>, occasion: &Occasion<'_>, scope: &Scope) -> Self {
        if !scope.covers(&row.village_code) {
            labels.retain(|kind| !kind.is_harm() && !kind.is_key_target());
        }
        let due = row.confirmed_at.plus_days(occasion.config().children.reconfirm_days);
        Self {
            id: row.id,
            version: row.version,
            sex: row.sex,
            birth_date: row.birth_date,
            age: age_on(row.birth_date, occasion.today()),
            household_id: row.household_id,
            state: row.state,
            risk_level: row.risk_level,
            labels,
            confirmed_at: row.confirmed_at,
            stale: due <= occasion.now,
            name: row.name,
            village_code: row.village_code,
        }
    }
}

/// The children within the caller's reach, by id.
#[utoipa::path(tag = "children", operation_id = "list_children", params(ChildFilter, Page), responses((status = 200, body = Listing<ChildLine>)))]
#[get("/children")]
pub async fn list_children(
    app: web::Data<App>,
    may: May<ListChildren>,
    filter: Query<ChildFilter>,
    page: Query<Page>,
) -> Answer {
    let (now, shared, actor) = (app.clock.now(), app.clone(), may.actor.clone());
    let listing = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            if filter.confirmed_before.is_some_and(|day| !is_sensible(day)) {
                return Err(Problem::field("confirmed_before", "range").into());
            }
            let rows = store::list::list(conn, &occasion, &may.scope, &filter, &page)?;
            let lines =
                rows.into_iter().map(|(row, labels)| ChildLine::of(row, labels, &occasion, &may.scope)).collect();
            Ok(page.listing(lines, |line: &ChildLine| id_cursor(line.id)))
        })
        .await?;
    let ids: Vec<i64> = listing.items.iter().map(|line| line.id).collect();
    log_reads(&app, &actor, &ids, "list", "children.list").await?;
    ok(listing)
}

/// As of when to read.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// The record as it stood at the end of that day; now unless told.
    #[param(example = "2026-03-01")]
    pub as_of: Option<NaiveDate>,
}

impl AsOf {
    /// The last moment of the day, or now when that has not come.
    ///
    /// # Errors
    /// 422 for a day that no ledger was kept on.
    pub fn moment(self, now: Instant) -> Outcome<Option<Instant>> {
        let Some(day) = self.as_of else { return Ok(None) };
        if !is_sensible(day) {
            return Err(Problem::field("as_of", "range").into());
        }
        let end = Instant::start_of(day).plus_days(1).plus(chrono::Duration::milliseconds(-1));
        Ok(Some(end.min(now)))
    }
}

/// One child's record, now or as it stood on a day.
#[utoipa::path(tag = "children", operation_id = "get_child", params(("id" = i64, Path), AsOf), responses((status = 200, body = ChildRecord)))]
#[get("/children/{id}")]
pub async fn get_child(app: web::Data<App>, may: May<ReadChild>, id: PathId, as_of: Query<AsOf>) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let (record, view, shown) = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let row = store::children::find(conn, &may.scope, id.0)?;
            let record = match as_of.moment(now)? {
                Some(at) => record::reopen(&occasion, &store::versions::at(conn, id.0, at)?.snapshot_sealed)?.record,
                None => record::load(conn, &occasion, &row)?,
            };
            let own = may.scope.covers(&row.village_code) && may.scope.covers(&record.village_code);
            let view = if own { View::Staff } else { View::Family };
            let shown = fields::show(&record, view, may.actor.person_id)?;
            Ok((record, view, shown))
        })
        .await?;
    let entry = Access::of(&actor, now, record.id, "child", purpose).showing(view.as_str());
    app.access_log.record(vec![entry]).await?;
    versioned(record.version, shown)
}

/// A child to add.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildWanted {
    #[validate(length(equal = 12))]
    #[schema(example = "990101100201")]
    pub village_code: String,
    /// The household of a sibling; absent: a new one.
    pub household_id: Option<i64>,
    #[validate(length(max = 200))]
    pub address: Option<String>,
    #[validate(nested)]
    pub child: ChildFields,
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    pub members: Vec<NewMember>,
    #[serde(default)]
    #[validate(nested)]
    pub schooling: Schooling,
}

/// Adds a child to the ledger of a village.
#[utoipa::path(tag = "children", operation_id = "create_child", params(("Idempotency-Key" = Option<String>, Header)), request_body = ChildWanted, responses((status = 201, body = ChildRecord)))]
#[post("/children")]
pub async fn create_child(
    app: web::Data<App>,
    may: May<EditChild>,
    key: IdempotencyKey,
    body: Body<ChildWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let stored = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            once(tx, now, may.actor.person_id, &key, &body.0, |tx| {
                let new = new_child(tx, &occasion, &may.scope, &body)?;
                let row = ledger::add(tx, &occasion, &new, Cause::Added)?;
                Stored::new(201, &record::load(tx, &occasion, &row)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

fn new_child(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, wanted: &ChildWanted) -> Outcome<NewChild> {
    areas::require_code(&wanted.village_code, "village_code")?;
    scope.require(&wanted.village_code)?;
    areas::exists(tx, &wanted.village_code, AreaLevel::Village, "village_code")?;
    let household = match wanted.household_id {
        Some(id) => {
            let village = store::household::village(tx, id)?;
            if village != wanted.village_code {
                return Err(Problem::not_found().into());
            }
            HouseholdWanted::Existing(id)
        }
        None => HouseholdWanted::New { address: wanted.address.clone() },
    };
    let members = wanted.members.iter().map(|member| member_wanted(tx, occasion, scope, member));
    Ok(NewChild {
        village_code: wanted.village_code.clone(),
        household,
        child: wanted.child.clone().check(occasion.today())?,
        members: members.collect::<Outcome<_>>()?,
        schooling: wanted.schooling.clone().cleaned(),
        school_id: None,
        circumstances: Vec::new(),
        health: None,
    })
}

/// A member to add: a known person must live within the caller's reach.
pub(super) fn member_wanted(
    conn: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    wanted: &NewMember,
) -> Outcome<MemberWanted> {
    wanted.member.check(occasion.today())?;
    if let Some(away) = &wanted.away {
        away.check(occasion.today())?;
    }
    let person = match (wanted.person_id, &wanted.person) {
        (Some(id), None) => {
            store::people::require_near(conn, scope, id)?;
            PersonWanted::Known(id)
        }
        (None, Some(person)) => PersonWanted::Described(person.check(occasion.today())?),
        _ => return Err(Problem::field("person_id", "person_or_new").into()),
    };
    let away = wanted.away.clone().map(AwayFields::cleaned);
    Ok(MemberWanted { person, fields: wanted.member.clone(), away, undated: None })
}

/// Writes the fields of a child's own.
#[utoipa::path(tag = "children", operation_id = "update_child", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = ChildFields, responses((status = 200, body = ChildRecord)))]
#[put("/children/{id}")]
pub async fn update_child(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<ChildFields>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let record = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let child = body.0.clone().check(occasion.today())?;
            let row = store::children::open(tx, &occasion, &may.scope, id.0, seen)?;
            store::children::update(tx, &occasion, &row, &child)?;
            let row = ledger::settle(tx, &occasion, row.id, Cause::Edited, &serde_json::json!({}))?;
            record::load(tx, &occasion, &row)
        })
        .await?;
    versioned(record.version, record)
}

/// Says that nothing has changed: one tap.
#[utoipa::path(tag = "children", operation_id = "confirm_child", params(("id" = i64, Path), ("If-Match" = String, Header)), responses((status = 200, body = ChildRecord)))]
#[put("/children/{id}/confirmation")]
pub async fn confirm_child(app: web::Data<App>, may: May<ConfirmChild>, id: PathId, seen: IfMatch) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let record = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let row = ledger::confirm(tx, &occasion, &may.scope, id.0, seen)?;
            record::load(tx, &occasion, &row)
        })
        .await?;
    versioned(record.version, record)
}

/// Schooling to write.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchoolingWanted {
    #[validate(nested)]
    pub schooling: Schooling,
    /// The school, when it is one of our organisations: it gets sight of the child.
    pub school_id: Option<i64>,
}

/// Writes where the child learns.
#[utoipa::path(tag = "children", operation_id = "set_schooling", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = SchoolingWanted, responses((status = 200, body = ChildRecord)))]
#[put("/children/{id}/schooling")]
pub async fn set_schooling(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<SchoolingWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let record = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let row = store::children::open(tx, &occasion, &may.scope, id.0, seen)?;
            if let Some(school) = body.school_id {
                store::facts::require_school(tx, school, &row.village_code)?;
            }
            ledger::enrol(tx, &occasion, row.id, &body.schooling.clone().cleaned(), body.school_id)?;
            let row = ledger::settle(tx, &occasion, row.id, Cause::SchoolingWritten, &serde_json::json!({}))?;
            record::load(tx, &occasion, &row)
        })
        .await?;
    versioned(record.version, record)
}

/// Why the numbers are wanted; stands in the access log.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealWanted {
    #[validate(length(min = 2, max = 200))]
    #[schema(example = "电话联系家长")]
    pub purpose: String,
}

/// FullNumbers in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct FullNumbers {
    pub identity_number: Option<String>,
    pub phone: Option<String>,
    pub members: Vec<MemberNumbers>,
}

/// FullNumbers of a household member in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberNumbers {
    pub person_id: i64,
    pub name: String,
    pub identity_number: Option<String>,
    pub phone: Option<String>,
}

/// Shows identity numbers and phones in full, for a purpose that is logged.
#[utoipa::path(tag = "children", operation_id = "reveal_numbers", params(("id" = i64, Path)), request_body = RevealWanted, responses((status = 200, body = FullNumbers)))]
#[post("/children/{id}/numbers")]
pub async fn reveal_numbers(
    app: web::Data<App>,
    may: May<RevealNumbers>,
    id: PathId,
    body: Body<RevealWanted>,
) -> Answer {
    let (now, shared, actor, purpose) = (app.clock.now(), app.clone(), may.actor.clone(), may.purpose());
    let numbers = app
        .read(move |conn| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let row = store::children::find(conn, &may.scope, id.0)?;
            numbers(conn, &occasion, &row)
        })
        .await?;
    let entry = Access::of(&actor, now, id.0, "numbers", purpose).because(&body.purpose);
    app.access_log.record(vec![entry]).await?;
    ok(numbers)
}

fn numbers(conn: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<FullNumbers> {
    let vault = occasion.vault();
    let mut members = Vec::new();
    for (_, person) in store::household::members(conn, row.household_id)? {
        members.push(MemberNumbers {
            person_id: person.id,
            identity_number: store::people::identity_number(conn, occasion, person.id)?,
            phone: vault.open_option(Purpose::Phone, person.phone_sealed.as_deref())?,
            name: person.name,
        });
    }
    Ok(FullNumbers {
        identity_number: vault.open_option(Purpose::IdentityNumber, row.identity_number_sealed.as_deref())?,
        phone: vault.open_option(Purpose::Phone, row.phone_sealed.as_deref())?,
        members,
    })
}
