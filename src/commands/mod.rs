//! Commands: one file each.

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::problem::Outcome;

/// Looking after left-behind children and children in difficulty: server, worker and tools.
#[derive(Parser)]
#[command(name = "xiangban", version)]
struct Line {
    /// A configuration file (TOML) over the defaults; `config/default.toml` explains every setting.
    #[arg(long, global = true, env = "XIANGBAN_CONFIG")]
    config: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server and, unless told otherwise, the worker in one process.
    Serve {
        /// Only answer requests; a worker runs elsewhere.
        #[arg(long)]
        without_worker: bool,
    },
    /// Run only the worker: scheduled jobs and delivery of messages.
    Work,
    /// Bring the database to this version.
    Migrate,
    /// Print the API's contract (openapi.yaml).
    Openapi,
}

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    let line = Line::parse();
    match execute(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xiangban: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(line: &Line) -> Outcome<()> {
    if let Command::Openapi = line.command {
        print!("{}", crate::routes::contract().to_yaml().map_err(crate::problem::Fault::internal)?);
        return Ok(());
    }
    let config = Config::load(line.config.as_deref())?;
    start_log(&config);
    match &line.command {
        Command::Serve { without_worker } => serve::serve(open(config)?, !without_worker),
        Command::Work => serve::work(open(config)?),
        Command::Migrate => migrate(&open(config)?),
        Command::Openapi => Ok(()),
    }
}

/// Opens the app, making the folder of an embedded database when it is missing.
fn open(config: Config) -> Outcome<App> {
    if crate::storage::Engine::of(&config.database.url) == crate::storage::Engine::Sqlite
        && let Some(folder) = std::path::Path::new(&config.database.url).parent()
    {
        std::fs::create_dir_all(folder).map_err(crate::problem::Fault::internal)?;
    }
    App::new(config, Clock::System)
}

fn migrate(app: &App) -> Outcome<()> {
    let applied = crate::storage::migrate(&app.store)?;
    println!("{} migrations applied", applied.len());
    Ok(())
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
