//! When a parent counts as away or as unable to care: spans of days from stays and conditions (DOMAIN 4.1).

use chrono::{Days, Months, NaiveDate};

use super::Policy;
use super::facts::{Condition, Parent, Stay};
use super::span::{Span, join};

/// The days on which `parent` has been outside the county for at least the months of the policy on end.
pub fn away(parent: &Parent, policy: &Policy) -> Vec<Span> {
    absences(&parent.stays, policy.visit_days)
        .into_iter()
        .filter_map(|absence| Span::new(after_months(absence.from, policy.away_months), absence.until))
        .collect()
}

/// The days on which `parent` is recorded as unable to care for the child, for whatever reason.
pub fn unable(parent: &Parent, born: NaiveDate) -> Vec<Span> {
    if parent.condition == Condition::Able { Vec::new() } else { lasting(parent.condition_since.unwrap_or(born)) }
}

/// The days on which `parent` is dead or not to be found.
pub fn gone(parent: &Parent, born: NaiveDate) -> Vec<Span> {
    if parent.condition.is_gone() { lasting(parent.condition_since.unwrap_or(born)) } else { Vec::new() }
}

/// The days on which `parent` is in the set of 事实无人抚养: the law lists the states, some must last six months.
pub fn unsupporting(parent: &Parent, born: NaiveDate, policy: &Policy) -> Vec<Span> {
    let since = parent.condition_since;
    let start = match parent.condition {
        Condition::SevereDisability
        | Condition::MentalDisability
        | Condition::SeriousIllness
        | Condition::GuardianshipRevoked
        | Condition::Deported => Some(since.unwrap_or(born)),
        Condition::Imprisoned | Condition::CompulsoryRehab | Condition::Detained => confined_from(parent, policy),
        Condition::LostContact => since.map(|day| after_months(day, policy.lasting_months)),
        Condition::Able | Condition::WithoutAbility | Condition::Missing | Condition::Dead => None,
    };
    start.map(lasting).unwrap_or_default()
}

/// A term of six months or more counts from its first day; an open one counts once six months have passed.
fn confined_from(parent: &Parent, policy: &Policy) -> Option<NaiveDate> {
    let since = parent.condition_since?;
    let long_enough = after_months(since, policy.lasting_months);
    match parent.condition_expected_until {
        Some(end) if end >= long_enough => Some(since),
        _ => Some(long_enough),
    }
}

/// Stays outside the county joined over visits home and moves; a visit longer than `visit_days` ends the absence.
fn absences(stays: &[Stay], visit_days: u64) -> Vec<Span> {
    let spans = stays.iter().filter(|stay| stay.outside_county).filter_map(|stay| {
        let until = match stay.until {
            Some(end) if !stay.home_for_good => end.checked_add_days(Days::new(visit_days)),
            end => end,
        };
        Span::new(stay.since, until)
    });
    let returns = stays.iter().filter(|stay| stay.home_for_good).filter_map(|stay| stay.until);
    cut_at(join(spans.collect()), returns.collect(), stays)
}

/// Coming home for good ends an absence even when an earlier visit would still have carried it on.
fn cut_at(spans: Vec<Span>, mut returns: Vec<NaiveDate>, stays: &[Stay]) -> Vec<Span> {
    returns.sort();
    let mut pieces = Vec::new();
    for mut span in spans {
        for home in returns.iter().copied().filter(|home| span.contains(*home)).collect::<Vec<_>>() {
            pieces.extend(Span::new(span.from, Some(home)));
            let next = stays.iter().map(|stay| stay.since).filter(|since| *since >= home).min();
            span.from = next.unwrap_or(NaiveDate::MAX);
        }
        pieces.extend(Span::new(span.from, span.until).filter(|rest| rest.from < NaiveDate::MAX));
    }
    pieces
}

fn lasting(from: NaiveDate) -> Vec<Span> {
    vec![Span { from, until: None }]
}

fn after_months(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}
