//! The yearly access audit as a workbook: what was read, by which office, how often; every look beyond reach and what
//! its review found; whether the log is whole. No child and no reader is named, and offices stand in the order of their
//! areas: nothing is ranked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::offices::{self, Place};
use super::opening::OpeningVerdict;
use super::store::{self, Opening};
use crate::app::App;
use crate::audit::{self, FileKind};
use crate::clock::Instant;
use crate::identity::Actor;
use crate::problem::{Fault, Outcome, Problem};

/// A year of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub year: i32,
    from: Instant,
    until: Instant,
}

impl Span {
    /// # Errors
    /// 422 for a year that has not begun, or lies before everything.
    pub fn year(year: i32, now: Instant) -> Outcome<Self> {
        let begin = |year| NaiveDate::from_ymd_opt(year, 1, 1).map(Instant::start_of);
        match (begin(year), begin(year.saturating_add(1))) {
            (Some(from), Some(until)) if year >= 2020 && year <= now.date().year() => Ok(Self { year, from, until }),
            _ => Err(Problem::field("year", "range").into()),
        }
    }
}

/// The workbook for the children of these areas (prefixes of codes), marked with the number under which it is on record.
/// Reads the whole log to see whether it is whole. `actor` is none for the operator of the machine.
pub fn workbook(app: &App, actor: Option<&Actor>, areas: &[String], span: Span, now: Instant) -> Outcome<Vec<u8>> {
    let mark = app.store.write(|tx| {
        let event = audit::Event {
            actor,
            action: FileKind::AuditReport.as_str(),
            subject_kind: "year",
            subject_id: span.year.into(),
            child_id: None,
            area_code: areas.first().map(String::as_str),
        };
        audit::hand_out(tx, now, FileKind::AuditReport, &event, &serde_json::json!({}))
    })?;
    let verdict = audit::verify(&app.store, &app.vault, None, |_| {})?;
    let (tallies, openings, reporters, names) = app.store.read(|conn| {
        let tallies = store::tallies(conn, areas, span.from, span.until)?;
        let openings = store::openings_in(conn, areas, span.from, span.until)?;
        let reporters = store::reporters_opened(conn, areas, span.from, span.until)?;
        let of_tallies = tallies.iter().map(|(post, organisation_id, ..)| place(post, *organisation_id));
        let places: Vec<Place> = of_tallies.chain(openings.iter().map(|opening| place(&opening.post, None))).collect();
        Ok((tallies, openings, reporters, offices::names(conn, &places)?))
    })?;
    let reads: i64 = tallies.iter().map(|(.., reads, _)| reads).sum();
    let unjustified = openings.iter().filter(|opening| opening.verdict == Some(OpeningVerdict::Unjustified));
    let facts: Vec<(&str, String)> = vec![
        ("year", span.year.to_string()),
        ("mark", mark.clone()),
        ("made_at", now.local().format("%Y-%m-%d %H:%M").to_string()),
        ("reads", reads.to_string()),
        ("openings", openings.len().to_string()),
        ("unjustified", unjustified.count().to_string()),
        ("unreviewed", openings.iter().filter(|opening| opening.reviewed_at.is_none()).count().to_string()),
        ("reporters", reporters.to_string()),
        ("chain", format!("{}:{}", verdict.head.length, verdict.head.hash)),
        ("whole", word(if verdict.tampering.is_empty() { "yes" } else { "no" }).to_owned()),
        ("faults", verdict.tampering.len().to_string()),
    ];
    let office = |place: Place| names.get(&place).cloned().filter(|name| !name.is_empty());
    let offices: Vec<Vec<String>> = tallies
        .iter()
        .map(|(post, organisation_id, what, reads, children)| {
            let name = office(place(post, *organisation_id)).unwrap_or_else(|| word("police").to_owned());
            vec![name, word(what).to_owned(), reads.to_string(), children.to_string()]
        })
        .collect();
    let looks = openings.iter().map(|opening| look(opening, office(place(&opening.post, None)))).collect();
    write(&facts, &offices, looks, &mark).map_err(Fault::internal)
}

fn place(post: &Option<String>, organisation_id: Option<i64>) -> Place {
    Place { post: post.clone(), organisation_id }
}

fn look(opening: &Opening, office: Option<String>) -> Vec<String> {
    let day = |at: Instant| at.local().format("%Y-%m-%d %H:%M").to_string();
    vec![
        opening.id.to_string(),
        day(opening.opened_at),
        office.unwrap_or_default(),
        opening.reviewed_at.map(day).unwrap_or_default(),
        opening.verdict.map(|verdict| word(words_of(verdict)).to_owned()).unwrap_or_default(),
    ]
}

fn words_of(verdict: OpeningVerdict) -> &'static str {
    match verdict {
        OpeningVerdict::Justified => "justified",
        OpeningVerdict::Unjustified => "unjustified_verdict",
    }
}

fn write(
    facts: &[(&str, String)],
    offices: &[Vec<String>],
    looks: Vec<Vec<String>>,
    mark: &str,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(word("sheet_summary"))?;
    let rows: Vec<Vec<String>> = facts.iter().map(|(name, value)| vec![word(name).to_owned(), value.clone()]).collect();
    table(sheet, &[], &rows)?;
    let sheet = workbook.add_worksheet().set_name(word("sheet_offices"))?;
    table(sheet, &["office", "what", "times", "children"], offices)?;
    let sheet = workbook.add_worksheet().set_name(word("sheet_openings"))?;
    table(sheet, &["number", "opened_at", "office", "reviewed_at", "verdict"], &looks)?;
    for sheet in workbook.worksheets_mut() {
        audit::stamp(sheet, word("title"), mark);
    }
    workbook.save_to_buffer()
}

fn table(sheet: &mut Worksheet, headings: &[&str], rows: &[Vec<String>]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, heading) in (0u16..).zip(headings) {
        sheet.write_string_with_format(0, column, word(heading), &bold)?;
    }
    let first = u32::from(!headings.is_empty());
    for (line, row) in (first..).zip(rows) {
        for (column, cell) in (0u16..).zip(row) {
            // Text, whatever it is: a name that begins with = is no formula.
            sheet.write_string(line, column, cell)?;
        }
    }
    for column in 0..5 {
        sheet.set_column_width(column, 24)?;
    }
    Ok(())
}

/// A word of the report; what has none stands as it is.
fn word(key: &str) -> &str {
    static WORDS: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| toml::from_str(include_str!("report.toml")).unwrap_or_default());
    WORDS.get(key).map_or(key, String::as_str)
}
