//! `/api/v1/me/volunteer-application` and `POST /api/v1/volunteers`: how somebody becomes an applicant.

use std::collections::BTreeSet;

use actix_web::{post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::views::{VolunteerView, one};
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Body, created};
use crate::identity::{self, May, NewPerson, Sex, SignedIn};
use crate::messaging::phone::Mobile;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::volunteers::access::ManageVolunteers;
use crate::volunteers::recruiting;
use crate::volunteers::store::{self, NewVolunteer};
use crate::volunteers::volunteer::ServiceForm;
use crate::{areas, text_list};

/// What a volunteer offers.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    /// The village or township where the volunteer lives.
    #[schema(example = "520381102201")]
    pub area_code: String,
    pub organisation_id: Option<i64>,
    #[serde(default)]
    pub party_member: bool,
    pub skills: BTreeSet<ServiceForm>,
    #[serde(default)]
    #[validate(length(max = 10, code = "length"))]
    #[schema(example = json!(["苗语"]))]
    pub languages: BTreeSet<String>,
    /// How many children the volunteer wishes to keep company at most.
    #[validate(range(min = 1, max = 5, code = "load_invalid"))]
    pub load_wish: i64,
    #[validate(length(max = 500, code = "length"))]
    pub words: Option<String>,
}

/// An application that the coordinator enters for somebody.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryBody {
    #[validate(length(min = 1, max = 50, code = "required"))]
    #[schema(example = "何志愿")]
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    #[schema(example = "13900001234")]
    pub phone: String,
    #[validate(nested)]
    pub offer: OfferBody,
}

/// Applies to be a volunteer.
#[utoipa::path(tag = "volunteers", operation_id = "apply_as_volunteer", request_body = OfferBody, responses((status = 201, body = VolunteerView)))]
#[post("/me/volunteer-application")]
pub async fn apply_as_volunteer(app: web::Data<App>, me: SignedIn, body: Body<OfferBody>) -> Answer {
    let offer = body.into_inner();
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            let new = new_volunteer(tx, me.actor.person_id, &offer)?;
            let volunteer = recruiting::apply(tx, now, &me.actor, &new)?;
            one(tx, &inner, now, volunteer)
        })
        .await?;
    created(format!("/api/v1/volunteers/{}", view.id), view)
}

/// Enters an application for somebody, who becomes a person on file when they are none yet.
#[utoipa::path(tag = "volunteers", operation_id = "enter_volunteer", request_body = EntryBody, responses((status = 201, body = VolunteerView)))]
#[post("/volunteers")]
pub async fn enter_volunteer(app: web::Data<App>, may: May<ManageVolunteers>, body: Body<EntryBody>) -> Answer {
    let entry = body.into_inner();
    let phone = Mobile::parse(&entry.phone).map_err(|_| Problem::field("phone", "phone_invalid"))?;
    let (inner, now) = (app.clone(), app.clock.now());
    let view = app
        .write(move |tx| {
            may.scope.require(&entry.offer.area_code)?;
            let person_id = person_for(tx, &inner, now, &entry, phone.digits())?;
            let new = new_volunteer(tx, person_id, &entry.offer)?;
            let volunteer = recruiting::apply(tx, now, &may.actor, &new)?;
            one(tx, &inner, now, volunteer)
        })
        .await?;
    created(format!("/api/v1/volunteers/{}", view.id), view)
}

/// An offer as stored.
pub fn new_volunteer(conn: &mut Conn, person_id: i64, offer: &OfferBody) -> Outcome<NewVolunteer> {
    if !areas::is_code(&offer.area_code) || areas::name_of(conn, &offer.area_code).is_err() {
        return Err(Problem::field("area_code", "unknown_area").into());
    }
    if offer.languages.iter().any(|language| language.contains(',') || language.chars().count() > 20) {
        return Err(Problem::field("languages", "language_invalid").into());
    }
    if let Some(organisation_id) = offer.organisation_id {
        store::require_organisation(conn, organisation_id)?;
    }
    Ok(NewVolunteer {
        person_id,
        area_code: offer.area_code.clone(),
        organisation_id: offer.organisation_id,
        party_member: offer.party_member,
        skills: text_list::write(&offer.skills),
        languages: text_list::write(&offer.languages),
        load_wish: offer.load_wish,
        words: offer.words.clone(),
    })
}

/// The person of this name and number, or a new one.
fn person_for(tx: &mut Conn, app: &App, now: Instant, entry: &EntryBody, phone: &str) -> Outcome<i64> {
    let known = identity::find_by_phone(tx, &app.vault, phone)?;
    if let Some(person) = known.into_iter().find(|person| person.name == entry.name) {
        return Ok(person.id);
    }
    identity::add_person(
        tx,
        &app.vault,
        now,
        &NewPerson {
            name: entry.name.clone(),
            sex: entry.sex,
            birth_date: Some(entry.birth_date),
            area_code: Some(entry.offer.area_code.clone()),
            phone: Some(phone.to_owned()),
            identity_number: None,
            email: None,
            language: entry.offer.languages.first().cloned(),
            can_read: true,
        },
    )
}
