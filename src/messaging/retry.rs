//! When a refused message is tried again: exponential back-off with jitter, a limit on attempts, then dead.

use serde::Deserialize;

use crate::clock::Instant;

/// How patiently a channel is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patience {
    /// Attempts in all, the first included.
    pub attempts: i32,
    /// Longest wait after the first refusal, seconds.
    pub base_seconds: i64,
    /// Longest wait after any refusal, seconds.
    pub cap_seconds: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 6, base_seconds: 30, cap_seconds: 3600 }
    }
}

/// What follows a refusal that time may heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this instant.
    At(Instant),
    /// The attempts are used up.
    GiveUp,
}

impl Patience {
    /// The instant of the next attempt after attempt number `attempt` (from 1) was refused at `now`.
    ///
    /// `chance` in 0..1 spreads the retries over the second half of the wait, so that a gateway that comes back
    /// is not met by everyone at once.
    pub fn after_refusal(self, attempt: i32, now: Instant, chance: f64) -> Next {
        if attempt >= self.attempts {
            return Next::GiveUp;
        }
        let doublings = attempt.saturating_sub(1).clamp(0, 30);
        let wait_millis =
            self.base_seconds.saturating_mul(1 << doublings).clamp(1, self.cap_seconds.max(1)).saturating_mul(1000);
        let half = wait_millis / 2;
        let jitter = (half as f64 * chance.clamp(0.0, 1.0)) as i64;
        Next::At(now.plus(chrono::Duration::milliseconds(half + jitter)))
    }

    /// The instant a vendor named (`until`), bounded by the same limit on attempts.
    pub fn wait_until(self, attempt: i32, until: Instant) -> Next {
        if attempt >= self.attempts { Next::GiveUp } else { Next::At(until) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(chance: f64) -> Vec<i64> {
        let now = Instant::from_millis(0);
        (1..6)
            .filter_map(|attempt| match Patience::default().after_refusal(attempt, now, chance) {
                Next::At(at) => Some(at.seconds()),
                Next::GiveUp => None,
            })
            .collect()
    }

    #[test]
    fn each_wait_doubles_until_the_attempts_end() {
        assert_eq!(waits(1.0), [30, 60, 120, 240, 480]);
        assert_eq!(waits(0.0), [15, 30, 60, 120, 240]);
        assert_eq!(Patience::default().after_refusal(6, Instant::from_millis(0), 0.5), Next::GiveUp);
    }

    proptest! {
        #[test]
        fn a_wait_is_positive_and_capped_for_any_number(
            attempt in any::<i32>(), base in 1i64..1_000_000, cap in 1i64..1_000_000, chance in 0.0f64..1.0,
        ) {
            let patience = Patience { attempts: i32::MAX, base_seconds: base, cap_seconds: cap };
            let now = Instant::from_millis(1_700_000_000_000);
            if let Next::At(at) = patience.after_refusal(attempt, now, chance) {
                prop_assert!(at > now);
                prop_assert!(at.since(now) <= chrono::Duration::seconds(cap));
            }
        }
    }
}
