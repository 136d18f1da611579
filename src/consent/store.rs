//! Consents: given once for a version, ended by withdrawal, never deleted.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::identity::TieKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_ties, consents};
use crate::text_enum;

text_enum! {
    /// How a parent's word was given.
    pub enum Way {
        /// Signed in on the parent's own phone.
        OwnPhone = "own_phone",
        /// To a village official's face.
        InPerson = "in_person",
        Paper = "paper",
    }
}

/// A consent as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = consents)]
pub struct Consent {
    pub parent_person_id: i64,
    pub rules_version: String,
    pub way: Way,
    pub given_at: Instant,
    pub withdrawn_at: Option<Instant>,
}

pub struct NewConsent<'a> {
    pub child_id: i64,
    pub parent_person_id: i64,
    pub rules_version: &'a str,
    pub way: Way,
    pub recorded_by: i64,
}

pub fn insert(tx: &mut Conn, now: Instant, new: &NewConsent<'_>) -> Outcome<i64> {
    Ok(diesel::insert_into(consents::table)
        .values((
            consents::child_id.eq(new.child_id),
            consents::parent_person_id.eq(new.parent_person_id),
            consents::rules_version.eq(new.rules_version),
            consents::way.eq(new.way),
            consents::recorded_by.eq(new.recorded_by),
            consents::given_at.eq(now),
        ))
        .returning(consents::id)
        .get_result(tx)?)
}

/// The latest word about a child, standing or withdrawn.
pub fn latest(conn: &mut Conn, child_id: i64) -> Outcome<Option<Consent>> {
    Ok(consents::table
        .filter(consents::child_id.eq(child_id))
        .select(Consent::as_select())
        .order(consents::id.desc())
        .first(conn)
        .optional()?)
}

/// Ends every standing consent for a child; how many.
pub fn withdraw(tx: &mut Conn, now: Instant, child_id: i64, by: i64, reason_sealed: Option<String>) -> Outcome<usize> {
    Ok(diesel::update(consents::table.filter(consents::child_id.eq(child_id)).filter(consents::withdrawn_at.is_null()))
        .set((
            consents::withdrawn_at.eq(now),
            consents::withdrawn_by.eq(by),
            consents::withdrawn_reason_sealed.eq(reason_sealed),
        ))
        .execute(tx)?)
}

/// Whether this person is a parent of the child.
pub fn is_parent(conn: &mut Conn, child_id: i64, person_id: i64) -> Outcome<bool> {
    let ties: i64 = child_ties::table
        .filter(child_ties::child_id.eq(child_id))
        .filter(child_ties::person_id.eq(person_id))
        .filter(child_ties::kind.eq(TieKind::Parent))
        .filter(child_ties::until.is_null())
        .count()
        .get_result(conn)?;
    Ok(ties > 0)
}
