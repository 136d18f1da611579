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
        Self::with(kind, |_| {})
    }

    /// With a configuration that `adapt` has changed.
    pub fn with(kind: Kind, adapt: impl FnOnce(&mut Config)) -> Self {
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
        adapt(&mut config);
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

/// Children of the ten villages in families of two; both parents are away, and the first 200 people's volunteers are
/// paired with five children each. Needs 5 000 people.
pub fn families(fresh: &Fresh, households: usize) {
    let children = households * 2;
    let at = "'2026-02-01 00:00:00'";
    fresh.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {households})
         INSERT INTO households (id, village_code, created_at, updated_at)
           SELECT i, '99010110020' || (i % 10), {at}, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {households})
         INSERT INTO household_members (household_id, person_id, kin, holds_guardianship, away_place, away_outside_county, away_since, since)
           SELECT i, 1000 + i, 'father', TRUE, 'elsewhere', TRUE, '2025-01-01', '2020-01-01' FROM n
           UNION ALL SELECT i, 2000 + i, 'mother', TRUE, 'elsewhere', TRUE, '2025-01-01', '2020-01-01' FROM n
           UNION ALL SELECT i, 3000 + i, 'paternal_grandmother', FALSE, NULL, FALSE, NULL, '2020-01-01' FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {children})
         INSERT INTO children (id, household_id, name, sex, birth_date, village_code, confirmed_at, created_at, updated_at)
           SELECT i, 1 + (i - 1) / 2, 'child', 'female', '2017-05-20', '99010110020' || ((1 + (i - 1) / 2) % 10), {at}, {at}, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {VOLUNTEERS})
         INSERT INTO volunteers (id, person_id, area_code, skills, languages, load_wish, state, applied_at, admitted_at, state_since)
           SELECT i, i, '99010110020' || (i % 10), '', '', 5, 'admitted', {at}, {at}, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {VOLUNTEERS} * 5)
         INSERT INTO pairings (volunteer_id, child_id, kind, service_forms, state, why, proposed_by, proposed_at, began_at)
           SELECT 1 + (i - 1) / 5, i, 'hand_in_hand', '', 'active', '', 1, {at}, {at} FROM n;"
    ));
    fresh.sql("ANALYZE");
}

pub const VOLUNTEERS: usize = 200;
