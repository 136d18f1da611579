//! `/privacy-rules`, `/children/{id}/consent`.

use actix_web::{delete, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::access::{GiveConsent, ReadConsent, WithdrawConsent};
use super::rules::{Rules, rules};
use super::store::{self, NewConsent, Way};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::{Instant, age_on};
use crate::crypto::Purpose;
use crate::http::{Answer, Body, PathId, ok};
use crate::identity::{Actor, May};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::{children, volunteers};

/// Every operation of the room.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_privacy_rules).service(get_consent).service(give_consent).service(withdraw_consent);
}

/// The rules on children's data, as a parent reads and agrees to them.
#[utoipa::path(tag = "consent", operation_id = "get_privacy_rules", security(()), responses((status = 200, body = Rules)))]
#[get("/privacy-rules")]
pub async fn get_privacy_rules() -> Answer {
    ok(rules())
}

/// Where consent for a child stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    /// Whether the child is so young that it is needed.
    pub needed: bool,
    /// Whether it stands, for whatever version.
    pub standing: bool,
    /// Whether it was given for older rules: to be asked again.
    pub outdated: bool,
    pub rules_version: Option<String>,
    pub parent_person_id: Option<i64>,
    pub way: Option<Way>,
    pub given_at: Option<Instant>,
    pub withdrawn_at: Option<Instant>,
}

/// Whether a parent has agreed to the rules for this child.
#[utoipa::path(tag = "consent", operation_id = "get_consent", params(("id" = i64, Path)), responses((status = 200, body = ConsentView)))]
#[get("/children/{id}/consent")]
pub async fn get_consent(app: web::Data<App>, may: May<ReadConsent>, id: PathId) -> Answer {
    let now = app.clock.now();
    let view = app
        .read(move |conn| {
            children::require(conn, &may.scope, id.0)?;
            view(conn, now, id.0)
        })
        .await?;
    ok(view)
}

/// A parent's consent.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesConsentBody)]
pub struct ConsentBody {
    /// The version that was shown.
    #[validate(length(max = 40))]
    #[schema(example = "2026-11")]
    pub rules_version: String,
    /// Whose word it is, when an official writes it down.
    pub parent_person_id: Option<i64>,
    pub way: Way,
}

/// Agrees to the rules, or writes down that a parent did.
#[utoipa::path(tag = "consent", operation_id = "give_consent", params(("id" = i64, Path)), request_body = ConsentBody, responses((status = 200, body = ConsentView)))]
#[put("/children/{id}/consent")]
pub async fn give_consent(app: web::Data<App>, may: May<GiveConsent>, id: PathId, body: Body<ConsentBody>) -> Answer {
    let now = app.clock.now();
    if body.rules_version != rules().version {
        return Err(Problem::field("rules_version", "rules_outdated").into());
    }
    let view = app
        .write(move |tx| {
            children::require(tx, &may.scope, id.0)?;
            let parent_person_id = body.parent_person_id.unwrap_or(may.actor.person_id);
            if !store::is_parent(tx, id.0, parent_person_id)? {
                return Err(Problem::field("parent_person_id", "unknown_person").into());
            }
            if (body.way == Way::OwnPhone) != (parent_person_id == may.actor.person_id) {
                return Err(Problem::field("way", "invalid").into());
            }
            let new = NewConsent {
                child_id: id.0,
                parent_person_id,
                rules_version: &body.rules_version,
                way: body.way,
                recorded_by: may.actor.person_id,
            };
            store::insert(tx, now, &new)?;
            note(tx, now, &may.actor, "consent.given", id.0)?;
            view(tx, now, id.0)
        })
        .await?;
    ok(view)
}

/// Why consent ends; nobody has to say.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalBody {
    #[validate(length(max = 500))]
    pub reason: Option<String>,
}

/// Withdraws consent: what rests on it ends at once.
#[utoipa::path(tag = "consent", operation_id = "withdraw_consent", params(("id" = i64, Path)), request_body = WithdrawalBody, responses((status = 200, body = ConsentView)))]
#[delete("/children/{id}/consent")]
pub async fn withdraw_consent(
    app: web::Data<App>,
    may: May<WithdrawConsent>,
    id: PathId,
    body: Body<WithdrawalBody>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let view = app
        .write(move |tx| {
            children::require(tx, &may.scope, id.0)?;
            let sealed = shared.vault.seal_option(Purpose::Narrative, body.reason.as_deref())?;
            if store::withdraw(tx, now, id.0, may.actor.person_id, sealed)? == 0 {
                return Err(Problem::of("consent_not_standing").into());
            }
            volunteers::consent_withdrawn(tx, &shared, now, &may.actor, id.0)?;
            note(tx, now, &may.actor, "consent.withdrawn", id.0)?;
            view(tx, now, id.0)
        })
        .await?;
    ok(view)
}

fn view(conn: &mut Conn, now: Instant, child_id: i64) -> Outcome<ConsentView> {
    let child = children::get(conn, child_id)?;
    let latest = store::latest(conn, child_id)?;
    let standing = latest.as_ref().is_some_and(|consent| consent.withdrawn_at.is_none());
    Ok(ConsentView {
        needed: age_on(child.birth_date, now.date()) < rules().needed_below_age,
        standing,
        outdated: standing && latest.as_ref().is_some_and(|consent| consent.rules_version != rules().version),
        rules_version: latest.as_ref().map(|consent| consent.rules_version.clone()),
        parent_person_id: latest.as_ref().map(|consent| consent.parent_person_id),
        way: latest.as_ref().map(|consent| consent.way),
        given_at: latest.as_ref().map(|consent| consent.given_at),
        withdrawn_at: latest.and_then(|consent| consent.withdrawn_at),
    })
}

fn note(tx: &mut Conn, now: Instant, actor: &Actor, action: &'static str, child_id: i64) -> Outcome<()> {
    let child = children::get(tx, child_id)?;
    let event = Event {
        actor: Some(actor),
        action,
        subject_kind: "child",
        subject_id: child_id,
        child_id: Some(child_id),
        area_code: Some(&child.village_code),
    };
    audit::record(tx, now, &event, &serde_json::json!({ "rules_version": rules().version }))
}
