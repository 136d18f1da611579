use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;

use crate::clock::Instant;
use crate::contact::record::{ContactKind, RecordedVia, Says, Standing, Statement, Voice};
use crate::problem::Outcome;
use crate::storage::schema::{contact_statements, contacts};
use crate::storage::{Conn, Db, insert_once};

/// A contact as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contacts)]
pub struct Contact {
    pub id: i64,
    pub obligation_id: i64,
    pub kind: ContactKind,
    pub with_child: bool,
    pub with_carer: bool,
    pub happened_on: NaiveDate,
    pub recorded_as: Voice,
    pub via: RecordedVia,
    pub recorded_at: Instant,
    pub standing: Standing,
    pub note_sealed: Option<String>,
}

/// A contact to store.
#[derive(Clone, Debug)]
pub struct SealedContact<'a> {
    pub obligation_id: i64,
    pub client_uuid: &'a str,
    pub kind: ContactKind,
    pub with_child: bool,
    pub with_carer: bool,
    pub happened_on: NaiveDate,
    pub recorded_by: i64,
    pub recorded_as: Voice,
    pub via: RecordedVia,
    pub standing: Standing,
    pub note_sealed: Option<String>,
}

/// What somebody said about a contact.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contact_statements)]
pub struct StatementRow {
    pub id: i64,
    pub contact_id: i64,
    pub person_id: i64,
    pub voice: Voice,
    pub says: Says,
    pub note_sealed: Option<String>,
    pub at: Instant,
}

/// Stores a contact; `None` when the same person sent the same id before.
pub fn insert_contact(tx: &mut Conn, now: Instant, new: &SealedContact<'_>) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(contacts::table)
            .values((
                contacts::obligation_id.eq(new.obligation_id),
                contacts::client_uuid.eq(new.client_uuid),
                contacts::kind.eq(new.kind),
                contacts::with_child.eq(new.with_child),
                contacts::with_carer.eq(new.with_carer),
                contacts::happened_on.eq(new.happened_on),
                contacts::recorded_by.eq(new.recorded_by),
                contacts::recorded_as.eq(new.recorded_as),
                contacts::via.eq(new.via),
                contacts::recorded_at.eq(now),
                contacts::standing.eq(new.standing),
                contacts::note_sealed.eq(&new.note_sealed),
            ))
            .returning(contacts::id)
            .get_result(tx)
    })?)
}

pub fn contact(conn: &mut Conn, id: i64) -> Outcome<Contact> {
    Ok(contacts::table.find(id).select(Contact::as_select()).first(conn)?)
}

pub fn contact_by_uuid(conn: &mut Conn, recorded_by: i64, client_uuid: &str) -> Outcome<Option<Contact>> {
    Ok(contacts::table
        .select(Contact::as_select())
        .filter(contacts::recorded_by.eq(recorded_by))
        .filter(contacts::client_uuid.eq(client_uuid))
        .first(conn)
        .optional()?)
}

/// Contacts of some obligations, newest first.
pub fn contacts_of(conn: &mut Conn, obligation_ids: &[i64], before: Option<i64>, limit: i64) -> Outcome<Vec<Contact>> {
    let mut query = contacts::table
        .select(Contact::as_select())
        .filter(contacts::obligation_id.eq_any(obligation_ids.to_vec()))
        .into_boxed::<Db>();
    if let Some(before) = before {
        query = query.filter(contacts::id.lt(before));
    }
    Ok(query.order(contacts::id.desc()).limit(limit).load(conn)?)
}

/// The last day on which a contact that counts reached the child, and the carer.
pub fn last_counting(conn: &mut Conn, obligation_id: i64) -> Outcome<(Option<NaiveDate>, Option<NaiveDate>)> {
    let counting = || {
        contacts::table
            .filter(contacts::obligation_id.eq(obligation_id))
            .filter(contacts::standing.ne(Standing::Contradicted))
    };
    let child = counting().filter(contacts::with_child.eq(true)).select(max(contacts::happened_on)).first(conn)?;
    let carer = counting().filter(contacts::with_carer.eq(true)).select(max(contacts::happened_on)).first(conn)?;
    Ok((child, carer))
}

/// Adds a statement; `None` when the same person sent the same id before.
#[expect(clippy::too_many_arguments, reason = "the columns of a statement")]
pub fn insert_statement(
    tx: &mut Conn,
    now: Instant,
    contact_id: i64,
    client_uuid: &str,
    person_id: i64,
    voice: Voice,
    says: Says,
    note_sealed: Option<String>,
) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(contact_statements::table)
            .values((
                contact_statements::contact_id.eq(contact_id),
                contact_statements::client_uuid.eq(client_uuid),
                contact_statements::person_id.eq(person_id),
                contact_statements::voice.eq(voice),
                contact_statements::says.eq(says),
                contact_statements::note_sealed.eq(&note_sealed),
                contact_statements::at.eq(now),
            ))
            .returning(contact_statements::id)
            .get_result(tx)
    })?)
}

pub fn statements_of(conn: &mut Conn, contact_ids: &[i64]) -> Outcome<Vec<StatementRow>> {
    Ok(contact_statements::table
        .select(StatementRow::as_select())
        .filter(contact_statements::contact_id.eq_any(contact_ids.to_vec()))
        .order(contact_statements::id)
        .load(conn)?)
}

pub fn set_standing(tx: &mut Conn, contact_id: i64, standing: Standing) -> Outcome<()> {
    diesel::update(contacts::table.find(contact_id)).set(contacts::standing.eq(standing)).execute(tx)?;
    Ok(())
}

impl From<&StatementRow> for Statement {
    fn from(row: &StatementRow) -> Self {
        Self { person_id: row.person_id, says: row.says, at: row.at }
    }
}
