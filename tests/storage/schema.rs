use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use xiangban::storage::{Conn, migrate, pending, revert_all};

use crate::support::{Engine, TestApp};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

fn columns(t: &TestApp) -> BTreeSet<String> {
    t.app
        .store
        .read(|conn| {
            let sql = match conn {
                Conn::Postgres(_) => {
                    "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
                }
                Conn::Sqlite(_) => {
                    "SELECT m.name || '.' || c.name AS name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
                }
            };
            Ok(diesel::sql_query(sql).load::<Column>(conn)?.into_iter().map(|column| column.name).collect())
        })
        .unwrap()
}

#[test]
fn both_engines_and_the_schema_in_code_have_the_same_columns() {
    let of = |engine| {
        columns(&TestApp::new(engine)).into_iter().filter(|name| !name.starts_with("__diesel")).collect::<BTreeSet<_>>()
    };
    let sqlite = of(Engine::Sqlite);
    let differing = |other: &BTreeSet<String>| sqlite.symmetric_difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(differing(&of(Engine::Postgresql)), Vec::<String>::new());
    let mut in_code = BTreeSet::new();
    let mut table = String::new();
    for line in include_str!("../../src/storage/schema.rs").lines() {
        let line = line.trim();
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name.to_owned();
        } else if let Some((column, _)) = line.split_once(" -> ").filter(|_| line.ends_with(',')) {
            in_code.insert(format!("{table}.{column}"));
        }
    }
    assert_eq!(differing(&in_code), Vec::<String>::new());
}

#[test]
fn every_migration_can_be_taken_back_and_applied_again() {
    for engine in [Engine::Sqlite, Engine::Postgresql] {
        let t = TestApp::new(engine);
        revert_all(&t.app.store).unwrap();
        assert!(columns(&t).iter().all(|name| name.starts_with("__diesel")), "{:?}", columns(&t));
        migrate(&t.app.store).unwrap();
        assert!(pending(&t.app.store).unwrap().is_empty());
    }
}
