//! Pay for care (P19): terms, the periods they cut a term into, and that none is paid twice.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reasons::Reason;
use crate::text_enum;

/// No period's pay is above this (100 000 yuan): a slip of the keyboard, not a wage.
const AMOUNT_MAX_FEN: i64 = 10_000_000;

text_enum! {
    /// How often is paid.
    pub enum Period {
        Month = "month",
        Quarter = "quarter",
        HalfYear = "half_year",
        /// Once for the whole term.
        Term = "term",
    }
}

impl Period {
    fn months(self) -> Option<u32> {
        match self {
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::HalfYear => Some(6),
            Self::Term => None,
        }
    }
}

text_enum! {
    /// Who pays.
    pub enum Payer {
        Parents = "parents",
        /// The township, for families on the minimum living allowance that cannot (P20).
        Township = "township",
    }
}

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PayTerms)]
pub struct Terms {
    /// For one period, in fen.
    pub amount_fen: i64,
    pub period: Period,
    pub payer: Payer,
}

impl Terms {
    pub fn is_sensible(self) -> bool {
        (1..=AMOUNT_MAX_FEN).contains(&self.amount_fen)
    }
}

/// One period, both days included; pay is due on its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayPeriod {
    pub from: NaiveDate,
    pub until: NaiveDate,
}

impl PayPeriod {
    fn overlaps(self, other: Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// The periods of a term, in order, without gap or overlap; the last may be shorter.
pub fn periods(from: NaiveDate, until: NaiveDate, period: Period) -> Vec<PayPeriod> {
    let Some(months) = period.months() else {
        return vec![PayPeriod { from, until }];
    };
    let start = |n: u32| from.checked_add_months(Months::new(n.saturating_mul(months))).unwrap_or(NaiveDate::MAX);
    (0..)
        .map(|n| PayPeriod { from: start(n), until: until.min(start(n + 1) - Days::new(1)) })
        .take_while(|period| period.from <= until)
        .collect()
}

/// Why `period` may not be paid: it is none of the agreed ones, or some of its days were paid already
/// (`paid` holds the periods paid under this and every earlier version).
pub fn pay_objection(
    terms: Option<Terms>,
    agreed: &[PayPeriod],
    paid: &[PayPeriod],
    period: PayPeriod,
) -> Option<Reason> {
    if terms.is_none() {
        Some(Reason::PeriodNotAgreed)
    } else if !agreed.contains(&period) {
        Some(Reason::PeriodOutsideTerm)
    } else {
        paid.iter().any(|other| other.overlaps(period)).then_some(Reason::PeriodAlreadyPaid)
    }
}

/// The first agreed period that is not paid yet, which is the next one owed.
pub fn next_unpaid(agreed: &[PayPeriod], paid: &[PayPeriod]) -> Option<PayPeriod> {
    agreed.iter().copied().find(|period| !paid.iter().any(|other| other.overlaps(*period)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    const TERMS: Terms = Terms { amount_fen: 30_000, period: Period::Month, payer: Payer::Parents };

    #[test]
    fn a_year_from_the_end_of_january_has_twelve_months() {
        let cut = periods(day(2027, 1, 31), day(2028, 1, 30), Period::Month);
        assert_eq!(cut.len(), 12);
        assert_eq!(cut[0], PayPeriod { from: day(2027, 1, 31), until: day(2027, 2, 27) });
        assert_eq!(cut[1], PayPeriod { from: day(2027, 2, 28), until: day(2027, 3, 30) });
        assert_eq!(cut[11].until, day(2028, 1, 30));
    }

    #[test]
    fn a_period_is_paid_once() {
        let agreed = periods(day(2027, 1, 1), day(2027, 12, 31), Period::Quarter);
        assert_eq!(pay_objection(Some(TERMS), &agreed, &[], agreed[1]), None);
        assert_eq!(pay_objection(Some(TERMS), &agreed, &[agreed[1]], agreed[1]), Some(Reason::PeriodAlreadyPaid));
        let invented = PayPeriod { from: day(2027, 1, 2), until: day(2027, 3, 31) };
        assert_eq!(pay_objection(Some(TERMS), &agreed, &[], invented), Some(Reason::PeriodOutsideTerm));
        assert_eq!(pay_objection(None, &agreed, &[], agreed[0]), Some(Reason::PeriodNotAgreed));
    }

    #[test]
    fn days_paid_under_an_earlier_version_are_not_paid_again() {
        let paid_by_month = periods(day(2027, 1, 1), day(2027, 12, 31), Period::Month);
        let amended = periods(day(2027, 1, 1), day(2027, 12, 31), Period::Quarter);
        assert_eq!(
            pay_objection(Some(TERMS), &amended, &paid_by_month[..1], amended[0]),
            Some(Reason::PeriodAlreadyPaid)
        );
        assert_eq!(next_unpaid(&amended, &paid_by_month[..1]), Some(amended[1]));
    }

    #[test]
    fn nothing_and_a_fortune_are_not_sensible() {
        for amount_fen in [i64::MIN, -1, 0, 10_000_001, i64::MAX] {
            assert!(!Terms { amount_fen, ..TERMS }.is_sensible());
        }
        assert!(TERMS.is_sensible());
    }

    proptest! {
        #[test]
        fn periods_cover_every_day_of_the_term_once(
            start in 0u64..2000, length in 0u64..400, which in 0usize..4,
        ) {
            let from = day(2026, 1, 1) + Days::new(start);
            let until = from + Days::new(length);
            let cut = periods(from, until, Period::ALL[which]);
            prop_assert_eq!(cut[0].from, from);
            prop_assert_eq!(cut[cut.len() - 1].until, until);
            for pair in cut.windows(2) {
                prop_assert_eq!(pair[0].until + Days::new(1), pair[1].from);
            }
            prop_assert!(cut.iter().all(|period| period.from <= period.until));
        }

        #[test]
        fn paying_every_next_one_pays_each_day_once(length in 30u64..366, which in 0usize..4) {
            let from = day(2026, 3, 31);
            let agreed = periods(from, from + Days::new(length), Period::ALL[which]);
            let mut paid = Vec::new();
            while let Some(next) = next_unpaid(&agreed, &paid) {
                prop_assert_eq!(pay_objection(Some(TERMS), &agreed, &paid, next), None);
                paid.push(next);
            }
            prop_assert_eq!(paid, agreed);
        }
    }
}
