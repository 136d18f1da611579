//! The phones of the sandbox: whose they are, what lies on them, what is typed on them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;
use uuid::Uuid;

use super::SANDBOX;
use super::channel::Direction;
use super::wechat::code_of;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::messaging::inbound::{self, Kind, Raw};
use crate::messaging::phone::Mobile;
use crate::messaging::route::ChannelKind;
use crate::messaging::segments;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{people, sandbox_texts};

const MOST_PHONES: i64 = 100;
const MOST_TEXTS: i64 = 200;

/// A phone as listed: by name and number, with what came last.
#[derive(Clone, Debug, Serialize)]
pub struct Phone {
    pub id: String,
    /// Absent for an e-mail address or a WeChat that belongs to no number.
    pub number: Option<String>,
    /// Everybody who shares it.
    pub people: Vec<String>,
    /// What `wx.login()` gives on this phone.
    pub wechat_code: Option<String>,
    pub unread: i64,
    pub last: Option<PhoneText>,
}

/// One text on a phone.
#[derive(Clone, Debug, Serialize)]
pub struct PhoneText {
    pub id: i64,
    pub direction: Direction,
    pub channel: ChannelKind,
    pub subject: Option<String>,
    pub text: String,
    /// How many SMS it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<usize>,
    pub at: Instant,
    pub read: bool,
}

/// The phones that were written to or wrote, the latest first; with `wanted`, those of that name or number, written to or not.
pub fn list(conn: &mut Conn, vault: &Vault, wanted: Option<&str>) -> Outcome<Vec<Phone>> {
    let mut found = match wanted.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => matching(conn, vault, text)?,
        None => Vec::new(),
    };
    let only = (wanted.is_some_and(|text| !text.trim().is_empty())).then_some(found.as_slice());
    let standings = standings(conn, only)?;
    found.extend(standings.iter().map(|standing| standing.phone_index.clone()));
    let order: HashMap<&str, i64> =
        standings.iter().map(|standing| (standing.phone_index.as_str(), standing.last_id)).collect();
    found.sort_by_key(|id| (std::cmp::Reverse(order.get(id.as_str()).copied().unwrap_or_default()), id.clone()));
    found.dedup();
    let owners = owners(conn, vault, &found)?;
    let last_ids: Vec<i64> = standings.iter().map(|standing| standing.last_id).collect();
    let mut last = texts_by_id(conn, vault, &last_ids)?;
    let strange = wanted.and_then(|text| Mobile::parse(text).ok()).map(|mobile| mobile.digits().to_owned());
    Ok(found
        .into_iter()
        .map(|id| {
            let standing = standings.iter().find(|standing| standing.phone_index == id);
            let (address, text) = standing.and_then(|standing| last.remove(&standing.last_id)).unzip();
            let (number, people) = owners.get(&id).cloned().unwrap_or_default();
            let address = address.filter(|address| Mobile::parse(address).is_ok());
            let number = number
                .or(address)
                .or_else(|| strange.clone().filter(|digits| vault.index(Purpose::Phone, digits) == id));
            Phone {
                wechat_code: number.as_deref().map(code_of),
                unread: standing.map_or(0, |standing| standing.unread),
                id,
                number,
                people,
                last: text,
            }
        })
        .collect())
}

/// What lies on a phone, in the order in which it came.
pub fn texts(conn: &mut Conn, vault: &Vault, phone: &str) -> Outcome<Vec<PhoneText>> {
    let rows: Vec<Row> = sandbox_texts::table
        .filter(sandbox_texts::phone_index.eq(phone))
        .order(sandbox_texts::id.desc())
        .limit(MOST_TEXTS)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().rev().map(|row| Ok(row.open(vault)?.1)).collect()
}

/// Notes that everything up to a text was looked at.
pub fn mark_read(tx: &mut Conn, now: Instant, phone: &str, up_to: i64) -> Outcome<()> {
    diesel::update(
        sandbox_texts::table
            .filter(sandbox_texts::phone_index.eq(phone))
            .filter(sandbox_texts::id.le(up_to))
            .filter(sandbox_texts::read_at.is_null()),
    )
    .set(sandbox_texts::read_at.eq(now))
    .execute(tx)?;
    Ok(())
}

/// An SMS is sent from a phone: it comes in as from any gateway.
pub fn write(tx: &mut Conn, vault: &Vault, now: Instant, from: &Mobile, text: &str) -> Outcome<()> {
    let id = Uuid::now_v7();
    let index = vault.index(Purpose::Phone, from.digits());
    diesel::insert_into(sandbox_texts::table)
        .values((
            sandbox_texts::reference.eq(format!("typed-{id}")),
            sandbox_texts::direction.eq(Direction::Out),
            sandbox_texts::channel.eq(ChannelKind::Sms),
            sandbox_texts::address_index.eq(&index),
            sandbox_texts::phone_index.eq(&index),
            sandbox_texts::address_sealed.eq(vault.seal(Purpose::Phone, from.digits())?),
            sandbox_texts::text_sealed.eq(vault.seal(Purpose::Message, text)?),
            sandbox_texts::at.eq(now),
            sandbox_texts::read_at.eq(now),
        ))
        .execute(tx)?;
    let raw = Raw {
        content_type: "application/json".into(),
        query: String::new(),
        body: serde_json::json!({ "from": from.digits(), "text": text }).to_string(),
    };
    inbound::keep(tx, vault, SANDBOX, Kind::Reply, &id.to_string(), &raw, now)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    phone_index: String,
    #[diesel(sql_type = BigInt)]
    last_id: i64,
    #[diesel(sql_type = BigInt)]
    unread: i64,
}

/// The last text of each phone and how many are unread; `only` these phones (hashes of ours, no quotes in them).
fn standings(conn: &mut Conn, only: Option<&[String]>) -> Outcome<Vec<Standing>> {
    let condition = match only {
        Some([]) => return Ok(Vec::new()),
        Some(ids) => format!("WHERE phone_index IN ('{}')", ids.join("', '")),
        None => String::new(),
    };
    Ok(diesel::sql_query(format!(
        "SELECT phone_index, MAX(id) AS last_id, CAST(SUM(CASE WHEN read_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unread \
         FROM sandbox_texts {condition} GROUP BY phone_index ORDER BY last_id DESC LIMIT {MOST_PHONES}"
    ))
    .load(conn)?)
}

/// The phone of this number, and those of people of this name.
fn matching(conn: &mut Conn, vault: &Vault, text: &str) -> Outcome<Vec<String>> {
    let number = Mobile::parse(text).ok().map(|mobile| vault.index(Purpose::Phone, mobile.digits()));
    let pattern = format!("%{}%", text.replace(['%', '_', '\\'], ""));
    let named: Vec<Option<String>> = people::table
        .filter(people::name.like(pattern))
        .filter(people::phone_index.is_not_null())
        .order(people::id)
        .limit(MOST_PHONES)
        .select(people::phone_index)
        .load(conn)?;
    let mut found: Vec<String> = number.into_iter().chain(named.into_iter().flatten()).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

type Owners = HashMap<String, (Option<String>, Vec<String>)>;

fn owners(conn: &mut Conn, vault: &Vault, phones: &[String]) -> Outcome<Owners> {
    let rows: Vec<(Option<String>, String, Option<String>)> = people::table
        .filter(people::phone_index.eq_any(phones.to_vec()))
        .order(people::id)
        .select((people::phone_index, people::name, people::phone_sealed))
        .load(conn)?;
    let mut owners = Owners::new();
    for (index, name, sealed) in rows {
        let owner = owners.entry(index.unwrap_or_default()).or_default();
        owner.0 = vault.open_option(Purpose::Phone, sealed.as_deref())?;
        owner.1.push(name);
    }
    Ok(owners)
}

/// Address and text by id.
fn texts_by_id(conn: &mut Conn, vault: &Vault, ids: &[i64]) -> Outcome<HashMap<i64, (String, PhoneText)>> {
    let rows: Vec<Row> =
        sandbox_texts::table.filter(sandbox_texts::id.eq_any(ids.to_vec())).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(|row| Ok((row.id, row.open(vault)?))).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sandbox_texts)]
struct Row {
    id: i64,
    direction: Direction,
    channel: ChannelKind,
    address_sealed: String,
    subject_sealed: Option<String>,
    text_sealed: String,
    at: Instant,
    read_at: Option<Instant>,
}

impl Row {
    fn open(self, vault: &Vault) -> Outcome<(String, PhoneText)> {
        let text = vault.open(Purpose::Message, &self.text_sealed)?;
        let charged = self.channel == ChannelKind::Sms && self.direction == Direction::In;
        let opened = PhoneText {
            id: self.id,
            direction: self.direction,
            channel: self.channel,
            subject: vault.open_option(Purpose::Message, self.subject_sealed.as_deref())?,
            segments: charged.then(|| segments::size_of("", &text).segments),
            text,
            at: self.at,
            read: self.read_at.is_some(),
        };
        Ok((vault.open(Purpose::Phone, &self.address_sealed)?, opened))
    }
}
