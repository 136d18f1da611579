//! Receipts: they may be early, late, doubled and out of order, and never move a message backwards.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::Serialize;

use super::{BATCH, Fate, Kept, Kind, Meanings, PATIENCE_HOURS, PERSON, fields, hold, read_receipts, settle};
use crate::app::App;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::messaging::channels::sms::{Part, Receipt};
use crate::messaging::deliver::{NEXT, listed};
use crate::messaging::journey::{Event, State, sources};
use crate::messaging::phone::Mobile;
use crate::messaging::rows::{Field, execute, execute_at, instant, unfolded};
use crate::problem::Outcome;
use crate::storage::schema::{attempts, messages, receipt_parts};
use crate::storage::{Conn, insert_once};

/// How long after it was handed over a message in doubt may be settled by its number alone.
const DOUBT_HOURS: i64 = 72;
/// A receipt may come before the answer of the vendor, but not so long before.
const STRANGE_AFTER_MINUTES: i64 = 60;

pub(super) fn interpret(app: &App, meanings: &Meanings, now: Instant) -> Outcome<usize> {
    let (mut after, mut settled) = (0, 0);
    loop {
        let (last, done) = app.store.write(|tx| interpret_batch(app, meanings, tx, after, now))?;
        settled += done;
        match last {
            Some(id) => after = id,
            None => return Ok(settled),
        }
    }
}

/// Returns the last row looked at and how many were settled.
fn interpret_batch(
    app: &App,
    meanings: &Meanings,
    tx: &mut Conn,
    after: i64,
    now: Instant,
) -> Outcome<(Option<i64>, usize)> {
    let kept = hold(tx, Kind::Receipt, after, BATCH)?;
    let mut known: Vec<(Kept, Vec<Receipt>)> = Vec::new();
    let mut malformed = Vec::new();
    for row in kept {
        match fields(app, &row)?.and_then(|fields| read_receipts(app, &row.gateway, &fields)) {
            Ok(receipts) => known.push((row, receipts)),
            Err(_) => malformed.push(row.id),
        }
    }
    let (known, foreign) = without_foreign(known);
    let last = known.iter().map(|(row, _)| row.id).chain(malformed.iter().chain(&foreign).copied()).max();
    let found = Found::load(app, tx, &known, now)?;
    let mut news = News::default();
    let (mut applied, mut nothing, mut unmatched) = (Vec::new(), Vec::new(), Vec::new());
    for (row, receipts) in &known {
        let (matched, told) = news.take(app, tx, &found, &row.gateway, receipts, now)?;
        match (matched, told) {
            (true, true) => applied.push(row.id),
            (true, false) => nothing.push(row.id),
            (false, _) if now.since(row.received_at) > chrono::Duration::hours(PATIENCE_HOURS) => {
                count("xiangban_unmatched_receipts_total", &row.gateway, 1);
                unmatched.push(row.id);
            }
            (false, _) => {}
        }
    }
    news.save(tx, now)?;
    for person_id in news.without_number(tx)? {
        (meanings.number_failed)(app, tx, now, person_id)?;
    }
    settle(tx, &applied, Fate::Applied, now)?;
    settle(tx, &nothing, Fate::NoChange, now)?;
    settle(tx, &unmatched, Fate::Unmatched, now)?;
    settle(tx, &malformed, Fate::Malformed, now)?;
    settle(tx, &foreign, Fate::Foreign, now)?;
    Ok((last, applied.len() + nothing.len() + unmatched.len() + malformed.len() + foreign.len()))
}

/// What is left without the receipts of another deployment, which are counted and forgotten, and the rows that hold
/// nothing else.
fn without_foreign(known: Vec<(Kept, Vec<Receipt>)>) -> (Vec<(Kept, Vec<Receipt>)>, Vec<i64>) {
    let (mut ours, mut foreign) = (Vec::new(), Vec::new());
    for (row, receipts) in known {
        let all = receipts.len();
        let own: Vec<Receipt> = receipts.into_iter().filter(|receipt| !receipt.foreign).collect();
        count("xiangban_foreign_receipts_total", &row.gateway, all - own.len());
        if own.is_empty() && all > 0 {
            foreign.push(row.id);
        } else {
            ours.push((row, own));
        }
    }
    (ours, foreign)
}

fn count(name: &'static str, gateway: &str, how_many: usize) {
    if how_many > 0 {
        let by = u64::try_from(how_many).unwrap_or_default();
        metrics::counter!(name, "gateway" => gateway.to_owned()).increment(by);
    }
}

/// The attempts that receipts speak of.
#[derive(Default)]
struct Found {
    by_reference: HashMap<(i64, i64), String>,
    by_provider: HashMap<(String, String), (i64, i64)>,
    /// The attempt in doubt at a number, where there is just one.
    by_number: HashMap<(String, String), Vec<(i64, i64)>>,
    /// Gateways by whose account another deployment sends as well.
    shared: HashSet<String>,
    /// Known as undelivered before.
    failed: HashSet<(i64, i64)>,
}

impl Found {
    fn load(app: &App, conn: &mut Conn, known: &[(Kept, Vec<Receipt>)], now: Instant) -> Outcome<Self> {
        let receipts = || known.iter().flat_map(|(_, receipts)| receipts);
        let named =
            receipts().filter_map(|receipt| attempt_of(receipt.reference.as_deref()?)).map(|(message, _)| message);
        let named: Vec<i64> = named.collect();
        let providers: Vec<String> = receipts().filter_map(|receipt| receipt.provider_id.clone()).collect();
        if named.is_empty() && providers.is_empty() {
            return Ok(Self::default());
        }
        let columns =
            (attempts::message_id, attempts::number, attempts::gateway, attempts::provider_id, attempts::state);
        type Attempt = (i64, i64, String, Option<String>, String);
        // One after the other, so that each goes by its own index.
        let mut rows: Vec<Attempt> =
            attempts::table.filter(attempts::message_id.eq_any(named)).select(columns).load(conn)?;
        let gateways: HashSet<String> = known.iter().map(|(row, _)| row.gateway.clone()).collect();
        let by_provider: Vec<Attempt> = attempts::table
            .filter(attempts::gateway.eq_any(gateways.into_iter().collect::<Vec<_>>()))
            .filter(attempts::provider_id.eq_any(providers))
            .select(columns)
            .load(conn)?;
        rows.extend(by_provider);
        let mut found = Self::default();
        for (message, number, gateway, provider, state) in rows {
            if state == State::Undelivered.as_str() {
                found.failed.insert((message, number));
            }
            if let Some(provider) = provider {
                found.by_provider.insert((gateway.clone(), provider), (message, number));
            }
            found.by_reference.insert((message, number), gateway);
        }
        found.load_doubtful(app, conn, known, now)?;
        Ok(found)
    }

    /// A vendor whose receipts know only its own id cannot name a message whose answer was lost: the number can.
    fn load_doubtful(
        &mut self,
        app: &App,
        conn: &mut Conn,
        known: &[(Kept, Vec<Receipt>)],
        now: Instant,
    ) -> Outcome<()> {
        let lost: Vec<(&Kept, String)> = known
            .iter()
            .flat_map(|(row, receipts)| receipts.iter().map(move |receipt| (row, receipt)))
            .filter(|(row, receipt)| self.attempt(&row.gateway, receipt).is_none())
            .filter_map(|(row, receipt)| Some((row, number_index(app, receipt)?)))
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        let numbers: Vec<String> = lost.iter().map(|(_, number)| number.clone()).collect();
        let rows: Vec<(i64, i64, String, Option<String>)> = attempts::table
            .filter(attempts::to_index.eq_any(numbers))
            .filter(attempts::state.eq(State::Unknown))
            .filter(attempts::provider_id.is_null())
            .filter(attempts::started_at.ge(now.plus_hours(-DOUBT_HOURS)))
            .select((attempts::message_id, attempts::number, attempts::gateway, attempts::to_index))
            .load(conn)?;
        for (message, number, gateway, to_index) in rows {
            self.by_number.entry((gateway, to_index.unwrap_or_default())).or_default().push((message, number));
        }
        // What has long waited and is for no number in doubt is somebody else's: they share the account, and numbers
        // prove nothing there.
        let long = chrono::Duration::minutes(STRANGE_AFTER_MINUTES);
        for (row, number) in lost {
            let doubtful = self.by_number.contains_key(&(row.gateway.clone(), number));
            if !doubtful && now.since(row.received_at) > long {
                self.shared.insert(row.gateway.clone());
            }
        }
        Ok(())
    }

    /// As [`Found::attempt`], or else the only attempt in doubt at the number of a receipt that may settle by it.
    fn attempt_or_doubt(&self, app: &App, gateway: &str, receipt: &Receipt) -> Option<(i64, i64)> {
        self.attempt(gateway, receipt).or_else(|| {
            let index = number_index(app, receipt).filter(|_| !self.shared.contains(gateway))?;
            match self.by_number.get(&(gateway.to_owned(), index)).map(Vec::as_slice) {
                Some([only]) => Some(*only),
                _ => None,
            }
        })
    }

    /// The attempt, when this gateway made it; a person may speak of any.
    fn attempt(&self, gateway: &str, receipt: &Receipt) -> Option<(i64, i64)> {
        let named = receipt.reference.as_deref().and_then(attempt_of);
        let by_reference = named
            .filter(|attempt| self.by_reference.get(attempt).is_some_and(|own| own == gateway || gateway == PERSON));
        let provider = receipt.provider_id.as_ref();
        by_reference.or_else(|| self.by_provider.get(&(gateway.to_owned(), provider?.clone())).copied())
    }
}

fn number_index(app: &App, receipt: &Receipt) -> Option<String> {
    let mobile = Mobile::parse(receipt.to.as_deref()?).ok()?;
    Some(app.vault.index(Purpose::Phone, mobile.digits()))
}

/// `m17-2` → message 17, attempt 2.
pub fn attempt_of(reference: &str) -> Option<(i64, i64)> {
    let (message, number) = reference.strip_prefix('m')?.split_once('-')?;
    Some((message.parse().ok()?, number.parse().ok()?))
}

/// What is known about a long message after one of its parts: delivered when every part is.
fn of_the_whole(
    tx: &mut Conn,
    (message_id, number): (i64, i64),
    part: Part,
    delivered: bool,
    now: Instant,
) -> Outcome<Option<bool>> {
    insert_once(tx, |tx| {
        diesel::insert_into(receipt_parts::table)
            .values((
                receipt_parts::message_id.eq(message_id),
                receipt_parts::number.eq(number),
                receipt_parts::part.eq(part.number),
                receipt_parts::total.eq(part.total),
                receipt_parts::delivered.eq(delivered),
                receipt_parts::at.eq(now),
            ))
            .execute(tx)
    })?;
    let parts: Vec<bool> = receipt_parts::table
        .filter(receipt_parts::message_id.eq(message_id))
        .filter(receipt_parts::number.eq(number))
        .select(receipt_parts::delivered)
        .load(tx)?;
    let complete = i64::try_from(parts.len()).unwrap_or_default() >= part.total;
    Ok(if parts.contains(&false) { Some(false) } else { complete.then_some(true) })
}

#[derive(Serialize)]
struct Row {
    id: i64,
    number: i64,
    code: Option<String>,
}

/// What a batch of receipts says.
#[derive(Default)]
struct News {
    delivered: Vec<Row>,
    undelivered: Vec<Row>,
    invalid_numbers: Vec<i64>,
}

impl News {
    /// Whether every receipt has its attempt, and whether any says something.
    fn take(
        &mut self,
        app: &App,
        tx: &mut Conn,
        found: &Found,
        gateway: &str,
        receipts: &[Receipt],
        now: Instant,
    ) -> Outcome<(bool, bool)> {
        let (mut matched, mut told) = (true, false);
        for receipt in receipts {
            let Some((id, number)) = found.attempt_or_doubt(app, gateway, receipt) else {
                matched = false;
                continue;
            };
            let row = || Row { id, number, code: receipt.code.clone() };
            let delivered = match (receipt.part, receipt.delivered) {
                (Some(part), Some(delivered)) => of_the_whole(tx, (id, number), part, delivered, now)?,
                (_, delivered) => delivered,
            };
            match delivered {
                Some(true) => self.delivered.push(row()),
                Some(false) => self.undelivered.push(row()),
                None => continue,
            }
            told = true;
            if receipt.number_invalid && !found.failed.contains(&(id, number)) {
                self.invalid_numbers.push(id);
            }
        }
        Ok((matched, told))
    }

    fn save(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        self.save_delivered(tx, now)?;
        self.save_undelivered(tx, now)?;
        Ok(())
    }

    /// The people whose number the network does not know.
    fn without_number(&self, conn: &mut Conn) -> Outcome<Vec<i64>> {
        if self.invalid_numbers.is_empty() {
            return Ok(Vec::new());
        }
        let people: Vec<Option<i64>> = messages::table
            .filter(messages::id.eq_any(self.invalid_numbers.clone()))
            .order(messages::id)
            .select(messages::person_id)
            .load(conn)?;
        Ok(people.into_iter().flatten().collect())
    }

    fn save_delivered(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        let at = instant(tx);
        let v = unfolded(tx, &[Field::Number("id"), Field::Number("number"), Field::Text("code")]);
        let attempts = format!(
            "UPDATE attempts SET state = 'delivered', finished_at = COALESCE(attempts.finished_at, {at}) FROM {v} \
             WHERE attempts.message_id = v.id AND attempts.number = v.number AND attempts.state <> 'delivered'"
        );
        execute_at(tx, &attempts, &self.delivered, now)?;
        let messages = format!(
            "UPDATE messages SET state = '{}', lease_holder = NULL, lease_until = NULL, \
             accepted_at = COALESCE(messages.accepted_at, {at}) FROM {v} \
             WHERE messages.id = v.id AND messages.state IN ({})",
            State::Delivered,
            listed(&sources(Event::ReceiptDelivered))
        );
        execute_at(tx, &messages, &self.delivered, now)?;
        let people = format!(
            "UPDATE people SET phone_failures = 0 FROM {v} JOIN messages m ON m.id = v.id AND m.channel = 'sms' \
             WHERE people.id = m.person_id AND people.phone_failures > 0"
        );
        execute(tx, &people, &self.delivered)?;
        Ok(())
    }

    /// What the present attempt did not deliver goes on by the next channel, if there is one.
    fn save_undelivered(&self, tx: &mut Conn, now: Instant) -> Outcome<()> {
        let at = instant(tx);
        let v = unfolded(tx, &[Field::Number("id"), Field::Number("number"), Field::Text("code")]);
        let messages = format!(
            "UPDATE messages SET state = '{}', state_why = 'undelivered', not_before = {at}, channel = NULL, \
             channel_attempts = 0, {NEXT}, accepted_at = COALESCE(messages.accepted_at, {at}), \
             lease_holder = NULL, lease_until = NULL FROM {v} \
             WHERE messages.id = v.id AND messages.attempts = v.number AND messages.state IN ({})",
            State::Queued,
            listed(&sources(Event::ReceiptUndelivered))
        );
        execute_at(tx, &messages, &self.undelivered, now)?;
        let attempts = format!(
            "UPDATE attempts SET state = 'undelivered', code = v.code, finished_at = {at} FROM {v} \
             WHERE attempts.message_id = v.id AND attempts.number = v.number \
             AND attempts.state IN ('sending', 'accepted', 'unknown')"
        );
        execute_at(tx, &attempts, &self.undelivered, now)?;
        Ok(())
    }
}
