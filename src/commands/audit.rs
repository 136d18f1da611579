//! `audit`: whether the access log is whole.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{progress, say};
use crate::app::App;
use crate::areas;
use crate::audit::{self, Head, Tampering};
use crate::oversight;
use crate::problem::{Fault, Outcome};
use crate::storage;

#[derive(Subcommand)]
pub enum Task {
    /// Read the whole access log and look for entries that are missing, altered or slipped in.
    ///
    /// Prints the chain's length and head. Write them down elsewhere: with --anchor a later run tells whether entries
    /// were cut off the end.
    Verify {
        /// A length and head that an earlier run printed (`1234:abc…`).
        #[arg(long, value_name = "LENGTH:HEAD", value_parser = anchor)]
        anchor: Option<Head>,
    },
    /// Write the yearly access audit as a workbook: reads by office, looks beyond reach, whether the log is whole.
    Report {
        #[arg(long)]
        year: i32,
        /// Where to write; must not exist.
        #[arg(long, default_value = "access-audit.xlsx")]
        out: PathBuf,
        /// 12-digit code of an area; all areas unless told.
        #[arg(long)]
        area: Option<String>,
    },
}

pub fn run(app: &App, task: &Task) -> Outcome<()> {
    storage::migrate(&app.store)?;
    match task {
        Task::Verify { anchor } => verify(app, anchor.as_ref()),
        Task::Report { year, out, area } => report(app, *year, out, area.as_deref()),
    }
}

fn verify(app: &App, anchor: Option<&Head>) -> Outcome<()> {
    let bar = progress::spinner("Reading the access log");
    let verdict = audit::verify(&app.store, &app.vault, anchor, |place| bar.set_message(format!("entry {place}")));
    bar.finish_and_clear();
    let verdict = verdict?;
    say(format_args!("{} entries; write down: {}:{}", verdict.head.length, verdict.head.length, verdict.head.hash));
    for found in &verdict.tampering {
        say(line(found));
    }
    match verdict.tampering.len() {
        0 => {
            say("Nothing is missing and nothing was altered.");
            Ok(())
        }
        faults => Err(Fault::internal(format!("the access log was tampered with in {faults} places"))),
    }
}

fn report(app: &App, year: i32, out: &Path, area: Option<&str>) -> Outcome<()> {
    if let Some(area) = area {
        areas::require_code(area, "area")?;
    }
    let now = app.clock.now();
    let span = oversight::Span::year(year, now)?;
    let bytes =
        oversight::workbook(app, None, &[area.map(areas::significant).unwrap_or_default().to_owned()], span, now)?;
    let name = out.display();
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(out);
    file.and_then(|mut file| file.write_all(&bytes)).map_err(|error| Fault::internal(format!("{name}: {error}")))?;
    say(format_args!("{name}: {} bytes", bytes.len()));
    Ok(())
}

fn line(found: &Tampering) -> String {
    match found {
        Tampering::Missing { first, last } if first == last => format!("entry {first} is missing"),
        Tampering::Missing { first, last } => format!("entries {first} to {last} are missing"),
        Tampering::Altered { place } => format!("entry {place} was altered, or the hash of the one before it"),
        Tampering::Unchained { more } => format!("{more} entries more than there were stand outside the chain"),
        Tampering::HeadDiffers => "the chain does not end where its head says".into(),
        Tampering::AnchorDiffers => {
            "the chain does not hold the anchor: entries were cut off or the chain made anew".into()
        }
    }
}

fn anchor(text: &str) -> Result<Head, String> {
    let (length, hash) = text.split_once(':').ok_or("not LENGTH:HEAD")?;
    let length = length.parse().map_err(|_| "the length is not a number")?;
    Ok(Head { length, hash: hash.to_owned() })
}
