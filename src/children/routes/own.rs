//! What a family's phone asks for first: which children are mine, and whom do I telephone.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::access::TelephoneFamily;
use super::super::calling::{CallRole, HouseholdFacts, numbers_are_safe, role_of};
use super::super::classification::facts::Kin;
use super::super::store::{self, ChildRow};
use super::log_reads;
use crate::app::App;
use crate::clock::age_on;
use crate::crypto::Purpose;
use crate::http::{Answer, PathId, ok};
use crate::identity::{May, Person, PostKind, Sex, SignedIn, TieKind};
use crate::problem::Outcome;
use crate::storage::Conn;

/// A child to whom the caller is tied, once for each tie.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnChild {
    pub id: i64,
    #[schema(example = "王小雨")]
    pub name: String,
    pub sex: Sex,
    pub age: i32,
    pub household_id: i64,
    pub village_code: String,
    pub tie: TieKind,
}

/// Somebody to telephone about a child.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonToCall {
    pub role: CallRole,
    /// Absent for the village.
    pub kin: Option<Kin>,
    #[schema(example = "陈小梅")]
    pub name: String,
    #[schema(example = "13900000010")]
    pub phone: String,
}

/// The children of the caller as parent, carer, volunteer or teacher.
#[utoipa::path(tag = "children", operation_id = "list_my_children", responses((status = 200, body = Vec<OwnChild>)))]
#[get("/me/children")]
pub async fn list_my_children(app: web::Data<App>, me: SignedIn) -> Answer {
    let (today, actor) = (app.clock.today(), me.actor.clone());
    let own: Vec<OwnChild> = app
        .read(move |conn| {
            let rows = store::children::tied_to(conn, me.actor.person_id)?;
            Ok(rows.into_iter().map(|(row, tie)| own_child(row, tie, today)).collect())
        })
        .await?;
    let ids: Vec<i64> = own.iter().map(|child| child.id).collect();
    log_reads(&app, &actor, &ids, "list", "me.children").await?;
    ok(own)
}

fn own_child(row: ChildRow, tie: TieKind, today: chrono::NaiveDate) -> OwnChild {
    OwnChild {
        id: row.id,
        name: row.name,
        sex: row.sex,
        age: age_on(row.birth_date, today),
        household_id: row.household_id,
        village_code: row.village_code,
        tie,
    }
}

/// Whom to telephone about a child, with numbers in full: family first, then the village.
#[utoipa::path(tag = "children", operation_id = "list_people_to_call", params(("id" = i64, Path)), responses((status = 200, body = Vec<PersonToCall>)))]
#[get("/children/{id}/people-to-call")]
pub async fn list_people_to_call(app: web::Data<App>, may: May<TelephoneFamily>, id: PathId) -> Answer {
    let (inner, actor, purpose) = (app.clone(), may.actor.clone(), may.purpose());
    let list = app
        .read(move |conn| {
            let row = store::children::find(conn, &may.scope, id.0)?;
            let open: Vec<_> = store::facts::circumstances(conn, row.id)?
                .into_iter()
                .filter(|fact| fact.until.is_none())
                .map(|fact| fact.kind)
                .collect();
            let mut list = Vec::new();
            if may.scope.covers(&row.village_code) || numbers_are_safe(&open) {
                list.extend(family(conn, &inner, &row, may.actor.person_id)?);
            }
            list.extend(village(conn, &inner, &row)?);
            Ok(list)
        })
        .await?;
    log_reads(&app, &actor, &[id.0], "numbers", purpose).await?;
    ok(list)
}

fn family(conn: &mut Conn, app: &App, row: &ChildRow, caller_id: i64) -> Outcome<Vec<PersonToCall>> {
    let mut list = Vec::new();
    for (member, person) in store::household::members(conn, row.household_id)? {
        let facts = HouseholdFacts {
            kin: member.kin,
            cares: member.cares,
            is_backup: member.backup_order.is_some(),
            alive: person.deceased_on.is_none(),
            is_caller: person.id == caller_id,
        };
        if let Some(role) = role_of(&facts) {
            list.extend(line(app, role, Some(member.kin), person)?);
        }
    }
    list.sort_by_key(|one| one.role);
    Ok(list)
}

fn village(conn: &mut Conn, app: &App, row: &ChildRow) -> Outcome<Vec<PersonToCall>> {
    let today = app.clock.today();
    let mut list = Vec::new();
    for (post, role) in
        [(PostKind::VillageDirector, CallRole::VillageDirector), (PostKind::ResidentCadre, CallRole::ResidentCadre)]
    {
        for person in store::people::holding(conn, post, &row.village_code, today)? {
            list.extend(line(app, role, None, person)?);
        }
    }
    Ok(list)
}

/// Nobody without a number is on a list of numbers.
fn line(app: &App, role: CallRole, kin: Option<Kin>, person: Person) -> Outcome<Option<PersonToCall>> {
    let phone = app.vault.open_option(Purpose::Phone, person.phone_sealed.as_deref())?;
    Ok(phone.map(|phone| PersonToCall { role, kin, name: person.name, phone }))
}
