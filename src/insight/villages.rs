//! Coverage and freshness, village by village.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use utoipa::ToSchema;

use crate::areas::{AreaLevel, level_of, within};
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::guardianship;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{agreements, areas, child_labels, children, duties, pairings};

/// A count below this, but not none, could point at a child: it is withheld from whoever does not look after the village.
pub const SMALLEST_TOLD: i64 = 5;

/// What stands in one village. Children are those on its ledger today. A count of children in some condition is null
/// when it lies between 1 and 4 and the caller has no post in the village or its township: figures of so few could tell
/// who they are (DOMAIN 4.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct VillageFigures {
    #[schema(example = "990101100201")]
    pub code: String,
    pub name: String,
    pub township_code: String,
    pub children: i64,
    /// Of them, those who hold the label left-behind today.
    #[schema(required)]
    pub left_behind: Option<i64>,
    /// Of them, those assessed as at high risk.
    #[schema(required)]
    pub high_risk: Option<i64>,
    /// Of them, those whose record was confirmed or written lately (`confirm_days`).
    pub confirmed: i64,
    /// Of them, those with neither a parent who is there and able, nor an agreement in force, nor a placement.
    #[schema(required)]
    pub uncovered: Option<i64>,
    /// Of them, those with an agreement in force.
    #[schema(required)]
    pub in_agreement: Option<i64>,
    /// Of them, those with a volunteer whose pairing is active.
    #[schema(required)]
    pub paired: Option<i64>,
    /// Open duties in the village, whoever owes them.
    pub duties_open: i64,
    /// Of these, those whose day has passed.
    pub duties_overdue: i64,
    /// Duties to see to a week without contact that nobody has settled.
    #[schema(required)]
    pub missed_contacts: Option<i64>,
}

/// The villages within reach, by code.
pub(super) fn villages(
    conn: &mut Conn,
    scope: &Scope,
    now: Instant,
    confirmed_since: Instant,
) -> Outcome<Vec<VillageFigures>> {
    let rows: Vec<(String, String)> = areas::table
        .filter(areas::level.eq(AreaLevel::Village))
        .filter(sql::<Bool>(&reach(scope, "areas.code")))
        .order(areas::code)
        .select((areas::code, areas::name))
        .load(conn)?;
    let figures = Counted::load(conn, scope, now, confirmed_since)?;
    let near = |code: &str| scope.areas.iter().any(|prefix| looks_after(prefix) && code.starts_with(prefix.as_str()));
    Ok(rows
        .into_iter()
        .map(|(code, name)| {
            let is_near = near(&code);
            figures.of(code, name, is_near)
        })
        .collect())
}

/// Whether a post with this reach is one of those who look after the children themselves.
fn looks_after(prefix: &str) -> bool {
    matches!(level_of(prefix), AreaLevel::Township | AreaLevel::Village)
}

/// SQL for "within the reach of the caller's posts"; digits only.
pub(super) fn reach(scope: &Scope, column: &str) -> String {
    let ways: Vec<String> = scope.areas.iter().map(|prefix| within(column, prefix)).collect();
    if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) }
}

type Counts = BTreeMap<String, i64>;

struct Counted {
    children: Counts,
    left_behind: Counts,
    high_risk: Counts,
    confirmed: Counts,
    uncovered: Counts,
    in_agreement: Counts,
    paired: Counts,
    open: Counts,
    overdue: Counts,
    missed: Counts,
}

impl Counted {
    fn load(conn: &mut Conn, scope: &Scope, now: Instant, confirmed_since: Instant) -> Outcome<Self> {
        let here = reach(scope, "children.village_code");
        // Each query counts the children of a village under one more condition.
        macro_rules! children_where {
            ($($filter:expr),*) => {
                children::table
                    .filter(sql::<Bool>(&here))
                    .filter(children::state.eq("active"))
                    $(.filter($filter))*
                    .group_by(children::village_code)
                    .select((children::village_code, count_star()))
                    .load::<(String, i64)>(conn)?
                    .into_iter()
                    .collect()
            };
        }
        let there = reach(scope, "duties.area_code");
        macro_rules! duties_where {
            ($($filter:expr),*) => {
                duties::table
                    .filter(sql::<Bool>(&there))
                    .filter(duties::closed_at.is_null())
                    $(.filter($filter))*
                    .group_by(duties::area_code)
                    .select((duties::area_code, count_star()))
                    .load::<(String, i64)>(conn)?
                    .into_iter()
                    .collect()
            };
        }
        let left_behind = child_labels::table
            .filter(child_labels::kind.eq("left_behind"))
            .filter(child_labels::ended_at.is_null())
            .select(child_labels::child_id);
        let in_agreement = agreements::table.filter(agreements::state.eq("in_force")).select(agreements::child_id);
        let paired = pairings::table.filter(pairings::state.eq("active")).select(pairings::child_id);
        Ok(Self {
            children: children_where!(),
            left_behind: children_where!(children::id.eq_any(left_behind)),
            high_risk: children_where!(children::risk_level.eq("high")),
            confirmed: children_where!(children::confirmed_at.ge(confirmed_since)),
            uncovered: children_where!(guardianship::lacks_care(now.date())),
            in_agreement: children_where!(children::id.eq_any(in_agreement)),
            paired: children_where!(children::id.eq_any(paired)),
            open: duties_where!(),
            overdue: duties_where!(duties::due_at.lt(now)),
            missed: duties_where!(duties::kind.eq(DutyKind::ReviewMissedContact)),
        })
    }

    fn of(&self, code: String, name: String, is_near: bool) -> VillageFigures {
        let at = |counts: &Counts| counts.get(&code).copied().unwrap_or_default();
        let told = |count: i64| (is_near || count == 0 || count >= SMALLEST_TOLD).then_some(count);
        VillageFigures {
            township_code: crate::areas::township_of(&code),
            children: at(&self.children),
            left_behind: told(at(&self.left_behind)),
            high_risk: told(at(&self.high_risk)),
            confirmed: at(&self.confirmed),
            uncovered: told(at(&self.uncovered)),
            in_agreement: told(at(&self.in_agreement)),
            paired: told(at(&self.paired)),
            duties_open: at(&self.open),
            duties_overdue: at(&self.overdue),
            missed_contacts: told(at(&self.missed)),
            code,
            name,
        }
    }
}
