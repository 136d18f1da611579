//! To-do lists: the open duties that somebody owes, or that a ladder has brought to them.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Duty, DutyKind};
use crate::areas::within;
use crate::clock::Instant;
use crate::http::Page;
use crate::identity::Actor;
use crate::problem::Outcome;
use crate::storage::schema::{children, duties, people};
use crate::storage::{Conn, Db};

/// Which duties to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DutyFilter {
    pub kind: Option<DutyKind>,
    pub child_id: Option<i64>,
    /// Only what is due by now.
    #[serde(default)]
    pub overdue: bool,
}

/// A line of a to-do list.
#[derive(Debug, Serialize, ToSchema)]
pub struct TodoItem {
    #[serde(flatten)]
    pub duty: Duty,
    pub child_name: Option<String>,
    /// Whole days past the due moment; negative while there is time.
    pub days_overdue: i64,
    /// Whether the caller owes it (otherwise a ladder brought it to them).
    pub owed_by_me: bool,
    /// The person who owes it, for whoever is to look after it.
    pub owed_by_name: Option<String>,
}

/// What `actor` has to do, the most pressing first (by due moment, then id).
pub(super) fn todo(
    conn: &mut Conn,
    actor: &Actor,
    now: Instant,
    filter: &DutyFilter,
    page: &Page,
) -> Outcome<Vec<TodoItem>> {
    let mut query = duties::table
        .left_join(children::table)
        .left_join(people::table.on(people::id.nullable().eq(duties::owed_by_person_id)))
        .select((Duty::as_select(), children::name.nullable(), people::name.nullable()))
        .filter(duties::closed_at.is_null())
        .filter(sql::<Bool>(&concerns(actor)))
        .into_boxed::<Db>();
    if let Some(kind) = filter.kind {
        query = query.filter(duties::kind.eq(kind));
    }
    if let Some(child_id) = filter.child_id {
        query = query.filter(duties::child_id.eq(child_id));
    }
    if filter.overdue {
        query = query.filter(duties::due_at.le(now));
    }
    if let Some((due_at, id)) = page.after_pair()? {
        query = query.filter(duties::due_at.gt(due_at).or(duties::due_at.eq(due_at).and(duties::id.gt(id))));
    }
    let rows: Vec<(Duty, Option<String>, Option<String>)> =
        query.order((duties::due_at, duties::id)).limit(page.fetch()).load(conn)?;
    Ok(rows.into_iter().map(|(duty, child, person)| item(actor, now, duty, child, person)).collect())
}

/// SQL for "owed by the caller, or brought to them by a ladder"; ids, digits and names of our own only.
fn concerns(actor: &Actor) -> String {
    let me = actor.person_id;
    let mut ways = vec![
        format!("duties.owed_by_person_id = {me}"),
        format!("duties.id IN (SELECT duty_id FROM reminders WHERE person_id = {me})"),
    ];
    for post in &actor.posts {
        ways.push(format!(
            "duties.owed_by_post = '{}' AND {}",
            post.kind,
            within("duties.area_code", post.area_prefix())
        ));
        if let Some(organisation) = post.organisation_id {
            ways.push(format!("duties.owed_by_organisation_id = {organisation}"));
        }
    }
    format!("({})", ways.iter().map(|way| format!("({way})")).collect::<Vec<_>>().join(" OR "))
}

fn item(actor: &Actor, now: Instant, duty: Duty, child_name: Option<String>, person_name: Option<String>) -> TodoItem {
    let owed_by_me = duty.owed_by_person_id == Some(actor.person_id)
        || actor.posts.iter().any(|post| {
            duty.owed_by_post == Some(post.kind) && duty.area_code.starts_with(post.area_prefix())
                || duty.owed_by_organisation_id.is_some() && duty.owed_by_organisation_id == post.organisation_id
        });
    let owed_by_name = person_name.filter(|_| !owed_by_me);
    TodoItem { days_overdue: now.since(duty.due_at).num_days(), owed_by_me, owed_by_name, child_name, duty }
}
