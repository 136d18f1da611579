//! Pay for care is recorded once for each period, whoever records it, under whichever version (P19).

use chrono::NaiveDate;
use serde_json::json;

use super::act::Act;
use super::agreement::AgreementState;
use super::duties;
use super::evidence::EventKind;
use super::reasons::refusal;
use super::remuneration::{PayPeriod, pay_objection, periods};
use super::store::agreement::{self as kept, Agreement};
use super::store::{evidence, payment};
use crate::duties::{ClosedHow, DutyKind, close_all};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Records that a period was paid; the duty for it closes and that for the next opens.
///
/// # Errors
/// 409 when the period is not agreed, or paid already.
pub fn record(tx: &mut Conn, act: &Act, id: i64, period_from: NaiveDate, paid_on: NaiveDate) -> Outcome<i64> {
    // All versions share the row of the first: two payments for one period at one moment follow each other.
    let root = kept::load(tx, id)?.root();
    kept::hold(tx, root)?;
    let agreement = kept::hold(tx, id)?;
    if !matches!(agreement.state, AgreementState::InForce | AgreementState::Ended) {
        return Err(Problem::of("agreement_state").into());
    }
    if paid_on > act.today() {
        return Err(Problem::field("paid_on", "date_in_future").into());
    }
    let terms = agreement.terms();
    let agreed = agreed(&agreement);
    let paid = payment::periods(&payment::of(tx, &agreement)?);
    let until = agreed.iter().find(|period| period.from == period_from).map_or(period_from, |period| period.until);
    let period = PayPeriod { from: period_from, until };
    if let Some(reason) = pay_objection(terms, &agreed, &paid, period) {
        return Err(refusal("payment_refused", "period_from", [reason.into()]).into());
    }
    let terms = terms.ok_or_else(|| Problem::of("payment_refused"))?;
    let by = act.person_id().unwrap_or_default();
    let payment_id = payment::insert(tx, act.now, &agreement, (period, terms), paid_on, by)?;
    let body = json!({ "payment": payment_id, "from": period.from, "until": period.until,
        "amount_fen": terms.amount_fen, "payer": terms.payer, "paid_on": paid_on });
    evidence::append(tx, act, id, EventKind::Paid, &body)?;
    act.audit(tx, "remuneration.paid", agreement.about(), &body)?;
    close_all(tx, act.now, Some(DutyKind::PayRemuneration), duties::agreement_subject(id), ClosedHow::Met)?;
    if agreement.state == AgreementState::InForce {
        duties::open_pay(tx, act, &agreement)?;
    }
    Ok(payment_id)
}

/// The periods for which pay was agreed, in order; none when care is for nothing.
pub fn agreed_periods(conn: &mut Conn, id: i64) -> Outcome<Vec<PayPeriod>> {
    Ok(agreed(&kept::load(conn, id)?))
}

pub(super) fn agreed(agreement: &Agreement) -> Vec<PayPeriod> {
    let terms = agreement.terms();
    terms.map_or_else(Vec::new, |terms| periods(agreement.term_from, agreement.term_until, terms.period))
}
