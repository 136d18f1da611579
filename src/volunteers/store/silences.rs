//! Who has gone silent, read from the one table of duties.

use diesel::prelude::*;

use super::people::in_areas;
use crate::areas;
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::identity::{PostKind, Scope};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{children, duties, people, posts};

/// An overdue check-in.
#[derive(Clone, Debug, Queryable)]
pub struct Overdue {
    pub person_id: i64,
    pub volunteer_name: String,
    pub child_id: i64,
    pub child_name: String,
    pub due_at: Instant,
}

/// Check-ins due by `due_until` in the areas of the caller's posts, by volunteer and child.
pub fn overdue_check_ins(conn: &mut Conn, scope: &Scope, due_until: Instant) -> Outcome<Vec<Overdue>> {
    Ok(duties::table
        .inner_join(children::table)
        .inner_join(people::table)
        .filter(duties::kind.eq(DutyKind::CheckIn))
        .filter(duties::closed_at.is_null())
        .filter(duties::due_at.le(due_until))
        .filter(in_areas("duties.area_code", scope))
        .order((people::id, children::id))
        .select((people::id, people::name, children::id, children::name, duties::due_at))
        .limit(2_000)
        .load(conn)?)
}

/// Everybody who coordinates volunteers now, with the area of their post.
pub fn coordinators(conn: &mut Conn, now: Instant) -> Outcome<Vec<(i64, String)>> {
    let today = now.date();
    Ok(posts::table
        .filter(posts::kind.eq(PostKind::VolunteerCoordinator))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.gt(today)))
        .order(posts::id)
        .select((posts::person_id, posts::area_code))
        .load(conn)?)
}

/// The coordinators of a township, or of the county when the township has none.
pub fn coordinators_for(conn: &mut Conn, area_code: &str, now: Instant) -> Outcome<Vec<i64>> {
    let (township, county) = (areas::township_of(area_code), areas::county_of(area_code));
    let today = now.date();
    let all: Vec<(i64, String)> = posts::table
        .filter(posts::kind.eq(PostKind::VolunteerCoordinator))
        .filter(posts::area_code.eq_any([&township, &county]))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.gt(today)))
        .order(posts::id)
        .select((posts::person_id, posts::area_code))
        .load(conn)?;
    let at = |area: &String| -> Vec<i64> { all.iter().filter(|(_, own)| own == area).map(|(id, _)| *id).collect() };
    let near = at(&township);
    Ok(if near.is_empty() { at(&county) } else { near })
}
