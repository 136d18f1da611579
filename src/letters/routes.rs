//! `/children/{id}/admonitions`, `/agreements/{id}/subsidy-decisions`, `/letters`.

use actix_web::{get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::access::{Admonish, DecideSubsidy, ReadLetters, ServeLetters};
use super::issuing::{self, Admonition, Decision, Desk, note};
use super::letter::{Grant, LetterKind, ServedHow};
use super::sealing::manuscript;
use super::store::{self, Letter};
use crate::app::App;
use crate::audit::Access;
use crate::children;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::remuneration::Period;
use crate::http::{Answer, Body, IdempotencyKey, PathId, Stored, file, ok, once};
use crate::identity::May;
use crate::papers::PaperState;
use crate::problem::{Outcome, Problem};

/// Every operation of the room.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(admonish)
        .service(decide_subsidy)
        .service(list_letters)
        .service(get_letter)
        .service(get_letter_paper)
        .service(serve_letter);
}

/// A letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterView {
    pub id: i64,
    pub kind: LetterKind,
    #[schema(example = "DC-2026-000003")]
    pub number: String,
    pub child_id: i64,
    pub agreement_id: Option<i64>,
    #[schema(example = "石桥镇石板村村（居）民委员会")]
    pub sender: String,
    /// Its words, frozen.
    pub text: String,
    /// The digest of its words.
    pub text_hash: String,
    /// The version of the wording it was made from.
    #[schema(example = "2026-11")]
    pub wording: String,
    /// Whether a subsidy was granted; none for other letters.
    pub granted: Option<bool>,
    pub amount_fen: Option<i64>,
    pub from: Option<NaiveDate>,
    /// By when parents are to act, or the last day of a subsidy.
    pub until: Option<NaiveDate>,
    pub issued_at: Instant,
    pub issued_by: i64,
    pub paper: PaperState,
    /// Why the paper could not be made yet.
    pub trouble: Option<String>,
    /// The digest of the sealed file.
    pub hash: Option<String>,
    pub sealed_at: Option<Instant>,
    pub stamped_at: Option<Instant>,
    pub served_on: Option<NaiveDate>,
    pub served_how: Option<ServedHow>,
}

/// An admonition to write.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmonitionBody {
    /// Guardians of the child.
    #[validate(length(min = 1, max = 4, code = "length"))]
    pub addressee_ids: Vec<i64>,
    /// What was found.
    #[validate(length(min = 2, max = 600, code = "length"))]
    #[schema(example = "你们自2026年1月起没有与孩子联系")]
    pub found: String,
    /// What is asked, point by point.
    #[validate(length(min = 1, max = 10, code = "length"))]
    #[schema(example = json!(["每周至少与孩子联系一次"]))]
    pub demands: Vec<String>,
    pub until: NaiveDate,
    /// Whom to turn to for help.
    #[validate(length(min = 2, max = 100, code = "length"))]
    #[schema(example = "石桥镇民政办，办公时间来访")]
    pub contact: String,
}

/// What is granted.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubsidyGrantBody {
    pub amount_fen: i64,
    pub period: Period,
    pub from: NaiveDate,
    pub until: NaiveDate,
    #[validate(length(min = 2, max = 200, code = "length"))]
    #[schema(example = "按月转入照护人的社会保障卡")]
    pub payment: String,
}

/// A decision to write: either what is granted, or why nothing is.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubsidyDecisionBody {
    /// A guardian of the child, or the carer.
    pub applicant_id: i64,
    pub applied_on: NaiveDate,
    #[validate(length(min = 2, max = 600, code = "length"))]
    #[schema(example = "你家属于最低生活保障家庭，无力支付照护报酬")]
    pub found: String,
    #[validate(nested)]
    pub grant: Option<SubsidyGrantBody>,
    #[validate(length(min = 2, max = 600, code = "length"))]
    pub reason: Option<String>,
}

/// How a letter was served.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceBody {
    pub served_on: NaiveDate,
    pub served_how: ServedHow,
    /// Who took it, or who saw that it was refused.
    #[validate(length(max = 500, code = "length"))]
    pub note: Option<String>,
}

/// Admonishes guardians of a child in writing. The sealed paper follows within minutes.
#[utoipa::path(tag = "letters", operation_id = "admonish", params(("id" = i64, Path)), request_body = AdmonitionBody, responses((status = 201, body = LetterView)))]
#[post("/children/{id}/admonitions")]
pub async fn admonish(
    app: web::Data<App>,
    may: May<Admonish>,
    PathId(child_id): PathId,
    key: IdempotencyKey,
    body: Body<AdmonitionBody>,
) -> Answer {
    let body = body.into_inner();
    if body.demands.iter().any(|demand| !(2..=200).contains(&demand.chars().count())) {
        return Err(Problem::field("demands", "length").into());
    }
    let desk = Desk::of(&app, may.actor.clone(), may.scope.clone());
    let stored = app
        .write(move |tx| {
            once(tx, desk.now, desk.actor.person_id, &key, &(child_id, &body), |tx| {
                let wanted = Admonition {
                    addressee_ids: body.addressee_ids.clone(),
                    found: body.found.clone(),
                    demands: body.demands.clone(),
                    until: body.until,
                    contact: body.contact.clone(),
                };
                let id = issuing::admonish(tx, &desk, child_id, &wanted)?;
                Stored::new(201, &view(&desk.vault, store::load(tx, id)?)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

/// Decides on a subsidy for the care under an agreement: granted for a time, or refused. Nothing is granted twice for one
/// day.
#[utoipa::path(tag = "letters", operation_id = "decide_subsidy", params(("id" = i64, Path)), request_body = SubsidyDecisionBody, responses((status = 201, body = LetterView)))]
#[post("/agreements/{id}/subsidy-decisions")]
pub async fn decide_subsidy(
    app: web::Data<App>,
    may: May<DecideSubsidy>,
    PathId(agreement_id): PathId,
    key: IdempotencyKey,
    body: Body<SubsidyDecisionBody>,
) -> Answer {
    let body = body.into_inner();
    let outcome = match (body.grant.clone(), body.reason.clone()) {
        (Some(grant), None) => Ok(Grant {
            amount_fen: grant.amount_fen,
            period: grant.period,
            from: grant.from,
            until: grant.until,
            payment: grant.payment,
        }),
        (None, Some(reason)) => Err(reason),
        _ => return Err(Problem::field("grant", "grant_or_reason").into()),
    };
    let desk = Desk::of(&app, may.actor.clone(), may.scope.clone());
    let stored = app
        .write(move |tx| {
            once(tx, desk.now, desk.actor.person_id, &key, &(agreement_id, &body), |tx| {
                let wanted = Decision {
                    applicant_id: body.applicant_id,
                    applied_on: body.applied_on,
                    found: body.found.clone(),
                    outcome: outcome.clone(),
                };
                let id = issuing::decide(tx, &desk, agreement_id, &wanted)?;
                Stored::new(201, &view(&desk.vault, store::load(tx, id)?)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

/// The letters about a child, the newest first.
#[utoipa::path(tag = "letters", operation_id = "list_letters", params(("id" = i64, Path)), responses((status = 200, body = Vec<LetterView>)))]
#[get("/children/{id}/letters")]
pub async fn list_letters(app: web::Data<App>, may: May<ReadLetters>, PathId(child_id): PathId) -> Answer {
    let access = Access::of(&may.actor, app.clock.now(), child_id, "letter", may.purpose());
    let vault = app.vault.clone();
    let list = app
        .read(move |conn| {
            children::require(conn, &may.scope, child_id)?;
            let letters = store::of_child(conn, child_id)?;
            letters.into_iter().map(|letter| view(&vault, letter)).collect::<Outcome<Vec<_>>>()
        })
        .await?;
    app.access_log.record(vec![access]).await?;
    ok(list)
}

/// One letter.
#[utoipa::path(tag = "letters", operation_id = "get_letter", params(("id" = i64, Path)), responses((status = 200, body = LetterView)))]
#[get("/letters/{id}")]
pub async fn get_letter(app: web::Data<App>, may: May<ReadLetters>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let shown = app
        .read(move |conn| {
            let letter = store::load(conn, id)?;
            children::require(conn, &may.scope, letter.child_id)?;
            view(&vault, letter)
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, shown.child_id, "letter", purpose)]).await?;
    ok(shown)
}

/// The letter as PDF/A: sealed, or, while it is not, as it will be without the seal.
#[utoipa::path(tag = "letters", operation_id = "get_letter_paper", params(("id" = i64, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[get("/letters/{id}/letter.pdf")]
pub async fn get_letter_paper(app: web::Data<App>, may: May<ReadLetters>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor, vault) = (app.clock.now(), may.purpose(), may.actor.clone(), app.vault.clone());
    let (letter, sealed) = app
        .read(move |conn| {
            let letter = store::load(conn, id)?;
            children::require(conn, &may.scope, letter.child_id)?;
            let sealed = store::file(conn, &vault, id)?;
            Ok((letter, sealed))
        })
        .await?;
    let bytes = match sealed {
        Some(bytes) => bytes,
        None => {
            let manuscript = manuscript(&app.vault, &letter, &app.config.deployment.public_url)?;
            app.apart(move |press| manuscript.set(press)).await?
        }
    };
    app.access_log.record(vec![Access::of(&actor, now, letter.child_id, "letter", purpose)]).await?;
    file("application/pdf", &format!("{}.pdf", letter.number()), bytes)
}

/// Writes down how a letter was served; also that it was refused.
#[utoipa::path(tag = "letters", operation_id = "serve_letter", params(("id" = i64, Path)), request_body = ServiceBody, responses((status = 200, body = LetterView)))]
#[put("/letters/{id}/service")]
pub async fn serve_letter(
    app: web::Data<App>,
    may: May<ServeLetters>,
    PathId(id): PathId,
    body: Body<ServiceBody>,
) -> Answer {
    let (now, vault, body) = (app.clock.now(), app.vault.clone(), body.into_inner());
    let shown = app
        .write(move |tx| {
            let letter = store::load(tx, id)?;
            children::require(tx, &may.scope, letter.child_id)?;
            if body.served_on > now.date() {
                return Err(Problem::field("served_on", "date_in_future").into());
            }
            if body.served_on < letter.issued_at.date() {
                return Err(Problem::field("served_on", "served_before_issued").into());
            }
            let sealed = vault.seal_option(Purpose::Narrative, body.note.as_deref())?;
            store::serve(tx, id, (body.served_on, body.served_how), sealed, may.actor.person_id)?;
            let detail = serde_json::json!({ "on": body.served_on, "how": body.served_how });
            note(tx, now, Some(&may.actor), "letter.served", &letter, &detail)?;
            view(&vault, store::load(tx, id)?)
        })
        .await?;
    ok(shown)
}

fn view(vault: &Vault, letter: Letter) -> Outcome<LetterView> {
    Ok(LetterView {
        number: letter.number(),
        text: vault.open(Purpose::Narrative, &letter.text_sealed)?,
        id: letter.id,
        kind: letter.kind,
        child_id: letter.child_id,
        agreement_id: letter.agreement_id,
        sender: letter.sender,
        text_hash: letter.text_hash,
        wording: letter.wording,
        granted: letter.granted,
        amount_fen: letter.amount_fen,
        from: letter.from_on,
        until: letter.until_on,
        issued_at: letter.issued_at,
        issued_by: letter.issued_by,
        paper: letter.state,
        trouble: letter.trouble,
        hash: letter.hash,
        sealed_at: letter.sealed_at,
        stamped_at: letter.stamped_at,
        served_on: letter.served_on,
        served_how: letter.served_how,
    })
}
