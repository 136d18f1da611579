//! Payments for care; unique by period over all versions of an agreement.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::agreement::Agreement;
use crate::clock::Instant;
use crate::guardianship::reasons::Reason;
use crate::guardianship::remuneration::{PayPeriod, Payer, Terms};
use crate::problem::{Outcome, Problem};
use crate::storage::schema::remuneration_payments;
use crate::storage::{Conn, insert_once};

/// A payment as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = remuneration_payments)]
pub(in crate::guardianship) struct Payment {
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

/// Payments under an agreement and its earlier versions, by period.
pub(in crate::guardianship) fn of(conn: &mut Conn, agreement: &Agreement) -> Outcome<Vec<Payment>> {
    Ok(remuneration_payments::table
        .filter(remuneration_payments::root_id.eq(agreement.root()))
        .select(Payment::as_select())
        .order(remuneration_payments::period_from)
        .load(conn)?)
}

pub(in crate::guardianship) fn periods(payments: &[Payment]) -> Vec<PayPeriod> {
    payments.iter().map(|payment| PayPeriod { from: payment.period_from, until: payment.period_until }).collect()
}

/// # Errors
/// 409 when another payment for the period came first.
pub(in crate::guardianship) fn insert(
    tx: &mut Conn,
    now: Instant,
    agreement: &Agreement,
    (period, terms): (PayPeriod, Terms),
    paid_on: NaiveDate,
    recorded_by: i64,
) -> Outcome<i64> {
    let id = insert_once(tx, |tx| {
        diesel::insert_into(remuneration_payments::table)
            .values((
                remuneration_payments::agreement_id.eq(agreement.id),
                remuneration_payments::root_id.eq(agreement.root()),
                remuneration_payments::period_from.eq(period.from),
                remuneration_payments::period_until.eq(period.until),
                remuneration_payments::amount_fen.eq(terms.amount_fen),
                remuneration_payments::payer.eq(terms.payer),
                remuneration_payments::paid_on.eq(paid_on),
                remuneration_payments::recorded_by.eq(recorded_by),
                remuneration_payments::recorded_at.eq(now),
            ))
            .returning(remuneration_payments::id)
            .get_result(tx)
    })?;
    id.ok_or_else(|| Problem::of("payment_refused").and_field("period_from", Reason::PeriodAlreadyPaid.as_str()).into())
}
