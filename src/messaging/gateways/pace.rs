//! A token bucket per gateway and process: messages are handed over no faster than the contract allows.

use std::time::Duration;

use crate::clock::Instant;

/// Messages that may go at once after a rest, in seconds of the rate.
const BURST_SECONDS: f64 = 1.0;
/// Longest time a message may wait in hand; beyond it goes back to the queue, well within its lease.
const LONGEST_WAIT_SECONDS: f64 = 10.0;

/// When the next message may go.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    per_second: Option<f64>,
    /// When the bucket would be full again, seconds since the epoch.
    full_at: f64,
}

impl Pace {
    pub fn new(per_second: Option<f64>) -> Self {
        Self { per_second: per_second.filter(|rate| *rate > 0.0), full_at: 0.0 }
    }

    /// Takes a place: how long to wait for it, or the instant at which to ask again.
    pub fn take(&mut self, now: Instant) -> Result<Duration, Instant> {
        let Some(rate) = self.per_second else { return Ok(Duration::ZERO) };
        let seconds = now.millis() as f64 / 1000.0;
        let full_at = self.full_at.max(seconds);
        let wait = (full_at + 1.0 / rate - seconds - BURST_SECONDS.max(1.0 / rate)).max(0.0);
        if wait > LONGEST_WAIT_SECONDS {
            return Err(now.plus(chrono::Duration::milliseconds((wait * 1000.0) as i64)));
        }
        self.full_at = full_at + 1.0 / rate;
        Ok(Duration::from_secs_f64(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let mut pace = Pace::new(Some(10.0));
        let waits: Vec<u128> = (0..20).map(|_| pace.take(at(0)).unwrap().as_millis()).collect();
        assert!(waits[..10].iter().all(|wait| *wait == 0), "{waits:?}");
        assert!((waits[10].abs_diff(100)) <= 1 && waits[19].abs_diff(1000) <= 1, "{waits:?}");
        assert!(pace.take(at(10_000)).unwrap().is_zero());
    }

    #[test]
    fn who_would_wait_too_long_comes_back() {
        let mut pace = Pace::new(Some(1.0));
        let taken = (0..100).filter(|_| pace.take(at(0)).is_ok()).count();
        assert_eq!(taken, 11);
        assert!(pace.take(at(0)).unwrap_err() > at(10_000));
        assert!(pace.take(at(1_000)).is_ok());
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let mut pace = Pace::new(None);
        assert!((0..1000).all(|_| pace.take(at(0)) == Ok(Duration::ZERO)));
    }
}
