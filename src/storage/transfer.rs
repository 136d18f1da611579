//! Moving a whole database to the other engine: table by table, counted and fingerprinted on both sides.
//!
//! ```text
//!  source, one snapshot ──rows as JSON text──▶ target, one transaction ──▶ same counts and fingerprints? ──▶ commit
//! ```
//!
//! Every value passes as text in one form for both engines (UTC timestamps to the millisecond), so the fingerprint of
//! a table, a sum over its rows' hashes, is the same wherever it lies and in whatever order it is read.

pub(super) mod columns;
mod fingerprint;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use self::columns::{Table, in_order_of_reference, tables};
use self::fingerprint::{Fingerprint, Row};
use super::{Conn, Store};
use crate::problem::{Fault, Outcome};

const ROWS_AT_ONCE: usize = 1_000;
const ALL_ROWS: &str = "1 = 1";

/// A table that was copied and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
    /// The same on both sides.
    pub fingerprint: String,
}

/// Where a transfer stands: `rows` of `of` rows of a table are in the target.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub table: &'a str,
    pub rows: u64,
    pub of: u64,
}

/// Copies everything from `source` into the empty, migrated `target`; all of it or nothing.
///
/// # Errors
/// A target that holds rows, databases of different versions, or a table that does not come out the same.
pub fn transfer(source: &Store, target: &Store, mut tell: impl FnMut(Standing<'_>)) -> Outcome<Vec<Copied>> {
    source.on_snapshot(|from| {
        let tables = tables(from)?;
        target.write(|to| {
            prepare(to, &tables)?;
            let mut copied = Vec::new();
            for table in in_order_of_reference(to, &tables)? {
                copied.push(copy(from, to, table, &mut tell)?);
            }
            continue_numbering(to, &tables)?;
            Ok(copied)
        })
    })
}

/// A table, and the condition (SQL of our own) on those of its rows that are wanted.
#[derive(Clone, Debug)]
pub struct Part {
    pub table: &'static str,
    pub condition: String,
}

/// Copies parts of `source`, as they stand at one moment, into the migrated `target`.
///
/// # Errors
/// A table that one of the two does not have.
pub fn excerpt(source: &Store, target: &Store, parts: &[Part]) -> Outcome<()> {
    source.on_snapshot(|from| {
        let tables = tables(from)?;
        target.write(|to| {
            for part in parts {
                let table = tables.iter().find(|table| table.name == part.table);
                let table = table.ok_or_else(|| Fault::internal(format!("no table {}", part.table)))?;
                each_batch(from, table, &part.condition, |rows| insert(to, table, &rows))?;
            }
            Ok(())
        })
    })
}

/// Rows and fingerprint of every table.
pub fn fingerprints(store: &Store) -> Outcome<Vec<Copied>> {
    store.on_snapshot(|conn| {
        let mut all = Vec::new();
        for table in tables(conn)? {
            let mut sum = Fingerprint::default();
            each_batch(conn, &table, ALL_ROWS, |rows| {
                rows.iter().for_each(|row| sum.add(row));
                Ok(())
            })?;
            all.push(sum.of(&table.name));
        }
        Ok(all)
    })
}

fn prepare(to: &mut Conn, expected: &[Table]) -> Outcome<()> {
    let found = tables(to)?;
    if found != expected {
        return Err(Fault::internal("the two databases are not of the same version: run `migrate` on both first"));
    }
    for table in &found {
        if count(to, &table.name)? > 0 {
            return Err(Fault::internal(format!("the target is not empty: {} holds rows", table.name)));
        }
    }
    if let Conn::Sqlite(_) = to {
        to.batch_execute("PRAGMA defer_foreign_keys = ON")?;
    }
    Ok(())
}

fn copy(from: &mut Conn, to: &mut Conn, table: &Table, tell: &mut impl FnMut(Standing<'_>)) -> Outcome<Copied> {
    let of = count(from, &table.name)?;
    let mut sent = Fingerprint::default();
    tell(Standing { table: &table.name, rows: 0, of });
    each_batch(from, table, ALL_ROWS, |rows| {
        insert(to, table, &rows)?;
        rows.iter().for_each(|row| sent.add(row));
        tell(Standing { table: &table.name, rows: sent.rows(), of });
        Ok(())
    })?;
    let mut arrived = Fingerprint::default();
    each_batch(to, table, ALL_ROWS, |rows| {
        rows.iter().for_each(|row| arrived.add(row));
        Ok(())
    })?;
    if sent != arrived {
        return Err(Fault::internal(format!(
            "{} does not come out the same: {} rows sent, {} arrived; nothing was kept",
            table.name,
            sent.rows(),
            arrived.rows()
        )));
    }
    Ok(sent.of(&table.name))
}

fn insert(to: &mut Conn, table: &Table, rows: &[Row]) -> Outcome<()> {
    let batch = serde_json::to_string(rows).map_err(Fault::internal)?;
    let done = diesel::sql_query(table.insert(to)).bind::<Text, _>(batch).execute(to)?;
    if done == rows.len() { Ok(()) } else { Err(Fault::internal(format!("{}: rows were lost on the way", table.name))) }
}

fn each_batch(
    conn: &mut Conn,
    table: &Table,
    condition: &str,
    mut work: impl FnMut(Vec<Row>) -> Outcome<()>,
) -> Outcome<()> {
    match conn {
        Conn::Sqlite(_) => {
            let mut after = i64::MIN;
            loop {
                let lines: Vec<Line> = diesel::sql_query(table.select_after_place(condition, ROWS_AT_ONCE))
                    .bind::<BigInt, _>(after)
                    .load(conn)?;
                let Some(last) = lines.last() else { return Ok(()) };
                after = last.place;
                work(rows(&lines)?)?;
            }
        }
        Conn::Postgres(_) => {
            conn.batch_execute(&table.declare_cursor(condition))?;
            loop {
                let lines: Vec<Line> = diesel::sql_query(format!("FETCH {ROWS_AT_ONCE} FROM batch")).load(conn)?;
                if lines.is_empty() {
                    return Ok(conn.batch_execute("CLOSE batch")?);
                }
                work(rows(&lines)?)?;
            }
        }
    }
}

fn rows(lines: &[Line]) -> Outcome<Vec<Row>> {
    lines.iter().map(|line| serde_json::from_str(&line.row).map_err(Fault::internal)).collect()
}

/// New rows must not be given ids that came along with the old ones. (SQLite sees to it itself.)
fn continue_numbering(to: &mut Conn, tables: &[Table]) -> Outcome<()> {
    let Conn::Postgres(_) = to else { return Ok(()) };
    for Table { name, .. } in tables.iter().filter(|table| table.has("id")) {
        diesel::sql_query(format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name} HAVING max(id) IS NOT NULL"
        ))
        .execute(to)?;
    }
    Ok(())
}

fn count(conn: &mut Conn, table: &str) -> Outcome<u64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let counted: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result(conn)?;
    Ok(u64::try_from(counted.count).unwrap_or(0))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    row: String,
}
