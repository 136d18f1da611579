//! Connections: opened by URL, with the true reason when that fails.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;
use crate::problem::{Fault, Outcome};

pub(super) type Pool = r2d2::Pool<Manager>;

/// Which database a URL names: `postgres://…` / `postgresql://…`, otherwise a SQLite file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn of(url: &str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") { Self::Postgres } else { Self::Sqlite }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Manager {
    pub url: String,
    pub engine: Engine,
    pub read_only: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("{0}")]
    Connect(#[from] diesel::ConnectionError),
    #[error("{0}")]
    Setup(#[from] diesel::result::Error),
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = OpenError;

    fn connect(&self) -> Result<Conn, OpenError> {
        match self.engine {
            Engine::Postgres => {
                let mut conn = PgConnection::establish(&self.url)?;
                conn.batch_execute("SET TIME ZONE 'UTC'; SET lock_timeout = '10s'")?;
                Ok(Conn::Postgres(conn))
            }
            Engine::Sqlite => {
                let mut conn = SqliteConnection::establish(self.url.trim_start_matches("sqlite://"))?;
                conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;")?;
                conn.batch_execute(if self.read_only {
                    "PRAGMA query_only = ON; PRAGMA mmap_size = 268435456;"
                } else {
                    // What is deleted or sealed anew is overwritten in the file as well.
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
                })?;
                Ok(Conn::Sqlite(conn))
            }
        }
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), OpenError> {
        Ok(conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        use diesel::connection::{TransactionManager, TransactionManagerStatus};
        let status =
            <<Conn as Connection>::TransactionManager as TransactionManager<Conn>>::transaction_manager_status_mut(
                conn,
            );
        match status {
            TransactionManagerStatus::Valid(valid) => valid.transaction_depth().is_some(),
            TransactionManagerStatus::InError => true,
        }
    }
}

pub(super) fn build(manager: Manager, size: u32, timeout: Duration) -> Outcome<Pool> {
    // A first connection by hand: r2d2 would only say "timed out".
    r2d2::ManageConnection::connect(&manager).map_err(|error| Fault::Unavailable(error.to_string()))?;
    r2d2::Pool::builder()
        .max_size(size.max(1))
        .min_idle(Some(1))
        .test_on_check_out(false)
        .connection_timeout(timeout)
        .error_handler(Box::new(Reasons))
        .build(manager)
        .map_err(|error| Fault::Unavailable(error.to_string()))
}

/// Logs why a connection could not be opened (the reason names host and port, never the password).
#[derive(Debug)]
struct Reasons;

impl r2d2::HandleError<OpenError> for Reasons {
    fn handle_error(&self, error: OpenError) {
        tracing::warn!(%error, "database connection");
    }
}
