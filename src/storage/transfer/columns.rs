//! Tables and columns as the database itself tells them, and the SQL that carries their rows.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::problem::{Fault, Outcome};
use crate::storage::Conn;

/// A table with its columns by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    columns: BTreeMap<String, Kind>,
}

/// The types that our migrations use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Boolean,
    Timestamp,
    Date,
}

impl Kind {
    fn of(declared: &str) -> Option<Self> {
        match declared.to_ascii_lowercase().as_str() {
            "integer" | "bigint" => Some(Self::Number),
            "text" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "timestamp" | "timestamp without time zone" => Some(Self::Timestamp),
            "date" => Some(Self::Date),
            _ => None,
        }
    }
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, p.name AS column_name, p.type AS declared \
     FROM sqlite_master m JOIN pragma_table_info(m.name) p \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '__diesel_schema_migrations'";
const POSTGRES_COLUMNS: &str = "SELECT c.table_name::text, c.column_name::text, c.data_type::text AS declared \
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
     WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
     AND table_name <> '__diesel_schema_migrations'";
const POSTGRES_REFERENCES: &str = "SELECT DISTINCT conrelid::regclass::text AS table_name, \
     confrelid::regclass::text AS column_name, '' AS declared FROM pg_constraint \
     WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = current_schema()::regnamespace";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

/// All tables but the list of migrations, by name.
///
/// # Errors
/// A column of a type that is not among those the transfer knows.
pub fn tables(conn: &mut Conn) -> Outcome<Vec<Table>> {
    let sql = match conn {
        Conn::Sqlite(_) => SQLITE_COLUMNS,
        Conn::Postgres(_) => POSTGRES_COLUMNS,
    };
    let mut all: BTreeMap<String, BTreeMap<String, Kind>> = BTreeMap::new();
    for Column { table_name, column_name, declared } in diesel::sql_query(sql).load::<Column>(conn)? {
        let kind = Kind::of(&declared)
            .ok_or_else(|| Fault::internal(format!("{table_name}.{column_name}: unknown type {declared}")))?;
        all.entry(table_name).or_default().insert(column_name, kind);
    }
    Ok(all.into_iter().map(|(name, columns)| Table { name, columns }).collect())
}

/// Tables after those they refer to. SQLite looks at references only when the transaction ends.
pub fn in_order_of_reference<'a>(conn: &mut Conn, tables: &'a [Table]) -> Outcome<Vec<&'a Table>> {
    let Conn::Postgres(_) = conn else { return Ok(tables.iter().collect()) };
    let references: Vec<(String, String)> = diesel::sql_query(POSTGRES_REFERENCES)
        .load::<Column>(conn)?
        .into_iter()
        .map(|found| (found.table_name, found.column_name))
        .collect();
    let mut ordered = Vec::new();
    let mut placed = BTreeSet::new();
    while ordered.len() < tables.len() {
        let before = ordered.len();
        for table in tables {
            let waits = references.iter().any(|(from, to)| *from == table.name && !placed.contains(to));
            if !waits && placed.insert(table.name.clone()) {
                ordered.push(table);
            }
        }
        if ordered.len() == before {
            return Err(Fault::internal("tables refer to each other in a circle"));
        }
    }
    Ok(ordered)
}

impl Table {
    /// The names of its columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// SQLite: the next rows after a place that meet a condition, in the order of places.
    pub fn select_after_place(&self, condition: &str, rows: usize) -> String {
        let values = self.each(|name, kind| match kind {
            Kind::Number => format!("CAST({name} AS TEXT)"),
            Kind::Text | Kind::Date => name.to_owned(),
            Kind::Boolean => format!("CASE WHEN {name} IS NULL THEN NULL WHEN {name} THEN 't' ELSE 'f' END"),
            Kind::Timestamp => format!("strftime('%Y-%m-%d %H:%M:%f', {name})"),
        });
        format!(
            "SELECT rowid AS place, json_array({values}) AS row FROM {} \
             WHERE rowid > $1 AND ({condition}) ORDER BY rowid LIMIT {rows}",
            self.name
        )
    }

    /// PostgreSQL: a cursor named `batch` over all rows that meet a condition.
    pub fn declare_cursor(&self, condition: &str) -> String {
        let values = self.each(|name, kind| match kind {
            Kind::Number => format!("{name}::text"),
            Kind::Text => name.to_owned(),
            Kind::Date => format!("to_char({name}, 'YYYY-MM-DD')"),
            Kind::Boolean => format!("CASE WHEN {name} THEN 't' WHEN NOT {name} THEN 'f' END"),
            Kind::Timestamp => format!("to_char({name}, 'YYYY-MM-DD HH24:MI:SS.MS')"),
        });
        let order = if self.has("id") { " ORDER BY id" } else { "" };
        format!(
            "DECLARE batch NO SCROLL CURSOR FOR \
             SELECT 0::bigint AS place, json_build_array({values})::text AS row FROM {} WHERE {condition}{order}",
            self.name
        )
    }

    /// An insert of a batch of rows, given as JSON in `$1`.
    pub fn insert(&self, conn: &Conn) -> String {
        let columns = self.columns.keys().cloned().collect::<Vec<_>>().join(", ");
        let mut place = 0;
        let mut at = |_: &str, kind: Kind| {
            place += 1;
            match conn {
                Conn::Sqlite(_) => from_json_sqlite(place - 1, kind),
                Conn::Postgres(_) => from_json_postgres(place - 1, kind),
            }
        };
        let values = self.each(&mut at);
        let rows = match conn {
            // Without the condition SQLite takes an upsert to begin.
            Conn::Sqlite(_) => "json_each($1) WHERE true",
            Conn::Postgres(_) => "json_array_elements($1::json) AS value",
        };
        format!("INSERT INTO {} ({columns}) SELECT {values} FROM {rows}", self.name)
    }

    fn each(&self, mut value: impl FnMut(&str, Kind) -> String) -> String {
        self.columns.iter().map(|(name, kind)| value(name, *kind)).collect::<Vec<_>>().join(", ")
    }
}

fn from_json_sqlite(place: usize, kind: Kind) -> String {
    let value = format!("json_extract(value, '$[{place}]')");
    match kind {
        Kind::Number => format!("CAST({value} AS INTEGER)"),
        Kind::Boolean => format!("CASE {value} WHEN 't' THEN 1 WHEN 'f' THEN 0 END"),
        // As Diesel writes it: SQLite compares moments as texts, and `12:00:00.000` comes after `12:00:00`.
        Kind::Timestamp => format!("replace({value}, '.000', '')"),
        Kind::Text | Kind::Date => value,
    }
}

fn from_json_postgres(place: usize, kind: Kind) -> String {
    let cast = match kind {
        Kind::Number => "::bigint",
        Kind::Text => "",
        Kind::Boolean => "::boolean",
        Kind::Timestamp => "::timestamp",
        Kind::Date => "::date",
    };
    format!("(value->>{place}){cast}")
}
