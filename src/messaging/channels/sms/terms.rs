//! What a county agreed with a vendor: its share of the messages, its rate, its price, its quotas.

use serde::Deserialize;

use crate::clock::Instant;
use crate::messaging::quiet::Urgency;
use crate::text_enum;

/// The terms of one gateway.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// Its share among the gateways of its kind; 0 = only when the others cannot.
    pub weight: u32,
    /// Messages a second that this process hands over at most; none = as many as there are.
    pub per_second: Option<f64>,
    /// What one segment costs, in ten-thousandths of a yuan (450 = 0.045 yuan).
    pub price_hao: i64,
    /// The quotas, in place of those the vendor is known for.
    pub quotas: Option<Vec<Quota>>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { weight: 1, per_second: None, price_hao: 0, quotas: None }
    }
}

text_enum! {
    /// What a message is to a vendor.
    pub enum Traffic {
        Code = "code",
        Safety = "safety",
        Notice = "notice",
    }
}

impl Traffic {
    pub fn of(template: &str, urgency: Urgency) -> Self {
        match urgency {
            Urgency::Safety => Self::Safety,
            _ if template.starts_with("code/") => Self::Code,
            Urgency::Asked | Urgency::Routine => Self::Notice,
        }
    }
}

text_enum! {
    /// What a quota counts by.
    pub enum Per {
        /// One number, under this gateway's signature.
        Number = "number",
        /// One number and one template of the vendor.
        NumberAndTemplate = "number_and_template",
        /// All that goes out under this gateway's signature.
        Signature = "signature",
    }
}

/// How long a quota looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The minute, hour or day of the clock in Shanghai.
    NaturalMinute,
    NaturalHour,
    NaturalDay,
    /// So many seconds back from any moment.
    RollingSeconds(i64),
}

impl Window {
    /// Since when uses count at `now`.
    pub fn since(self, now: Instant) -> Instant {
        let floor = |seconds: i64| Instant::from_millis(now.seconds().div_euclid(seconds) * seconds * 1000);
        match self {
            Self::NaturalMinute => floor(60),
            Self::NaturalHour => floor(3600),
            Self::NaturalDay => Instant::start_of(now.date()),
            Self::RollingSeconds(seconds) => now.plus_seconds(-seconds).plus(chrono::Duration::milliseconds(1)),
        }
    }

    /// When a use at `at` stops counting.
    pub fn ends(self, at: Instant) -> Instant {
        match self {
            Self::NaturalMinute => self.since(at).plus_minutes(1),
            Self::NaturalHour => self.since(at).plus_hours(1),
            Self::NaturalDay => self.since(at).plus_days(1),
            Self::RollingSeconds(seconds) => at.plus_seconds(seconds),
        }
    }
}

/// One limit of a vendor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    pub per: Per,
    /// Which messages it counts and holds back; none = all of them.
    pub traffic: Option<Traffic>,
    pub window: Window,
    pub limit: i64,
    /// Of these, kept for one-time codes and safety messages.
    #[serde(default)]
    pub reserve: i64,
}

impl Quota {
    /// Until when `traffic` must wait, given when the uses that count were made.
    pub fn wait(&self, traffic: Traffic, uses: &[Instant], now: Instant) -> Option<Instant> {
        if self.traffic.is_some_and(|own| own != traffic) {
            return None;
        }
        let allowed = if traffic == Traffic::Notice { self.limit - self.reserve } else { self.limit };
        let since = self.window.since(now);
        let mut counting: Vec<Instant> = uses.iter().copied().filter(|at| *at >= since).collect();
        let over = counting.len().checked_sub(usize::try_from(allowed.max(0)).unwrap_or(usize::MAX))?;
        counting.sort_unstable();
        // So many of the oldest must have left the window before there is room for one more.
        Some(self.window.ends(counting.get(over).copied().unwrap_or(now)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(time: &str) -> Instant {
        format!("2026-03-02T{time}+08:00").parse().unwrap()
    }

    fn quota(window: Window, limit: i64, reserve: i64) -> Quota {
        Quota { per: Per::Number, traffic: None, window, limit, reserve }
    }

    #[test]
    fn natural_windows_end_with_the_clock_and_rolling_ones_with_their_oldest() {
        let uses = [at("09:00:50")];
        let minute = quota(Window::NaturalMinute, 1, 0);
        assert_eq!(minute.wait(Traffic::Code, &uses, at("09:00:55")), Some(at("09:01:00")));
        assert_eq!(minute.wait(Traffic::Code, &uses, at("09:01:00")), None);
        let rolling = quota(Window::RollingSeconds(60), 1, 0);
        assert_eq!(rolling.wait(Traffic::Code, &uses, at("09:01:00")), Some(at("09:01:50")));
        assert_eq!(rolling.wait(Traffic::Code, &uses, at("09:01:50")), None);
        let day = quota(Window::NaturalDay, 1, 0);
        assert_eq!(day.wait(Traffic::Code, &uses, at("23:59:59")), Some(at("00:00:00").plus_days(1)));
    }

    #[test]
    fn a_part_is_kept_for_codes_and_danger() {
        let uses = [at("09:00:00"), at("09:00:01")];
        let hour = quota(Window::NaturalHour, 3, 1);
        assert_eq!(hour.wait(Traffic::Notice, &uses, at("09:10:00")), Some(at("10:00:00")));
        assert_eq!(hour.wait(Traffic::Code, &uses, at("09:10:00")), None);
        assert_eq!(hour.wait(Traffic::Safety, &uses, at("09:10:00")), None);
    }

    #[test]
    fn a_quota_for_codes_says_nothing_about_notices() {
        let codes = Quota { traffic: Some(Traffic::Code), ..quota(Window::NaturalMinute, 0, 0) };
        assert_eq!(codes.wait(Traffic::Notice, &[], at("09:00:00")), None);
        assert_eq!(codes.wait(Traffic::Code, &[], at("09:00:00")), Some(at("09:01:00")));
    }

    #[test]
    fn quotas_are_read_from_the_configuration() {
        let text = r#"
weight = 3
quotas = [
  { per = "number", traffic = "code", window = "natural_minute", limit = 1 },
  { per = "number_and_template", window = { rolling_seconds = 86400 }, limit = 50, reserve = 10 },
]"#;
        let terms: Terms = toml::from_str(text).unwrap();
        let quotas = terms.quotas.unwrap();
        assert_eq!((terms.weight, quotas[0].window), (3, Window::NaturalMinute));
        assert_eq!((quotas[1].window, quotas[1].reserve), (Window::RollingSeconds(86400), 10));
    }

    proptest! {
        #[test]
        fn waiting_as_told_is_always_enough(
            uses in prop::collection::vec(0i64..200, 0..12), limit in 1i64..5, length in 1i64..100,
        ) {
            let start = at("09:00:00");
            let uses: Vec<Instant> = uses.into_iter().map(|s| start.plus_seconds(s)).collect();
            let now = start.plus_seconds(200);
            for window in [Window::NaturalMinute, Window::RollingSeconds(length)] {
                let quota = quota(window, limit, 0);
                if let Some(until) = quota.wait(Traffic::Notice, &uses, now) {
                    prop_assert!(until > now);
                    prop_assert_eq!(quota.wait(Traffic::Notice, &uses, until), None);
                }
            }
        }
    }
}
