//! How much of a check-in somebody sees: the author all, the office whether there was worry, the village what was
//! noted, the family how the child is.

use std::collections::BTreeSet;

use super::store::{self, CheckInRow};
use crate::children;
use crate::identity::PostKind::{TownshipSupervisor, VolunteerCoordinator};
use crate::identity::{Actor, Scope};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// How much of a check-in somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Author,
    /// Coordinator and township.
    Office,
    Village,
    Family,
}

/// A check-in of the caller's own, or on a child in their sight.
pub fn reach(conn: &mut Conn, actor: &Actor, scope: &Scope, id: i64) -> Outcome<CheckInRow> {
    let own = store::check_in(conn, id)?;
    if store::person_of_volunteer(conn, own.volunteer_id)? == actor.person_id {
        return Ok(own);
    }
    let row = store::check_in_visible(conn, scope, id)?;
    // A tie as volunteer shows the child, not what another volunteer wrote.
    let children: BTreeSet<_> = store::observations_of(conn, id)?.into_iter().map(|seen| seen.child_id).collect();
    for child_id in children {
        if reachable_child(conn, actor, scope, &row, child_id)? {
            return Ok(row);
        }
    }
    Err(Problem::not_found().into())
}

pub fn reachable_child(
    conn: &mut Conn,
    actor: &Actor,
    scope: &Scope,
    row: &CheckInRow,
    child_id: i64,
) -> Outcome<bool> {
    if store::person_of_volunteer(conn, row.volunteer_id)? == actor.person_id {
        return Ok(true);
    }
    if children::require(conn, scope, child_id).is_err() {
        return Ok(false);
    }
    Ok(sight(conn, actor, scope, child_id)? != Sight::Author)
}

pub fn sight_of(conn: &mut Conn, actor: &Actor, scope: &Scope, row: &CheckInRow, child_id: i64) -> Outcome<Sight> {
    if store::person_of_volunteer(conn, row.volunteer_id)? == actor.person_id {
        return Ok(Sight::Author);
    }
    sight(conn, actor, scope, child_id)
}

/// By which way the caller sees this child.
pub fn sight(conn: &mut Conn, actor: &Actor, scope: &Scope, child_id: i64) -> Outcome<Sight> {
    let village = store::paired_child(conn, child_id)?.village_code;
    if scope.covers(&village) {
        let offices = actor.posts.iter().filter(|post| matches!(post.kind, TownshipSupervisor | VolunteerCoordinator));
        let office = offices.into_iter().any(|post| village.starts_with(post.area_prefix()));
        return Ok(if office { Sight::Office } else { Sight::Village });
    }
    Ok(if store::is_family(conn, actor.person_id, child_id)? { Sight::Family } else { Sight::Author })
}
