//! `keys`: which keys are in use, and sealing old values with the new one.

use clap::Subcommand;

use super::{progress, say};
use crate::app::App;
use crate::problem::Outcome;
use crate::storage::{self, reseal};

#[derive(Subcommand)]
pub enum Task {
    /// Count the stored values by algorithm and key: which keys are still needed.
    List,
    /// Seal every value anew that today's key or algorithm did not seal.
    ///
    /// May run while the server does, provided that the server was started with today's key. Stopped half way, it goes
    /// on where it stopped. Run it again until it finds nothing: only then may an old key leave the key file, and never
    /// the first one in alphabetical order, which look-ups by phone and identity number use.
    Rotate,
}

pub fn run(app: &App, task: &Task) -> Outcome<()> {
    storage::migrate(&app.store)?;
    match task {
        Task::List => list(app),
        Task::Rotate => rotate(app),
    }
}

fn list(app: &App) -> Outcome<()> {
    let marks = reseal::marks(&app.store, &app.vault)?;
    for (mark, values) in &marks {
        say(format_args!("{mark:<12} {values:>10} values"));
    }
    for id in app.vault.key_ids() {
        let used = marks.keys().any(|mark| mark.ends_with(&format!(".{id}")));
        let note = if id == app.vault.current() { "seals new values" } else { "" };
        say(format_args!("key {id:<10} {:<8} {note}", if used { "in use" } else { "unused" }));
    }
    Ok(())
}

fn rotate(app: &App) -> Outcome<()> {
    let bar = progress::bar(0);
    let sealed = reseal::reseal(&app.store, &app.vault, |standing| {
        bar.set_message(format!("{}.{}", standing.column.table, standing.column.column));
        bar.set_length(standing.of);
        bar.set_position(standing.done);
    });
    bar.finish_and_clear();
    say(format_args!("{} values sealed anew with key {}", sealed?, app.vault.current()));
    Ok(())
}
