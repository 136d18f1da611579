//! The quota ledger: what has gone to a number, under a form and through a gateway, counted from the attempts
//! themselves. On PostgreSQL a lock per number makes two workers count one after the other.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::clock::Instant;
use crate::messaging::channels::sms::{Per, Quota, Traffic};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::attempts;

/// The longest that a quota looks back by number.
const DAY_HOURS: i64 = 24;

/// One message that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub gateway: String,
    pub form: String,
    pub traffic: Traffic,
    pub at: Instant,
}

/// What went to the numbers of a batch, and through the gateways with a quota of their own.
#[derive(Default)]
pub struct Ledger {
    by_number: HashMap<String, Vec<Use>>,
    by_gateway: HashMap<String, Vec<Use>>,
}

impl Ledger {
    /// Loads what `quotas` (by gateway) need to know about `numbers`.
    pub fn load(tx: &mut Conn, quotas: &[(&str, &[Quota])], numbers: &[String], now: Instant) -> Outcome<Self> {
        let mut ledger = Self::default();
        let by = |per: fn(Per) -> bool| -> Vec<String> {
            let with = quotas.iter().filter(|(_, list)| list.iter().any(|quota| per(quota.per)));
            with.map(|(gateway, _)| (*gateway).to_owned()).collect()
        };
        let (numbered, whole) = (by(|per| per != Per::Signature), by(|per| per == Per::Signature));
        if !numbered.is_empty() && !numbers.is_empty() {
            lock(tx, numbers)?;
            let rows: Vec<(Option<String>, String, String, String, Instant)> = attempts::table
                .filter(attempts::to_index.eq_any(numbers.to_vec()))
                .filter(attempts::gateway.eq_any(numbered))
                .filter(attempts::state.ne("refused"))
                .filter(attempts::started_at.ge(now.plus_hours(-DAY_HOURS)))
                .select((
                    attempts::to_index,
                    attempts::gateway,
                    attempts::form,
                    attempts::traffic,
                    attempts::started_at,
                ))
                .load(tx)?;
            for (to_index, gateway, form, traffic, at) in rows {
                let traffic = traffic.parse().unwrap_or(Traffic::Notice);
                let uses = ledger.by_number.entry(to_index.unwrap_or_default()).or_default();
                uses.push(Use { gateway, form, traffic, at });
            }
        }
        if !whole.is_empty() {
            lock(tx, &whole)?;
            let rows: Vec<(String, String, Instant)> = attempts::table
                .filter(attempts::gateway.eq_any(whole))
                .filter(attempts::state.ne("refused"))
                .filter(attempts::started_at.ge(now.plus_hours(-DAY_HOURS)))
                .select((attempts::gateway, attempts::traffic, attempts::started_at))
                .load(tx)?;
            for (gateway, traffic, at) in rows {
                let traffic = traffic.parse().unwrap_or(Traffic::Notice);
                let uses = ledger.by_gateway.entry(gateway.clone()).or_default();
                uses.push(Use { gateway, form: String::new(), traffic, at });
            }
        }
        Ok(ledger)
    }

    /// Until when `gateway` must not send this to `number`.
    pub fn wait(&self, quotas: &[Quota], number: &str, wanted: &Use) -> Option<Instant> {
        let uses = |quota: &Quota| -> Vec<Instant> {
            let all = match quota.per {
                Per::Number | Per::NumberAndTemplate => self.by_number.get(number),
                Per::Signature => self.by_gateway.get(&wanted.gateway),
            };
            let counts = |one: &&Use| {
                one.gateway == wanted.gateway
                    && quota.traffic.is_none_or(|traffic| traffic == one.traffic)
                    && (quota.per != Per::NumberAndTemplate || one.form == wanted.form)
            };
            all.into_iter().flatten().filter(counts).map(|one| one.at).collect()
        };
        quotas.iter().filter_map(|quota| quota.wait(wanted.traffic, &uses(quota), wanted.at)).max()
    }

    /// Notes what this batch sends.
    pub fn add(&mut self, number: &str, one: &Use) {
        self.by_number.entry(number.to_owned()).or_default().push(one.clone());
        self.by_gateway.entry(one.gateway.clone()).or_default().push(one.clone());
    }
}

/// SQLite has one writer at a time anyway.
fn lock(tx: &mut Conn, names: &[String]) -> Outcome<()> {
    if matches!(tx, Conn::Postgres(_)) {
        let names = serde_json::to_string(names).map_err(Fault::internal)?;
        // In the order of the keys, so that two workers never hold what the other waits for.
        diesel::sql_query(
            "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended('quota/' || name, 0) AS key \
             FROM json_array_elements_text(CAST($1 AS json)) AS t (name) ORDER BY key OFFSET 0) AS keys",
        )
        .bind::<Text, _>(names)
        .execute(tx)?;
    }
    Ok(())
}
