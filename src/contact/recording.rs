//! Recording a contact, and saying what one knows of it. Each contact closes the open duty and opens the next.

use chrono::NaiveDate;

use super::keeping::{note, settle};
use super::obligation::{ContactRules, ObligationState};
use super::record::{ContactFault, ContactKind, RecordedVia, Says, Standing, Statement, Voice, faults, standing};
use super::store::{self, Contact, Household, Obligation, SealedContact};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::duties::ClosedHow;
use crate::identity::{Actor, Scope};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// A contact as somebody records it.
#[derive(Clone, Debug)]
pub struct NewContact {
    pub client_uuid: String,
    pub kind: ContactKind,
    pub with_child: bool,
    pub with_carer: bool,
    pub happened_on: NaiveDate,
    pub note: Option<String>,
    pub via: RecordedVia,
}

/// Records a contact; the same try of the same person gives the contact recorded first.
///
/// # Errors
/// 422 for a contact with nobody, in the future or too long ago; 409 when the obligation has ended or the id was used
/// for something else.
pub fn record(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    obligation: &Obligation,
    (person_id, voice): (i64, Voice),
    new: &NewContact,
) -> Outcome<Contact> {
    if let Some(earlier) = store::contact_by_uuid(tx, person_id, &new.client_uuid)? {
        return same(earlier, obligation.id, new);
    }
    check(app, now, new)?;
    if obligation.state == ObligationState::Ended {
        return Err(Problem::of("obligation_ended").into());
    }
    let sealed = SealedContact {
        obligation_id: obligation.id,
        client_uuid: &new.client_uuid,
        kind: new.kind,
        with_child: new.with_child,
        with_carer: new.with_carer,
        happened_on: new.happened_on,
        recorded_by: person_id,
        recorded_as: voice,
        via: new.via,
        standing: standing(voice, &[]),
        note_sealed: app.vault.seal_option(Purpose::Narrative, new.note.as_deref())?,
    };
    let Some(id) = store::insert_contact(tx, now, &sealed)? else {
        let earlier = store::contact_by_uuid(tx, person_id, &new.client_uuid)?;
        return same(earlier.ok_or_else(|| Problem::of("conflict"))?, obligation.id, new);
    };
    let home = store::household(tx, &app.config.contact, obligation.household_id, now.date())?;
    settle(tx, now, obligation, &home, ClosedHow::Met)?;
    let contact = store::contact(tx, id)?;
    note(
        tx,
        now,
        None,
        "contact.recorded",
        obligation,
        &serde_json::json!({
            "contact": id, "by": person_id, "as": voice, "via": new.via
        }),
    )?;
    Ok(contact)
}

/// Says that a contact took place, or that it did not.
///
/// # Errors
/// 403 for the parent whose own record it is.
pub fn state(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    obligation: &Obligation,
    contact: &Contact,
    (person_id, voice): (i64, Voice),
    (client_uuid, says, words): (&str, Says, Option<&str>),
) -> Outcome<Standing> {
    if person_id == obligation.parent_person_id {
        return Err(Problem::of("own_contact").into());
    }
    let sealed = app.vault.seal_option(Purpose::Narrative, words)?;
    store::insert_statement(tx, now, contact.id, client_uuid, person_id, voice, says, sealed)?;
    let statements: Vec<Statement> = store::statements_of(tx, &[contact.id])?.iter().map(Statement::from).collect();
    let seen = standing(contact.recorded_as, &statements);
    if seen != contact.standing {
        store::set_standing(tx, contact.id, seen)?;
    }
    if obligation.state != ObligationState::Ended {
        let home = store::household(tx, &app.config.contact, obligation.household_id, now.date())?;
        settle(tx, now, obligation, &home, ClosedHow::Superseded)?;
    }
    note(
        tx,
        now,
        None,
        "contact.stated",
        obligation,
        &serde_json::json!({
            "contact": contact.id, "by": person_id, "as": voice, "says": says, "standing": seen
        }),
    )?;
    Ok(seen)
}

/// In which role the actor speaks about a household: its parent who owes, its carer, the child through an official, or
/// the village. The other parent, who is with the children, speaks as one who cares.
pub fn voice_of(actor: &Actor, scope: &Scope, obligation: &Obligation, home: &Household, for_child: bool) -> Voice {
    if actor.person_id == obligation.parent_person_id {
        return Voice::Parent;
    }
    let family =
        home.carers.contains(&actor.person_id) || home.parents.iter().any(|parent| parent.person_id == actor.person_id);
    match (family, scope.covers(&obligation.area_code)) {
        (true, _) => Voice::Carer,
        (false, true) if for_child => Voice::Child,
        (false, _) => Voice::Village,
    }
}

fn same(earlier: Contact, obligation_id: i64, new: &NewContact) -> Outcome<Contact> {
    let equal = earlier.obligation_id == obligation_id
        && earlier.kind == new.kind
        && (earlier.with_child, earlier.with_carer) == (new.with_child, new.with_carer)
        && earlier.happened_on == new.happened_on;
    if equal { Ok(earlier) } else { Err(Problem::of("client_uuid_reused").into()) }
}

fn check(app: &App, now: Instant, new: &NewContact) -> Outcome<()> {
    let rules = ContactRules::from(&app.config.contact);
    let found = faults(new.with_child, new.with_carer, new.happened_on, now.date(), &rules);
    let field = |fault: ContactFault| match fault {
        ContactFault::WithNobody => "with_child",
        ContactFault::InTheFuture | ContactFault::TooLongAgo => "happened_on",
    };
    let Some((first, rest)) = found.split_first() else { return Ok(()) };
    let problem = Problem::field(field(*first), first.as_str());
    Err(rest.iter().fold(problem, |problem, fault| problem.and_field(field(*fault), fault.as_str())).into())
}
