//! Notices to school and village.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::areas;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::notice::{Addressee, NoticeTo};
use crate::identity::{Actor, ActorPost, OrganisationKind, PostKind};
use crate::problem::{Outcome, Problem};
use crate::storage::schema::{care_notices, children, organisations};
use crate::storage::{Conn, Db, changed};

/// A notice as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = care_notices)]
pub struct Notice {
    pub id: i64,
    pub agreement_id: i64,
    pub child_id: i64,
    pub addressee: NoticeTo,
    pub organisation_id: Option<i64>,
    pub area_code: String,
    pub text_sealed: String,
    pub text_hash: String,
    pub issued_at: Instant,
    pub acknowledged_at: Option<Instant>,
}

pub(in crate::guardianship) fn insert(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    (agreement_id, child_id): (i64, i64),
    to: &Addressee,
    text: &str,
) -> Outcome<i64> {
    Ok(diesel::insert_into(care_notices::table)
        .values((
            care_notices::agreement_id.eq(agreement_id),
            care_notices::child_id.eq(child_id),
            care_notices::addressee.eq(to.to),
            care_notices::organisation_id.eq(to.organisation_id),
            care_notices::area_code.eq(&to.area_code),
            care_notices::text_sealed.eq(vault.seal(Purpose::Narrative, text)?),
            care_notices::text_hash.eq(vault.digest(text.as_bytes())),
            care_notices::issued_at.eq(now),
        ))
        .returning(care_notices::id)
        .get_result(tx)?)
}

/// The notice with this id.
pub(in crate::guardianship) fn kept(conn: &mut Conn, id: i64) -> Outcome<Notice> {
    Ok(care_notices::table.find(id).select(Notice::as_select()).first(conn)?)
}

/// Every notice that waits to be acknowledged.
pub(in crate::guardianship) fn unacknowledged(conn: &mut Conn) -> Outcome<Vec<Notice>> {
    Ok(care_notices::table
        .filter(care_notices::acknowledged_at.is_null())
        .filter(care_notices::withdrawn_at.is_null())
        .select(Notice::as_select())
        .order(care_notices::id)
        .load(conn)?)
}

/// The village committee of a village, where one is on record.
pub(in crate::guardianship) fn village_committee(conn: &mut Conn, village_code: &str) -> Outcome<Option<i64>> {
    Ok(organisations::table
        .filter(organisations::area_code.eq(village_code))
        .filter(organisations::kind.eq(OrganisationKind::VillageCommittee))
        .filter(organisations::active.eq(true))
        .order(organisations::id)
        .select(organisations::id)
        .first(conn)
        .optional()?)
}

/// The notices addressed to the caller's organisations or areas, newest first, with the child's name.
pub(in crate::guardianship) fn list(
    conn: &mut Conn,
    actor: &Actor,
    open_only: bool,
    before_id: Option<i64>,
    limit: i64,
) -> Outcome<Vec<(Notice, String)>> {
    let mut query = care_notices::table
        .inner_join(children::table)
        .select((Notice::as_select(), children::name))
        .filter(for_caller(actor))
        .filter(care_notices::withdrawn_at.is_null())
        .order(care_notices::id.desc())
        .limit(limit)
        .into_boxed::<Db>();
    if open_only {
        query = query.filter(care_notices::acknowledged_at.is_null());
    }
    if let Some(before_id) = before_id {
        query = query.filter(care_notices::id.lt(before_id));
    }
    Ok(query.load(conn)?)
}

/// # Errors
/// *Not found* when it is not addressed to the caller.
pub(in crate::guardianship) fn load(conn: &mut Conn, actor: &Actor, id: i64) -> Outcome<Notice> {
    care_notices::table
        .filter(care_notices::id.eq(id))
        .filter(for_caller(actor))
        .select(Notice::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Problem::not_found().into())
}

/// A school's notices belong to its head, a village's to its director; the township sees those of its area.
/// Holds nothing but ids, digits of area codes, and names of our own.
fn for_caller(actor: &Actor) -> SqlLiteral<Bool> {
    let within = |post: &ActorPost| areas::within("care_notices.area_code", post.area_prefix());
    let ways: Vec<String> = actor
        .posts
        .iter()
        .filter_map(|post| match (post.kind, post.organisation_id) {
            (PostKind::SchoolHead, Some(id)) => Some(format!("care_notices.organisation_id = {id}")),
            (PostKind::VillageDirector, _) => {
                Some(format!("(care_notices.addressee = '{}' AND {})", NoticeTo::Village, within(post)))
            }
            (PostKind::TownshipSupervisor, _) => Some(within(post)),
            _ => None,
        })
        .collect();
    sql(&if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) })
}

/// # Errors
/// 409 when it was acknowledged already, or withdrawn.
pub(in crate::guardianship) fn acknowledge(tx: &mut Conn, now: Instant, id: i64, by: i64) -> Outcome<()> {
    let open = care_notices::table
        .find(id)
        .filter(care_notices::acknowledged_at.is_null())
        .filter(care_notices::withdrawn_at.is_null());
    changed(
        diesel::update(open)
            .set((care_notices::acknowledged_at.eq(now), care_notices::acknowledged_by.eq(by)))
            .execute(tx)?,
    )
}

/// The notices of an agreement that nobody has acknowledged and nobody withdrew.
pub fn open_of(conn: &mut Conn, agreement_id: i64) -> Outcome<Vec<Notice>> {
    Ok(care_notices::table
        .filter(care_notices::agreement_id.eq(agreement_id))
        .filter(care_notices::acknowledged_at.is_null())
        .filter(care_notices::withdrawn_at.is_null())
        .select(Notice::as_select())
        .order(care_notices::id)
        .load(conn)?)
}

/// Every notice of an agreement, by id.
pub(in crate::guardianship) fn of_agreement(conn: &mut Conn, agreement_id: i64) -> Outcome<Vec<Notice>> {
    Ok(care_notices::table
        .filter(care_notices::agreement_id.eq(agreement_id))
        .select(Notice::as_select())
        .order(care_notices::id)
        .load(conn)?)
}

/// What a notice tells has ended before it was acknowledged.
pub(in crate::guardianship) fn withdraw(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    diesel::update(care_notices::table.find(id)).set(care_notices::withdrawn_at.eq(now)).execute(tx)?;
    Ok(())
}
