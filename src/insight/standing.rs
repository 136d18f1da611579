//! Open duties in the caller's area, and who has them: for whoever must see that nothing is left lying.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::villages::reach;
use crate::areas::{significant, within};
use crate::clock::Instant;
use crate::duties::{Duty, DutyKind};
use crate::http::Page;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::schema::{children, duties, organisations, people};
use crate::storage::{Conn, Db};

/// Which duties to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StandingFilter {
    pub kind: Option<DutyKind>,
    /// A village, township or county.
    #[param(example = "990101100201")]
    pub area_code: Option<String>,
    /// Only what is due by now.
    #[serde(default)]
    pub overdue: bool,
}

/// An open duty, and who has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingDuty {
    #[serde(flatten)]
    pub duty: Duty,
    pub child_name: Option<String>,
    /// The person or organisation that owes it; absent when a post does.
    pub owed_by_name: Option<String>,
    /// Whole days past the due moment; negative while there is time.
    pub days_overdue: i64,
}

/// The open duties within reach, longest due first.
pub(super) fn standing(
    conn: &mut Conn,
    scope: &Scope,
    now: Instant,
    filter: &StandingFilter,
    page: &Page,
) -> Outcome<Vec<StandingDuty>> {
    let mut query = duties::table
        .left_join(children::table)
        .select((Duty::as_select(), children::name.nullable()))
        .filter(duties::closed_at.is_null())
        .filter(sql::<Bool>(&reach(scope, "duties.area_code")))
        .into_boxed::<Db>();
    if let Some(kind) = filter.kind {
        query = query.filter(duties::kind.eq(kind));
    }
    if let Some(area) = &filter.area_code {
        query = query.filter(sql::<Bool>(&within("duties.area_code", significant(area))));
    }
    if filter.overdue {
        query = query.filter(duties::due_at.le(now));
    }
    if let Some((due_at, id)) = page.after_pair()? {
        query = query.filter(duties::due_at.gt(due_at).or(duties::due_at.eq(due_at).and(duties::id.gt(id))));
    }
    let rows: Vec<(Duty, Option<String>)> = query.order((duties::due_at, duties::id)).limit(page.fetch()).load(conn)?;
    let persons: Vec<i64> = rows.iter().filter_map(|(duty, _)| duty.owed_by_person_id).collect();
    let offices: Vec<i64> = rows.iter().filter_map(|(duty, _)| duty.owed_by_organisation_id).collect();
    let persons: BTreeMap<i64, String> = people::table
        .filter(people::id.eq_any(persons))
        .select((people::id, people::name))
        .load(conn)?
        .into_iter()
        .collect();
    let offices: BTreeMap<i64, String> = organisations::table
        .filter(organisations::id.eq_any(offices))
        .select((organisations::id, organisations::name))
        .load(conn)?
        .into_iter()
        .collect();
    let named = |duty: &Duty| {
        let person = duty.owed_by_person_id.and_then(|id| persons.get(&id));
        let office = duty.owed_by_organisation_id.and_then(|id| offices.get(&id));
        person.or(office).cloned()
    };
    Ok(rows
        .into_iter()
        .map(|(duty, child_name)| StandingDuty {
            owed_by_name: named(&duty),
            days_overdue: now.since(duty.due_at).num_days(),
            child_name,
            duty,
        })
        .collect())
}
