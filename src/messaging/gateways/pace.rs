//! A token bucket per gateway, one for all processes: messages are handed over no faster than the contract allows.
//!
//! The bucket is a row that a worker holds while it prepares a batch, so that several workers take their places one
//! after the other, and a transaction that is taken back gives its places back. Gateways without a rate cost nothing.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::clock::Instant;
use crate::problem::Outcome;
use crate::storage::schema::gateway_paces;
use crate::storage::{Conn, insert_once};

/// Messages that may go at once after a rest, in seconds of the rate.
const BURST_SECONDS: f64 = 1.0;
/// Longest time a message may wait in hand; beyond it goes back to the queue, well within its lease.
const LONGEST_WAIT_SECONDS: f64 = 10.0;
const MICROS: f64 = 1_000_000.0;

/// The buckets of the gateways with an agreed rate, held by one transaction.
#[derive(Debug, Default)]
pub struct Paces(Vec<Pace>);

#[derive(Debug)]
struct Pace {
    gateway: String,
    per_second: f64,
    /// When the bucket is full again, microseconds since the epoch.
    full_at: i64,
    taken: bool,
}

impl Paces {
    /// Holds the buckets of these gateways (messages a second) until the transaction ends.
    pub fn hold(tx: &mut Conn, rates: &[(&str, f64)]) -> Outcome<Self> {
        let mut rates: Vec<(&str, f64)> = rates.iter().copied().filter(|(_, rate)| *rate > 0.0).collect();
        // In one order everywhere, so that two workers never hold what the other waits for.
        rates.sort_unstable_by(|a, b| a.0.cmp(b.0));
        let held = rates.into_iter().map(|(gateway, per_second)| {
            let full_at = held(tx, gateway)?;
            Ok(Pace { gateway: gateway.to_owned(), per_second, full_at, taken: false })
        });
        Ok(Self(held.collect::<Outcome<_>>()?))
    }

    /// Takes a place in the stream of a gateway: how long to wait for it, or the instant at which to ask again.
    pub fn take(&mut self, gateway: &str, now: Instant) -> Result<Duration, Instant> {
        self.0.iter_mut().find(|pace| pace.gateway == gateway).map_or(Ok(Duration::ZERO), |pace| pace.take(now))
    }

    /// Writes down what was taken.
    pub fn save(&self, tx: &mut Conn) -> Outcome<()> {
        for pace in self.0.iter().filter(|pace| pace.taken) {
            diesel::update(gateway_paces::table.find(&pace.gateway))
                .set(gateway_paces::full_at_micros.eq(pace.full_at))
                .execute(tx)?;
        }
        Ok(())
    }
}

impl Pace {
    fn take(&mut self, now: Instant) -> Result<Duration, Instant> {
        let (step, now_micros) = (1.0 / self.per_second, now.millis().saturating_mul(1000));
        let full_at = self.full_at.max(now_micros);
        let wait = ((full_at - now_micros) as f64 / MICROS + step - BURST_SECONDS.max(step)).max(0.0);
        if wait > LONGEST_WAIT_SECONDS {
            return Err(now.plus(chrono::Duration::milliseconds((wait * 1000.0) as i64)));
        }
        self.full_at = full_at.saturating_add((step * MICROS) as i64);
        self.taken = true;
        Ok(Duration::from_secs_f64(wait))
    }
}

fn held(tx: &mut Conn, gateway: &str) -> Outcome<i64> {
    if let Some(full_at) = look(tx, gateway)? {
        return Ok(full_at);
    }
    insert_once(tx, |tx| {
        diesel::insert_into(gateway_paces::table)
            .values((gateway_paces::gateway.eq(gateway), gateway_paces::full_at_micros.eq(0)))
            .execute(tx)
    })?;
    Ok(look(tx, gateway)?.unwrap_or_default())
}

fn look(tx: &mut Conn, gateway: &str) -> Outcome<Option<i64>> {
    let lock = if matches!(tx, Conn::Postgres(_)) { "FOR UPDATE" } else { "" };
    let row: Option<Row> =
        diesel::sql_query(format!("SELECT full_at_micros FROM gateway_paces WHERE gateway = $1 {lock}"))
            .bind::<Text, _>(gateway)
            .get_result(tx)
            .optional()?;
    Ok(row.map(|row| row.full_at_micros))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    full_at_micros: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(1_800_000_000_000 + millis)
    }

    fn pace(per_second: f64) -> Paces {
        Paces(vec![Pace { gateway: "one".into(), per_second, full_at: 0, taken: false }])
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let mut pace = pace(10.0);
        let waits: Vec<u128> = (0..20).map(|_| pace.take("one", at(0)).unwrap().as_millis()).collect();
        assert!(waits[..10].iter().all(|wait| *wait == 0), "{waits:?}");
        assert!((waits[10].abs_diff(100)) <= 1 && waits[19].abs_diff(1000) <= 1, "{waits:?}");
        assert!(pace.take("one", at(10_000)).unwrap().is_zero());
    }

    #[test]
    fn a_rate_of_thousands_is_kept_to_the_microsecond() {
        let mut pace = pace(3000.0);
        let last = (0..9000).filter_map(|_| pace.take("one", at(0)).ok()).fold(Duration::ZERO, |_, wait| wait);
        assert!(last.as_millis().abs_diff(2000) <= 3, "{last:?}");
    }

    #[test]
    fn who_would_wait_too_long_comes_back() {
        let mut pace = pace(1.0);
        let taken = (0..100).filter(|_| pace.take("one", at(0)).is_ok()).count();
        assert_eq!(taken, 11);
        assert!(pace.take("one", at(0)).unwrap_err() > at(10_000));
        assert!(pace.take("one", at(1_000)).is_ok());
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let mut pace = pace(1.0);
        assert!((0..1000).all(|_| pace.take("another", at(0)) == Ok(Duration::ZERO)));
    }
}
