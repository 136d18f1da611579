//! Fresh databases: a copy of a migrated file, or of a migrated template database.

use std::path::PathBuf;
use std::sync::LazyLock;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use xiangban::config::DatabaseConfig;
use xiangban::storage::{Store, migrate};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgresql,
}

pub struct TestDatabase {
    pub url: String,
    pub folder: PathBuf,
    drop_name: Option<String>,
}

impl TestDatabase {
    pub fn create(engine: Engine) -> Self {
        let name = format!("xiangban_test_{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        match engine {
            Engine::Sqlite => {
                let file = folder.join("xiangban.sqlite");
                std::fs::copy(&*SQLITE_TEMPLATE, &file).unwrap();
                Self { url: file.to_str().unwrap().to_owned(), folder, drop_name: None }
            }
            Engine::Postgresql => {
                let template = &*POSTGRESQL_TEMPLATE;
                admin(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
                Self { url: url_of(&name), folder, drop_name: Some(name) }
            }
        }
    }

    pub fn engine(&self) -> Engine {
        if self.drop_name.is_some() { Engine::Postgresql } else { Engine::Sqlite }
    }

    /// Takes over what another database of the same engine holds; nobody may be connected to either.
    pub fn become_copy_of(&self, other: &Self) {
        match (&self.drop_name, &other.drop_name) {
            (Some(own), Some(other)) => {
                admin(&format!("DROP DATABASE {own} WITH (FORCE)"));
                admin(&format!("CREATE DATABASE {own} TEMPLATE {other}"));
            }
            _ => {
                checkpoint(&other.url);
                std::fs::copy(&other.url, &self.url).unwrap();
            }
        }
    }
}

/// Brings all into the main file, so that a copy of it is whole.
fn checkpoint(file: &str) {
    let mut conn = diesel::SqliteConnection::establish(file).unwrap();
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;").unwrap();
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.drop_name {
            admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

static SQLITE_TEMPLATE: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("xiangban_template_{}.sqlite", uuid::Uuid::new_v4().simple()));
    let store = Store::open(&config(file.to_str().unwrap())).unwrap();
    migrate(&store).unwrap();
    store.write(|_| Ok(())).and_then(|()| store.read(|conn| Ok(conn.batch_execute("SELECT 1")?))).unwrap();
    drop(store);
    checkpoint(file.to_str().unwrap());
    file
});

static POSTGRESQL_TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = format!("xiangban_template_{}", uuid::Uuid::new_v4().simple());
    admin(&format!("CREATE DATABASE {name}"));
    let store = Store::open(&config(&url_of(&name))).unwrap();
    migrate(&store).unwrap();
    drop(store);
    admin(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    ));
    name
});

/// Settings for one connection to a database.
pub fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig { url: url.to_owned(), readers: 1, pool: 1, acquire_timeout_seconds: 10 }
}

/// The server to test on: `XIANGBAN_TEST_POSTGRES`, or the one that `scripts/test-database` starts.
static BASE_URL: LazyLock<String> = LazyLock::new(|| {
    if let Ok(url) = std::env::var("XIANGBAN_TEST_POSTGRES") {
        return url;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/test-database");
    let output = std::process::Command::new(script).stderr(std::process::Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "scripts/test-database could not start PostgreSQL");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
});

fn url_of(name: &str) -> String {
    let server = BASE_URL.rsplit_once('/').unwrap().0;
    format!("{server}/{name}")
}

fn admin(sql: &str) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut conn = PgConnection::establish(&BASE_URL).unwrap();
    conn.batch_execute(sql).unwrap();
}
