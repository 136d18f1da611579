//! Time: the only place that reads the system clock.
//!
//! Everything else is handed an [`Instant`], so that a rule, a duty or a reminder can be asked
//! about any moment, past or future, and gives the same answer each time.
//! Calendar days are counted in China Standard Time (Asia/Shanghai, UTC+8, no summer time since 1991).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const SHANGHAI_OFFSET_SECONDS: i32 = 8 * 3600;

/// A moment in UTC with millisecond precision, stored as `timestamp`, written as RFC 3339 with offset +08:00.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamp)]
pub struct Instant(NaiveDateTime);

impl Instant {
    /// The moment `millis` milliseconds after the Unix epoch; out-of-range values become the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(DateTime::from_timestamp_millis(millis).unwrap_or_default().naive_utc())
    }

    /// Milliseconds since the Unix epoch.
    pub fn millis(self) -> i64 {
        self.0.and_utc().timestamp_millis()
    }

    /// Seconds since the Unix epoch.
    pub fn seconds(self) -> i64 {
        self.0.and_utc().timestamp()
    }

    /// `date` at `time` in Shanghai.
    pub fn at_local(date: NaiveDate, time: NaiveTime) -> Self {
        Self(date.and_time(time) - Duration::seconds(SHANGHAI_OFFSET_SECONDS.into()))
    }

    /// The first moment of `date` in Shanghai.
    pub fn start_of(date: NaiveDate) -> Self {
        Self::at_local(date, NaiveTime::MIN)
    }

    /// The calendar day in Shanghai.
    pub fn date(self) -> NaiveDate {
        self.local().date_naive()
    }

    /// The wall-clock time in Shanghai.
    pub fn time_of_day(self) -> NaiveTime {
        self.local().time()
    }

    /// The moment as Shanghai wall-clock date and time.
    pub fn local(self) -> DateTime<FixedOffset> {
        shanghai().from_utc_datetime(&self.0)
    }

    /// The moment in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    pub fn plus_days(self, days: i64) -> Self {
        self.plus(Duration::days(days))
    }

    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus(Duration::hours(hours))
    }

    pub fn plus_minutes(self, minutes: i64) -> Self {
        self.plus(Duration::minutes(minutes))
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus(Duration::seconds(seconds))
    }

    /// Adds `span`; a result outside the calendar stays where it was.
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.checked_add_signed(span).unwrap_or(self.0))
    }

    /// The span from `earlier` to this moment (negative when `earlier` is later).
    pub fn since(self, earlier: Instant) -> Duration {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(value: DateTime<Utc>) -> Self {
        Self::from_millis(value.timestamp_millis())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.local().to_rfc3339_opts(chrono::SecondsFormat::Millis, false))
    }
}

impl std::fmt::Debug for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Instant {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|moment| moment.with_timezone(&Utc).into())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<DB: Backend> FromSql<Timestamp, DB> for Instant
where
    NaiveDateTime: FromSql<Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        NaiveDateTime::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> ToSql<Timestamp, DB> for Instant
where
    NaiveDateTime: ToSql<Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .examples(["2026-03-01T09:30:00.000+08:00"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Instant {}

fn shanghai() -> FixedOffset {
    FixedOffset::east_opt(SHANGHAI_OFFSET_SECONDS).unwrap_or_else(|| unreachable!("a constant offset within a day"))
}

/// Where "now" comes from: the system, or a hand that a test or a rehearsal turns.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::set`] moves it.
    pub fn fixed(at: Instant) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.millis())))
    }

    #[expect(clippy::disallowed_methods, reason = "the one reader of system time")]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => Utc::now().into(),
            Self::Fixed(millis) => Instant::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Today in Shanghai.
    pub fn today(&self) -> NaiveDate {
        self.now().date()
    }

    /// Moves a fixed clock; a system clock is left alone.
    pub fn set(&self, at: Instant) {
        if let Self::Fixed(millis) = self {
            millis.store(at.millis(), Ordering::SeqCst);
        }
    }
}

/// Completed years of life on `on`; someone born on 29 February has their birthday on 1 March in common years
/// (the day by which the year is complete).
pub fn age_on(birth_date: NaiveDate, on: NaiveDate) -> i32 {
    let had_birthday = (on.month(), on.day()) >= (birth_date.month(), birth_date.day());
    on.year() - birth_date.year() - i32::from(!had_birthday)
}

/// The day on which someone born on `birth_date` completes `years`.
pub fn birthday(birth_date: NaiveDate, years: i32) -> NaiveDate {
    let year = birth_date.year() + years;
    NaiveDate::from_ymd_opt(year, birth_date.month(), birth_date.day())
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        let start = Instant::start_of(day(2026, 3, 1));
        assert_eq!(start.to_string(), "2026-03-01T00:00:00.000+08:00");
        assert_eq!(start.plus_seconds(-1).date(), day(2026, 2, 28));
    }

    #[test]
    fn a_leap_day_child_turns_eight_on_the_first_of_march() {
        let born = day(2018, 2, 28).succ_opt().unwrap();
        assert_eq!(born, day(2018, 3, 1));
        let leap = day(2016, 2, 29);
        assert_eq!(birthday(leap, 9), day(2025, 3, 1));
        assert_eq!(age_on(leap, day(2025, 2, 28)), 8);
        assert_eq!(age_on(leap, day(2025, 3, 1)), 9);
    }

    #[test]
    fn an_instant_survives_its_text_form() {
        let at = Instant::from_millis(1_800_000_000_123);
        assert_eq!(at.to_string().parse::<Instant>().unwrap(), at);
    }
}
