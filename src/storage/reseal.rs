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
use crate::crypto::{Purpose, Vault, is_sealed, mark_of};
use crate::problem::{Fault, Outcome};

const ROWS_AT_ONCE: i64 = 500;

/// A column of sealed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub table: String,
    pub column: String,
    key: String,
}

/// How far the work has come in one column.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub column: &'a Column,
    pub done: u64,
    pub of: u64,
}

/// Values by algorithm and key (`a1.k1`); `clear` for those from before their column was sealed.
pub type Marks = BTreeMap<String, u64>;

/// Which keys the stored values are sealed with.
pub fn marks(store: &Store) -> Outcome<Marks> {
    store.read(|conn| {
        let mut marks = Marks::new();
        for column in columns(conn)? {
            let mut after = i64::MIN;
            loop {
                let values = batch(conn, &column, after, "")?;
                let Some(last) = values.last() else { break };
                after = last.place;
                for value in values {
                    let mark = if is_sealed(&value.text) { mark_of(&value.text) } else { None };
                    *marks.entry(mark.unwrap_or_else(|| "clear".into())).or_default() += 1;
                }
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
        let marks = [vault.mark(Purpose::Narrative), vault.mark(Purpose::Hiv)];
        let stale = marks.iter().fold(String::new(), |sql, mark| {
            let length = mark.len();
            sql + &format!(" AND substr({}, 1, {length}) <> '{mark}'", column.column)
        });
        let of = store.read(|conn| count(conn, &column, &stale))?;
        let (mut after, mut done) = (i64::MIN, 0);
        loop {
            let last = store.write(|tx| {
                let values = batch(tx, &column, after, &stale)?;
                for value in &values {
                    let anew = again(vault, &value.text).map_err(|_| {
                        let Column { table, column, .. } = &column;
                        Fault::internal(format!("{table}.{column}, row {}: no key opens it", value.place))
                    })?;
                    replace(tx, &column, value, &anew)?;
                }
                Ok(values.last().map(|last| (last.place, values.len() as u64)))
            })?;
            let Some((place, rows)) = last else { break };
            (after, done) = (place, done + rows);
            tell(Standing { column: &column, done, of });
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

/// Every column of sealed values, with the number that names its rows.
pub fn columns(conn: &mut Conn) -> Outcome<Vec<Column>> {
    let mut all = Vec::new();
    for table in tables(conn)? {
        let sealed: Vec<String> = table.names().filter(|name| name.ends_with("_sealed")).map(str::to_owned).collect();
        if sealed.is_empty() {
            continue;
        }
        let key = key_of(conn, &table.name)?;
        all.extend(sealed.into_iter().map(|column| Column { table: table.name.clone(), column, key: key.clone() }));
    }
    Ok(all)
}

fn key_of(conn: &mut Conn, table: &str) -> Outcome<String> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let sql = match conn {
        Conn::Sqlite(_) => "SELECT name FROM pragma_table_info($1) WHERE pk > 0",
        Conn::Postgres(_) => {
            "SELECT attname::text AS name FROM pg_index JOIN pg_attribute \
             ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indisprimary AND indrelid = $1::regclass"
        }
    };
    let names: Vec<Name> = diesel::sql_query(sql).bind::<Text, _>(table).load(conn)?;
    match <[Name; 1]>::try_from(names) {
        Ok([key]) => Ok(key.name),
        Err(_) => Err(Fault::internal(format!("{table} holds sealed values and has no single key"))),
    }
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    text: String,
}

fn batch(conn: &mut Conn, of: &Column, after: i64, stale: &str) -> Outcome<Vec<Kept>> {
    let Column { table, column, key } = of;
    Ok(diesel::sql_query(format!(
        "SELECT {key} AS place, {column} AS text FROM {table} \
         WHERE {column} IS NOT NULL AND {key} > $1{stale} ORDER BY {key} LIMIT {ROWS_AT_ONCE}"
    ))
    .bind::<BigInt, _>(after)
    .load(conn)?)
}

fn count(conn: &mut Conn, of: &Column, stale: &str) -> Outcome<u64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let Column { table, column, .. } = of;
    let sql = format!("SELECT count(*) AS count FROM {table} WHERE {column} IS NOT NULL{stale}");
    Ok(u64::try_from(diesel::sql_query(sql).get_result::<Count>(conn)?.count).unwrap_or(0))
}

fn replace(tx: &mut Conn, of: &Column, old: &Kept, anew: &str) -> Outcome<()> {
    let Column { table, column, key } = of;
    diesel::sql_query(format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2 AND {column} = $3"))
        .bind::<Text, _>(anew)
        .bind::<BigInt, _>(old.place)
        .bind::<Text, _>(&old.text)
        .execute(tx)?;
    Ok(())
}
