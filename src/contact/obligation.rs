//! Which parent owes contact, when the next one is due, and what happens as the days pass.

use chrono::{Days, NaiveDate};

use crate::config::ContactConfig;
use crate::text_enum;

text_enum! {
    /// Where an obligation stands.
    pub enum ObligationState {
        Owed = "owed",
        Resting = "resting",
        Ended = "ended",
    }
}

text_enum! {
    /// Why a parent owes no contact at present.
    pub enum NotOwed {
        AtHome = "at_home",
        Dead = "dead",
        NoGuardianship = "no_guardianship",
        ContactForbidden = "contact_forbidden",
        Confined = "confined",
        LeftHousehold = "left_household",
        NoChildHere = "no_child_here",
    }
}

text_enum! {
    /// What the passing days have made necessary.
    pub enum Step {
        RemindParent = "remind_parent",
        RemindBothParents = "remind_both_parents",
        VillageLooksIn = "village_looks_in",
        RiskAndAdmonition = "risk_and_admonition",
    }
}

text_enum! {
    /// What is wrong with a cadence somebody wants to set for one household.
    pub enum CadenceFault {
        OutOfRange = "out_of_range",
        NoReason = "no_reason",
    }
}

/// How often contact is owed and when each step begins, in days after the due day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactRules {
    pub every_days: u64,
    pub longest_cadence_days: i64,
    pub both_parents_after_days: i64,
    pub village_after_days: i64,
    pub risk_after_days: i64,
    /// The longest visit home that lets the obligation rest.
    pub longest_rest_days: i64,
    /// How far back a contact may be recorded.
    pub recorded_back_days: i64,
}

impl From<&ContactConfig> for ContactRules {
    fn from(config: &ContactConfig) -> Self {
        Self {
            every_days: u64::try_from(config.cadence_days).unwrap_or(7),
            longest_cadence_days: config.longest_cadence_days,
            both_parents_after_days: config.both_parents_after_days,
            village_after_days: config.village_after_days,
            risk_after_days: config.risk_after_days,
            longest_rest_days: config.longest_rest_days,
            recorded_back_days: config.recorded_back_days,
        }
    }
}

impl Default for ContactRules {
    fn default() -> Self {
        Self {
            every_days: 7,
            longest_cadence_days: 31,
            both_parents_after_days: 3,
            village_after_days: 7,
            risk_after_days: 21,
            longest_rest_days: 60,
            recorded_back_days: 31,
        }
    }
}

/// What the ledger says about a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentFacts {
    pub away_since: Option<NaiveDate>,
    pub deceased: bool,
    pub holds_guardianship: bool,
    /// A court or the police forbade contact, or the parent harmed the child.
    pub contact_forbidden: bool,
    /// In prison, detention or compulsory rehabilitation: a weekly call is not in their hands.
    pub confined: bool,
    /// Children of the household who are on the ledger and under 18.
    pub children_here: usize,
}

/// The last days on which the parent talked with each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastContact {
    pub with_child: Option<NaiveDate>,
    pub with_carer: Option<NaiveDate>,
    /// Whether anybody but the other parent cares for the children, so that the carer counts as a side.
    pub carer_counts: bool,
}

/// Whether this parent owes contact on `on`; the reason when not.
pub fn owed(facts: &ParentFacts, on: NaiveDate) -> Result<(), NotOwed> {
    if facts.deceased {
        return Err(NotOwed::Dead);
    }
    if facts.contact_forbidden {
        return Err(NotOwed::ContactForbidden);
    }
    if facts.confined {
        return Err(NotOwed::Confined);
    }
    if !facts.holds_guardianship {
        return Err(NotOwed::NoGuardianship);
    }
    if facts.children_here == 0 {
        return Err(NotOwed::NoChildHere);
    }
    match facts.away_since {
        Some(since) if since <= on => Ok(()),
        _ => Err(NotOwed::AtHome),
    }
}

/// The cadence in days: the household's own where it has one, else the township's.
pub fn cadence_days(household: Option<i64>, rules: &ContactRules) -> u64 {
    household.and_then(|days| u64::try_from(days).ok()).filter(|days| *days > 0).unwrap_or(rules.every_days)
}

/// What is wrong with a household's own cadence; empty means it may be set.
pub fn cadence_faults(days: i64, reason: &str, rules: &ContactRules) -> Vec<CadenceFault> {
    let range = !(1..=rules.longest_cadence_days).contains(&days);
    [range.then_some(CadenceFault::OutOfRange), reason.trim().is_empty().then_some(CadenceFault::NoReason)]
        .into_iter()
        .flatten()
        .collect()
}

/// The day by which the next contact is due: the cadence after the side that was talked with longest ago, and
/// never before the cadence after `counted_from` (the day the parent left, or left again after a visit).
pub fn next_due(counted_from: NaiveDate, last: &LastContact, cadence_days: u64) -> NaiveDate {
    let child = last.with_child.map_or(counted_from, |day| day.max(counted_from));
    let carer = last.with_carer.map_or(counted_from, |day| day.max(counted_from));
    let from = if last.carer_counts { child.min(carer) } else { child };
    from.checked_add_days(Days::new(cadence_days)).unwrap_or(NaiveDate::MAX)
}

/// The due day when the parent is home from `rest.0` to `rest.1`: nothing falls due during the visit, nor within the
/// cadence after it; a contact missed before the visit is forgiven when it begins.
pub fn due_with_rest(
    due_on: NaiveDate,
    rest: Option<(NaiveDate, NaiveDate)>,
    today: NaiveDate,
    cadence_days: u64,
) -> NaiveDate {
    match rest {
        Some((from, until)) if due_on >= from || today >= from => {
            due_on.max(until.checked_add_days(Days::new(cadence_days)).unwrap_or(NaiveDate::MAX))
        }
        _ => due_on,
    }
}

/// The step that holds on `on` for a contact due on `due_on`; `None` before the due day.
pub fn step(due_on: NaiveDate, on: NaiveDate, rules: &ContactRules) -> Option<Step> {
    match (on - due_on).num_days() {
        ..0 => None,
        late if late >= rules.risk_after_days => Some(Step::RiskAndAdmonition),
        late if late >= rules.village_after_days => Some(Step::VillageLooksIn),
        late if late >= rules.both_parents_after_days => Some(Step::RemindBothParents),
        _ => Some(Step::RemindParent),
    }
}

/// Whether the obligation rests on `on` because the parent is home from `from` until the end of `until`.
pub fn rests(from: NaiveDate, until: NaiveDate, on: NaiveDate) -> bool {
    from <= on && on <= until
}

/// Whether a visit home from `from` to `until` is short enough to be a visit.
pub fn is_a_visit(from: NaiveDate, until: NaiveDate, rules: &ContactRules) -> bool {
    (0..=rules.longest_rest_days).contains(&(until - from).num_days())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn away() -> ParentFacts {
        ParentFacts {
            away_since: Some(day(2026, 2, 20)),
            deceased: false,
            holds_guardianship: true,
            contact_forbidden: false,
            confined: false,
            children_here: 2,
        }
    }

    #[test]
    fn a_parent_owes_contact_from_the_day_of_leaving() {
        assert_eq!(owed(&away(), day(2026, 2, 19)), Err(NotOwed::AtHome));
        assert_eq!(owed(&away(), day(2026, 2, 20)), Ok(()));
    }

    #[test]
    fn a_parent_who_must_not_call_is_never_urged_to() {
        let facts = ParentFacts { contact_forbidden: true, ..away() };
        assert_eq!(owed(&facts, day(2026, 11, 23)), Err(NotOwed::ContactForbidden));
    }

    #[test]
    fn a_household_without_children_on_the_ledger_asks_for_no_calls() {
        let facts = ParentFacts { children_here: 0, ..away() };
        assert_eq!(owed(&facts, day(2026, 11, 23)), Err(NotOwed::NoChildHere));
    }

    #[test]
    fn talking_only_with_the_grandmother_does_not_satisfy_the_child() {
        let last =
            LastContact { with_child: Some(day(2026, 11, 1)), with_carer: Some(day(2026, 11, 20)), carer_counts: true };
        assert_eq!(next_due(day(2026, 2, 20), &last, 7), day(2026, 11, 8));
    }

    #[test]
    fn where_the_other_parent_is_home_only_the_child_counts() {
        let last = LastContact { with_child: Some(day(2026, 11, 20)), with_carer: None, carer_counts: false };
        assert_eq!(next_due(day(2026, 2, 20), &last, 7), day(2026, 11, 27));
    }

    #[test]
    fn the_steps_come_on_days_seven_ten_fourteen_and_twenty_eight() {
        let rules = ContactRules::default();
        let last = day(2026, 11, 1);
        let due = next_due(last, &LastContact::default(), 7);
        let at = |days: u64| step(due, last + Days::new(days), &rules);
        assert_eq!(at(6), None);
        assert_eq!(at(7), Some(Step::RemindParent));
        assert_eq!(at(9), Some(Step::RemindParent));
        assert_eq!(at(10), Some(Step::RemindBothParents));
        assert_eq!(at(13), Some(Step::RemindBothParents));
        assert_eq!(at(14), Some(Step::VillageLooksIn));
        assert_eq!(at(27), Some(Step::VillageLooksIn));
        assert_eq!(at(28), Some(Step::RiskAndAdmonition));
    }

    #[test]
    fn a_household_may_have_its_own_cadence_with_a_reason() {
        let rules = ContactRules::default();
        assert_eq!(cadence_days(None, &rules), 7);
        assert_eq!(cadence_days(Some(14), &rules), 14);
        assert_eq!(cadence_days(Some(0), &rules), 7);
        assert_eq!(cadence_faults(14, "父亲在远洋船上", &rules), []);
        assert_eq!(cadence_faults(90, " ", &rules), [CadenceFault::OutOfRange, CadenceFault::NoReason]);
    }

    #[test]
    fn the_obligation_rests_through_the_last_day_of_a_visit() {
        let (from, until) = (day(2026, 2, 10), day(2026, 2, 24));
        assert!(rests(from, until, until));
        assert!(!rests(from, until, day(2026, 2, 25)));
        assert!(is_a_visit(from, until, &ContactRules::default()));
        assert!(!is_a_visit(from, day(2026, 9, 1), &ContactRules::default()));
        assert!(!is_a_visit(until, from, &ContactRules::default()));
    }

    #[test]
    fn a_visit_moves_only_what_falls_due_during_it_or_was_missed_before() {
        let rest = Some((day(2026, 2, 10), day(2026, 2, 24)));
        let before = day(2026, 2, 6);
        assert_eq!(due_with_rest(before, rest, day(2026, 2, 5), 7), before);
        assert_eq!(due_with_rest(before, rest, day(2026, 2, 10), 7), day(2026, 3, 3));
        assert_eq!(due_with_rest(day(2026, 2, 12), rest, day(2026, 2, 5), 7), day(2026, 3, 3));
        assert_eq!(due_with_rest(day(2026, 3, 9), rest, day(2026, 3, 2), 7), day(2026, 3, 9));
        assert_eq!(due_with_rest(before, None, before, 7), before);
    }

    proptest! {
        #[test]
        fn the_steps_never_go_back_as_days_pass(late in -30i64..200) {
            let rules = ContactRules::default();
            let due = day(2026, 6, 1);
            let today = step(due, due + chrono::Duration::days(late), &rules);
            let tomorrow = step(due, due + chrono::Duration::days(late + 1), &rules);
            prop_assert!(today <= tomorrow);
        }

        #[test]
        fn a_further_contact_never_brings_the_due_day_forward(
            child in 0u64..300, carer in 0u64..300, more in 0u64..100, cadence in 1u64..31, counts: bool,
        ) {
            let start = day(2026, 1, 1);
            let last = LastContact {
                with_child: Some(start + Days::new(child)),
                with_carer: Some(start + Days::new(carer)),
                carer_counts: counts,
            };
            let further = LastContact { with_child: Some(start + Days::new(child + more)), ..last };
            prop_assert!(next_due(start, &last, cadence) <= next_due(start, &further, cadence));
            prop_assert!(next_due(start, &last, cadence) >= start + Days::new(cadence));
        }
    }
}
