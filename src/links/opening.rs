//! What a link leads to, whether it still does, and what its session may do.

use serde_json::json;

use crate::app::App;
use crate::audit;
use crate::clock::Instant;
use crate::crypto::Vault;
use crate::duties::{self, ClosedHow, Duty};
use crate::guardianship::{Act, steps};
use crate::identity::codes::{self, CodeRequest};
use crate::identity::{Actor, Only, Person, person, phone_of, sessions};
use crate::messaging::phone::Mobile;
use crate::messaging::ticket::{LinkPurpose, Ticket};
use crate::messaging::{NewMessage, Recipient, Urgency, post};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

const CODE_PURPOSE: &str = "short_link";

/// A link that leads somewhere.
pub(super) struct Opened {
    pub purpose: LinkPurpose,
    pub duty: Duty,
    pub person: Person,
    /// The addressee's number now.
    pub number: String,
    /// The record that it is about: an agreement, an obligation.
    pub subject_id: i64,
}

/// What became of a code.
pub(super) enum Tried {
    Opened { access_token: String, expires_at: Instant },
    WrongCode,
}

impl Opened {
    pub fn masked(&self) -> String {
        Mobile::parse(&self.number).map(|mobile| mobile.masked()).unwrap_or_default()
    }
}

/// Finds what a ticket leads to.
///
/// # Errors
/// *Not found* for a ticket that we did not make; 410 with the reason when it leads nowhere any more.
pub(super) fn open(conn: &mut Conn, vault: &Vault, now: Instant, text: &str) -> Outcome<Opened> {
    let unknown = || Problem::of("link_unknown");
    let ticket = Ticket::read(vault, text)?.ok_or_else(unknown)?;
    let duty = duties::find(conn, ticket.duty_id)?.ok_or_else(unknown)?;
    let purpose = LinkPurpose::of(duty.kind).ok_or_else(unknown)?;
    match duty.closed_how {
        Some(ClosedHow::Met) => return Err(Problem::of("link_used").into()),
        Some(ClosedHow::Withdrawn | ClosedHow::Superseded) => return Err(Problem::of("link_withdrawn").into()),
        None => {}
    }
    if ticket.until < now.date() {
        return Err(Problem::of("link_expired").into());
    }
    let withdrawn = || Problem::of("link_withdrawn");
    if duty.owed_by_person_id != Some(ticket.person_id) {
        return Err(withdrawn().into());
    }
    let person = person(conn, ticket.person_id)?;
    let number = phone_of(vault, &person)?.filter(|_| person.deceased_on.is_none()).ok_or_else(withdrawn)?;
    let subject_id = match purpose {
        LinkPurpose::SignAgreement => steps::agreement_of(conn, duty.subject_id)?.ok_or_else(withdrawn)?,
        LinkPurpose::ConfirmContact => duty.subject_id,
    };
    Ok(Opened { purpose, duty, person, number, subject_id })
}

/// Sends a code to the addressee. For a signing it is the code of the signature itself, bound to signer and text, so
/// that one code serves for both.
pub(super) fn send_code(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    link: &Opened,
    from: Option<String>,
) -> Outcome<Instant> {
    if link.purpose == LinkPurpose::SignAgreement {
        let sent = steps::send_code(tx, &act(app, now, link, from), link.subject_id, link.duty.subject_id)?;
        return Ok(sent.expires_at);
    }
    let bound_to = binding(link);
    let issued = codes::issue(tx, &app.vault, &app.config.identity, now, &request(link, &bound_to, from.as_deref()))?;
    let message = NewMessage {
        occasion_key: format!("code:{}", issued.id),
        to: Recipient::Phone(link.number.clone()),
        template: "code/open_link".into(),
        urgency: Urgency::Asked,
        data: json!({ "code": issued.code, "minutes": app.config.identity.code_minutes.to_string() }),
        child_id: None,
        area_code: Some(link.duty.area_code.clone()),
        not_before: now,
        expires_at: Some(issued.expires_at),
    };
    post(tx, &app.vault, now, &message)?;
    Ok(issued.expires_at)
}

/// Tries a code, and opens the narrow session. A wrong code is counted, so it is a value and not an error.
pub(super) fn try_code(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    link: &Opened,
    (code, device, from): (&str, Option<&str>, Option<String>),
) -> Outcome<Tried> {
    let fits = if link.purpose == LinkPurpose::SignAgreement {
        steps::code_fits(tx, &act(app, now, link, from.clone()), link.subject_id, link.duty.subject_id, code)?
    } else {
        let bound_to = binding(link);
        let request = request(link, &bound_to, from.as_deref());
        codes::redeem(tx, &app.vault, &app.config.identity, now, &request, code)?.is_some()
    };
    if !fits {
        return Ok(Tried::WrongCode);
    }
    let keys = sessions::Keys { vault: &app.vault, tokens: &app.tokens, config: &app.config.identity };
    let (access_token, expires_at) = sessions::open_only(tx, &keys, now, link.person.id, device, limits(link))?;
    let actor = actor(link, from);
    let event = audit::Event {
        actor: Some(&actor),
        action: "link.opened",
        subject_kind: "duty",
        subject_id: link.duty.id,
        child_id: link.duty.child_id,
        area_code: Some(&link.duty.area_code),
    };
    audit::record(tx, now, &event, &json!({ "purpose": link.purpose }))?;
    Ok(Tried::Opened { access_token, expires_at })
}

/// The calls of the pages that the link leads to, and no others.
fn limits(link: &Opened) -> Only {
    let (id, child) = (link.subject_id, link.duty.child_id.unwrap_or_default());
    let (kind, calls) = match link.purpose {
        LinkPurpose::SignAgreement => {
            let party = link.duty.subject_id;
            let calls = vec![
                format!("GET /api/v1/agreements/{id}"),
                format!("GET /api/v1/agreements/{id}/document"),
                format!("POST /api/v1/agreements/{id}/signing-codes"),
                format!("PUT /api/v1/agreements/{id}/signatures/{party}"),
                format!("PUT /api/v1/agreements/{id}/refusals/{party}"),
            ];
            ("agreement", calls)
        }
        LinkPurpose::ConfirmContact => {
            let calls = vec![
                "GET /api/v1/me/contact-obligations".to_owned(),
                "GET /api/v1/me/children".to_owned(),
                "POST /api/v1/contacts".to_owned(),
                format!("GET /api/v1/children/{child}"),
                format!("GET /api/v1/check-ins?child_id={child}"),
                format!("GET /api/v1/contacts?child_id={child}"),
            ];
            ("contact_obligation", calls)
        }
    };
    Only { about: (kind.to_owned(), id), calls }
}

fn actor(link: &Opened, from_address: Option<String>) -> Actor {
    Actor { from_address, ..Actor::signed_in(link.person.id, 0, Vec::new()) }
}

fn act(app: &App, now: Instant, link: &Opened, from: Option<String>) -> Act {
    Act { actor: Some(actor(link, from)), ..Act::by_itself(app, now) }
}

fn binding(link: &Opened) -> String {
    format!("duty/{}/{}", link.duty.id, link.person.id)
}

fn request<'a>(link: &'a Opened, bound_to: &'a str, from_address: Option<&'a str>) -> CodeRequest<'a> {
    let person_id = Some(link.person.id);
    CodeRequest { purpose: CODE_PURPOSE, bound_to, phone: &link.number, person_id, from_address }
}
