//! Which gateway carries a written message: what is known about all of them for one batch, and one choice after another.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;

use super::claim::Claimed;
use super::facts::Facts;
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::messaging::channels::sms::Traffic;
use crate::messaging::gateways::{
    Candidate, Ledger, Paces, Pick, Stop, Use, claim_probe, expected_price, pick, standing,
};
use crate::messaging::office::Lane;
use crate::messaging::route::ChannelKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::attempts;

/// The gateway of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    pub gateway: String,
    pub form: String,
    pub traffic: Traffic,
    /// Another gateway is open, should this one refuse.
    pub others: bool,
    /// The stop that this message probes.
    pub probe: Option<i64>,
    /// How long the message waits for its place in the stream.
    pub delay: Duration,
    /// What a segment costs; in a rehearsal, what it may be expected to cost. 0 = not known.
    pub price_hao: i64,
}

/// What came of choosing.
pub(super) enum Choice {
    Gateway(Chosen),
    NotBefore(Instant),
    /// As before, and only because the gateway is busy.
    Busy(Instant),
    /// No gateway of this kind carries such a message.
    Nobody,
}

/// Chooses for the messages of one batch.
pub(super) struct Chooser<'a> {
    app: &'a App,
    now: Instant,
    stops: Vec<Stop>,
    ledger: Ledger,
    paces: Paces,
    /// Gateways that refused a message on its present channel.
    refused: HashMap<i64, Vec<String>>,
}

impl<'a> Chooser<'a> {
    pub fn load(tx: &mut Conn, app: &'a App, batch: &[Claimed], facts: &Facts, now: Instant) -> Outcome<Self> {
        let quotas = app.office.quotas();
        let numbers = if quotas.is_empty() { Vec::new() } else { numbers(app, batch, facts) };
        Ok(Self {
            app,
            now,
            stops: standing(tx)?,
            ledger: Ledger::load(tx, &quotas, &numbers, now)?,
            paces: Paces::hold(tx, &app.office.rates())?,
            refused: refused(tx, batch)?,
        })
    }

    pub fn choose(
        &mut self,
        tx: &mut Conn,
        message: &Claimed,
        kind: ChannelKind,
        template: &str,
        number: Option<&str>,
    ) -> Outcome<Choice> {
        let app = self.app;
        let traffic = Traffic::of(template, message.urgency);
        let lanes = app.office.lanes(kind, template, self.now);
        let refused = self.refused.get(&message.id).map_or(&[][..], Vec::as_slice);
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        for lane in &lanes {
            candidates.push(Candidate {
                name: lane.name,
                weight: lane.terms.weight,
                refused: refused.iter().any(|name| name == lane.name),
                closed_until: self.closed_until(lane, traffic, number),
            });
        }
        let (name, others) = match pick(&candidates, rand::random()) {
            Pick::Take { name, others } => (name, others),
            Pick::NotBefore(at) => return Ok(Choice::NotBefore(at)),
            Pick::Nobody => return Ok(Choice::Nobody),
        };
        let Some(lane) = lanes.iter().find(|lane| lane.name == name) else { return Ok(Choice::Nobody) };
        let probe = match self.stop_of(lane).map(|at| self.stops.get(at).cloned()) {
            Some(Some(stop)) => {
                if !claim_probe(tx, &stop, self.now)? {
                    return Ok(Choice::NotBefore(self.now.plus_minutes(1)));
                }
                // One message is enough to see.
                self.stops.iter_mut().filter(|other| other.id == stop.id).for_each(|other| {
                    other.probe_at = self.now.plus_minutes(1);
                });
                Some(stop.id)
            }
            _ => None,
        };
        let delay = match self.paces.take(name, self.now) {
            Ok(delay) => delay,
            Err(at) => return Ok(Choice::Busy(at)),
        };
        let one = Use { gateway: name.to_owned(), form: lane.form.clone(), traffic, at: self.now };
        self.ledger.add(lane.quotas, number, one);
        let price_hao = if app.office.is_at_rest() {
            let all: Vec<(u32, i64)> = lanes.iter().map(|lane| (lane.terms.weight, lane.terms.price_hao)).collect();
            expected_price(&all).unwrap_or_default()
        } else {
            lane.terms.price_hao
        };
        Ok(Choice::Gateway(Chosen {
            gateway: name.to_owned(),
            form: lane.form.clone(),
            traffic,
            others,
            probe,
            delay,
            price_hao,
        }))
    }

    /// Writes down the places that were taken.
    pub fn save(&self, tx: &mut Conn) -> Outcome<()> {
        self.paces.save(tx)
    }

    fn closed_until(&self, lane: &Lane<'_>, traffic: Traffic, number: Option<&str>) -> Option<Instant> {
        let stopped = self.stop_of(lane).and_then(|at| self.stops.get(at)).map(|stop| stop.probe_at);
        let stopped = stopped.filter(|at| *at > self.now);
        let wanted = Use { gateway: lane.name.to_owned(), form: lane.form.clone(), traffic, at: self.now };
        let quota = number.and_then(|number| self.ledger.wait(lane.quotas, number, &wanted));
        [lane.held_until, stopped, quota].into_iter().flatten().max()
    }

    /// The stop that stands in the way of a lane; the one that ends last.
    fn stop_of(&self, lane: &Lane<'_>) -> Option<usize> {
        let own = |stop: &Stop| stop.gateway == lane.name && (stop.form.is_empty() || stop.form == lane.form);
        let standing = self.stops.iter().enumerate().filter(|(_, stop)| own(stop));
        standing.max_by_key(|(_, stop)| stop.probe_at).map(|(at, _)| at)
    }
}

/// The blind indexes of the numbers that a batch may write to.
fn numbers(app: &App, batch: &[Claimed], facts: &Facts) -> Vec<String> {
    let of = |message: &Claimed| match &message.to_sealed {
        Some(sealed) => {
            let digits = app.vault.open(Purpose::Phone, sealed).ok()?;
            Some(app.vault.index(Purpose::Phone, &digits))
        }
        None => facts.people.get(&message.person_id?)?.phone_index.clone(),
    };
    let mut numbers: Vec<String> = batch.iter().filter_map(of).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn refused(conn: &mut Conn, batch: &[Claimed]) -> Outcome<HashMap<i64, Vec<String>>> {
    let again: Vec<i64> = batch.iter().filter(|one| one.channel_attempts > 0).map(|one| one.id).collect();
    let mut refused: HashMap<i64, Vec<String>> = HashMap::new();
    if again.is_empty() {
        return Ok(refused);
    }
    let rows: Vec<(i64, String)> = attempts::table
        .filter(attempts::message_id.eq_any(again))
        .filter(attempts::state.eq("refused"))
        .select((attempts::message_id, attempts::gateway))
        .load(conn)?;
    for (message, gateway) in rows {
        refused.entry(message).or_default().push(gateway);
    }
    Ok(refused)
}
