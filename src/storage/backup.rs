//! Backups: one sealed file with everything but the keys, checked before it counts as made, and the way back from it.
//!
//! SQLite is copied while it is in use (`VACUUM INTO`); PostgreSQL by its own `pg_dump` and `pg_restore`. What they give
//! is sealed as a whole (`sealed`), so that a file that gets lost tells nothing, not even names; the plain form exists
//! for who has a tool of their own, and can be restored as well.

mod postgres;
mod sealed;
mod sqlite;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sealed::{Head, Reader, Writer};

pub use sealed::Lock;

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

/// Writes a backup of `store` to `file`, which must not exist, and reads it again to check it. Without a lock it is
/// written in clear.
///
/// # Errors
/// A file that exists, a full disk, `pg_dump` missing or refusing, a copy that is not whole.
pub fn make(store: &Store, file: &Path, lock: Option<Lock<'_>>) -> Outcome<Backup> {
    if file.exists() {
        return Err(Fault::internal(format!("{} exists already", file.display())));
    }
    let partial = beside(file, ".partial");
    let _ = std::fs::remove_file(&partial);
    let made = match lock {
        Some(lock) => make_sealed(store, &partial, lock),
        None => make_plain(store, &partial),
    };
    let finished = made.and_then(|tables| {
        let copy = File::open(&partial).map_err(|error| of_file(&partial, &error))?;
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

fn make_plain(store: &Store, file: &Path) -> Outcome<usize> {
    match store.engine() {
        Engine::Sqlite => sqlite::copy(store.url(), file).and_then(|()| sqlite::check(file)),
        Engine::Postgres => {
            let mut place = new_file(file)?;
            postgres::dump(store.url(), &mut place)?;
            postgres::check(&mut opened(file)?)
        }
    }
}

fn make_sealed(store: &Store, file: &Path, lock: Lock<'_>) -> Outcome<usize> {
    let head = Head::new(store.engine(), lock);
    let mut writer = Writer::new(new_file(file)?, &head, lock)?;
    match store.engine() {
        Engine::Sqlite => {
            // The clear copy lies beside the database, which is no more in clear than it, and not where backups go.
            let clear = Passing(beside(Path::new(sqlite::path_of(store.url())), &format!(".copy-{}", random_name())));
            sqlite::copy(store.url(), &clear.0)?;
            let tables = sqlite::check(&clear.0)?;
            std::io::copy(&mut opened(&clear.0)?, &mut writer).map_err(|error| of_file(file, &error))?;
            writer.finish().map_err(|error| of_file(file, &error))?;
            drain(file, lock)?;
            Ok(tables)
        }
        Engine::Postgres => {
            postgres::dump(store.url(), &mut writer)?;
            writer.finish().map_err(|error| of_file(file, &error))?;
            drain(file, lock)?;
            postgres::check(&mut unsealed(file, lock)?)
        }
    }
}

/// Which lock a backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    No,
    WithKey,
    WithPassphrase,
}

/// # Errors
/// A file that is no backup.
pub fn locked(file: &Path) -> Outcome<Locked> {
    Ok(match head_of(file)? {
        None => Locked::No,
        Some(head) if head.wants_passphrase() => Locked::WithPassphrase,
        Some(_) => Locked::WithKey,
    })
}

/// Puts the database at `url` back to what `file` holds. What was there before is kept beside it on SQLite.
///
/// # Errors
/// A file that is no whole backup of that engine, one that `lock` does not open, a database in use, or one that holds
/// data while `replace` is false.
pub fn restore(url: &str, file: &Path, lock: Option<Lock<'_>>, replace: bool, now: Instant) -> Outcome<usize> {
    let head = head_of(file)?;
    let (engine, kind) = (Engine::of(url), head.as_ref().map_or_else(|| engine_of(file), |head| Ok(head.engine))?);
    if engine != kind {
        return Err(Fault::internal(format!("{} is a backup of {kind:?}, the database is {engine:?}", file.display())));
    }
    let lock = match (head, lock) {
        (None, _) => None,
        (Some(_), Some(lock)) => Some(lock),
        (Some(_), None) => return Err(Fault::internal(format!("{} is sealed", file.display()))),
    };
    match (engine, lock) {
        (Engine::Sqlite, None) => {
            let tables = sqlite::check(file)?;
            sqlite::put_back(url, file, replace, now)?;
            Ok(tables)
        }
        (Engine::Sqlite, Some(lock)) => {
            let clear = Passing(beside(Path::new(sqlite::path_of(url)), &format!(".copy-{}", random_name())));
            if let Some(folder) = clear.0.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|error| of_file(folder, &error))?;
            }
            let mut place = new_file(&clear.0)?;
            std::io::copy(&mut unsealed(file, lock)?, &mut place).map_err(|error| of_file(file, &error))?;
            let tables = sqlite::check(&clear.0)?;
            sqlite::put_back(url, &clear.0, replace, now)?;
            Ok(tables)
        }
        (Engine::Postgres, None) => {
            let tables = postgres::check(&mut opened(file)?)?;
            postgres::put_back(url, &mut opened(file)?, replace)?;
            Ok(tables)
        }
        (Engine::Postgres, Some(lock)) => {
            drain(file, lock)?;
            let tables = postgres::check(&mut unsealed(file, lock)?)?;
            postgres::put_back(url, &mut unsealed(file, lock)?, replace)?;
            Ok(tables)
        }
    }
}

/// Reads a sealed file to its end: every chunk is whole and in its place.
fn drain(file: &Path, lock: Lock<'_>) -> Outcome<()> {
    let mut reader = unsealed(file, lock)?;
    std::io::copy(&mut reader, &mut std::io::sink()).map_err(|error| of_file(file, &error))?;
    Ok(())
}

fn unsealed(file: &Path, lock: Lock<'_>) -> Outcome<impl Read + use<>> {
    let mut from = opened(file)?;
    let head = Head::read(&mut from).map_err(|error| of_file(file, &error))?;
    let head = head.ok_or_else(|| Fault::internal(format!("{} is not sealed", file.display())))?;
    Reader::new(from, &head, lock)
}

fn head_of(file: &Path) -> Outcome<Option<Head>> {
    Head::read(&mut opened(file)?).map_err(|error| of_file(file, &error))
}

/// Which database a backup in clear was made of, by its first bytes.
fn engine_of(file: &Path) -> Outcome<Engine> {
    let mut begin = [0; 15];
    let length = opened(file)?.read(&mut begin).map_err(|error| of_file(file, &error))?;
    match begin.get(..length) {
        Some(b"SQLite format 3") => Ok(Engine::Sqlite),
        Some([b'P', b'G', b'D', b'M', b'P', ..]) => Ok(Engine::Postgres),
        _ => Err(Fault::internal(format!("{} is no backup", file.display()))),
    }
}

fn opened(file: &Path) -> Outcome<std::io::BufReader<File>> {
    File::open(file).map(std::io::BufReader::new).map_err(|error| of_file(file, &error))
}

/// A new file that only its owner can read.
fn new_file(file: &Path) -> Outcome<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(file).map_err(|error| of_file(file, &error))
}

/// A file in clear that is gone as soon as it has served: overwritten, then removed.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // Best effort: a journaling disk may keep old blocks, as it does of the database itself.
        if let Ok(mut file) = OpenOptions::new().write(true).open(&self.0) {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            let _ = std::io::copy(&mut std::io::repeat(0).take(length), &mut file);
            let _ = file.flush();
        }
        let _ = std::fs::remove_file(&self.0);
    }
}

fn random_name() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn beside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn of_file(file: &Path, error: &std::io::Error) -> Fault {
    Fault::internal(format!("{}: {error}", file.display()))
}
