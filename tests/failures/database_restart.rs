//! PostgreSQL is stopped the hard way and started again under load: writes that were acknowledged are there, and the
//! program goes on by itself.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use xiangban::config::DatabaseConfig;
use xiangban::storage::schema::areas;
use xiangban::storage::{Store, migrate};

const PORT: &str = "54331";

fn server(verb: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/test-database");
    let output = Command::new(script)
        .arg(verb)
        .env("XIANGBAN_TEST_POSTGRES_PORT", PORT)
        .env("XIANGBAN_TEST_POSTGRES_DURABLE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "scripts/test-database {verb}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

struct Stop;
impl Drop for Stop {
    fn drop(&mut self) {
        server("stop");
    }
}

#[test]
fn a_database_restarted_under_load_keeps_what_was_acknowledged() {
    let url = server("start");
    let _stop = Stop;
    let store = Store::open(&DatabaseConfig { url, readers: 1, pool: 4, acquire_timeout_seconds: 20 }).unwrap();
    migrate(&store).unwrap();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let (stop, restarted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let after = Arc::new(Mutex::new((0, 0)));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (store, acknowledged, stop, restarted, after) =
                (store.clone(), acknowledged.clone(), stop.clone(), restarted.clone(), after.clone());
            std::thread::spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::SeqCst) {
                    let code = format!("{writer:02}{n:010}");
                    n += 1;
                    let written = store
                        .write(|tx| xiangban::areas::add(tx, &code, "村", xiangban::areas::AreaLevel::Village, None));
                    let mut count = after.lock().unwrap();
                    match written {
                        Ok(()) => {
                            acknowledged.lock().unwrap().push(code);
                            if restarted.load(Ordering::SeqCst) {
                                count.0 += 1;
                            }
                        }
                        Err(_) => count.1 += 1,
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(700));
    server("restart");
    restarted.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(1_500));
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.join().unwrap();
    }
    let (written_after, failed) = *after.lock().unwrap();
    assert!(failed > 0, "the restart was not noticed: the test proves nothing");
    assert!(written_after > 0, "no write succeeded after the restart");
    let kept: std::collections::HashSet<String> =
        store.read(|conn| Ok(areas::table.select(areas::code).load(conn)?)).unwrap().into_iter().collect();
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.iter().filter(|code| !kept.contains(*code)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged writes lost", lost.len(), acknowledged.len());
}
