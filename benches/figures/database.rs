//! A fresh database with a county in it.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use xiangban::app::App;
use xiangban::clock::{Clock, Instant};
use xiangban::config::Config;
use xiangban::storage::{Conn, migrate};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgresql,
}

pub struct Fresh {
    pub app: App,
    folder: std::path::PathBuf,
    database: Option<(String, String)>,
}

pub fn now() -> Instant {
    "2026-03-02T09:00:00+08:00".parse().unwrap()
}

impl Fresh {
    pub fn new(kind: Kind) -> Self {
        let name = format!("xiangban_bench_{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = Config::load(None).unwrap();
        config.keys.file = folder.join("keys");
        config.identity.requests_per_second = u32::MAX;
        config.identity.request_burst = u32::MAX;
        let database = match kind {
            Kind::Sqlite => {
                config.database.url = folder.join("x.sqlite").to_str().unwrap().to_owned();
                None
            }
            Kind::Postgresql => {
                let base = std::env::var("XIANGBAN_TEST_POSTGRES").expect("the URL that scripts/test-database prints");
                PgConnection::establish(&base).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
                config.database.url = format!("{}/{name}", base.rsplit_once('/').unwrap().0);
                Some((base, name))
            }
        };
        let app = App::new(config, Clock::fixed(now())).unwrap();
        migrate(&app.store).unwrap();
        Self { app, folder, database }
    }

    /// Runs statements as they are.
    pub fn sql(&self, statements: &str) {
        self.app
            .store
            .write(|tx| {
                match tx {
                    Conn::Sqlite(inner) => inner.batch_execute(statements)?,
                    Conn::Postgres(inner) => inner.batch_execute(statements)?,
                }
                Ok(())
            })
            .unwrap();
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some((base, name)) = &self.database {
            let _ = PgConnection::establish(base).unwrap().batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A county with one township, ten villages, and `people` people.
pub fn county(fresh: &Fresh, people: usize) {
    fresh.sql(&format!(
        "INSERT INTO areas (code, name, level, parent_code) VALUES
           ('990101000000', 'county', 'county', NULL), ('990101100000', 'township', 'township', '990101000000');
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
         INSERT INTO areas (code, name, level, parent_code)
           SELECT '99010110020' || i, 'village', 'village', '990101100000' FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {people})
         INSERT INTO people (id, name, sex, area_code, created_at, updated_at)
           SELECT i, 'person', 'female', '99010110020' || (i % 10), '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM n;
         INSERT INTO posts (person_id, kind, area_code, since)
           SELECT id, 'village_director', area_code, '2025-01-01' FROM people WHERE id <= 10;"
    ));
}
