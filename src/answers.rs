//! What news from phones means: kind of duty → the slice that owns it, a line each.
//!
//! A kind belongs here exactly when its message says what a reply `1` stands for (`done` in its template); a test holds
//! the two together. Whatever has no line is read by a person.

use crate::app::App;
use crate::clock::Instant;
use crate::contact;
use crate::duties::DutyKind;
use crate::messaging::inbound::{Answered, Handled, Meanings};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;

/// The table as the worker hands it to messaging.
pub const MEANINGS: Meanings = Meanings { answered, number_failed };

/// The kinds of duty that a reply `1` can meet.
pub const ANSWERABLE: [DutyKind; 2] = [DutyKind::ContactChild, DutyKind::VerifyPhone];

fn answered(app: &App, tx: &mut Conn, now: Instant, answered: &Answered) -> Outcome<Handled> {
    let key = format!("{}/{}", answered.inbound_id, answered.duty_id);
    let (subject, person) = (answered.subject_id, answered.person_id);
    let done = match answered.kind {
        DutyKind::ContactChild => contact::answers::contact_done(tx, app, now, subject, person, now.date(), &key),
        DutyKind::VerifyPhone => phone_proven(app, tx, now, person),
        _ => return Ok(Handled::NotHere),
    };
    match done {
        Ok(()) => Ok(Handled::Done),
        // Not theirs, or not any more: a person reads the reply.
        Err(Fault::Problem(problem)) => {
            tracing::info!(duty = answered.duty_id, code = problem.code, "an answer by SMS was not taken");
            Ok(Handled::NotHere)
        }
        Err(fault) => Err(fault),
    }
}

/// A person has shown that the number is in use and theirs: by a reply, or by a code.
pub fn phone_proven(app: &App, tx: &mut Conn, now: Instant, person_id: i64) -> Outcome<()> {
    contact::answers::phone_confirmed(tx, app, now, person_id)
}

fn number_failed(app: &App, tx: &mut Conn, now: Instant, person_id: i64) -> Outcome<()> {
    contact::number_failed(tx, app, now, person_id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::messaging::templates::Templates;

    #[test]
    fn the_messages_that_offer_a_one_are_those_that_can_be_answered() {
        let templates = Templates::shared("相伴").unwrap();
        let offered = templates.names().filter(|name| templates.is_answerable(name));
        let kinds: BTreeSet<&str> = offered.filter_map(|name| name.split('/').nth(1)).collect();
        assert_eq!(kinds, ANSWERABLE.map(DutyKind::as_str).into());
    }
}
