//! Migrations: the same names for both engines, embedded in the binary, reversible.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Store};
use crate::problem::{Fault, Outcome};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("migrations/postgresql");

/// Brings the database to this version of the program; returns the names of what was applied.
pub fn migrate(store: &Store) -> Outcome<Vec<String>> {
    on_writer(store, |conn| match conn {
        Conn::Sqlite(inner) => names(inner.run_pending_migrations(SQLITE)),
        Conn::Postgres(inner) => names(inner.run_pending_migrations(POSTGRESQL)),
    })
}

/// The names of migrations that are not applied yet.
pub fn pending(store: &Store) -> Outcome<Vec<String>> {
    on_writer(store, |conn| {
        let list = match conn {
            Conn::Sqlite(inner) => {
                inner.pending_migrations(SQLITE).map(|all| all.iter().map(|m| m.name().to_string()).collect())
            }
            Conn::Postgres(inner) => {
                inner.pending_migrations(POSTGRESQL).map(|all| all.iter().map(|m| m.name().to_string()).collect())
            }
        };
        list.map_err(Fault::internal)
    })
}

/// Takes every migration back: an empty database remains.
pub fn revert_all(store: &Store) -> Outcome<Vec<String>> {
    on_writer(store, |conn| match conn {
        Conn::Sqlite(inner) => names(inner.revert_all_migrations(SQLITE)),
        Conn::Postgres(inner) => names(inner.revert_all_migrations(POSTGRESQL)),
    })
}

fn on_writer<T>(store: &Store, work: impl FnOnce(&mut Conn) -> Outcome<T>) -> Outcome<T> {
    let mut conn = store.writers.get().map_err(|error| Fault::Unavailable(error.to_string()))?;
    work(&mut conn)
}

fn names(applied: diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'_>>>) -> Outcome<Vec<String>> {
    applied.map(|all| all.iter().map(ToString::to_string).collect()).map_err(Fault::internal)
}
