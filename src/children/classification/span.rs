//! Spans of days, half open: the day it begins is in, the day it ends is out. A rule answers with spans, not with
//! "true today", so that one answer serves every day and tells when it will change.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// From a day (included) until a day (excluded), or without a known end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

impl Span {
    /// The span from `from` until `until`; `None` when it would hold no day.
    pub fn new(from: NaiveDate, until: Option<NaiveDate>) -> Option<Self> {
        until.is_none_or(|end| from < end).then_some(Self { from, until })
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|end| day < end)
    }

    /// The days that lie in both.
    pub fn meet(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), earlier_end(self.until, other.until))
    }
}

/// The days that lie in some span of each list.
pub fn meet(left: &[Span], right: &[Span]) -> Vec<Span> {
    let pairs = left.iter().flat_map(|a| right.iter().filter_map(|b| a.meet(*b)));
    join(pairs.collect())
}

/// The same days as disjoint spans in order, with no two that touch.
pub fn join(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.until.is_none_or(|end| span.from <= end) => {
                last.until = later_end(last.until, span.until)
            }
            _ => joined.push(span),
        }
    }
    joined
}

fn earlier_end(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

fn later_end(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    a.zip(b).map(|(a, b)| a.max(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(n)
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        prop::collection::vec((0u64..40, prop::option::of(1u64..20)), 0..6).prop_map(|list| {
            list.into_iter().filter_map(|(from, length)| Span::new(day(from), length.map(|n| day(from + n)))).collect()
        })
    }

    fn holds(spans: &[Span], n: u64) -> bool {
        spans.iter().any(|span| span.contains(day(n)))
    }

    proptest! {
        #[test]
        fn joining_keeps_every_day_and_leaves_gaps_between(list in spans()) {
            let joined = join(list.clone());
            for n in 0..80 {
                prop_assert_eq!(holds(&list, n), holds(&joined, n));
            }
            for pair in joined.windows(2) {
                prop_assert!(pair[0].until.unwrap() < pair[1].from);
            }
        }

        #[test]
        fn a_day_is_in_the_meeting_when_it_is_in_both(left in spans(), right in spans()) {
            let both = meet(&left, &right);
            for n in 0..80 {
                prop_assert_eq!(holds(&both, n), holds(&left, n) && holds(&right, n));
            }
        }
    }

    #[test]
    fn a_span_without_a_day_does_not_exist() {
        assert_eq!(Span::new(day(3), Some(day(3))), None);
    }
}
