//! The inbox: what people answered in words, for a person to read and to act upon.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::sight::within_sight;
use crate::audit;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::http::Page;
use crate::identity::{Actor, Scope};
use crate::messaging::reply::InboxReason;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::{inbox_items, people};
use crate::storage::{Conn, Db, changed};

/// Which items to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxFilter {
    /// Within this area.
    pub area: Option<String>,
    pub why: Option<InboxReason>,
    /// Those that were settled, instead of those that wait.
    #[serde(default)]
    pub settled: bool,
}

/// A reply for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxItem {
    pub id: i64,
    pub why: InboxReason,
    pub person_id: Option<i64>,
    #[schema(example = "王大山")]
    pub person_name: Option<String>,
    /// In full: it is there to be phoned back.
    #[schema(example = "13900000009")]
    pub from_phone: String,
    #[schema(example = "孩子这几天发烧，能不能去看看")]
    pub text: String,
    pub child_id: Option<i64>,
    pub area_code: String,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
    pub note: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = inbox_items)]
struct Row {
    id: i64,
    why: InboxReason,
    person_id: Option<i64>,
    child_id: Option<i64>,
    area_code: String,
    from_sealed: String,
    text_sealed: String,
    created_at: Instant,
    settled_at: Option<Instant>,
    note_sealed: Option<String>,
}

/// The items within sight: those that wait, oldest first; or those that were settled.
pub fn list(
    conn: &mut Conn,
    vault: &Vault,
    scope: &Scope,
    filter: &InboxFilter,
    page: &Page,
) -> Outcome<Vec<InboxItem>> {
    let mut query = inbox_items::table
        .left_join(people::table)
        .select((Row::as_select(), people::name.nullable()))
        .filter(within_sight("inbox_items.area_code", scope, filter.area.as_deref()))
        .into_boxed::<Db>();
    query = if filter.settled {
        query.filter(inbox_items::settled_at.is_not_null())
    } else {
        query.filter(inbox_items::settled_at.is_null())
    };
    if let Some(why) = filter.why {
        query = query.filter(inbox_items::why.eq(why));
    }
    if let Some(after) = page.after_id()? {
        query = query.filter(inbox_items::id.gt(after));
    }
    let rows: Vec<(Row, Option<String>)> = query.order(inbox_items::id).limit(page.fetch()).load(conn)?;
    rows.into_iter().map(|(row, name)| open(vault, row, name)).collect()
}

/// Says what was done about a reply.
///
/// # Errors
/// 409 when somebody settled it before.
pub fn settle(tx: &mut Conn, vault: &Vault, now: Instant, may: (&Actor, &Scope), id: i64, note: &str) -> Outcome<()> {
    let (actor, scope) = may;
    let row: Row = inbox_items::table
        .select(Row::as_select())
        .filter(inbox_items::id.eq(id))
        .filter(within_sight("inbox_items.area_code", scope, None))
        .first(tx)?;
    if row.settled_at.is_some() {
        return Err(Problem::of("inbox_item_settled").into());
    }
    let rows =
        diesel::update(inbox_items::table.filter(inbox_items::id.eq(id)).filter(inbox_items::settled_at.is_null()))
            .set((
                inbox_items::settled_at.eq(now),
                inbox_items::settled_by.eq(actor.person_id),
                inbox_items::note_sealed.eq(vault.seal(Purpose::Message, note)?),
            ))
            .execute(tx)?;
    changed(rows)?;
    let event = audit::Event {
        actor: Some(actor),
        action: "inbox_item.settled",
        subject_kind: "inbox_item",
        subject_id: id,
        child_id: row.child_id,
        area_code: Some(&row.area_code),
    };
    audit::record(tx, now, &event, &json!({ "why": row.why }))
}

fn open(vault: &Vault, row: Row, person_name: Option<String>) -> Outcome<InboxItem> {
    Ok(InboxItem {
        id: row.id,
        why: row.why,
        person_id: row.person_id,
        person_name,
        from_phone: vault.open(Purpose::Phone, &row.from_sealed)?,
        text: vault.open(Purpose::Message, &row.text_sealed)?,
        child_id: row.child_id,
        area_code: row.area_code,
        created_at: row.created_at,
        settled_at: row.settled_at,
        note: vault.open_option(Purpose::Message, row.note_sealed.as_deref())?,
    })
}
