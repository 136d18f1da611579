//! Guardianship gap (P13): a child with neither a parent who is present and able, nor an agreement in force,
//! nor a placement. Pure function of facts and a day; the list in `store/gap.rs` asks the same of the database.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agreement::AgreementState;
use super::reasons::Reason;
use crate::clock::birthday;
use crate::text_enum;

/// One parent on the day in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentFacts {
    pub holds_guardianship: bool,
    /// Not away from home.
    pub present: bool,
    /// Alive, free, in health enough to care.
    pub able: bool,
}

/// One agreement of the child, whatever its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CareFacts {
    pub state: AgreementState,
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// Neither found unfit nor dead.
    pub carer_able: bool,
}

/// Temporary care arranged by the authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacementFacts {
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

/// Everything the question needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverFacts {
    pub birth_date: NaiveDate,
    pub parents: Vec<ParentFacts>,
    pub agreements: Vec<CareFacts>,
    pub placements: Vec<PlacementFacts>,
}

text_enum! {
    /// What covers a child.
    pub enum Cover {
        Parent = "parent",
        Agreement = "agreement",
        Placement = "placement",
        /// Eighteen or older: nobody's care is owed.
        Adult = "adult",
    }
}

/// Covered, and by what; or not, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum CoverVerdict {
    Covered {
        by: Cover,
    },
    Gap {
        #[schema(value_type = Vec<String>)]
        reasons: Vec<Reason>,
    },
}

/// Who has care of the child on `on`.
pub fn cover(facts: &CoverFacts, on: NaiveDate) -> CoverVerdict {
    let covered = |by| CoverVerdict::Covered { by };
    if on >= birthday(facts.birth_date, 18) {
        covered(Cover::Adult)
    } else if facts.parents.iter().any(|parent| parent.holds_guardianship && parent.present && parent.able) {
        covered(Cover::Parent)
    } else if facts.agreements.iter().any(|care| care.covers(on)) {
        covered(Cover::Agreement)
    } else if facts.placements.iter().any(|placement| placement.covers(on)) {
        covered(Cover::Placement)
    } else {
        CoverVerdict::Gap { reasons: why_uncovered(facts, on) }
    }
}

impl CareFacts {
    fn covers(&self, on: NaiveDate) -> bool {
        self.state == AgreementState::InForce && self.carer_able && (self.from..=self.until).contains(&on)
    }

    /// Why this agreement, though there, does not cover the day.
    fn shortfall(&self, on: NaiveDate) -> Option<Reason> {
        match self.state {
            AgreementState::AwaitingSignatures => Some(Reason::AgreementAwaitsSignatures),
            AgreementState::InForce if !self.carer_able => Some(Reason::CarerOfAgreementUnfit),
            AgreementState::InForce if on < self.from => Some(Reason::AgreementNotYetBegun),
            AgreementState::InForce | AgreementState::Ended if on > self.until => Some(Reason::AgreementExpired),
            _ => None,
        }
    }
}

impl PlacementFacts {
    fn covers(&self, on: NaiveDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

fn why_uncovered(facts: &CoverFacts, on: NaiveDate) -> Vec<Reason> {
    let mut reasons = vec![Reason::NoParentPresent];
    let mut shortfalls: Vec<Reason> = facts.agreements.iter().filter_map(|care| care.shortfall(on)).collect();
    shortfalls.sort_unstable();
    shortfalls.dedup();
    if shortfalls.is_empty() {
        reasons.push(Reason::NoAgreementInForce);
    }
    reasons.extend(shortfalls);
    reasons.push(Reason::NoPlacement);
    reasons
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, m, d).unwrap()
    }

    fn parent(present: bool) -> ParentFacts {
        ParentFacts { holds_guardianship: true, present, able: true }
    }

    fn care(state: AgreementState) -> CareFacts {
        CareFacts { state, from: day(1, 1), until: day(10, 31), carer_able: true }
    }

    fn alone() -> CoverFacts {
        CoverFacts {
            birth_date: NaiveDate::from_ymd_opt(2016, 2, 29).unwrap(),
            parents: vec![parent(false), parent(false)],
            agreements: vec![],
            placements: vec![],
        }
    }

    fn gap(facts: &CoverFacts, on: NaiveDate) -> Vec<Reason> {
        match cover(facts, on) {
            CoverVerdict::Gap { reasons } => reasons,
            CoverVerdict::Covered { by } => panic!("covered by {by}"),
        }
    }

    #[test]
    fn both_parents_away_and_nothing_arranged_is_a_gap() {
        assert_eq!(
            gap(&alone(), day(5, 1)),
            [Reason::NoParentPresent, Reason::NoAgreementInForce, Reason::NoPlacement]
        );
    }

    #[test]
    fn one_able_parent_at_home_covers_but_a_parent_who_lost_guardianship_does_not() {
        let mut facts = CoverFacts { parents: vec![parent(false), parent(true)], ..alone() };
        assert_eq!(cover(&facts, day(5, 1)), CoverVerdict::Covered { by: Cover::Parent });
        facts.parents[1].holds_guardianship = false;
        assert!(matches!(cover(&facts, day(5, 1)), CoverVerdict::Gap { .. }));
        facts.parents[1] = ParentFacts { able: false, ..parent(true) };
        assert!(matches!(cover(&facts, day(5, 1)), CoverVerdict::Gap { .. }));
    }

    #[test]
    fn an_agreement_covers_its_first_and_last_day_and_not_the_day_after() {
        let facts = CoverFacts { agreements: vec![care(AgreementState::InForce)], ..alone() };
        assert_eq!(cover(&facts, day(1, 1)), CoverVerdict::Covered { by: Cover::Agreement });
        assert_eq!(cover(&facts, day(10, 31)), CoverVerdict::Covered { by: Cover::Agreement });
        assert_eq!(gap(&facts, day(11, 1)), [Reason::NoParentPresent, Reason::AgreementExpired, Reason::NoPlacement]);
    }

    #[test]
    fn an_unsigned_agreement_covers_nothing_and_says_so() {
        let facts = CoverFacts { agreements: vec![care(AgreementState::AwaitingSignatures)], ..alone() };
        assert_eq!(gap(&facts, day(5, 1))[1], Reason::AgreementAwaitsSignatures);
    }

    #[test]
    fn a_carer_found_unfit_covers_nothing() {
        let facts = CoverFacts {
            agreements: vec![CareFacts { carer_able: false, ..care(AgreementState::InForce) }],
            ..alone()
        };
        assert_eq!(gap(&facts, day(5, 1))[1], Reason::CarerOfAgreementUnfit);
    }

    #[test]
    fn a_placement_covers_while_it_lasts() {
        let facts =
            CoverFacts { placements: vec![PlacementFacts { from: day(5, 1), until: Some(day(5, 9)) }], ..alone() };
        assert!(matches!(cover(&facts, day(4, 30)), CoverVerdict::Gap { .. }));
        assert_eq!(cover(&facts, day(5, 9)), CoverVerdict::Covered { by: Cover::Placement });
        assert!(matches!(cover(&facts, day(5, 10)), CoverVerdict::Gap { .. }));
    }

    #[test]
    fn from_the_eighteenth_birthday_there_is_no_gap() {
        let eve = NaiveDate::from_ymd_opt(2034, 2, 28).unwrap();
        assert!(matches!(cover(&alone(), eve), CoverVerdict::Gap { .. }));
        assert_eq!(cover(&alone(), eve.succ_opt().unwrap()), CoverVerdict::Covered { by: Cover::Adult });
    }

    proptest! {
        #[test]
        fn more_care_never_opens_a_gap(
            parents in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..3),
            states in proptest::collection::vec(0usize..8, 0..3), offset in 0i64..400,
        ) {
            let on = day(1, 1) + chrono::Days::new(offset.unsigned_abs());
            let facts = CoverFacts {
                parents: parents.into_iter().map(|(holds_guardianship, present, able)| ParentFacts { holds_guardianship, present, able }).collect(),
                agreements: states.into_iter().map(|index| care(AgreementState::ALL[index % AgreementState::ALL.len()])).collect(),
                ..alone()
            };
            let before = cover(&facts, on);
            let more = CoverFacts {
                agreements: facts.agreements.iter().copied().chain([CareFacts { until: day(12, 31) + chrono::Days::new(90), ..care(AgreementState::InForce) }]).collect(),
                ..facts
            };
            let covered = matches!(cover(&more, on), CoverVerdict::Covered { .. });
            prop_assert!(covered);
            if let CoverVerdict::Gap { reasons } = before {
                prop_assert!(reasons.len() >= 3);
            }
        }
    }
}
