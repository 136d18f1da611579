//! Backups: one file with everything but the keys, checked before it counts as made, and the way back from it.
//!
//! SQLite is copied while it is in use (`VACUUM INTO`); PostgreSQL by its own `pg_dump` and `pg_restore`.
//! Sealed columns stay sealed in a backup, names do not: the file is readable by its owner only. Encrypting it as a
//! whole has its place between [`make`] and wherever the file goes.

mod postgres;
mod sqlite;

use std::io::Read;
use std::path::Path;

use super::{Engine, Store};
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};

/// A backup that was made and checked.
#[derive(Clone, Debug)]
pub struct Backup {
    pub bytes: u64,
    /// Tables found in the file by reading it again.
    pub tables: usize,
}

/// Writes a backup of `store` to `file`, which must not exist, and reads it again to check it.
///
/// # Errors
/// A file that exists, a full disk, `pg_dump` missing or refusing, a copy that is not whole.
pub fn make(store: &Store, file: &Path) -> Outcome<Backup> {
    if file.exists() {
        return Err(Fault::internal(format!("{} exists already", file.display())));
    }
    let partial = file.with_extension("partial");
    let _ = std::fs::remove_file(&partial);
    let made = match store.engine() {
        Engine::Sqlite => sqlite::copy(store.url(), &partial).and_then(|()| sqlite::check(&partial)),
        Engine::Postgres => postgres::dump(store.url(), &partial).and_then(|()| postgres::check(&partial)),
    };
    let finished = made.and_then(|tables| {
        let copy = std::fs::File::open(&partial).map_err(|error| of_file(&partial, &error))?;
        copy.sync_all().map_err(|error| of_file(&partial, &error))?;
        let bytes = copy.metadata().map_err(|error| of_file(&partial, &error))?.len();
        std::fs::rename(&partial, file).map_err(|error| of_file(file, &error))?;
        Ok(Backup { bytes, tables })
    });
    if finished.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    finished
}

/// Puts the database at `url` back to what `file` holds. What was there before is kept beside it on SQLite.
///
/// # Errors
/// A file that is no whole backup of that engine, a database in use, or one that holds data while `replace` is false.
pub fn restore(url: &str, file: &Path, replace: bool, now: Instant) -> Outcome<usize> {
    let (engine, kind) = (Engine::of(url), engine_of(file)?);
    if engine != kind {
        return Err(Fault::internal(format!("{} is a backup of {kind:?}, the database is {engine:?}", file.display())));
    }
    match engine {
        Engine::Sqlite => {
            let tables = sqlite::check(file)?;
            sqlite::put_back(url, file, replace, now)?;
            Ok(tables)
        }
        Engine::Postgres => {
            let tables = postgres::check(file)?;
            postgres::put_back(url, file, replace)?;
            Ok(tables)
        }
    }
}

/// Which database a backup was made of, by its first bytes.
fn engine_of(file: &Path) -> Outcome<Engine> {
    let mut begin = [0; 15];
    let read = std::fs::File::open(file).and_then(|mut open| open.read(&mut begin));
    let length = read.map_err(|error| of_file(file, &error))?;
    match begin.get(..length) {
        Some(b"SQLite format 3") => Ok(Engine::Sqlite),
        Some([b'P', b'G', b'D', b'M', b'P', ..]) => Ok(Engine::Postgres),
        _ => Err(Fault::internal(format!("{} is no backup", file.display()))),
    }
}

fn of_file(file: &Path, error: &std::io::Error) -> Fault {
    Fault::internal(format!("{}: {error}", file.display()))
}
