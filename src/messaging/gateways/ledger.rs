//! The quota ledger: what has gone to a number and under a form, counted from the attempts themselves, and what has gone
//! through a whole gateway, counted by minutes that are kept with the attempts. On PostgreSQL a lock per number makes two
//! workers count one after the other.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;

use crate::clock::Instant;
use crate::messaging::channels::sms::{Per, Quota, Traffic};
use crate::messaging::rows::{Field, execute, stored, unfolded};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{attempts, gateway_minutes};

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
    /// In the order of the gateway's quotas; empty for those by number.
    by_gateway: HashMap<String, Vec<Tally>>,
}

/// What one quota over a whole gateway counts, oldest first.
#[derive(Default)]
struct Tally {
    total: i64,
    uses: Vec<(Instant, i64)>,
}

impl Tally {
    fn add(&mut self, at: Instant, messages: i64) {
        self.total += messages;
        self.uses.push((at, messages));
    }
}

impl Ledger {
    /// Loads what `quotas` (by gateway) need to know about `numbers`.
    pub fn load(tx: &mut Conn, quotas: &[(&str, &[Quota])], numbers: &[String], now: Instant) -> Outcome<Self> {
        let mut ledger = Self::default();
        let since = |whole: bool| {
            let all = quotas.iter().flat_map(|(_, list)| list.iter());
            all.filter(|quota| (quota.per == Per::Signature) == whole).map(|quota| quota.window.since(now)).min()
        };
        if let Some(since) = since(false).filter(|_| !numbers.is_empty()) {
            lock(tx, numbers)?;
            ledger.load_numbers(tx, numbers, since)?;
        }
        if let Some(since) = since(true) {
            ledger.load_gateways(tx, quotas, since, now)?;
        }
        Ok(ledger)
    }

    /// A number has few attempts: the index on it is all that is read (naming the gateway too would let SQLite take
    /// another index).
    fn load_numbers(&mut self, tx: &mut Conn, numbers: &[String], since: Instant) -> Outcome<()> {
        let rows: Vec<(Option<String>, String, String, String, Instant)> = attempts::table
            .filter(attempts::to_index.eq_any(numbers.to_vec()))
            .filter(attempts::started_at.ge(since))
            .filter(attempts::state.ne("refused"))
            .order(attempts::started_at)
            .select((attempts::to_index, attempts::gateway, attempts::form, attempts::traffic, attempts::started_at))
            .load(tx)?;
        for (to_index, gateway, form, traffic, at) in rows {
            let traffic = traffic.parse().unwrap_or(Traffic::Notice);
            let uses = self.by_number.entry(to_index.unwrap_or_default()).or_default();
            uses.push(Use { gateway, form, traffic, at });
        }
        Ok(())
    }

    fn load_gateways(
        &mut self,
        tx: &mut Conn,
        quotas: &[(&str, &[Quota])],
        since: Instant,
        now: Instant,
    ) -> Outcome<()> {
        let whole = quotas.iter().filter(|(_, list)| list.iter().any(|quota| quota.per == Per::Signature));
        let lists: BTreeMap<String, &[Quota]> = whole.map(|(name, list)| ((*name).to_owned(), *list)).collect();
        let names: Vec<String> = lists.keys().cloned().collect();
        lock(tx, &names)?;
        let rows: Vec<(String, Instant, String, i64)> = gateway_minutes::table
            .filter(gateway_minutes::gateway.eq_any(names))
            .filter(gateway_minutes::minute.ge(since.plus_minutes(-1)))
            .order(gateway_minutes::minute)
            .select((
                gateway_minutes::gateway,
                gateway_minutes::minute,
                gateway_minutes::traffic,
                gateway_minutes::messages,
            ))
            .load(tx)?;
        for (name, list) in &lists {
            self.by_gateway.insert(name.clone(), list.iter().map(|_| Tally::default()).collect());
        }
        for (gateway, minute, traffic, messages) in rows {
            let traffic = traffic.parse().unwrap_or(Traffic::Notice);
            let tallies = self.by_gateway.get_mut(&gateway).into_iter().flatten();
            for (quota, tally) in lists.get(&gateway).into_iter().copied().flatten().zip(tallies) {
                // A minute counts until its last moment has left the window.
                let at = minute.plus_minutes(1).plus(chrono::Duration::milliseconds(-1));
                if quota.per == Per::Signature && quota.counts(traffic) && at >= quota.window.since(now) {
                    tally.add(at, messages);
                }
            }
        }
        Ok(())
    }

    /// Until when `gateway` must not send this to `number`.
    pub fn wait(&self, quotas: &[Quota], number: &str, wanted: &Use) -> Option<Instant> {
        let tallies = self.by_gateway.get(&wanted.gateway);
        let wait = |(place, quota): (usize, &Quota)| match quota.per {
            Per::Signature => {
                let tally = tallies?.get(place)?;
                let full = tally.total >= quota.allowed(wanted.traffic);
                full.then(|| quota.wait(wanted.traffic, tally.uses.iter().copied(), wanted.at)).flatten()
            }
            Per::Number | Per::NumberAndTemplate => {
                let counts = |one: &&Use| {
                    one.gateway == wanted.gateway
                        && quota.counts(one.traffic)
                        && (quota.per == Per::Number || one.form == wanted.form)
                };
                let uses = self.by_number.get(number).into_iter().flatten().filter(counts);
                quota.wait(wanted.traffic, uses.map(|one| (one.at, 1)), wanted.at)
            }
        };
        quotas.iter().enumerate().filter_map(wait).max()
    }

    /// Notes what this batch sends.
    pub fn add(&mut self, quotas: &[Quota], number: Option<&str>, one: Use) {
        let tallies = self.by_gateway.get_mut(&one.gateway).into_iter().flatten();
        for (_, tally) in quotas.iter().zip(tallies).filter(|(quota, _)| quota.counts(one.traffic)) {
            tally.add(one.at, 1);
        }
        if let Some(number) = number {
            self.by_number.entry(number.to_owned()).or_default().push(one);
        }
    }
}

const KEEP: &str = "INSERT INTO gateway_minutes (gateway, minute, traffic, messages)";
/// In one order everywhere, so that two workers never hold what the other waits for.
const ADD: &str = "ORDER BY 1, 2, 3 ON CONFLICT (gateway, minute, traffic) \
     DO UPDATE SET messages = gateway_minutes.messages + excluded.messages";

/// Keeps what is handed over at `at`: gateway and traffic of each message.
pub fn keep_minutes<'a>(tx: &mut Conn, handed: impl Iterator<Item = (&'a str, &'a str)>, at: Instant) -> Outcome<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        gateway: &'a str,
        minute: String,
        traffic: &'a str,
        messages: i64,
    }
    let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for key in handed {
        *sums.entry(key).or_default() += 1;
    }
    let minute = stored(crate::messaging::channels::sms::Window::NaturalMinute.since(at));
    let row = |((gateway, traffic), messages)| Row { gateway, minute: minute.clone(), traffic, messages };
    let rows: Vec<Row<'_>> = sums.into_iter().map(row).collect();
    let v = unfolded(
        tx,
        &[Field::Text("gateway"), Field::Time("minute"), Field::Text("traffic"), Field::Number("messages")],
    );
    let sql = format!("{KEEP} SELECT v.gateway, v.minute, v.traffic, v.messages FROM {v} WHERE 1 = 1 {ADD}");
    execute(tx, &sql, &rows)?;
    Ok(())
}

/// Takes back what turns out to be refused, before its attempts say so: rows with `id` and `number`.
pub fn take_back_minutes(tx: &mut Conn, refused: &[impl Serialize]) -> Outcome<()> {
    let minute = match tx {
        Conn::Postgres(_) => "date_trunc('minute', a.started_at)",
        Conn::Sqlite(_) => "substr(a.started_at, 1, 16) || ':00'",
    };
    let v = unfolded(tx, &[Field::Number("id"), Field::Number("number")]);
    let sql = format!(
        "{KEEP} SELECT a.gateway, {minute}, a.traffic, -COUNT(*) FROM {v} \
         JOIN attempts a ON a.message_id = v.id AND a.number = v.number \
         WHERE a.traffic <> '' AND a.state IN ('sending', 'unknown') GROUP BY 1, 2, 3 {ADD}"
    );
    execute(tx, &sql, refused)?;
    Ok(())
}

/// Forgets minutes before `before`; returns how many.
pub fn forget_minutes(tx: &mut Conn, before: Instant) -> Outcome<usize> {
    Ok(diesel::delete(gateway_minutes::table.filter(gateway_minutes::minute.lt(before))).execute(tx)?)
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
