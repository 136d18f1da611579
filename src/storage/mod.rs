//! One data model on two engines: SQLite (embedded, the default) and PostgreSQL (to grow on).
//!
//! All writes go through [`Store::write`]: it takes SQLite's write lock at the start (`BEGIN IMMEDIATE`),
//! and retries a transaction that the database refused because of others (busy, serialization, deadlock).
//! A plain deferred transaction would fail under load as soon as it turns from reading to writing.

pub mod backup;
mod migrations;
mod pool;
pub mod schema;
pub mod transfer;

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

pub use migrations::{migrate, pending, revert_all};
pub use pool::Engine;
use pool::{Manager, Pool};

use crate::config::DatabaseConfig;
use crate::problem::{Fault, Outcome};

/// A connection to either engine; queries written once run on both.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// The backend type of [`Conn`], for `into_boxed::<Db>()`.
pub type Db = <Conn as Connection>::Backend;

const WRITE_TRIES: u32 = 8;

/// The pools: several readers, and one writer on SQLite (readers and writers are one pool on PostgreSQL).
#[derive(Clone)]
pub struct Store {
    readers: Pool,
    writers: Pool,
    engine: Engine,
    url: String,
}

impl Store {
    /// Opens the pools. Does not migrate.
    pub fn open(config: &DatabaseConfig) -> Outcome<Self> {
        let engine = Engine::of(&config.url);
        let manager = |read_only| Manager { url: config.url.clone(), engine, read_only };
        let timeout = Duration::from_secs(config.acquire_timeout_seconds);
        let (readers, writers) = match engine {
            Engine::Sqlite => {
                let writers = pool::build(manager(false), 1, timeout)?;
                // The first connection creates the file and switches it to WAL; only then can readers open it.
                drop(writers.get().map_err(|error| Fault::Unavailable(error.to_string()))?);
                (pool::build(manager(true), config.readers, timeout)?, writers)
            }
            Engine::Postgres => {
                let shared = pool::build(manager(false), config.pool, timeout)?;
                (shared.clone(), shared)
            }
        };
        Ok(Self { readers, writers, engine, url: config.url.clone() })
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs `work` on a reading connection (no transaction of its own).
    pub fn read<T>(&self, work: impl FnOnce(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        let mut conn = self.readers.get().map_err(|error| Fault::Unavailable(error.to_string()))?;
        work(&mut conn)
    }

    /// The one write door: all of `work` happens, or none of it. `work` may run more than once.
    pub fn write<T>(&self, work: impl FnMut(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        self.transact("BEGIN", work)
    }

    /// As [`Store::write`], and every statement sees the same snapshot (REPEATABLE READ on PostgreSQL).
    pub fn write_on_snapshot<T>(&self, work: impl FnMut(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        self.transact("BEGIN ISOLATION LEVEL REPEATABLE READ", work)
    }

    fn transact<T>(&self, postgres_begin: &str, mut work: impl FnMut(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        let mut conn = self.writers.get().map_err(|error| Fault::Unavailable(error.to_string()))?;
        let mut tries = 0;
        loop {
            tries += 1;
            match once(&mut conn, postgres_begin, &mut work) {
                Err(Fault::Database(error)) if tries < WRITE_TRIES && is_contention(&error) => {
                    std::thread::sleep(Duration::from_millis(u64::from(rand::random::<u8>() % 16) * u64::from(tries)));
                }
                outcome => return outcome,
            }
        }
    }
}

fn once<T>(conn: &mut Conn, postgres_begin: &str, work: &mut impl FnMut(&mut Conn) -> Outcome<T>) -> Outcome<T> {
    match conn {
        Conn::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?,
        Conn::Postgres(inner) => AnsiTransactionManager::begin_transaction_sql(inner, postgres_begin)?,
    }
    // A panic in `work` must not hand a connection with an open transaction back to the pool.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(conn)));
    match outcome {
        Ok(Ok(value)) => {
            Manage::commit_transaction(conn)?;
            Ok(value)
        }
        Ok(Err(fault)) => {
            // The first error tells what happened; a failed rollback (connection lost) adds nothing.
            let _ = Manage::rollback_transaction(conn);
            Err(fault)
        }
        Err(panic) => {
            let _ = Manage::rollback_transaction(conn);
            std::panic::resume_unwind(panic)
        }
    }
}

type Manage = <Conn as Connection>::TransactionManager;

fn is_contention(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(_, info) => {
            let text = info.message();
            text.contains("database is locked") || text.contains("deadlock detected")
        }
        _ => false,
    }
}

/// Runs one insert in a savepoint: `None` when a unique rule already holds such a row.
///
/// # Errors
/// Any other error of the database.
pub fn insert_once<T>(
    tx: &mut Conn,
    insert: impl FnOnce(&mut Conn) -> Result<T, DieselError>,
) -> Result<Option<T>, DieselError> {
    #[expect(clippy::disallowed_methods, reason = "a savepoint inside the write door")]
    match tx.transaction(insert) {
        Ok(value) => Ok(Some(value)),
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs `work` in a savepoint of the write door; what it wrote stays only when `keep` says so of its result.
pub fn tentatively<T>(
    tx: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Outcome<T>,
    keep: impl FnOnce(&T) -> bool,
) -> Outcome<T> {
    enum Ended<T> {
        TakenBack(T),
        Failed(Fault),
    }
    impl<T> From<DieselError> for Ended<T> {
        fn from(error: DieselError) -> Self {
            Self::Failed(error.into())
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a savepoint inside the write door")]
    let ended = tx.transaction(|tx| {
        let value = work(tx).map_err(Ended::Failed)?;
        if keep(&value) { Ok(value) } else { Err(Ended::TakenBack(value)) }
    });
    match ended {
        Ok(value) | Err(Ended::TakenBack(value)) => Ok(value),
        Err(Ended::Failed(fault)) => Err(fault),
    }
}

/// Turns the row count of a guarded update into an answer: none changed means somebody was faster.
pub fn changed(rows: usize) -> Outcome<()> {
    if rows == 0 { Err(crate::problem::Problem::of("conflict").into()) } else { Ok(()) }
}
