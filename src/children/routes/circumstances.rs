//! Dated circumstances: poverty labels, hardships, harm, events.

use actix_web::{post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::super::access::EditChild;
use super::super::child::{is_sensible, judge_past, refuse};
use super::super::classification::facts::{Circumstance, CircumstanceKind};
use super::super::ledger::{self, Cause};
use super::super::occasion::Occasion;
use super::super::record::{self, ChildRecord};
use super::super::store;
use crate::app::App;
use crate::http::{Answer, Body, IfMatch, PathId, versioned};
use crate::identity::May;
use crate::problem::Outcome;

/// A circumstance to record.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircumstanceWanted {
    pub kind: CircumstanceKind,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
    /// Where it is known from; kept sealed.
    #[validate(length(max = 1000))]
    pub evidence: Option<String>,
}

impl CircumstanceWanted {
    fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        judge_past(&mut faults, "since", Some(self.since), today);
        if let Some(until) = self.until {
            if !is_sensible(until) {
                faults.push(("until", "range"));
            } else if until < self.since {
                faults.push(("until", "date_order"));
            }
        }
        refuse(faults)
    }
}

/// Records a circumstance; the labels follow from it.
#[utoipa::path(tag = "children", operation_id = "record_circumstance", params(("id" = i64, Path), ("If-Match" = String, Header)), request_body = CircumstanceWanted, responses((status = 200, body = ChildRecord)))]
#[post("/children/{id}/circumstances")]
pub async fn record_circumstance(
    app: web::Data<App>,
    may: May<EditChild>,
    id: PathId,
    seen: IfMatch,
    body: Body<CircumstanceWanted>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let record = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            body.check(occasion.today())?;
            let row = store::children::open(tx, &occasion, &may.scope, id.0, seen)?;
            let fact = Circumstance { kind: body.kind, since: body.since, until: body.until };
            let made = store::facts::add_circumstance(tx, &occasion, row.id, &fact, body.evidence.as_deref())?;
            let detail = serde_json::json!({ "circumstance": made });
            let row = ledger::settle(tx, &occasion, row.id, Cause::CircumstanceRecorded, &detail)?;
            record::load(tx, &occasion, &row)
        })
        .await?;
    versioned(record.version, record)
}

/// When a circumstance ended.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircumstanceEnd {
    pub until: NaiveDate,
}

/// Ends a circumstance; it stays on record.
#[utoipa::path(tag = "children", operation_id = "end_circumstance", params(("id" = i64, Path), ("circumstance" = i64, Path), ("If-Match" = String, Header)), request_body = CircumstanceEnd, responses((status = 200, body = ChildRecord)))]
#[put("/children/{id}/circumstances/{circumstance}/end")]
pub async fn end_circumstance(
    app: web::Data<App>,
    may: May<EditChild>,
    path: web::Path<(i64, i64)>,
    seen: IfMatch,
    body: Body<CircumstanceEnd>,
) -> Answer {
    let (now, shared) = (app.clock.now(), app.clone());
    let (id, circumstance) = path.into_inner();
    let record = app
        .write(move |tx| {
            let occasion = Occasion::of(&shared, now, Some(&may.actor));
            let mut faults = Vec::new();
            judge_past(&mut faults, "until", Some(body.until), occasion.today());
            refuse(faults)?;
            let row = store::children::open(tx, &occasion, &may.scope, id, seen)?;
            store::facts::end_circumstance(tx, row.id, circumstance, body.until)?;
            let detail = serde_json::json!({ "circumstance": circumstance });
            let row = ledger::settle(tx, &occasion, row.id, Cause::CircumstanceEnded, &detail)?;
            record::load(tx, &occasion, &row)
        })
        .await?;
    versioned(record.version, record)
}
