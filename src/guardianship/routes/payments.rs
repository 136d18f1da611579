//! Pay for care: what is owed and what was paid.

use actix_web::{get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::App;
use crate::audit::Access;
use crate::clock::Instant;
use crate::guardianship::access::{ReadAgreement, RecordPayment};
use crate::guardianship::act::Act;
use crate::guardianship::paying;
use crate::guardianship::remuneration::{PayPeriod, Payer, Terms, next_unpaid};
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::store::payment::{self, Payment};
use crate::http::{Answer, Body, IdempotencyKey, PathId, Stored, ok, once};
use crate::identity::May;
use crate::problem::Outcome;
use crate::storage::Conn;

/// One payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentView {
    pub id: i64,
    pub agreement_id: i64,
    pub period_from: NaiveDate,
    pub period_until: NaiveDate,
    pub amount_fen: i64,
    pub payer: Payer,
    pub paid_on: NaiveDate,
    pub recorded_by: i64,
    pub recorded_at: Instant,
}

/// Pay under an agreement and its earlier versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentsView {
    pub terms: Option<Terms>,
    /// The periods of this version.
    pub periods: Vec<PayPeriod>,
    /// The first that is not paid.
    pub next: Option<PayPeriod>,
    pub paid: Vec<PaymentView>,
}

/// A payment to record.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    /// The first day of an agreed period.
    pub period_from: NaiveDate,
    pub paid_on: NaiveDate,
}

/// What is owed and what was paid.
#[utoipa::path(tag = "guardianship", operation_id = "list_payments", params(("id" = i64, Path)), responses((status = 200, body = PaymentsView)))]
#[get("/agreements/{id}/payments")]
pub async fn list_payments(app: web::Data<App>, may: May<ReadAgreement>, PathId(id): PathId) -> Answer {
    let (now, purpose, actor) = (app.clock.now(), may.purpose(), may.actor.clone());
    let (child_id, shown) = app
        .read(move |conn| {
            kept::require(conn, &may.scope, Reach::ChildOrParty, id)?;
            Ok((kept::load(conn, id)?.child_id, payments(conn, id)?))
        })
        .await?;
    app.access_log.record(vec![Access::of(&actor, now, child_id, "payments", purpose)]).await?;
    ok(shown)
}

/// Records that a period was paid; the amount is the agreed one. No period is paid twice.
#[utoipa::path(tag = "guardianship", operation_id = "record_payment", params(("id" = i64, Path)), request_body = PaymentBody, responses((status = 201, body = PaymentsView)))]
#[post("/agreements/{id}/payments")]
pub async fn record_payment(
    app: web::Data<App>,
    may: May<RecordPayment>,
    PathId(id): PathId,
    key: IdempotencyKey,
    body: Body<PaymentBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let body = body.into_inner();
    let stored = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            once(tx, act.now, may.actor.person_id, &key, &(id, &body), |tx| {
                paying::record(tx, &act, id, body.period_from, body.paid_on)?;
                Stored::new(201, &payments(tx, id)?)
            })
        })
        .await?;
    Ok(stored.respond())
}

fn payments(conn: &mut Conn, id: i64) -> Outcome<PaymentsView> {
    let agreement = kept::load(conn, id)?;
    let paid = payment::of(conn, &agreement)?;
    let periods = paying::agreed(&agreement);
    Ok(PaymentsView {
        terms: agreement.terms(),
        next: next_unpaid(&periods, &payment::periods(&paid)),
        periods,
        paid: paid.into_iter().map(payment_view).collect(),
    })
}

fn payment_view(payment: Payment) -> PaymentView {
    PaymentView {
        id: payment.id,
        agreement_id: payment.agreement_id,
        period_from: payment.period_from,
        period_until: payment.period_until,
        amount_fen: payment.amount_fen,
        payer: payment.payer,
        paid_on: payment.paid_on,
        recorded_by: payment.recorded_by,
        recorded_at: payment.recorded_at,
    }
}
