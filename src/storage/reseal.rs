//! Sealing old values anew, after the key or the algorithm has changed.
//!
//! Which columns hold sealed values is asked of the database itself (their names end in `_sealed`), and what a value is
//! for is found by opening it, so that no list has to be kept in step. A value that bears today's mark already is
//! left alone: stopped half way, the work goes on where it stopped. It may run beside the server: a value that somebody
//! changes meanwhile is theirs, and bears the new mark anyway.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;

use super::transfer::columns::tables;
use super::{Conn, Store};
use crate::crypto::{Purpose, Vault, is_sealed};
use crate::problem::{Fault, Outcome};

const ROWS_AT_ONCE: i64 = 2_000;
/// The one column whose values have a master key of their own.
const HIV_COLUMN: &str = "hiv_sealed";

/// A column of sealed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub table: String,
    pub column: String,
}

/// How far the work has come in one column.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub column: &'a Column,
    pub done: u64,
    pub of: u64,
}

/// Values by algorithm and key (`a1.k1`).
pub type Marks = BTreeMap<String, u64>;

/// Which keys the stored values are sealed with.
pub fn marks(store: &Store, vault: &Vault) -> Outcome<Marks> {
    #[derive(QueryableByName)]
    struct Group {
        #[diesel(sql_type = Text)]
        mark: String,
        #[diesel(sql_type = BigInt)]
        amount: i64,
    }
    store.read(|conn| {
        let mut marks = Marks::new();
        for Column { table, column } in columns(conn)? {
            // `a1.k1.…`: an algorithm has two letters, a key ends at the next point.
            let point = match conn {
                Conn::Sqlite(_) => format!("instr(substr({column}, 4), '.')"),
                Conn::Postgres(_) => format!("strpos(substr({column}, 4), '.')"),
            };
            let groups: Vec<Group> = diesel::sql_query(format!(
                "SELECT substr({column}, 1, {point} + 2) AS mark, count(*) AS amount FROM {table} \
                 WHERE {column} IS NOT NULL GROUP BY 1"
            ))
            .load(conn)?;
            for Group { mark, amount } in groups {
                let mark = if vault.knows(&mark) { mark } else { "clear, or of a key we do not have".into() };
                *marks.entry(mark).or_default() += u64::try_from(amount).unwrap_or(0);
            }
        }
        Ok(marks)
    })
}

/// Seals every value anew that does not bear today's mark; gives how many.
///
/// # Errors
/// A value that no key of the file opens: named by table, column and row, and the work stops there.
pub fn reseal(store: &Store, vault: &Vault, mut tell: impl FnMut(Standing<'_>)) -> Outcome<u64> {
    let mut all = 0;
    for column in store.read(columns)? {
        let purpose = if column.column == HIV_COLUMN { Purpose::Hiv } else { Purpose::Narrative };
        let mark = vault.mark(purpose);
        let stale = format!(" AND substr({}, 1, {}) <> '{mark}'", column.column, mark.len());
        let of = store.read(|conn| count(conn, &column, &stale))?;
        let mut done = 0;
        loop {
            let sealed = store.write(|tx| {
                let values = batch(tx, &column, &stale)?;
                for value in &values {
                    let anew = again(vault, &value.text).map_err(|_| {
                        let Column { table, column } = &column;
                        Fault::internal(format!("{table}.{column}, row {}: no key opens it", value.place))
                    })?;
                    replace(tx, &column, value, &anew)?;
                }
                Ok(values.len() as u64)
            })?;
            done += sealed;
            tell(Standing { column: &column, done, of });
            if sealed == 0 {
                break;
            }
        }
        all += done;
    }
    Ok(all)
}

/// The value under today's key. A record kept in the history holds sealed values itself.
fn again(vault: &Vault, text: &str) -> Outcome<String> {
    if !is_sealed(text) {
        return vault.seal(Purpose::Narrative, text);
    }
    let (purpose, opened) = vault.purpose_of(text).ok_or_else(|| Fault::internal("no key opens it"))?;
    if purpose != Purpose::Snapshot {
        return vault.seal(purpose, &opened);
    }
    let mut record: Value = serde_json::from_str(&opened).map_err(Fault::internal)?;
    again_within(vault, &mut record)?;
    vault.seal(purpose, &record.to_string())
}

fn again_within(vault: &Vault, value: &mut Value) -> Outcome<()> {
    match value {
        Value::String(text) if is_sealed(text) => *text = again(vault, text)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| again_within(vault, item))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|field| again_within(vault, field))?,
        _ => {}
    }
    Ok(())
}

/// Every column of sealed values.
pub fn columns(conn: &mut Conn) -> Outcome<Vec<Column>> {
    let mut all = Vec::new();
    for table in tables(conn)? {
        let sealed = table.names().filter(|name| name.ends_with("_sealed")).map(str::to_owned);
        all.extend(sealed.map(|column| Column { table: table.name.clone(), column }));
    }
    Ok(all)
}

#[derive(QueryableByName)]
struct Kept {
    /// Where the row lies, as the engine calls it; good within the transaction.
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    text: String,
}

fn batch(conn: &mut Conn, of: &Column, stale: &str) -> Outcome<Vec<Kept>> {
    let Column { table, column } = of;
    let place = place(conn);
    Ok(diesel::sql_query(format!(
        "SELECT CAST({place} AS TEXT) AS place, {column} AS text FROM {table} \
         WHERE {column} IS NOT NULL{stale} LIMIT {ROWS_AT_ONCE}"
    ))
    .load(conn)?)
}

fn place(conn: &Conn) -> &'static str {
    match conn {
        Conn::Sqlite(_) => "rowid",
        Conn::Postgres(_) => "ctid",
    }
}

fn count(conn: &mut Conn, of: &Column, stale: &str) -> Outcome<u64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let Column { table, column } = of;
    let sql = format!("SELECT count(*) AS count FROM {table} WHERE {column} IS NOT NULL{stale}");
    Ok(u64::try_from(diesel::sql_query(sql).get_result::<Count>(conn)?.count).unwrap_or(0))
}

fn replace(tx: &mut Conn, of: &Column, old: &Kept, anew: &str) -> Outcome<()> {
    let Column { table, column } = of;
    let here = match tx {
        Conn::Sqlite(_) => "rowid = CAST($2 AS INTEGER)",
        Conn::Postgres(_) => "ctid = CAST($2 AS tid)",
    };
    diesel::sql_query(format!("UPDATE {table} SET {column} = $1 WHERE {here} AND {column} = $3"))
        .bind::<Text, _>(anew)
        .bind::<Text, _>(&old.place)
        .bind::<Text, _>(&old.text)
        .execute(tx)?;
    Ok(())
}
