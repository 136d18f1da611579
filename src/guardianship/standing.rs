//! What other rooms may know of an agreement.

use chrono::NaiveDate;

use super::agreement::AgreementState;
use super::store::agreement as kept;
use super::store::family;
use crate::identity::Person;
use crate::problem::Outcome;
use crate::storage::Conn;

/// An agreement as far as a decision about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub child_id: i64,
    pub carer_id: i64,
    pub village_code: String,
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub in_force: bool,
}

/// Holds an agreement and its first version until the transaction ends, so that two decisions about it follow each other.
///
/// # Errors
/// *Not found* when there is none.
pub fn hold_standing(tx: &mut Conn, id: i64) -> Outcome<Standing> {
    let root = kept::load(tx, id)?.root();
    kept::hold(tx, root)?;
    let agreement = kept::hold(tx, id)?;
    Ok(Standing {
        child_id: agreement.child_id,
        carer_id: agreement.carer_id,
        from: agreement.term_from,
        until: agreement.term_until,
        in_force: agreement.state == AgreementState::InForce,
        village_code: agreement.village_code,
    })
}

/// The parents and other guardians of a child who can be asked.
pub fn guardians_of(conn: &mut Conn, child_id: i64) -> Outcome<Vec<Person>> {
    Ok(family::family(conn, child_id)?.guardians().map(|member| member.person.clone()).collect())
}
