//! Who signs an agreement.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::guardianship::agreement::{PartyFacts, PartyRole};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{agreement_parties, signatures};

/// A party with the name to show.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = agreement_parties)]
pub struct Party {
    pub id: i64,
    pub role: PartyRole,
    pub person_id: Option<i64>,
    pub signed_at: Option<Instant>,
}

/// Who signs an agreement, in the order in which they were named.
pub fn parties(conn: &mut Conn, agreement_id: i64) -> Outcome<Vec<Party>> {
    Ok(agreement_parties::table
        .select(Party::as_select())
        .filter(agreement_parties::agreement_id.eq(agreement_id))
        .order(agreement_parties::id)
        .load(conn)?)
}

/// The parties as the rules see them.
pub(in crate::guardianship) fn party_facts(conn: &mut Conn, agreement_id: i64) -> Outcome<Vec<PartyFacts>> {
    let hosted: Vec<i64> = signatures::table
        .filter(signatures::agreement_id.eq(agreement_id))
        .filter(signatures::host_id.is_not_null())
        .select(signatures::party_id)
        .load(conn)?;
    let facts = |party: Party| PartyFacts {
        id: party.id,
        role: party.role,
        person: party.person_id,
        signed: party.signed_at.is_some(),
        hosted: hosted.contains(&party.id),
    };
    Ok(parties(conn, agreement_id)?.into_iter().map(facts).collect())
}

pub(in crate::guardianship) fn insert_party(
    tx: &mut Conn,
    agreement_id: i64,
    role: PartyRole,
    person_id: Option<i64>,
) -> Outcome<i64> {
    Ok(diesel::insert_into(agreement_parties::table)
        .values((
            agreement_parties::agreement_id.eq(agreement_id),
            agreement_parties::role.eq(role),
            agreement_parties::person_id.eq(person_id),
        ))
        .returning(agreement_parties::id)
        .get_result(tx)?)
}
