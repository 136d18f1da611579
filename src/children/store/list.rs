//! Finding children: by name, label, village, freshness, identity number or phone, always from the caller's reach.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Deserialize;
use utoipa::IntoParams;

use super::reach::visible;
use super::{ChildRow, labels};
use crate::areas::{significant, within};
use crate::children::child::ChildState;
use crate::children::classification::LabelKind;
use crate::children::identity_number::IdentityNumber;
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::Page;
use crate::identity::Scope;
use crate::messaging::phone::Mobile;
use crate::problem::Outcome;
use crate::storage::schema::{child_labels, children, household_members, people};
use crate::storage::{Conn, Db};

/// Which children to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChildFilter {
    /// Part of a name, a whole identity number, or the phone of the child or somebody of the household.
    #[param(example = "小雨")]
    pub q: Option<String>,
    pub label: Option<LabelKind>,
    /// A village, township or county.
    #[param(example = "990101100201")]
    pub area_code: Option<String>,
    /// `active` unless told.
    pub state: Option<ChildState>,
    /// Only records last confirmed before this day.
    pub confirmed_before: Option<NaiveDate>,
    /// Only children of one household (siblings).
    pub household_id: Option<i64>,
}

/// The children within reach that match, by id, with the kinds of their labels.
pub fn list(
    conn: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    filter: &ChildFilter,
    page: &Page,
) -> Outcome<Vec<(ChildRow, Vec<LabelKind>)>> {
    let mut query = children::table
        .filter(visible(scope))
        .filter(children::state.eq(filter.state.unwrap_or(ChildState::Active)))
        .filter(children::id.gt(page.after_id()?.unwrap_or(0)))
        .select(ChildRow::as_select())
        .into_boxed::<Db>();
    if let Some(area) = &filter.area_code {
        query = query.filter(sql::<Bool>(&within("children.village_code", significant(area))));
    }
    if let Some(day) = filter.confirmed_before {
        query = query.filter(children::confirmed_at.lt(Instant::start_of(day)));
    }
    if let Some(household) = filter.household_id {
        query = query.filter(children::household_id.eq(household));
    }
    if let Some(label) = filter.label {
        let holders = child_labels::table
            .filter(child_labels::kind.eq(label))
            .filter(child_labels::ended_at.is_null())
            .select(child_labels::child_id);
        query = query.filter(children::id.eq_any(holders));
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        query = match sought(q, occasion.today()) {
            Sought::Number(number) => query
                .filter(children::identity_number_index.eq(occasion.vault().index(Purpose::IdentityNumber, &number))),
            Sought::Phone(phone) => {
                let households = household_members::table
                    .inner_join(people::table)
                    .filter(people::phone_index.eq(occasion.vault().index(Purpose::Phone, &phone)))
                    .filter(household_members::until.is_null())
                    .select(household_members::household_id);
                query.filter(children::household_id.eq_any(households))
            }
            Sought::Name(name) => query.filter(children::name.like(format!("%{name}%"))),
        };
    }
    let rows: Vec<ChildRow> = query.order(children::id).limit(page.fetch()).load(conn)?;
    let kinds = labels::kinds_of(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    let of = |id: i64| kinds.iter().filter(|(child, _)| *child == id).map(|(_, kind)| *kind).collect();
    Ok(rows.into_iter().map(|row| (row.clone(), of(row.id))).collect())
}

enum Sought {
    Number(String),
    Phone(String),
    Name(String),
}

fn sought(q: &str, today: NaiveDate) -> Sought {
    if let Ok(number) = IdentityNumber::parse(q, today) {
        return Sought::Number(number.digits().to_owned());
    }
    if let Ok(phone) = Mobile::parse(q) {
        return Sought::Phone(phone.digits().to_owned());
    }
    // The wildcards of LIKE are no part of a name.
    Sought::Name(q.chars().filter(|c| !c.is_control() && !matches!(c, '%' | '_' | '\\')).take(40).collect())
}
