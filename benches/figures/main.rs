//! The figures that the documentation quotes: `make bench`, or `cargo bench --bench figures -- remind sqlite`.
//! Smaller, to try: XIANGBAN_BENCH_MESSAGES, XIANGBAN_BENCH_ATTEMPTS and XIANGBAN_BENCH_MEMORY_MESSAGES.
//!
//! Each figure is printed with the bare work beside it (the same rows by one plain statement, the same SELECT in a
//! handler that does nothing else), because ratios hold where seconds do not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails by panicking"
)]

mod database;
mod delivery;
mod load;
mod remind;
mod requests;

use database::Kind;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str, among: &[&str]| {
        !words.iter().any(|word| among.contains(&word.as_str())) || words.iter().any(|word| word == name)
    };
    let kinds: Vec<Kind> = [("sqlite", Kind::Sqlite), ("postgresql", Kind::Postgresql)]
        .into_iter()
        .filter(|(name, _)| wanted(name, &["sqlite", "postgresql"]))
        .map(|(_, kind)| kind)
        .collect();
    let figures = ["remind", "requests", "delivery", "quotas", "memory"];
    for kind in kinds {
        println!("\n== {kind:?}");
        if wanted("remind", &figures) {
            remind::measure(kind);
        }
        if wanted("requests", &figures) {
            requests::measure(kind);
        }
        if wanted("delivery", &figures) {
            delivery::measure(kind);
        }
        if wanted("quotas", &figures) {
            delivery::measure_quotas(kind);
        }
        if wanted("memory", &figures) {
            delivery::measure_memory(kind);
        }
    }
}
