//! What a letter is, and what stands against one.

use chrono::NaiveDate;

use crate::guardianship::Standing;
use crate::guardianship::remuneration::Period;
use crate::text_enum;

/// The most that is granted for one period, as for pay (`guardianship::remuneration`).
const AMOUNT_MAX_FEN: i64 = 10_000_000;
/// A time to act longer than this is none.
const UNTIL_MAX_DAYS: i64 = 180;

text_enum! {
    pub enum LetterKind {
        Admonition = "admonition",
        SubsidyDecision = "subsidy_decision",
    }
}

impl LetterKind {
    /// How its number begins: DC-2026-000003.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Admonition => "DC",
            Self::SubsidyDecision => "ZZ",
        }
    }
}

text_enum! {
    /// How a letter came to whom it is for.
    pub enum ServedHow {
        InPerson = "in_person",
        /// Left with an adult of the household.
        Left = "left",
        Posted = "posted",
        /// Not taken; noted by two who were there.
        Refused = "refused",
    }
}

/// What is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub amount_fen: i64,
    pub period: Period,
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// How it is paid out.
    pub payment: String,
}

text_enum! {
    /// What stands against a decision.
    pub enum GrantObjection {
        NotInForce = "agreement_not_in_force",
        AmountNotSensible = "amount_not_sensible",
        OutsideTerm = "grant_outside_term",
        Overlaps = "grant_overlaps",
    }
}

/// What stands against a grant under an agreement; `granted` are the times granted for the child before.
pub fn grant_objection(
    grant: &Grant,
    agreement: &Standing,
    granted: &[(NaiveDate, NaiveDate)],
) -> Option<GrantObjection> {
    if !agreement.in_force {
        return Some(GrantObjection::NotInForce);
    }
    if grant.amount_fen <= 0 || grant.amount_fen > AMOUNT_MAX_FEN {
        return Some(GrantObjection::AmountNotSensible);
    }
    if grant.from > grant.until || grant.from < agreement.from || grant.until > agreement.until {
        return Some(GrantObjection::OutsideTerm);
    }
    let overlaps = granted.iter().any(|(from, until)| grant.from <= *until && *from <= grant.until);
    overlaps.then_some(GrantObjection::Overlaps)
}

/// Whether `until` leaves a sensible time to act.
pub fn is_time_to_act(today: NaiveDate, until: NaiveDate) -> bool {
    (1..=UNTIL_MAX_DAYS).contains(&(until - today).num_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn standing() -> Standing {
        Standing {
            child_id: 1,
            carer_id: 2,
            village_code: "990101100201".into(),
            from: day(3, 10),
            until: day(12, 31),
            in_force: true,
        }
    }

    fn grant(from: NaiveDate, until: NaiveDate) -> Grant {
        Grant { amount_fen: 30_000, period: Period::Month, from, until, payment: "转账".into() }
    }

    #[test]
    fn nothing_is_granted_twice_for_one_day() {
        let before = [(day(3, 10), day(6, 9))];
        assert_eq!(grant_objection(&grant(day(6, 10), day(12, 31)), &standing(), &before), None);
        let twice = grant_objection(&grant(day(6, 9), day(12, 31)), &standing(), &before);
        assert_eq!(twice, Some(GrantObjection::Overlaps));
    }

    #[test]
    fn a_grant_lies_within_the_term_of_an_agreement_in_force() {
        let outside = Some(GrantObjection::OutsideTerm);
        assert_eq!(grant_objection(&grant(day(3, 9), day(4, 9)), &standing(), &[]), outside);
        assert_eq!(grant_objection(&grant(day(4, 9), day(4, 8)), &standing(), &[]), outside);
        let over = Standing { in_force: false, ..standing() };
        let objection = grant_objection(&grant(day(3, 10), day(4, 9)), &over, &[]);
        assert_eq!(objection, Some(GrantObjection::NotInForce));
        let nothing = Grant { amount_fen: 0, ..grant(day(3, 10), day(4, 9)) };
        assert_eq!(grant_objection(&nothing, &standing(), &[]), Some(GrantObjection::AmountNotSensible));
    }

    #[test]
    fn parents_have_a_day_at_least_and_half_a_year_at_most() {
        assert!(!is_time_to_act(day(3, 2), day(3, 2)));
        assert!(is_time_to_act(day(3, 2), day(3, 3)));
        assert!(!is_time_to_act(day(3, 2), day(9, 1)));
    }
}
