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
    /// Messages a second that all processes together hand over at most; none = as many as there are.
    pub per_second: Option<f64>,
    /// What one segment costs, in ten-thousandths of a yuan (450 = 0.045 yuan); 0 = not known.
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
    /// Whether it counts `traffic`, and holds it back.
    pub fn counts(&self, traffic: Traffic) -> bool {
        self.traffic.is_none_or(|own| own == traffic)
    }

    /// How many uses `traffic` may find made before it must wait.
    pub fn allowed(&self, traffic: Traffic) -> i64 {
        let allowed = if traffic == Traffic::Notice { self.limit - self.reserve } else { self.limit };
        allowed.max(0)
    }

    /// Until when `traffic` must wait, given the uses that count, oldest first: when, and how many.
    pub fn wait(
        &self,
        traffic: Traffic,
        uses: impl Iterator<Item = (Instant, i64)> + Clone,
        now: Instant,
    ) -> Option<Instant> {
        if !self.counts(traffic) {
            return None;
        }
        let since = self.window.since(now);
        let counting = uses.filter(|(at, _)| *at >= since);
        let total: i64 = counting.clone().map(|(_, messages)| messages).sum();
        let mut over = total - self.allowed(traffic);
        if over < 0 {
            return None;
        }
        // So many of the oldest must have left the window before there is room for one more.
        for (at, messages) in counting {
            if over < messages {
                return Some(self.window.ends(at));
            }
            over -= messages;
        }
        Some(self.window.ends(now))
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

    fn wait(quota: &Quota, traffic: Traffic, uses: &[Instant], now: Instant) -> Option<Instant> {
        quota.wait(traffic, uses.iter().map(|at| (*at, 1)), now)
    }

    #[test]
    fn natural_windows_end_with_the_clock_and_rolling_ones_with_their_oldest() {
        let uses = [at("09:00:50")];
        let minute = quota(Window::NaturalMinute, 1, 0);
        assert_eq!(wait(&minute, Traffic::Code, &uses, at("09:00:55")), Some(at("09:01:00")));
        assert_eq!(wait(&minute, Traffic::Code, &uses, at("09:01:00")), None);
        let rolling = quota(Window::RollingSeconds(60), 1, 0);
        assert_eq!(wait(&rolling, Traffic::Code, &uses, at("09:01:00")), Some(at("09:01:50")));
        assert_eq!(wait(&rolling, Traffic::Code, &uses, at("09:01:50")), None);
        let day = quota(Window::NaturalDay, 1, 0);
        assert_eq!(wait(&day, Traffic::Code, &uses, at("23:59:59")), Some(at("00:00:00").plus_days(1)));
    }

    #[test]
    fn a_part_is_kept_for_codes_and_danger() {
        let uses = [at("09:00:00"), at("09:00:01")];
        let hour = quota(Window::NaturalHour, 3, 1);
        assert_eq!(wait(&hour, Traffic::Notice, &uses, at("09:10:00")), Some(at("10:00:00")));
        assert_eq!(wait(&hour, Traffic::Code, &uses, at("09:10:00")), None);
        assert_eq!(wait(&hour, Traffic::Safety, &uses, at("09:10:00")), None);
    }

    #[test]
    fn a_quota_for_codes_says_nothing_about_notices() {
        let codes = Quota { traffic: Some(Traffic::Code), ..quota(Window::NaturalMinute, 0, 0) };
        assert_eq!(wait(&codes, Traffic::Notice, &[], at("09:00:00")), None);
        assert_eq!(wait(&codes, Traffic::Code, &[], at("09:00:00")), Some(at("09:01:00")));
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

    #[test]
    fn many_uses_at_once_count_as_many() {
        let day = quota(Window::RollingSeconds(3600), 10, 0);
        let uses = [(at("09:00:00"), 6), (at("09:10:00"), 6)];
        assert_eq!(day.wait(Traffic::Notice, uses.into_iter(), at("09:20:00")), Some(at("10:00:00")));
        assert_eq!(day.wait(Traffic::Notice, uses.into_iter().take(1), at("09:20:00")), None);
    }

    proptest! {
        #[test]
        fn waiting_as_told_is_always_enough(
            uses in prop::collection::vec(0i64..200, 0..12), limit in 1i64..5, length in 1i64..100,
        ) {
            let start = at("09:00:00");
            let mut uses: Vec<Instant> = uses.into_iter().map(|s| start.plus_seconds(s)).collect();
            uses.sort_unstable();
            let now = start.plus_seconds(200);
            for window in [Window::NaturalMinute, Window::RollingSeconds(length)] {
                let quota = quota(window, limit, 0);
                if let Some(until) = wait(&quota, Traffic::Notice, &uses, now) {
                    prop_assert!(until > now);
                    prop_assert_eq!(wait(&quota, Traffic::Notice, &uses, until), None);
                }
            }
        }
    }
}
