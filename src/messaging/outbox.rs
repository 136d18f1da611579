//! The outbox: messages are queued in the transaction of their cause, once per occasion.

use diesel::prelude::*;
use serde_json::Value;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::messaging::quiet::Urgency;
use crate::problem::Outcome;
use crate::storage::schema::messages;
use crate::storage::{Conn, insert_once};

/// To whom.
#[derive(Clone, Debug)]
pub enum Recipient {
    Person(i64),
    /// A number without a person (a code for signing in), in its normal form.
    Phone(String),
}

/// A message to queue. `data` are the facts its template asks for.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Unique: the same occasion is never queued twice.
    pub occasion_key: String,
    pub to: Recipient,
    pub template: String,
    pub urgency: Urgency,
    pub data: Value,
    pub child_id: Option<i64>,
    pub area_code: Option<String>,
    pub not_before: Instant,
    pub expires_at: Option<Instant>,
}

/// Queues a message; `None` when this occasion was queued before.
pub fn post(tx: &mut Conn, vault: &Vault, now: Instant, new: &NewMessage) -> Outcome<Option<i64>> {
    let (person_id, to_sealed) = match &new.to {
        Recipient::Person(id) => (Some(*id), None),
        Recipient::Phone(phone) => (None, Some(vault.seal(Purpose::Phone, phone)?)),
    };
    let data_sealed = vault.seal(Purpose::Message, &new.data.to_string())?;
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(messages::table)
            .values((
                messages::occasion_key.eq(&new.occasion_key),
                messages::person_id.eq(person_id),
                messages::to_sealed.eq(to_sealed),
                messages::template.eq(&new.template),
                messages::urgency.eq(new.urgency),
                messages::data_sealed.eq(data_sealed),
                messages::child_id.eq(new.child_id),
                messages::area_code.eq(&new.area_code),
                messages::state.eq("queued"),
                messages::not_before.eq(new.not_before),
                messages::expires_at.eq(new.expires_at),
                messages::created_at.eq(now),
            ))
            .returning(messages::id)
            .get_result(tx)
    })?)
}
