//! `/api/v1/contacts`: calls and visits, and what each side says about them.

use actix_web::{get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::contact::access::{ReadContacts, RecordContact};
use crate::contact::record::{ContactKind, RecordedVia, Says, Standing, Voice};
use crate::contact::recording::{self, NewContact, voice_of};
use crate::contact::store::{self, Contact, StatementRow};
use crate::crypto::{Purpose, Vault};
use crate::http::{Answer, Body, Listing, Page, PathId, Query, created, id_cursor, ok};
use crate::identity::May;
use crate::problem::Outcome;
use crate::storage::Conn;

/// A contact to record.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// Made on the phone: sent twice, stored once.
    pub client_uuid: Uuid,
    pub obligation_id: i64,
    pub kind: ContactKind,
    /// Whether they talked with the children.
    pub with_child: bool,
    /// Whether they talked with whoever cares for the children.
    pub with_carer: bool,
    pub happened_on: NaiveDate,
    #[validate(length(max = 500, code = "length"))]
    pub note: Option<String>,
    /// An official records what the child says.
    #[serde(default)]
    pub for_child: bool,
}

/// What somebody knows about a recorded contact.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementBody {
    pub client_uuid: Uuid,
    pub says: Says,
    #[validate(length(max = 500, code = "length"))]
    pub note: Option<String>,
    /// An official records what the child says.
    #[serde(default)]
    pub for_child: bool,
}

/// A recorded contact with all that was said about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
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
    pub note: Option<String>,
    pub statements: Vec<StatementView>,
}

/// One voice about a contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementView {
    pub voice: Voice,
    pub says: Says,
    pub note: Option<String>,
    pub at: Instant,
}

/// Whose contacts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContactFilter {
    pub child_id: i64,
}

/// Records a contact by one tap.
#[utoipa::path(tag = "contacts", operation_id = "record_contact", request_body = ContactBody, responses((status = 201, body = ContactView)))]
#[post("/contacts")]
pub async fn record_contact(app: web::Data<App>, may: May<RecordContact>, body: Body<ContactBody>) -> Answer {
    let body = body.into_inner();
    may.actor.require_about("contact_obligation", body.obligation_id)?;
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let obligation = store::obligation_visible(tx, &may.scope, body.obligation_id)?;
            let home = store::household(tx, &inner.config.contact, obligation.household_id, now.date())?;
            let voice = voice_of(&may.actor, &may.scope, &obligation, &home, body.for_child);
            let by = (may.actor.person_id, voice);
            let contact = recording::record(tx, &inner, now, &obligation, by, &new_contact(&body))?;
            view_of(tx, &inner.vault, contact.id)
        })
        .await?;
    created(format!("/api/v1/contacts?child_id={}", view.0), view.1)
}

/// The contacts of the parents with one child, newest first.
#[utoipa::path(tag = "contacts", operation_id = "list_contacts", params(ContactFilter, Page), responses((status = 200, body = Listing<ContactView>)))]
#[get("/contacts")]
pub async fn list_contacts(
    app: web::Data<App>,
    may: May<ReadContacts>,
    filter: Query<ContactFilter>,
    page: Query<Page>,
) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    let entry = Access::of(&may.actor, now, filter.child_id, "contact", may.purpose());
    let listing = app
        .read(move |conn| {
            crate::children::require(conn, &may.scope, filter.child_id)?;
            let owed = store::obligations_visible(conn, &may.scope, Some(filter.child_id), 50, None)?;
            let ids: Vec<_> = owed.iter().map(|obligation| obligation.id).collect();
            let rows = store::contacts_of(conn, &ids, page.after_id()?, page.fetch())?;
            Ok(page.listing(views(conn, &inner.vault, rows)?, |view| id_cursor(view.id)))
        })
        .await?;
    app.access_log.record(vec![entry]).await?;
    ok(listing)
}

/// Confirms or contradicts a recorded contact; both stand side by side.
#[utoipa::path(tag = "contacts", operation_id = "state_contact", request_body = StatementBody, params(("id" = i64, Path)), responses((status = 201, body = ContactView)))]
#[post("/contacts/{id}/statements")]
pub async fn state_contact(
    app: web::Data<App>,
    may: May<RecordContact>,
    id: PathId,
    body: Body<StatementBody>,
) -> Answer {
    let body = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let contact = store::contact(tx, id.0)?;
            let obligation = store::obligation_visible(tx, &may.scope, contact.obligation_id)?;
            let home = store::household(tx, &inner.config.contact, obligation.household_id, now.date())?;
            let voice = voice_of(&may.actor, &may.scope, &obligation, &home, body.for_child);
            let by = (may.actor.person_id, voice);
            let words = (&*body.client_uuid.to_string(), body.says, body.note.as_deref());
            recording::state(tx, &inner, now, &obligation, &contact, by, words)?;
            view_of(tx, &inner.vault, contact.id)
        })
        .await?;
    created(format!("/api/v1/contacts?child_id={}", view.0), view.1)
}

fn new_contact(body: &ContactBody) -> NewContact {
    NewContact {
        client_uuid: body.client_uuid.to_string(),
        kind: body.kind,
        with_child: body.with_child,
        with_carer: body.with_carer,
        happened_on: body.happened_on,
        note: body.note.clone(),
        via: RecordedVia::Tap,
    }
}

/// The child of the obligation, and the contact as shown.
fn view_of(conn: &mut Conn, vault: &Vault, id: i64) -> Outcome<(i64, ContactView)> {
    let contact = store::contact(conn, id)?;
    let child_id = store::obligation(conn, contact.obligation_id)?.child_id;
    let statements = store::statements_of(conn, &[id])?;
    Ok((child_id, view(vault, contact, &statements)?))
}

fn views(conn: &mut Conn, vault: &Vault, rows: Vec<Contact>) -> Outcome<Vec<ContactView>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let statements = store::statements_of(conn, &ids)?;
    rows.into_iter().map(|row| view(vault, row, &statements)).collect()
}

fn view(vault: &Vault, row: Contact, statements: &[StatementRow]) -> Outcome<ContactView> {
    let own = statements.iter().filter(|statement| statement.contact_id == row.id);
    let said: Outcome<Vec<_>> = own
        .map(|statement| {
            Ok(StatementView {
                voice: statement.voice,
                says: statement.says,
                note: vault.open_option(Purpose::Narrative, statement.note_sealed.as_deref())?,
                at: statement.at,
            })
        })
        .collect();
    Ok(ContactView {
        id: row.id,
        obligation_id: row.obligation_id,
        kind: row.kind,
        with_child: row.with_child,
        with_carer: row.with_carer,
        happened_on: row.happened_on,
        recorded_as: row.recorded_as,
        via: row.via,
        recorded_at: row.recorded_at,
        standing: row.standing,
        note: vault.open_option(Purpose::Narrative, row.note_sealed.as_deref())?,
        statements: said?,
    })
}
