//! Capacity: the questionnaire, the village's judgements.

use std::collections::BTreeMap;

use actix_web::{get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::App;
use crate::audit::Access;
use crate::children;
use crate::guardianship::access::{AssessCapacity, ReadCapacity};
use crate::guardianship::act::Act;
use crate::guardianship::capacity::{CapacityAnswer, Fitness, Questionnaire, Submission};
use crate::guardianship::drafting;
use crate::guardianship::reasons::Finding;
use crate::guardianship::store::capacity::{StoredAssessment, load, of_child};
use crate::http::{Answer as Response, Body, IdempotencyKey, PathId, Stored, ok, once};
use crate::identity::{May, person};
use crate::problem::Outcome;

/// An assessment of one carer.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentBody {
    pub carer_id: i64,
    /// Question code → answer; every question, and nothing else.
    #[validate(length(max = 100, code = "length"))]
    pub answers: BTreeMap<String, CapacityAnswer>,
    pub conclusion: Fitness,
    /// Needed for "unfit", and where a warning or a need for support stands against "fit".
    #[validate(length(max = 1000, code = "length"))]
    pub reason: Option<String>,
}

/// An assessment as recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentView {
    pub id: i64,
    pub child_id: i64,
    pub carer_id: i64,
    pub carer_name: String,
    pub questionnaire: String,
    pub answers: BTreeMap<String, CapacityAnswer>,
    pub conclusion: Fitness,
    pub findings: Vec<Finding>,
    pub reason: Option<String>,
    pub assessed_on: NaiveDate,
    pub assessed_by: i64,
}

/// The questions that are asked about a carer.
#[utoipa::path(tag = "guardianship", operation_id = "get_capacity_questionnaire", responses((status = 200, body = Questionnaire)))]
#[get("/capacity-questionnaire")]
pub async fn get_capacity_questionnaire(_may: May<ReadCapacity>) -> Response {
    ok(Questionnaire::current())
}

/// The judgements on the carers of a child, newest first.
#[utoipa::path(tag = "guardianship", operation_id = "list_capacity_assessments", params(("id" = i64, Path)), responses((status = 200, body = Vec<AssessmentView>)))]
#[get("/children/{id}/capacity-assessments")]
pub async fn list_capacity_assessments(
    app: web::Data<App>,
    may: May<ReadCapacity>,
    PathId(child_id): PathId,
) -> Response {
    let act = Act::by(&app, may.actor.clone());
    let access = Access::of(&may.actor, act.now, child_id, "capacity_assessment", may.purpose());
    let list = app
        .read(move |conn| {
            children::require(conn, &may.scope, child_id)?;
            of_child(conn, child_id)?
                .into_iter()
                .map(|(made, name)| assessment_view(&act, made, name))
                .collect::<Outcome<Vec<_>>>()
        })
        .await?;
    app.access_log.record(vec![access]).await?;
    ok(list)
}

/// Records the village's judgement on a carer. "Unfit" stops what is pending and asks the parents to change the carer.
#[utoipa::path(tag = "guardianship", operation_id = "assess_carer", params(("id" = i64, Path)), request_body = AssessmentBody, responses((status = 201, body = AssessmentView)))]
#[post("/children/{id}/capacity-assessments")]
pub async fn assess_carer(
    app: web::Data<App>,
    may: May<AssessCapacity>,
    PathId(child_id): PathId,
    key: IdempotencyKey,
    body: Body<AssessmentBody>,
) -> Response {
    let act = Act::by(&app, may.actor.clone());
    let body = body.into_inner();
    let stored = app
        .write(move |tx| {
            once(tx, act.now, may.actor.person_id, &key, &(child_id, &body), |tx| {
                let submission = Submission {
                    answers: body.answers.clone(),
                    conclusion: body.conclusion,
                    reason: body.reason.clone(),
                };
                let id = drafting::assess(tx, &act, &may.scope, child_id, body.carer_id, &submission)?;
                let made = load(tx, id)?;
                let name = person(tx, made.carer_id)?.name;
                Stored::new(201, &assessment_view(&act, made, name)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

fn assessment_view(act: &Act, made: StoredAssessment, carer_name: String) -> Outcome<AssessmentView> {
    Ok(AssessmentView {
        answers: made.answers()?,
        findings: made.findings()?,
        reason: made.reason(&act.vault)?,
        id: made.id,
        child_id: made.child_id,
        carer_id: made.carer_id,
        carer_name,
        questionnaire: made.questionnaire,
        conclusion: made.conclusion,
        assessed_on: made.assessed_on,
        assessed_by: made.assessed_by,
    })
}
