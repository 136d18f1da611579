//! Offices: who is appointed to what, by whom.
//!
//! A county administrator appoints anybody in the county; a township supervisor appoints the posts below their own in
//! the township. Nobody appoints a peer, and nobody reaches into a neighbour's area.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::organisation::{NewOrganisation, add_organisation};
use super::people::{NewPerson, add_person, add_post};
use super::{Actor, OrganisationKind, PostKind, Scope, Sex, find_by_phone};
use crate::areas::within;
use crate::audit::{Event, record};
use crate::clock::Instant;
use crate::crypto::Vault;
use crate::http::Page;
use crate::messaging::phone::Mobile;
use crate::permissions;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{accounts, areas, organisations, people, posts};

permissions! {
    /// See the organisations and posts of one's area.
    ReadOffices = "offices.read": posts [VillageDirector, ResidentCadre, TownshipSupervisor, VolunteerCoordinator,
        CountyAdministrator, PoliceContact, SchoolHead, Teacher, ClinicWorker, JudicialOfficer, LabourOfficer,
        OrganisationWorker], ties [];
    /// Found organisations, appoint people to posts, open staff accounts.
    ManageOffices = "offices.manage": posts [TownshipSupervisor, CountyAdministrator], ties [];
}

/// Whether holders of `by` may appoint somebody to `kind`.
pub fn may_appoint(by: PostKind, kind: PostKind) -> bool {
    match by {
        PostKind::CountyAdministrator => true,
        PostKind::TownshipSupervisor => !matches!(kind, PostKind::CountyAdministrator | PostKind::TownshipSupervisor),
        _ => false,
    }
}

/// An organisation as shown.
#[derive(Debug, Queryable, Serialize, ToSchema)]
pub struct OrganisationView {
    pub id: i64,
    pub kind: OrganisationKind,
    #[schema(example = "石桥镇中心小学")]
    pub name: String,
    #[schema(example = "990101100000")]
    pub area_code: String,
    pub active: bool,
}

/// An organisation to found.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationWanted {
    pub kind: OrganisationKind,
    #[validate(length(min = 2, max = 60, code = "length"))]
    #[schema(example = "石桥镇中心小学")]
    pub name: String,
    #[validate(length(equal = 12, code = "unknown_area"))]
    #[schema(example = "990101100000")]
    pub area_code: String,
    #[validate(email(code = "email"))]
    pub email: Option<String>,
}

/// A post as shown.
#[derive(Debug, Queryable, Serialize, ToSchema)]
pub struct PostView {
    pub id: i64,
    pub kind: PostKind,
    pub area_code: String,
    pub organisation_id: Option<i64>,
    pub since: NaiveDate,
    pub person_id: i64,
    #[schema(example = "李主任")]
    pub name: String,
}

/// Somebody to appoint: a person known by their phone, or a new one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    pub kind: PostKind,
    #[validate(length(equal = 12, code = "unknown_area"))]
    #[schema(example = "990101100201")]
    pub area_code: String,
    pub organisation_id: Option<i64>,
    #[validate(length(min = 2, max = 30, code = "length"))]
    #[schema(example = "李主任")]
    pub name: String,
    pub sex: Sex,
    #[schema(example = "13900000005")]
    pub phone: String,
    #[validate(email(code = "email"))]
    pub email: Option<String>,
}

pub(super) fn list_organisations(conn: &mut Conn, scope: &Scope, page: &Page) -> Outcome<Vec<OrganisationView>> {
    // An office serves its area and everything inside it: those above the caller's village count too.
    Ok(organisations::table
        .filter(sql::<Bool>(&around(scope, "organisations.area_code")))
        .filter(organisations::id.gt(page.after_id()?.unwrap_or(0)))
        .select((
            organisations::id,
            organisations::kind,
            organisations::name,
            organisations::area_code,
            organisations::active,
        ))
        .order(organisations::id)
        .limit(page.fetch())
        .load(conn)?)
}

pub(super) fn found(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    actor: &Actor,
    scope: &Scope,
    new: &OrganisationWanted,
) -> Outcome<i64> {
    require_area(tx, scope, &new.area_code)?;
    let id = add_organisation(
        tx,
        vault,
        now,
        &NewOrganisation {
            kind: new.kind,
            name: new.name.clone(),
            area_code: new.area_code.clone(),
            phone: None,
            email: new.email.clone(),
        },
    )?;
    let event = event(actor, "organisation.founded", "organisation", id, &new.area_code);
    record(tx, now, &event, &serde_json::json!({ "kind": new.kind }))?;
    Ok(id)
}

pub(super) fn list_posts(conn: &mut Conn, scope: &Scope, today: NaiveDate, page: &Page) -> Outcome<Vec<PostView>> {
    Ok(posts::table
        .inner_join(people::table)
        .filter(sql::<Bool>(&around(scope, "posts.area_code")))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.gt(today)))
        .filter(posts::id.gt(page.after_id()?.unwrap_or(0)))
        .select((
            posts::id,
            posts::kind,
            posts::area_code,
            posts::organisation_id,
            posts::since,
            people::id,
            people::name,
        ))
        .order(posts::id)
        .limit(page.fetch())
        .load(conn)?)
}

pub(super) fn appoint(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    actor: &Actor,
    scope: &Scope,
    new: &Appointment,
) -> Outcome<i64> {
    require_area(tx, scope, &new.area_code)?;
    require_power(actor, new.kind, &new.area_code)?;
    let phone = Mobile::parse(&new.phone).map_err(|_| Problem::field("phone", "phone_invalid"))?;
    if let Some(organisation_id) = new.organisation_id {
        let known: i64 = organisations::table
            .filter(organisations::id.eq(organisation_id))
            .filter(sql::<Bool>(&around(scope, "organisations.area_code")))
            .count()
            .get_result(tx)?;
        if known == 0 {
            return Err(Problem::field("organisation_id", "unknown_organisation").into());
        }
    }
    let known = find_by_phone(tx, vault, phone.digits())?.into_iter().find(|person| person.name == new.name);
    let person_id = match known {
        Some(person) => person.id,
        None => add_person(
            tx,
            vault,
            now,
            &NewPerson {
                name: new.name.clone(),
                sex: new.sex,
                birth_date: None,
                area_code: Some(new.area_code.clone()),
                phone: Some(phone.digits().to_owned()),
                identity_number: None,
                email: new.email.clone(),
                language: None,
                can_read: true,
            },
        )?,
    };
    let id = add_post(tx, person_id, new.kind, &new.area_code, new.organisation_id, now.date())?;
    let event = event(actor, "post.appointed", "post", id, &new.area_code);
    record(tx, now, &event, &serde_json::json!({ "kind": new.kind, "person_id": person_id }))?;
    Ok(id)
}

pub(super) fn end_post(tx: &mut Conn, now: Instant, actor: &Actor, scope: &Scope, id: i64) -> Outcome<()> {
    let (kind, area_code): (PostKind, String) = posts::table
        .find(id)
        .filter(posts::until.is_null())
        .select((posts::kind, posts::area_code))
        .first(tx)
        .optional()?
        .ok_or_else(Problem::not_found)?;
    scope.require(&area_code)?;
    require_power(actor, kind, &area_code)?;
    let rows = diesel::update(posts::table.find(id).filter(posts::until.is_null()))
        .set(posts::until.eq(now.date()))
        .execute(tx)?;
    crate::storage::changed(rows)?;
    record(tx, now, &event(actor, "post.ended", "post", id, &area_code), &serde_json::json!({ "kind": kind }))
}

/// A staff account to open for the holder of a post. They set up the authenticator themselves.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountWanted {
    #[validate(length(min = 2, max = 40, code = "length"))]
    #[schema(example = "lizhuren")]
    pub login: String,
    /// To be changed by its owner.
    #[validate(length(min = 10, max = 200, code = "length"))]
    #[schema(example = "three plain words")]
    pub password: String,
}

/// Opens a staff account for the holder of a post within reach.
pub(super) fn open_account(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    actor: &Actor,
    scope: &Scope,
    post_id: i64,
    new: &AccountWanted,
) -> Outcome<i64> {
    let AccountWanted { login, password } = new;
    let (person_id, kind, area_code): (i64, PostKind, String) = posts::table
        .find(post_id)
        .filter(posts::until.is_null())
        .select((posts::person_id, posts::kind, posts::area_code))
        .first(tx)
        .optional()?
        .ok_or_else(Problem::not_found)?;
    scope.require(&area_code)?;
    require_power(actor, kind, &area_code)?;
    let taken: i64 = accounts::table
        .filter(accounts::login.eq(login).or(accounts::person_id.eq(person_id)))
        .count()
        .get_result(tx)?;
    if taken > 0 {
        return Err(Problem::of("already_exists").into());
    }
    super::staff::create_account(tx, vault, now, person_id, login, password, None)?;
    record(
        tx,
        now,
        &event(actor, "account.opened", "person", person_id, &area_code),
        &serde_json::json!({ "login": login }),
    )?;
    Ok(person_id)
}

fn require_area(conn: &mut Conn, scope: &Scope, code: &str) -> Outcome<()> {
    let known: i64 = areas::table.filter(areas::code.eq(code)).count().get_result(conn)?;
    if known == 0 || !scope.covers(code) {
        return Err(Problem::field("area_code", "unknown_area").into());
    }
    Ok(())
}

fn require_power(actor: &Actor, kind: PostKind, area_code: &str) -> Outcome<()> {
    let may = actor.posts.iter().any(|post| may_appoint(post.kind, kind) && area_code.starts_with(post.area_prefix()));
    if may { Ok(()) } else { Err(Problem::of("forbidden").into()) }
}

/// SQL for areas inside the caller's, and for the areas that the caller's lie in.
fn around(scope: &Scope, column: &str) -> String {
    let mut ways: Vec<String> = scope.areas.iter().map(|prefix| within(column, prefix)).collect();
    for prefix in &scope.areas {
        for digits in [6, 9] {
            if let Some(head) = prefix.get(..digits).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit())) {
                ways.push(format!("{column} = '{head:0<12}'"));
            }
        }
    }
    if ways.is_empty() { "1 = 0".into() } else { format!("({})", ways.join(" OR ")) }
}

fn event<'a>(
    actor: &'a Actor,
    action: &'static str,
    subject_kind: &'static str,
    subject_id: i64,
    area_code: &'a str,
) -> Event<'a> {
    Event { actor: Some(actor), action, subject_kind, subject_id, child_id: None, area_code: Some(area_code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_the_county_appoints_supervisors() {
        for kind in PostKind::ALL {
            assert!(may_appoint(PostKind::CountyAdministrator, *kind));
            assert!(!may_appoint(PostKind::VillageDirector, *kind));
        }
        assert!(!may_appoint(PostKind::TownshipSupervisor, PostKind::TownshipSupervisor));
        assert!(may_appoint(PostKind::TownshipSupervisor, PostKind::VillageDirector));
    }
}
