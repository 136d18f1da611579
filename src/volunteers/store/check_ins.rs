use diesel::dsl::max;
use diesel::prelude::*;

use crate::children;
use crate::clock::Instant;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::schema::{check_in_observations, check_ins};
use crate::storage::{Conn, Db, changed, insert_once};
use crate::volunteers::check_in::Meeting;

/// A check-in as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = check_ins)]
pub struct CheckInRow {
    pub id: i64,
    pub volunteer_id: i64,
    pub household_id: i64,
    pub meeting: Meeting,
    pub happened_at: Instant,
    pub received_at: Instant,
    pub latitude_hundredths: Option<i64>,
    pub longitude_hundredths: Option<i64>,
    pub remarks: String,
    pub request_hash: String,
    pub revision: i64,
}

/// A check-in to store.
pub struct NewCheckIn<'a> {
    pub client_uuid: &'a str,
    pub volunteer_id: i64,
    pub household_id: i64,
    pub meeting: Meeting,
    pub made_at: Instant,
    pub happened_at: Instant,
    pub place: Option<(i64, i64)>,
    pub remarks: String,
    pub request_hash: &'a str,
}

/// What was seen of one child, in one revision.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = check_in_observations)]
pub struct ObservationRow {
    pub revision: i64,
    pub child_id: i64,
    pub mood: Option<i64>,
    pub health: Option<i64>,
    pub daily_care: Option<i64>,
    pub school: Option<i64>,
    pub family_contact: Option<i64>,
    pub needs: String,
    pub note_sealed: Option<String>,
    pub worry: bool,
    pub worry_sealed: Option<String>,
    pub written_at: Instant,
}

/// An observation to append.
#[derive(Insertable)]
#[diesel(table_name = check_in_observations)]
pub struct NewObservation {
    pub check_in_id: i64,
    pub revision: i64,
    pub child_id: i64,
    pub pairing_id: i64,
    pub happened_at: Instant,
    pub mood: Option<i64>,
    pub health: Option<i64>,
    pub daily_care: Option<i64>,
    pub school: Option<i64>,
    pub family_contact: Option<i64>,
    pub needs: String,
    pub note_sealed: Option<String>,
    pub worry: bool,
    pub worry_sealed: Option<String>,
    pub written_by: i64,
    pub written_at: Instant,
}

/// Stores a check-in; `None` when the same volunteer sent the same id before.
pub fn insert_check_in(tx: &mut Conn, now: Instant, new: &NewCheckIn<'_>) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(check_ins::table)
            .values((
                check_ins::client_uuid.eq(new.client_uuid),
                check_ins::volunteer_id.eq(new.volunteer_id),
                check_ins::household_id.eq(new.household_id),
                check_ins::meeting.eq(new.meeting),
                check_ins::made_at.eq(new.made_at),
                check_ins::happened_at.eq(new.happened_at),
                check_ins::received_at.eq(now),
                check_ins::latitude_hundredths.eq(new.place.map(|(latitude, _)| latitude)),
                check_ins::longitude_hundredths.eq(new.place.map(|(_, longitude)| longitude)),
                check_ins::remarks.eq(&new.remarks),
                check_ins::request_hash.eq(new.request_hash),
            ))
            .returning(check_ins::id)
            .get_result(tx)
    })?)
}

pub fn insert_observation(tx: &mut Conn, new: &NewObservation) -> Outcome<()> {
    diesel::insert_into(check_in_observations::table).values(new).execute(tx)?;
    Ok(())
}

pub fn check_in(conn: &mut Conn, id: i64) -> Outcome<CheckInRow> {
    Ok(check_ins::table.find(id).select(CheckInRow::as_select()).first(conn)?)
}

pub fn check_in_by_uuid(conn: &mut Conn, volunteer_id: i64, client_uuid: &str) -> Outcome<Option<CheckInRow>> {
    Ok(check_ins::table
        .select(CheckInRow::as_select())
        .filter(check_ins::volunteer_id.eq(volunteer_id))
        .filter(check_ins::client_uuid.eq(client_uuid))
        .first(conn)
        .optional()?)
}

/// The observations of one check-in, every revision, in order.
pub fn observations_of(conn: &mut Conn, check_in_id: i64) -> Outcome<Vec<ObservationRow>> {
    Ok(check_in_observations::table
        .select(ObservationRow::as_select())
        .filter(check_in_observations::check_in_id.eq(check_in_id))
        .order((check_in_observations::revision, check_in_observations::id))
        .load(conn)?)
}

/// The check-ins that speak of a child in their current revision, newest first, with what they say of it.
pub fn check_ins_on(
    conn: &mut Conn,
    child_id: i64,
    of_person: Option<i64>,
    before: Option<i64>,
    limit: i64,
) -> Outcome<Vec<(CheckInRow, ObservationRow)>> {
    use crate::storage::schema::volunteers;
    let mut query = check_ins::table
        .inner_join(check_in_observations::table)
        .inner_join(volunteers::table)
        .filter(check_in_observations::child_id.eq(child_id))
        .filter(check_in_observations::revision.eq(check_ins::revision))
        .select((CheckInRow::as_select(), ObservationRow::as_select()))
        .into_boxed::<Db>();
    if let Some(person_id) = of_person {
        query = query.filter(volunteers::person_id.eq(person_id));
    }
    if let Some(before) = before {
        query = query.filter(check_ins::id.lt(before));
    }
    Ok(query.order(check_ins::id.desc()).limit(limit).load(conn)?)
}

/// # Errors
/// *Not found* when no child of the check-in is in the caller's sight.
pub fn check_in_visible(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<CheckInRow> {
    let seen = check_in_observations::table
        .filter(check_in_observations::child_id.eq_any(children::visible_ids(scope)))
        .select(check_in_observations::check_in_id);
    Ok(check_ins::table
        .select(CheckInRow::as_select())
        .filter(check_ins::id.eq(id))
        .filter(check_ins::id.eq_any(seen))
        .first(conn)?)
}

/// Moves to the next revision, guarded by the one it is based on.
pub fn next_revision(tx: &mut Conn, id: i64, based_on: i64) -> Outcome<()> {
    let rows = diesel::update(check_ins::table.filter(check_ins::id.eq(id)).filter(check_ins::revision.eq(based_on)))
        .set(check_ins::revision.eq(based_on + 1))
        .execute(tx)?;
    changed(rows)
}

/// When the volunteer of a pairing last met the child.
pub fn last_check_in(conn: &mut Conn, pairing_id: i64) -> Outcome<Option<Instant>> {
    Ok(check_in_observations::table
        .filter(check_in_observations::pairing_id.eq(pairing_id))
        .select(max(check_in_observations::happened_at))
        .first(conn)?)
}

/// Whether the person is tied to the child as parent or carer.
pub fn is_family(conn: &mut Conn, person_id: i64, child_id: i64) -> Outcome<bool> {
    use crate::identity::TieKind;
    use crate::storage::schema::child_ties;
    let ties: i64 = child_ties::table
        .filter(child_ties::child_id.eq(child_id))
        .filter(child_ties::person_id.eq(person_id))
        .filter(child_ties::kind.eq_any([TieKind::Parent, TieKind::Carer]))
        .filter(child_ties::until.is_null())
        .count()
        .get_result(conn)?;
    Ok(ties > 0)
}
