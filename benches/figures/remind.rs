//! `remind` over a million open duties of which 150 000 are due, beside one plain insert-from-select of the same rows.

use std::time::Instant as Stopwatch;

use xiangban::duties;

use crate::database::{Fresh, Kind, county, now};

const OPEN: usize = 1_000_000;
const DUE: usize = 150_000;

pub fn measure(kind: Kind) {
    let fresh = filled(kind);
    let watch = Stopwatch::now();
    fresh.sql(&format!(
        "INSERT INTO reminders (duty_id, stage, role, person_id, created_at)
         SELECT d.id, 0, 'owed', d.owed_by_person_id, '2026-03-02 01:00:00' FROM duties d
         WHERE d.kind = 'contact_child' AND d.closed_at IS NULL AND d.due_at <= '{}'",
        now().utc().format("%F %T%.f")
    ));
    let bare = watch.elapsed().as_secs_f64();
    drop(fresh);

    let fresh = filled(kind);
    let watch = Stopwatch::now();
    let done = duties::remind(&fresh.app.store, &fresh.app.config.ladders, now()).unwrap();
    let ours = watch.elapsed().as_secs_f64();
    assert_eq!(done.reminders, DUE);
    let watch = Stopwatch::now();
    let again = duties::remind(&fresh.app.store, &fresh.app.config.ladders, now()).unwrap();
    assert_eq!(again.reminders, 0);
    println!(
        "remind: {DUE} due of {OPEN} open in {ours:.2} s; bare insert-from-select {bare:.2} s; ratio {:.2}; nothing due {:.0} ms; peak memory {} MB",
        ours / bare,
        watch.elapsed().as_secs_f64() * 1000.0,
        memory_kb("VmHWM") / 1024
    );
}

fn filled(kind: Kind) -> Fresh {
    let fresh = Fresh::new(kind);
    county(&fresh, 100_000);
    let due_line = OPEN - DUE;
    fresh.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {OPEN})
         INSERT INTO duties (kind, subject_kind, subject_id, area_code, owed_by_person_id, owed_key, due_at, opened_at)
           SELECT 'contact_child', 'contact_obligation', i, '99010110020' || (i % 10), 1 + i % 100000, 'person:' || (1 + i % 100000),
             CASE WHEN i > {due_line} THEN {due} ELSE {later} END, {opened} FROM n;",
        due = literal(kind, "2026-03-01 20:00:00"),
        later = literal(kind, "2026-03-08 00:00:00"),
        opened = literal(kind, "2026-02-20 00:00:00"),
    ));
    fresh.sql("ANALYZE");
    fresh
}

fn literal(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Sqlite => format!("'{text}'"),
        Kind::Postgresql => format!("TIMESTAMP '{text}'"),
    }
}

/// The memory of this process from the kernel's own count: `VmRSS` now, `VmHWM` at its most.
pub fn memory_kb(which: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(which)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
}
