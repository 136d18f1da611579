//! `migrate`: to this version, or to another database.

use clap::Args;

use super::{make_folder, progress, say};
use crate::config::{Config, DatabaseConfig};
use crate::problem::Outcome;
use crate::storage::transfer::{Copied, transfer};
use crate::storage::{self, Store};

#[derive(Args)]
pub struct Arguments {
    /// A SQLite file or a postgres:// URL to copy from.
    #[arg(long, requires = "to", value_name = "DATABASE")]
    from: Option<String>,
    /// A SQLite file or a postgres:// URL to copy to; it must hold no records.
    #[arg(long, requires = "from", value_name = "DATABASE")]
    to: Option<String>,
}

pub fn run(config: Config, arguments: &Arguments) -> Outcome<()> {
    match (&arguments.from, &arguments.to) {
        (Some(from), Some(to)) => move_everything(&config.database, from, to),
        _ => {
            let app = super::open(config)?;
            let applied = storage::migrate(&app.store)?;
            say(format_args!("{} migrations applied", applied.len()));
            Ok(())
        }
    }
}

fn move_everything(settings: &DatabaseConfig, from: &str, to: &str) -> Outcome<()> {
    let source = opened(settings, from)?;
    let target = opened(settings, to)?;
    let bar = progress::bar(0);
    let copied = transfer(&source, &target, |standing| {
        bar.set_message(standing.table.to_owned());
        bar.set_length(standing.of);
        bar.set_position(standing.rows);
    })?;
    bar.finish_and_clear();
    say(format_args!("{:<28} {:>10}  fingerprint", "table", "rows"));
    for Copied { table, rows, fingerprint } in &copied {
        say(format_args!("{table:<28} {rows:>10}  {}", fingerprint.get(..16).unwrap_or_default()));
    }
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    say(format_args!("{} tables, {rows} rows: counts and fingerprints are equal on both sides", copied.len()));
    Ok(())
}

fn opened(settings: &DatabaseConfig, url: &str) -> Outcome<Store> {
    make_folder(url)?;
    let store = Store::open(&DatabaseConfig { url: url.to_owned(), ..settings.clone() })?;
    storage::migrate(&store)?;
    Ok(store)
}
