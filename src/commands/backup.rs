//! `backup` and `restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::progress::spinner;
use super::say;
use crate::clock::Clock;
use crate::config::{Config, owner_only};
use crate::crypto::Vault;
use crate::problem::{Fault, Outcome};
use crate::storage::backup::{Lock, Locked};
use crate::storage::{self, Store, backup};

#[derive(Args)]
pub struct BackupArguments {
    /// Where to write; must not exist.
    file: PathBuf,
    /// Seal with the passphrase in this file (its first line) instead of the key file: the backup then opens without
    /// the key file, but its sealed columns do not.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Write in clear, for a tool of your own that seals it: names are readable then.
    #[arg(long, conflicts_with = "passphrase_file")]
    plain: bool,
}

#[derive(Args)]
pub struct RestoreArguments {
    /// A file that `backup` made.
    file: PathBuf,
    /// Take the place of what the database holds now.
    #[arg(long)]
    replace: bool,
    /// The passphrase that the backup was sealed with, on the first line of this file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub fn make(config: &Config, arguments: &BackupArguments) -> Outcome<()> {
    let store = Store::open(&config.database)?;
    let work = spinner("Writing and checking");
    let made = match (&arguments.passphrase_file, arguments.plain) {
        (Some(file), _) => backup::make(&store, &arguments.file, Some(Lock::Passphrase(&passphrase(file)?))),
        (None, true) => backup::make(&store, &arguments.file, None),
        (None, false) => backup::make(&store, &arguments.file, Some(Lock::Keys(&vault(config)?))),
    }?;
    work.finish_and_clear();
    say(format_args!("{}: {} bytes, {} tables, checked", arguments.file.display(), made.bytes, made.tables));
    say(format_args!("The keys ({}) are not in it: keep them elsewhere.", config.keys.file.display()));
    if arguments.plain {
        say("It is in clear: whoever has it can read names.");
    }
    Ok(())
}

pub fn restore(config: &Config, arguments: &RestoreArguments) -> Outcome<()> {
    let (url, file, now) = (&config.database.url, &arguments.file, Clock::System.now());
    let work = spinner("Checking and restoring");
    let tables = match (backup::locked(file)?, &arguments.passphrase_file) {
        (Locked::No, _) => backup::restore(url, file, None, arguments.replace, now),
        (Locked::WithKey, _) => backup::restore(url, file, Some(Lock::Keys(&vault(config)?)), arguments.replace, now),
        (Locked::WithPassphrase, Some(words)) => {
            backup::restore(url, file, Some(Lock::Passphrase(&passphrase(words)?)), arguments.replace, now)
        }
        (Locked::WithPassphrase, None) => Err(Fault::internal("a passphrase sealed it: say --passphrase-file")),
    }?;
    let store = Store::open(&config.database)?;
    let migrated = storage::migrate(&store)?;
    work.finish_and_clear();
    say(format_args!("{} tables restored, {} migrations applied on top", tables, migrated.len()));
    Ok(())
}

fn vault(config: &Config) -> Outcome<Vault> {
    Vault::new(config.keys.sealing(), &config.keys.read(config.deployment.mode)?)
}

fn passphrase(file: &Path) -> Outcome<Zeroizing<String>> {
    owner_only(file)?;
    let name = file.display();
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| Fault::internal(format!("{name}: {error}")))?;
    text.lines()
        .next()
        .map(|line| Zeroizing::new(line.to_owned()))
        .ok_or_else(|| Fault::internal(format!("{name} is empty")))
}
