//! A breaker per gateway and process: after many failures in a row nothing is tried for a while. After a no that
//! concerns everybody it holds until the stop is in the database, where every process sees it.
//!
//! ```text
//! closed ──failures in a row; credentials, balance: at once──▶ open until an instant ──▶ closed (one failure reopens)
//! ```

use crate::clock::Instant;
use crate::messaging::channels::{Outcome, Refusal};

/// Failures in a row that open it.
const FAILURES: u32 = 20;
const REST_SECONDS: i64 = 60;
/// After a no that a person has to mend, until the stop is recorded.
const HOLD_SECONDS: i64 = 5;

/// The state of one gateway as this process has seen it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// Until when nothing is to be tried, if so at `now`.
    pub fn open_until(&self, now: Instant) -> Option<Instant> {
        self.open_until.filter(|until| *until > now)
    }

    /// Takes note of one outcome; returns whether it opened the breaker.
    pub fn note(&mut self, outcome: &Outcome, now: Instant) -> bool {
        let was_open = self.open_until(now).is_some();
        match outcome {
            Outcome::Refused { refusal: Refusal::PauseChannel | Refusal::PauseUntil(_), .. } => {
                self.open_until = self.open_until.max(Some(now.plus_seconds(HOLD_SECONDS)));
            }
            Outcome::Refused { refusal: Refusal::RetrySoon, .. } | Outcome::Unknown { .. } => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= FAILURES {
                    self.open_until = Some(now.plus_seconds(REST_SECONDS));
                }
            }
            Outcome::Accepted { .. } | Outcome::Refused { .. } => *self = Self::default(),
        }
        !was_open && self.open_until(now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        Instant::from_millis(1_800_000_000_000)
    }

    #[test]
    fn wrong_credentials_hold_everything_until_the_stop_is_recorded() {
        let mut breaker = Breaker::default();
        assert!(breaker.note(&Outcome::refused(Refusal::PauseChannel, "http_401"), now()));
        assert_eq!(breaker.open_until(now()), Some(now().plus_seconds(5)));
        assert_eq!(breaker.open_until(now().plus_seconds(5)), None);
    }

    #[test]
    fn single_failures_do_not_open_it_and_a_success_forgets_them() {
        let mut breaker = Breaker::default();
        for _ in 0..19 {
            assert!(!breaker.note(&Outcome::unknown("timeout"), now()));
        }
        breaker.note(&Outcome::Accepted { provider_id: None }, now());
        assert!(!breaker.note(&Outcome::unknown("timeout"), now()));
        assert_eq!(breaker.open_until(now()), None);
    }

    #[test]
    fn after_the_rest_one_failure_is_enough() {
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            breaker.note(&Outcome::refused(Refusal::RetrySoon, "http_503"), now());
        }
        assert!(breaker.open_until(now()).is_some());
        let later = now().plus_seconds(61);
        assert_eq!(breaker.open_until(later), None);
        assert!(breaker.note(&Outcome::refused(Refusal::RetrySoon, "http_503"), later));
    }

    #[test]
    fn a_no_for_one_recipient_says_nothing_about_the_gateway() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            assert!(!breaker.note(&Outcome::refused(Refusal::FinalForRecipient, "550"), now()));
        }
    }
}
