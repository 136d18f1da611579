//! Body and mind (P1): disability and illness, sealed; HIV status under a key of its own, named readers only.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::child::{judge_past, refuse};
use super::classification::facts::Disability;
use crate::problem::Outcome;
use crate::text_enum;

/// What is known of a child's health, but for HIV.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthRecord {
    pub disability: Option<Disability>,
    /// Since when an illness reaches the local threshold of serious-illness insurance.
    pub serious_illness_since: Option<NaiveDate>,
    #[validate(length(max = 1000))]
    pub illness: Option<String>,
    #[validate(length(max = 1000))]
    pub mind: Option<String>,
}

impl HealthRecord {
    /// # Errors
    /// 422 naming each field at fault.
    pub fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        if let Some(disability) = self.disability {
            if !(1..=4).contains(&disability.grade) {
                faults.push(("disability.grade", "grade_range"));
            }
            judge_past(&mut faults, "disability.since", Some(disability.since), today);
        }
        judge_past(&mut faults, "serious_illness_since", self.serious_illness_since, today);
        refuse(faults)
    }
}

text_enum! {
    /// HIV status.
    pub enum HivStatus {
        Unknown = "unknown",
        Negative = "negative",
        Positive = "positive",
    }
}

/// HIV status and since when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HivRecord {
    pub status: HivStatus,
    pub since: Option<NaiveDate>,
}

impl HivRecord {
    pub const UNKNOWN: Self = Self { status: HivStatus::Unknown, since: None };

    /// # Errors
    /// 422 when the day has not come.
    pub fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        judge_past(&mut faults, "since", self.since, today);
        refuse(faults)
    }

    /// The record as text of one length, so that its sealed form tells nothing by its size.
    pub fn padded(&self) -> String {
        let since = self.since.map_or_else(|| "-".to_owned(), |since| since.to_string());
        format!("{:<10}{since:<12}", self.status.as_str())
    }

    /// Reads [`HivRecord::padded`]; anything else is *unknown*.
    pub fn from_padded(text: &str) -> Self {
        let (status, since) = text.split_at_checked(10).unwrap_or_default();
        match status.trim().parse() {
            Ok(status) => Self { status, since: since.trim().parse().ok() },
            Err(_) => Self::UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_same_length_and_is_read_back() {
        let since = NaiveDate::from_ymd_opt(2020, 1, 2);
        let records =
            HivStatus::ALL.iter().flat_map(|status| [None, since].map(|since| HivRecord { status: *status, since }));
        for record in records {
            assert_eq!(record.padded().len(), 22);
            assert_eq!(HivRecord::from_padded(&record.padded()), record);
        }
    }
}
