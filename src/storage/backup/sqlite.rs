//! SQLite: a copy of the file made while it is in use.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{beside, new_file, of_file};
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};

/// Copies the database into `file`, which is made readable by its owner only.
pub fn copy(url: &str, file: &Path) -> Outcome<()> {
    let path = file.to_str().ok_or_else(|| Fault::internal("the name of the backup is not UTF-8"))?;
    drop(new_file(file)?);
    let mut conn = open(Path::new(path_of(url)))?;
    diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(path).execute(&mut conn)?;
    Ok(())
}

/// Reads the whole file and returns how many tables it holds.
///
/// # Errors
/// Damage, a broken reference, or no tables of ours.
pub fn check(file: &Path) -> Outcome<usize> {
    if !file.exists() {
        return Err(Fault::internal(format!("{} does not exist", file.display())));
    }
    let mut conn = open(file)?;
    let verdicts: Vec<Verdict> = diesel::sql_query("SELECT integrity_check AS verdict FROM pragma_integrity_check")
        .load(&mut conn)
        .map_err(|error| Fault::internal(format!("{}: {error}", file.display())))?;
    if let Some(verdict) = verdicts.iter().find(|found| found.verdict != "ok") {
        return Err(Fault::internal(format!("{} is damaged: {}", file.display(), verdict.verdict)));
    }
    let broken = count(&mut conn, "SELECT count(*) AS count FROM pragma_foreign_key_check")?;
    let tables = count(&mut conn, "SELECT count(*) AS count FROM sqlite_master WHERE type = 'table'")?;
    let ours =
        count(&mut conn, "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'")?;
    match (broken, ours) {
        (0, 1) => Ok(usize::try_from(tables).unwrap_or(0)),
        (0, _) => Err(Fault::internal(format!("{} is not a database of this program", file.display()))),
        _ => Err(Fault::internal(format!("{}: {broken} references lead nowhere", file.display()))),
    }
}

/// Puts `file` in the place of the database, which is moved aside.
pub fn put_back(url: &str, file: &Path, replace: bool, now: Instant) -> Outcome<()> {
    let place = PathBuf::from(path_of(url));
    if place.exists() {
        if !replace {
            return Err(Fault::internal(format!("{} exists: say --replace to move it aside", place.display())));
        }
        close(&place)?;
        let aside = beside(&place, &format!(".before-{}", now.local().format("%Y%m%d-%H%M%S")));
        std::fs::rename(&place, &aside).map_err(|error| of_file(&place, &error))?;
    } else if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(|error| of_file(folder, &error))?;
    }
    let partial = beside(&place, ".partial");
    std::fs::copy(file, &partial).map_err(|error| of_file(&partial, &error))?;
    std::fs::File::open(&partial).and_then(|copy| copy.sync_all()).map_err(|error| of_file(&partial, &error))?;
    std::fs::rename(&partial, &place).map_err(|error| of_file(&place, &error))
}

/// Folds the write-ahead log into the file. Only possible while nobody else has the database open.
fn close(place: &Path) -> Outcome<()> {
    let in_use = |error| Fault::internal(format!("{} is in use: stop the server first ({error})", place.display()));
    let mut conn = open(place)?;
    let mode: Vec<Mode> = diesel::sql_query("PRAGMA journal_mode = DELETE").load(&mut conn).map_err(in_use)?;
    match mode.first() {
        Some(mode) if mode.journal_mode == "delete" => Ok(()),
        _ => Err(Fault::internal(format!("{} is in use: stop the server first", place.display()))),
    }
}

fn open(file: &Path) -> Outcome<SqliteConnection> {
    let name = file.to_str().ok_or_else(|| Fault::internal("the name of the file is not UTF-8"))?;
    let mut conn = SqliteConnection::establish(name)
        .map_err(|error| Fault::Unavailable(format!("{}: {error}", file.display())))?;
    conn.batch_execute("PRAGMA busy_timeout = 2000")?;
    Ok(conn)
}

/// The file of a SQLite URL.
pub fn path_of(url: &str) -> &str {
    url.trim_start_matches("sqlite://")
}

fn count(conn: &mut SqliteConnection, sql: &str) -> Outcome<i64> {
    Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.count)
}

#[derive(QueryableByName)]
struct Verdict {
    #[diesel(sql_type = Text)]
    verdict: String,
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
