//! `import` and `export`: a village's ledger in and out, on the server itself.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{progress, say};
use crate::app::App;
use crate::children::Occasion;
use crate::children::export::{self, Numbers};
use crate::children::import::{self, Counts, Judged, Mode, RunOutcome, Verdict};
use crate::children::sheet::Finding;
use crate::children::sheet::words::word;
use crate::problem::{Fault, Outcome};
use crate::storage;

#[derive(Args)]
pub struct ImportArguments {
    /// An .xlsx workbook, or a csv file in UTF-8 or GB18030.
    file: PathBuf,
    /// 12-digit code of the village whose ledger it is.
    #[arg(long, value_name = "CODE")]
    village: String,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Take all rows, or none when one needs a person.
    #[arg(long, conflicts_with = "good")]
    all: bool,
    /// Take the good rows and let the others wait (this is what happens unless told).
    #[arg(long)]
    good: bool,
}

#[derive(Args)]
pub struct ExportArguments {
    /// The workbook to write; it must not exist.
    file: PathBuf,
    /// 12-digit code of the village.
    #[arg(long, value_name = "CODE")]
    village: String,
    /// Write identity numbers and phones in full; this is noted in the audit.
    #[arg(long)]
    full_numbers: bool,
}

pub fn import(app: &App, arguments: &ImportArguments) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let wanted = import::Wanted {
        village_code: arguments.village.clone(),
        file_name: arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes: std::fs::read(&arguments.file).map_err(|error| at(&arguments.file, &error))?,
        mode: if arguments.all && !arguments.good { Mode::All } else { Mode::Good },
        dry_run: arguments.dry_run,
    };
    let bar = progress::bar(0);
    bar.set_message("rows");
    let occasion = Occasion::of(app, app.clock.now(), None);
    let report = import::run(&app.store, &occasion, &wanted, |done, of| {
        bar.set_length(u64::try_from(of).unwrap_or_default());
        bar.set_position(u64::try_from(done).unwrap_or_default());
    });
    bar.finish_and_clear();
    print(&report?);
    Ok(())
}

pub fn export(app: &App, arguments: &ExportArguments) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let occasion = Occasion::of(app, app.clock.now(), None);
    let numbers = if arguments.full_numbers { Numbers::Full } else { Numbers::Masked };
    let exported = export::of_village(&occasion, &arguments.village, numbers)?;
    let rows = exported.children.len();
    write(&arguments.file, &exported.bytes)?;
    say(format_args!("{rows} children written to {}", arguments.file.display()));
    Ok(())
}

/// Writes a file that only its owner can read.
fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> Fault {
    Fault::internal(format!("{}: {error}", path.display()))
}

fn print(report: &import::Report) {
    for sheet in &report.sheets {
        match sheet.heading_row {
            Some(row) => say(format_args!(
                "{:<12} heading in row {row}, {} children, {} other rows passed over",
                sheet.name, sheet.records, sheet.passed_over
            )),
            None => say(format_args!("{:<12} no heading found: passed over", sheet.name)),
        }
        sheet.columns.iter().for_each(print_finding);
    }
    say(format_args!("\n{}{}{}", padded("row", 6), padded("child", 14), padded("verdict", 26)));
    for row in report.rows.iter().filter(|row| row.verdict != Verdict::Unchanged || !row.findings.is_empty()) {
        print_row(row);
    }
    print_end(report.outcome, report.counts, report.import_id);
}

fn print_row(row: &Judged) {
    let changed: Vec<&str> = row.touched.iter().map(|touched| touched.field.as_str()).collect();
    let verdict = format!("{} {}", row.verdict, word("verdict", row.verdict.as_str()));
    let number = row.row.number.to_string();
    let line = [padded(&number, 6), padded(&row.row.child.name, 14), padded(&verdict, 26), changed.join(", ")];
    say(line.concat().trim_end());
    row.findings.iter().for_each(print_finding);
}

fn print_finding(finding: &Finding) {
    let cell = finding.cell.as_deref().unwrap_or_default();
    let heading = finding.heading.as_deref().unwrap_or_default();
    let weight = word("weight", finding.weight.as_str());
    say(format_args!("      {}{} {} {}", padded(cell, 6), padded(weight, 8), heading, finding.text));
}

fn print_end(outcome: RunOutcome, counts: Counts, id: i64) {
    let Counts { created, updated, unchanged, needs_person } = counts;
    say(format_args!(
        "\ncreated 新增 {created}   updated 更新 {updated}   unchanged 不变 {unchanged}   needs a person 待核对 {needs_person}"
    ));
    say(match outcome {
        RunOutcome::Rehearsed => format!("Rehearsal {id}: nothing was written. 试导入，未写入。"),
        RunOutcome::Applied => format!("Import {id}: the good rows are in the ledger. 已导入，待核对的行除外。"),
        RunOutcome::Refused => {
            format!("Import {id}: nothing was written, because a row needs a person. 有待核对的行，全部未写入。")
        }
    });
}

/// `text` in a column of so many places, Chinese characters counting double.
fn padded(text: &str, places: usize) -> String {
    let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(places.saturating_sub(width).max(1)))
}
