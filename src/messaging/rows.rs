//! Many rows in one statement: they travel as one JSON text and are unfolded by the engine. (A batch insert or an
//! update from values with typed parameters does not run on both engines through Diesel.)

use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamp};
use serde::Serialize;

use crate::clock::Instant;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;

/// How a field of a row is read.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Number(&'static str),
    Text(&'static str),
    Time(&'static str),
}

/// `(SELECT … FROM rows) AS v`: the rows given to [`execute`] with their fields.
pub(super) fn unfolded(conn: &Conn, fields: &[Field]) -> String {
    let columns: Vec<String> = fields.iter().map(|field| column(conn, *field)).collect();
    let source = match conn {
        Conn::Postgres(_) => "json_array_elements(CAST($1 AS json)) AS rows (value)",
        Conn::Sqlite(_) => "json_each(?1) AS rows",
    };
    format!("(SELECT {} FROM {source}) AS v", columns.join(", "))
}

/// The instant given to [`execute_at`], wherever it stands in the statement (SQLite would count `$2` by appearance).
pub(super) fn instant(conn: &Conn) -> &'static str {
    match conn {
        Conn::Postgres(_) => "$2",
        Conn::Sqlite(_) => "?2",
    }
}

/// Runs `sql` over `rows`; returns how many rows of the table it changed.
pub(super) fn execute(tx: &mut Conn, sql: &str, rows: &[impl Serialize]) -> Outcome<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(diesel::sql_query(sql).bind::<Text, _>(json(rows)?).execute(tx)?)
}

/// As [`execute`], with an instant.
pub(super) fn execute_at(tx: &mut Conn, sql: &str, rows: &[impl Serialize], at: Instant) -> Outcome<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(diesel::sql_query(sql).bind::<Text, _>(json(rows)?).bind::<Timestamp, _>(at).execute(tx)?)
}

fn json(rows: &[impl Serialize]) -> Outcome<String> {
    serde_json::to_string(rows).map_err(Fault::internal)
}

/// An instant as both engines store and compare it.
pub(super) fn stored(at: Instant) -> String {
    at.utc().format("%F %T%.f").to_string()
}

fn column(conn: &Conn, field: Field) -> String {
    match (field, conn) {
        (Field::Number(name), _) => format!("CAST(rows.value ->> '{name}' AS BIGINT) AS {name}"),
        (Field::Time(name), Conn::Postgres(_)) => format!("CAST(rows.value ->> '{name}' AS TIMESTAMP) AS {name}"),
        (Field::Text(name) | Field::Time(name), _) => format!("rows.value ->> '{name}' AS {name}"),
    }
}
