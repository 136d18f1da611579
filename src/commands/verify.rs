//! `verify`.

use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::clock::Clock;
use crate::guardianship::bundle;
use crate::papers::Press;
use crate::problem::{Fault, Outcome};

#[derive(Args)]
pub struct Arguments {
    /// The file to check.
    file: PathBuf,
    /// Certificates (PEM) of the roots to trust; without them the seal is checked, but not who issued it.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
}

/// Checks a file and says what was found.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let read =
        |file: &PathBuf| std::fs::read(file).map_err(|error| Fault::internal(format!("{}: {error}", file.display())));
    let bytes = read(&arguments.file)?;
    let roots = match &arguments.roots {
        Some(file) => String::from_utf8_lossy(&read(file)?).into_owned(),
        None => String::new(),
    };
    let now = Clock::System.now();
    let verdict = bundle::verify(&bytes, &|file| Press::check_with(file, &roots, now))?;
    for line in verdict.lines() {
        say(line);
    }
    if verdict.holds { Ok(()) } else { Err(Fault::internal(format!("{}: not as it was", arguments.file.display()))) }
}
