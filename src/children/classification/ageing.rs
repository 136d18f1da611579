//! Growing out of labels: the 16th birthday ends left_behind, the 18th every other label (DOMAIN 4.1).

use chrono::{Days, NaiveDate};

use super::{Label, LabelKind};
use crate::clock::birthday;

/// Days before the birthday at which the village is told.
pub const ANNOUNCED_DAYS_AHEAD: [u64; 3] = [180, 90, 30];

/// A birthday that ends labels the child has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeOut {
    pub age: i32,
    pub on: NaiveDate,
    pub ending: Vec<LabelKind>,
}

/// The next birthday after `day` that ends one of `labels`.
pub fn next_age_out(born: NaiveDate, labels: &[Label], day: NaiveDate) -> Option<AgeOut> {
    [16, 18].into_iter().find_map(|age| {
        let on = birthday(born, age);
        let ending: Vec<_> = labels.iter().map(|label| label.kind).filter(|kind| kind.ends_at_age() == age).collect();
        (on > day && !ending.is_empty()).then_some(AgeOut { age, on, ending })
    })
}

/// How many days ahead was the latest announcement that is due on `day`; `None` before the first and from the birthday on.
pub fn announced(on: NaiveDate, day: NaiveDate) -> Option<u64> {
    let reached = |ahead: &&u64| on.checked_sub_days(Days::new(**ahead)).is_some_and(|due| due <= day);
    ANNOUNCED_DAYS_AHEAD.iter().filter(reached).min().copied().filter(|_| day < on)
}
