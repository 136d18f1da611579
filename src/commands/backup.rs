//! `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::progress::spinner;
use super::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::problem::Outcome;
use crate::storage::{self, Store, backup};

#[derive(Args)]
pub struct BackupArguments {
    /// Where to write; must not exist.
    file: PathBuf,
}

#[derive(Args)]
pub struct RestoreArguments {
    /// A file that `backup` made.
    file: PathBuf,
    /// Take the place of what the database holds now.
    #[arg(long)]
    replace: bool,
}

pub fn make(config: &Config, arguments: &BackupArguments) -> Outcome<()> {
    let work = spinner("Writing and checking");
    let made = backup::make(&Store::open(&config.database)?, &arguments.file)?;
    work.finish_and_clear();
    say(format_args!("{}: {} bytes, {} tables, checked", arguments.file.display(), made.bytes, made.tables));
    say(format_args!("The keys ({}) are not in it: keep them elsewhere.", config.keys.file.display()));
    Ok(())
}

pub fn restore(config: &Config, arguments: &RestoreArguments) -> Outcome<()> {
    let work = spinner("Checking and restoring");
    let tables = backup::restore(&config.database.url, &arguments.file, arguments.replace, Clock::System.now())?;
    let store = Store::open(&config.database)?;
    let migrated = storage::migrate(&store)?;
    work.finish_and_clear();
    say(format_args!("{} tables restored, {} migrations applied on top", tables, migrated.len()));
    Ok(())
}
