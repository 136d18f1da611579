//! `demo`, and what `serve` says when it starts in demo mode.

use std::path::Path;

use super::progress::spinner;
use super::say;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Mode;
use crate::demo::{self, Ground, PASSWORD};
use crate::problem::{Fault, Outcome};
use crate::storage;

pub fn run(app: &App) -> Outcome<()> {
    if app.config.is_production() {
        return Err(Fault::internal("this is a production deployment: the demo county does not belong here"));
    }
    storage::migrate(&app.store)?;
    let loaded = load(app)?;
    say(format_args!("{} steps loaded, {} were there already", loaded.steps_done, loaded.steps_skipped));
    print_welcome(app)
}

/// Writes a ledger to try the import with, and says how.
pub fn write_ledger(file: &Path) -> Outcome<()> {
    let (village, bytes) = demo::ledger_by_hand(&Ground::read()?, Clock::System.today())?;
    std::fs::write(file, bytes).map_err(|error| Fault::internal(format!("{}: {error}", file.display())))?;
    let file = file.display();
    say(format_args!("The ledger of {}, as somebody keeps it by hand, is in {file}. Try it:", village.name));
    say(format_args!("  xiangban import {file} --village {} --dry-run", village.code));
    Ok(())
}

/// In demo mode: fills an empty database, then says where to go. A database that holds a county of its own is left
/// alone; a production deployment refuses one that holds the demo.
pub fn greet(app: &App) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let is_demo = demo::is_loaded(app)?;
    if app.config.deployment.mode == Mode::Production {
        return if is_demo {
            Err(Fault::internal("the database holds the demo county, whose passwords everybody knows"))
        } else {
            Ok(())
        };
    }
    if !is_demo && !demo::is_empty(app)? {
        return Ok(());
    }
    load(app)?;
    print_welcome(app)
}

fn load(app: &App) -> Outcome<demo::Loaded> {
    let work = spinner("Loading the demo county");
    let loaded = demo::load(app, app.clock.now(), |step| work.set_message(format!("Loading the demo county: {step}")));
    work.finish_and_clear();
    loaded
}

fn print_welcome(app: &App) -> Outcome<()> {
    let ground = Ground::read()?;
    let address = &app.config.deployment.public_url;
    say(format_args!("\n{}, with a demo county in {}\n", app.config.deployment.name, place(app)));
    say(format_args!("  Phones of the demo (every message, and answers to it)   {address}/sandbox"));
    say(format_args!("  The API, to read and to try                             {address}/api/docs/\n"));
    say(format_args!(
        "Staff sign in with login, password {PASSWORD} and the six digits of `xiangban admin totp LOGIN`:\n"
    ));
    say(format_args!("  {:<24}{:<13}{:<13}name", "role", "login", "phone"));
    for staff in ground.county.one_account_per_role() {
        let login = staff.login.as_deref().unwrap_or_default();
        say(format_args!("  {:<24}{:<13}{:<13}{}", staff.post.as_str(), login, staff.phone, staff.name));
    }
    for face in demo::faces(app)? {
        say(format_args!("  {:<24}{:<13}{:<13}{}", face.kind.as_str(), "-", face.phone, face.name));
    }
    say(format_args!(
        "\nEverybody may sign in by phone instead: the code arrives on that phone at {address}/sandbox\n"
    ));
    Ok(())
}

/// Where the data lie, without a password.
fn place(app: &App) -> String {
    let url = app.store.url();
    match url.rsplit_once('@') {
        Some((_, host)) => format!("postgres://{host}"),
        None => url.to_owned(),
    }
}
