//! What a vendor's code means for the message, its template and its channel: a table in the vendor's folder.

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::Deserialize;

use super::terms::Quota;
use crate::clock::Instant;
use crate::messaging::channels::{Outcome, Refusal};
use crate::text_enum;

const CODE_CHARS: usize = 64;

text_enum! {
    /// What a refusal means for the message, with the wait where there is one.
    pub enum Meaning {
        RetrySoon = "retry_soon",
        NextMinute = "next_minute",
        NextHour = "next_hour",
        NextDay = "next_day",
        /// The vendor carries this kind of message by day only.
        NextMorning = "next_morning",
        FinalForRecipient = "final_for_recipient",
        StopTemplate = "stop_template",
        PauseChannel = "pause_channel",
        /// The whole account is used up until tomorrow.
        PauseUntilTomorrow = "pause_until_tomorrow",
        PauseUntilNextMonth = "pause_until_next_month",
        /// Answered, but whether it was sent is not known.
        Unknown = "unknown",
    }
}

impl Meaning {
    /// The outcome at `now`.
    pub fn outcome(self, code: impl Into<String>, now: Instant) -> Outcome {
        let tomorrow = || Instant::start_of(now.date()).plus_days(1);
        let refusal = match self {
            Self::RetrySoon => Refusal::RetrySoon,
            Self::NextMinute => Refusal::WaitUntil(now.plus_minutes(1)),
            Self::NextHour => Refusal::WaitUntil(now.plus_hours(1)),
            Self::NextDay => Refusal::WaitUntil(tomorrow()),
            Self::NextMorning => Refusal::WaitUntil(next_morning(now)),
            Self::FinalForRecipient => Refusal::FinalForRecipient,
            Self::StopTemplate => Refusal::StopTemplate,
            Self::PauseChannel => Refusal::PauseChannel,
            Self::PauseUntilTomorrow => Refusal::PauseUntil(tomorrow()),
            Self::PauseUntilNextMonth => Refusal::PauseUntil(next_month(now)),
            Self::Unknown => return Outcome::unknown(code),
        };
        let code: String = code.into();
        Outcome::refused(refusal, code.chars().take(CODE_CHARS).collect::<String>())
    }
}

fn next_morning(now: Instant) -> Instant {
    let eight = NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default();
    let today = Instant::at_local(now.date(), eight);
    if today > now { today } else { today.plus_days(1) }
}

fn next_month(now: Instant) -> Instant {
    let today = now.date();
    let (year, month) = if today.month() == 12 { (today.year() + 1, 1) } else { (today.year(), today.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1).map_or(now.plus_days(31), Instant::start_of)
}

/// What a status without a legible code means; an answer that cannot be read is not a refusal.
pub(in crate::messaging::channels) fn of_status(status: u16, now: Instant) -> Outcome {
    of_status_saying(status, format!("http_{status}"), now)
}

/// As [`of_status`], with the code that is shown.
pub(super) fn of_status_saying(status: u16, shown: String, now: Instant) -> Outcome {
    match status {
        200..=299 => Outcome::unknown("answer_not_readable"),
        429 | 503 => Meaning::RetrySoon.outcome(shown, now),
        300..=399 | 401 | 403 | 404 | 405 | 407 => Meaning::PauseChannel.outcome(shown, now),
        400..=499 => Meaning::FinalForRecipient.outcome(shown, now),
        _ => Outcome::unknown(shown),
    }
}

/// One code; the first row that fits counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRule {
    /// The code, or its beginning when it ends in `*`.
    code: String,
    /// What the vendor's words must hold.
    says: Option<String>,
    meaning: Meaning,
}

/// The codes of one vendor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct CodeTable(Vec<CodeRule>);

impl CodeTable {
    /// What `code` with the words `message` means, when the table knows.
    pub fn meaning(&self, code: &str, message: &str) -> Option<Meaning> {
        let message = message.to_lowercase();
        let fits = |rule: &&CodeRule| {
            let named = match rule.code.strip_suffix('*') {
                Some(beginning) => code.starts_with(beginning),
                None => code == rule.code,
            };
            named && rule.says.as_deref().is_none_or(|says| message.contains(&says.to_lowercase()))
        };
        self.0.iter().find(fits).map(|rule| rule.meaning)
    }

    /// The outcome of a refusal; a code that nobody has classified ends this message here, and is reported.
    pub fn outcome(&self, gateway: &str, code: &str, message: &str, now: Instant) -> Outcome {
        match self.meaning(code, message) {
            Some(meaning) => meaning.outcome(code, now),
            None => {
                tracing::error!(gateway, code, "a code that is in no table");
                metrics::counter!("xiangban_gateway_unknown_codes_total", "gateway" => gateway.to_owned()).increment(1);
                Meaning::FinalForRecipient.outcome(code, now)
            }
        }
    }
}

/// What is known about a vendor: `vendor.toml` in its folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vendor {
    pub codes: CodeTable,
    /// The vendor's own limits; a contract may have others (`terms.quotas`).
    pub quotas: Vec<Quota>,
    /// Codes in receipts that mean: there is no such number.
    pub number_invalid: Vec<String>,
    /// Statuses in receipts that say that it is still on its way.
    pub on_its_way: Vec<String>,
}

impl Vendor {
    /// Reads a table that comes with the program; every one is read by a test, so that nothing is ever left empty.
    pub(in crate::messaging::channels) fn embedded(text: &str) -> Self {
        toml::from_str(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> CodeTable {
        toml::from_str::<Vendor>(
            r#"
codes = [
  { code = "LIMIT", says = "minute", meaning = "next_minute" },
  { code = "LIMIT", meaning = "next_day" },
  { code = "Throttling*", meaning = "retry_soon" },
]
"#,
        )
        .unwrap()
        .codes
    }

    #[test]
    fn every_vendors_table_is_read() {
        for text in [
            include_str!("aliyun/vendor.toml"),
            include_str!("tencent/vendor.toml"),
            include_str!("huawei/vendor.toml"),
            include_str!("../wechat/vendor.toml"),
        ] {
            let vendor: Vendor = toml::from_str(text).unwrap();
            assert!(!vendor.codes.0.is_empty());
        }
    }

    #[test]
    fn the_first_row_that_fits_counts_and_a_star_stands_for_any_end() {
        assert_eq!(table().meaning("LIMIT", "Permits:1 per MINUTE"), Some(Meaning::NextMinute));
        assert_eq!(table().meaning("LIMIT", "other"), Some(Meaning::NextDay));
        assert_eq!(table().meaning("Throttling.User", ""), Some(Meaning::RetrySoon));
        assert_eq!(table().meaning("LIMITS", ""), None);
    }

    #[test]
    fn an_unknown_code_is_final_for_the_message_and_never_for_the_channel() {
        let now = "2026-12-31T23:00:00+08:00".parse().unwrap();
        let outcome = table().outcome("x", "isv.NEW", "", now);
        assert_eq!(outcome, Outcome::refused(Refusal::FinalForRecipient, "isv.NEW"));
    }

    #[test]
    fn waits_end_at_the_borders_of_the_calendar_in_shanghai() {
        let now: Instant = "2026-12-31T23:00:00+08:00".parse().unwrap();
        let new_year: Instant = "2027-01-01T00:00:00+08:00".parse().unwrap();
        for (meaning, refusal) in [
            (Meaning::NextDay, Refusal::WaitUntil(new_year)),
            (Meaning::PauseUntilTomorrow, Refusal::PauseUntil(new_year)),
            (Meaning::PauseUntilNextMonth, Refusal::PauseUntil(new_year)),
            (Meaning::NextMorning, Refusal::WaitUntil("2027-01-01T08:00:00+08:00".parse().unwrap())),
        ] {
            assert_eq!(meaning.outcome("c", now), Outcome::refused(refusal, "c"));
        }
    }
}
