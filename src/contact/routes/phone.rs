//! `/api/v1/me/phone`: the caller's own number, verified by a code again and again, and changed by a code to the new one.

use actix_web::{get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::contact::{answers, duties};
use crate::http::{Answer, Body, no_content, ok};
use crate::identity::codes::{self, CodeRequest};
use crate::identity::{self, Actor, Person, PhoneState, SignedIn, person, phone_of};
use crate::messaging::phone::Mobile;
use crate::messaging::{self, NewMessage, Recipient, Urgency};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

const PURPOSE: &str = "verify_phone";
const CHANGE: &str = "change_phone";

/// The caller's number, masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneView {
    #[schema(example = "139****1234")]
    pub number: Option<String>,
    pub state: PhoneState,
    pub verified_at: Option<Instant>,
    /// By when it should be verified again.
    pub verify_by: Option<NaiveDate>,
}

/// The code that was sent.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneCodeBody {
    #[validate(length(min = 4, max = 8, code = "length"))]
    #[schema(example = "482719")]
    pub code: String,
}

/// The number that is to take the place of the present one.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhoneBody {
    #[validate(length(min = 11, max = 20, code = "phone_invalid"))]
    #[schema(example = "13900000099")]
    pub phone: String,
}

/// The new number with the code that was sent to it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPhoneBody {
    #[validate(length(min = 11, max = 20, code = "phone_invalid"))]
    #[schema(example = "13900000099")]
    pub phone: String,
    #[validate(length(min = 4, max = 8, code = "length"))]
    #[schema(example = "482719")]
    pub code: String,
}

/// The caller's own number and when it must be verified again.
#[utoipa::path(tag = "contacts", operation_id = "get_my_phone", responses((status = 200, body = PhoneView)))]
#[get("/me/phone")]
pub async fn get_my_phone(app: web::Data<App>, me: SignedIn) -> Answer {
    let inner = app.clone();
    let view = app
        .read(move |conn| {
            let person = person(conn, me.actor.person_id)?;
            let number = phone_of(&inner.vault, &person)?;
            Ok(PhoneView {
                number: number.and_then(|number| Mobile::parse(&number).ok()).map(|phone| phone.masked()),
                state: person.phone_state,
                verified_at: person.phone_verified_at,
                verify_by: duties::verification_due(conn, person.id)?,
            })
        })
        .await?;
    ok(view)
}

/// Sends a code to the caller's own number.
#[utoipa::path(tag = "contacts", operation_id = "request_phone_code", responses((status = 204)))]
#[post("/me/phone/verification-codes")]
pub async fn request_phone_code(app: web::Data<App>, me: SignedIn) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        let (_, phone) = own_phone(tx, &inner, me.actor.person_id)?;
        let bound_to = binding(me.actor.person_id);
        let request = request(&bound_to, &phone, me.actor.person_id, me.actor.from_address.as_deref());
        send_code(tx, &inner, now, &request)
    })
    .await?;
    no_content()
}

/// Sends a code to the number that is to take the place of the present one.
#[utoipa::path(tag = "contacts", operation_id = "request_new_phone_code", request_body = NewPhoneBody, responses((status = 204)))]
#[post("/me/phone/change-codes")]
pub async fn request_new_phone_code(app: web::Data<App>, me: SignedIn, body: Body<NewPhoneBody>) -> Answer {
    let phone = normal(&body.phone)?;
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        let bound_to = binding(me.actor.person_id);
        let asked = request(&bound_to, &phone, me.actor.person_id, me.actor.from_address.as_deref());
        send_code(tx, &inner, now, &CodeRequest { purpose: CHANGE, ..asked })
    })
    .await?;
    no_content()
}

/// Puts a new number in the place of the old one. The code shows that the caller holds it.
#[utoipa::path(tag = "contacts", operation_id = "change_my_phone", request_body = ChangedPhoneBody, responses((status = 204)))]
#[put("/me/phone")]
pub async fn change_my_phone(app: web::Data<App>, me: SignedIn, body: Body<ChangedPhoneBody>) -> Answer {
    let phone = normal(&body.phone)?;
    let code = body.into_inner().code;
    let (inner, now) = (app.clone(), app.clock.now());
    // A wrong code counts, so the transaction commits and the refusal comes after.
    let right = app
        .write(move |tx| {
            let bound_to = binding(me.actor.person_id);
            let asked = request(&bound_to, &phone, me.actor.person_id, None);
            let asked = CodeRequest { purpose: CHANGE, ..asked };
            let redeemed = codes::redeem(tx, &inner.vault, &inner.config.identity, now, &asked, &code)?;
            if redeemed.is_some() {
                identity::change_phone(tx, &inner.vault, now, me.actor.person_id, &phone, PhoneState::Verified)?;
                answers::phone_confirmed(tx, &inner, now, me.actor.person_id)?;
                tell(tx, now, &me.actor, "phone.changed")?;
            }
            Ok(redeemed.is_some())
        })
        .await?;
    if right { no_content() } else { Err(Problem::of("code_wrong").into()) }
}

/// Verifies the caller's own number with the code that was sent to it.
#[utoipa::path(tag = "contacts", operation_id = "verify_my_phone", request_body = PhoneCodeBody, responses((status = 204)))]
#[put("/me/phone/verification")]
pub async fn verify_my_phone(app: web::Data<App>, me: SignedIn, body: Body<PhoneCodeBody>) -> Answer {
    let code = body.into_inner().code;
    let (inner, now) = (app.clone(), app.clock.now());
    // A wrong code counts, so the transaction commits and the refusal comes after.
    let right = app
        .write(move |tx| {
            let (person, phone) = own_phone(tx, &inner, me.actor.person_id)?;
            let bound_to = binding(person.id);
            let request = request(&bound_to, &phone, person.id, None);
            let redeemed = codes::redeem(tx, &inner.vault, &inner.config.identity, now, &request, &code)?;
            if redeemed.is_some() {
                answers::phone_confirmed(tx, &inner, now, person.id)?;
                tell(tx, now, &me.actor, "phone.verified")?;
            }
            Ok(redeemed.is_some())
        })
        .await?;
    if right { no_content() } else { Err(Problem::of("code_wrong").into()) }
}

fn send_code(tx: &mut Conn, app: &App, now: Instant, request: &CodeRequest<'_>) -> Outcome<()> {
    let issued = codes::issue(tx, &app.vault, &app.config.identity, now, request)?;
    messaging::post(
        tx,
        &app.vault,
        now,
        &NewMessage {
            occasion_key: format!("code:{}", issued.id),
            to: Recipient::Phone(request.phone.to_owned()),
            template: "code/verify_phone".into(),
            urgency: Urgency::Asked,
            data: serde_json::json!({ "code": issued.code, "minutes": app.config.identity.code_minutes.to_string() }),
            child_id: None,
            area_code: None,
            not_before: now,
            expires_at: Some(issued.expires_at),
        },
    )?;
    Ok(())
}

fn tell(tx: &mut Conn, now: Instant, actor: &Actor, action: &'static str) -> Outcome<()> {
    let event = Event {
        actor: Some(actor),
        action,
        subject_kind: "person",
        subject_id: actor.person_id,
        child_id: None,
        area_code: None,
    };
    audit::record(tx, now, &event, &serde_json::json!({}))
}

fn normal(text: &str) -> Outcome<String> {
    Mobile::parse(text)
        .map(|mobile| mobile.digits().to_owned())
        .map_err(|_| Problem::field("phone", "phone_invalid").into())
}

fn own_phone(conn: &mut Conn, app: &App, person_id: i64) -> Outcome<(Person, String)> {
    let person = person(conn, person_id)?;
    let phone = phone_of(&app.vault, &person)?.ok_or_else(|| Problem::of("no_phone"))?;
    Ok((person, phone))
}

fn binding(person_id: i64) -> String {
    format!("person:{person_id}")
}

fn request<'a>(bound_to: &'a str, phone: &'a str, person_id: i64, from_address: Option<&'a str>) -> CodeRequest<'a> {
    CodeRequest { purpose: PURPOSE, bound_to, phone, person_id: Some(person_id), from_address }
}
