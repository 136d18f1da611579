use chrono::NaiveDate;
use diesel::prelude::*;

use crate::areas::within;
use crate::clock::Instant;
use crate::contact::missed::{Admonition, TalkOutcome};
use crate::contact::store::Obligation;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::schema::missed_contacts;
use crate::storage::{Conn, Db, changed, insert_once};

/// Four weeks without contact, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = missed_contacts)]
pub struct MissedContact {
    pub id: i64,
    pub obligation_id: i64,
    pub child_id: i64,
    pub area_code: String,
    pub due_on: NaiveDate,
    pub raised_at: Instant,
    pub admonition: Admonition,
    pub talked_on: Option<NaiveDate>,
    pub outcome: Option<TalkOutcome>,
    pub note_sealed: Option<String>,
    pub settled_at: Option<Instant>,
}

/// Raises the item for this missed contact; `None` when it was raised before.
pub fn raise_missed(tx: &mut Conn, now: Instant, obligation: &Obligation, step: Admonition) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(missed_contacts::table)
            .values((
                missed_contacts::obligation_id.eq(obligation.id),
                missed_contacts::child_id.eq(obligation.child_id),
                missed_contacts::area_code.eq(&obligation.area_code),
                missed_contacts::due_on.eq(obligation.due_on),
                missed_contacts::raised_at.eq(now),
                missed_contacts::admonition.eq(step),
            ))
            .returning(missed_contacts::id)
            .get_result(tx)
    })?)
}

/// How often weeks without contact of this obligation led to a talk before.
pub fn talks_before(conn: &mut Conn, obligation_id: i64) -> Outcome<i64> {
    Ok(missed_contacts::table
        .filter(missed_contacts::obligation_id.eq(obligation_id))
        .filter(missed_contacts::talked_on.is_not_null())
        .count()
        .get_result(conn)?)
}

pub fn open_missed_of(conn: &mut Conn, obligation_id: i64) -> Outcome<Vec<MissedContact>> {
    Ok(missed_contacts::table
        .select(MissedContact::as_select())
        .filter(missed_contacts::obligation_id.eq(obligation_id))
        .filter(missed_contacts::settled_at.is_null())
        .load(conn)?)
}

pub fn open_missed(conn: &mut Conn) -> Outcome<Vec<MissedContact>> {
    Ok(missed_contacts::table
        .select(MissedContact::as_select())
        .filter(missed_contacts::settled_at.is_null())
        .order(missed_contacts::id)
        .load(conn)?)
}

pub fn missed_within(
    conn: &mut Conn,
    scope: &Scope,
    only_open: bool,
    after: Option<i64>,
    limit: i64,
) -> Outcome<Vec<MissedContact>> {
    let mut query =
        missed_contacts::table.select(MissedContact::as_select()).filter(within_posts(scope)).into_boxed::<Db>();
    if only_open {
        query = query.filter(missed_contacts::settled_at.is_null());
    }
    if let Some(after) = after {
        query = query.filter(missed_contacts::id.gt(after));
    }
    Ok(query.order(missed_contacts::id).limit(limit).load(conn)?)
}

/// # Errors
/// *Not found* outside the areas of the caller's posts.
pub fn missed_visible(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<MissedContact> {
    Ok(missed_contacts::table
        .select(MissedContact::as_select())
        .filter(missed_contacts::id.eq(id))
        .filter(within_posts(scope))
        .first(conn)?)
}

/// How an item ended.
pub struct Settlement<'a> {
    pub talked_on: Option<NaiveDate>,
    pub outcome: TalkOutcome,
    pub note_sealed: Option<&'a str>,
    pub by: Option<i64>,
}

pub fn settle_missed(tx: &mut Conn, now: Instant, id: i64, settlement: &Settlement<'_>) -> Outcome<()> {
    let rows = diesel::update(
        missed_contacts::table.filter(missed_contacts::id.eq(id)).filter(missed_contacts::settled_at.is_null()),
    )
    .set((
        missed_contacts::talked_on.eq(settlement.talked_on),
        missed_contacts::outcome.eq(settlement.outcome),
        missed_contacts::note_sealed.eq(settlement.note_sealed),
        missed_contacts::settled_by.eq(settlement.by),
        missed_contacts::settled_at.eq(now),
    ))
    .execute(tx)?;
    changed(rows)
}

fn within_posts(scope: &Scope) -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    let ways: Vec<_> = scope.areas.iter().map(|prefix| within("missed_contacts.area_code", prefix)).collect();
    diesel::dsl::sql(&if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) })
}
