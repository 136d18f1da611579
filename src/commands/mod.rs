//! The command line: one file for each command.

mod admin;
mod backup;
mod demo;
mod gateway;
mod ledger;
mod migrate;
mod progress;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::problem::{Fault, Outcome};
use crate::storage::Engine;

/// Looking after left-behind children and children in difficulty: server, worker and tools.
///
/// `xiangban serve` is all that is needed to look at it: it makes a database and a demo county in ./data and prints
/// where to go. A county's own server is set up as docs/operations.md tells.
#[derive(Parser)]
#[command(name = "xiangban", version)]
struct Line {
    /// A configuration file (TOML) over the defaults; `config/default.toml` explains every setting.
    #[arg(long, global = true, env = "XIANGBAN_CONFIG", value_name = "FILE")]
    config: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server and, unless told otherwise, the worker in one process.
    ///
    /// Brings the database to this version first; in demo mode fills an empty one with the demo county. Ctrl-C and
    /// SIGTERM finish what is in flight.
    Serve {
        /// Only answer requests; a worker runs elsewhere.
        #[arg(long)]
        without_worker: bool,
    },
    /// Run only the worker: scheduled jobs and delivery of messages.
    Work,
    /// Bring the database to this version, or move it to another one.
    ///
    /// Without arguments: applies the migrations that are missing.
    ///
    /// With --from and --to: copies everything into an empty database of the other kind in one transaction, compares
    /// row counts and fingerprints of every table, and keeps nothing if one differs. Stop the server first, and give
    /// the new place as database.url (or DATABASE_URL) afterwards. The key file stays the same.
    Migrate(migrate::Arguments),
    /// Fill an empty database with the demo county, and say who can sign in.
    ///
    /// One county, two townships, ten villages and some three hundred children, all made up. A second time changes
    /// nothing. `serve` does this by itself in demo mode.
    Demo {
        /// Instead, write a village's ledger as somebody keeps it by hand, to try `import` with.
        #[arg(long, value_name = "FILE.xlsx")]
        ledger: Option<std::path::PathBuf>,
    },
    /// Take a village's ledger in from an xlsx or csv file, and say what became of every row.
    ///
    /// Reading the same file twice changes nothing. Rows that need a person wait, with the cells to look at, and can
    /// be put right over the API.
    Import(ledger::ImportArguments),
    /// Write a village's ledger into an xlsx file that `import` reads back.
    Export(ledger::ExportArguments),
    /// Accounts: create the first, reset a password, a token for a script.
    #[command(subcommand)]
    Admin(admin::Task),
    /// Gateways for SMS, e-mail and WeChat: check how they are described, send one message, start a stopped one again.
    #[command(subcommand)]
    Gateway(gateway::Task),
    /// Write everything but the keys into one file, and read it again to check it.
    ///
    /// Works while the server runs. Without the keys nobody can read the sealed columns: keep the key file somewhere
    /// else, and keep it.
    Backup(backup::BackupArguments),
    /// Put the database back to what a backup holds.
    ///
    /// Stop the server first. On SQLite the present database is moved aside; on PostgreSQL its tables are replaced in
    /// one transaction. Either way nothing changes unless all of the backup can be read.
    Restore(backup::RestoreArguments),
    /// Print the API's contract (openapi.yaml).
    Openapi,
}

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    let line = Line::parse();
    match execute(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xiangban: {}", reason(&error));
            ExitCode::FAILURE
        }
    }
}

/// What went wrong, as the operator reads it.
fn reason(fault: &Fault) -> String {
    match fault {
        Fault::Problem(problem) => {
            let document = problem.document();
            let fields = document.errors.iter().map(|error| format!("{}: {}", error.field, error.message));
            let detail = document.detail.into_iter().chain(fields).collect::<Vec<_>>().join(" ");
            format!("{} ({}) {detail}", document.title, document.code).trim_end().to_owned()
        }
        Fault::Internal(why) | Fault::Unavailable(why) => why.clone(),
        database @ Fault::Database(_) => database.to_string(),
    }
}

/// Prints a line; whoever listens may have stopped listening (`| head`).
fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn execute(line: Line) -> Outcome<()> {
    if let Command::Openapi = line.command {
        let contract = crate::routes::contract().to_yaml().map_err(Fault::internal)?;
        say(contract.trim_end());
        return Ok(());
    }
    let config = Config::load(line.config.as_deref())?;
    start_log(&config);
    match line.command {
        Command::Serve { without_worker } => {
            let app = open(config)?;
            demo::greet(&app)?;
            serve::serve(app, !without_worker)
        }
        Command::Work => serve::work(open(config)?),
        Command::Migrate(arguments) => migrate::run(config, &arguments),
        Command::Demo { ledger: Some(file) } => demo::write_ledger(&file),
        Command::Demo { ledger: None } => demo::run(&open(config)?),
        Command::Import(arguments) => ledger::import(&open(config)?, &arguments),
        Command::Export(arguments) => ledger::export(&open(config)?, &arguments),
        Command::Admin(task) => admin::run(&open(config)?, &task),
        Command::Gateway(task) => gateway::run(&open(config)?, &task),
        Command::Backup(arguments) => backup::make(&config, &arguments),
        Command::Restore(arguments) => backup::restore(&config, &arguments),
        Command::Openapi => Ok(()),
    }
}

/// Opens the app, making the folder of an embedded database when it is missing.
fn open(config: Config) -> Outcome<App> {
    make_folder(&config.database.url)?;
    App::new(config, Clock::System)
}

fn make_folder(url: &str) -> Outcome<()> {
    let file = std::path::Path::new(url.trim_start_matches("sqlite://"));
    match file.parent() {
        Some(folder) if Engine::of(url) == Engine::Sqlite => std::fs::create_dir_all(folder).map_err(Fault::internal),
        _ => Ok(()),
    }
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log.filter);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log.format == "json" {
        builder.json().init();
    } else {
        builder.init();
    }
}
