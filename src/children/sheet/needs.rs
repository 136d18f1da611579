//! What a row says about schooling, disability, illness and hardship of the child.

use super::cells::{Cells, quotable};
use super::child::{joined, short};
use super::finding::{Finding, Weight};
use super::grid::Cell;
use super::headings::{About, Person::Child};
use super::row::WrittenDisability;
use super::words;
use crate::children::classification::LabelKind;
use crate::children::classification::facts::{CircumstanceKind, DisabilityKind};
use crate::children::schooling::{Enrolment, Schooling};

/// School, grade, boarding and enrolment, and whether the last was told; a named school without more means enrolled.
pub fn schooling(cells: &mut Cells<'_>) -> (Schooling, bool) {
    let boarding = cells.words(Child, About::Boarding).and_then(|(written, _)| words::answer("answer", &written));
    let school = short(cells, About::School);
    let written = cells.words(Child, About::Enrolment);
    let enrolment = written.as_ref().and_then(|(written, _)| words::contained::<Enrolment>("enrolment", written));
    if let (Some((_, at)), None) = (&written, enrolment) {
        cells.quote(Weight::Doubt, "word_unknown", *at);
    }
    let guessed =
        school.as_deref().and_then(|school| words::all_contained::<Enrolment>("enrolment", school).into_iter().next());
    let told = enrolment.or(guessed);
    let schooling = Schooling {
        grade: joined(cells, About::Grade),
        boarding,
        enrolment: told.or(school.as_ref().map(|_| Enrolment::Enrolled)),
        school,
    };
    (schooling, told.is_some())
}

/// Grade and kind of a disability, from one column or several.
pub fn disability(cells: &mut Cells<'_>) -> Option<WrittenDisability> {
    let all = cells.all(Child, About::Disability);
    let told: Vec<_> = all
        .iter()
        .filter(|at| words::answer("answer", &at.cell.words()) != Some(false) || matches!(at.cell, Cell::Number(_)))
        .collect();
    let together = told.iter().map(|at| at.cell.words()).collect::<Vec<_>>().join(" ");
    let found = read_disability(&together);
    if let (None, Some(at)) = (found, told.first()) {
        cells.quote(Weight::Doubt, "disability_unreadable", **at);
    }
    found
}

/// Grade and kind from words (肢体二级), a bare grade (2), or the last two digits of a certificate number.
fn read_disability(text: &str) -> Option<WrittenDisability> {
    let text = words::plain(text);
    let certificate = text.split(|c: char| !(c.is_ascii_digit() || c == 'x')).find(|run| run.len() == 20);
    if let Some(run) = certificate {
        let mut last = run.bytes().rev().map(|digit| digit.wrapping_sub(b'0'));
        let grade = last.next().filter(|grade| (1..=4).contains(grade))?;
        let kind = last.next().and_then(|kind| DisabilityKind::ALL.get(usize::from(kind).checked_sub(1)?)).copied();
        return Some(WrittenDisability { grade, kind });
    }
    let grade_of = |c: char| {
        "1234".find(c).or_else(|| "一二三四".chars().position(|d| d == c)).and_then(|n| u8::try_from(n + 1).ok())
    };
    let chars: Vec<char> = text.chars().collect();
    let before_level =
        chars.windows(2).filter(|pair| pair.last() == Some(&'级')).filter_map(|pair| grade_of(*pair.first()?));
    let bare = match chars.as_slice() {
        [only] => grade_of(*only),
        _ => None,
    };
    let grade = before_level.min().or(bare)?;
    Some(WrittenDisability {
        grade,
        kind: DisabilityKind::ALL.iter().copied().find(|kind| words::has_word_of("disability", kind.as_str(), &text)),
    })
}

/// Illness in the village's words; what says that all is well is left out.
pub fn illness(cells: &mut Cells<'_>) -> Option<String> {
    let told = cells.all(Child, About::Illness).into_iter().map(|at| at.cell.words());
    let ill: Vec<_> =
        told.filter(|text| words::answer("answer", text).is_none() && !words::is_word_of("health", text)).collect();
    (!ill.is_empty()).then(|| ill.join("；"))
}

/// Dated facts that the row ticks or names.
pub fn circumstances(cells: &mut Cells<'_>) -> Vec<CircumstanceKind> {
    let ticked = [
        (About::MinimumLiving, CircumstanceKind::MinimumLivingAllowance),
        (About::RegisteredPoor, CircumstanceKind::RegisteredPoor),
        (About::SpecialHardship, CircumstanceKind::SpecialHardshipSupport),
    ];
    let mut found: Vec<_> = ticked
        .into_iter()
        .filter(|(about, _)| cells.words(Child, *about).is_some_and(|(text, _)| says_yes(&text, "circumstance")))
        .map(|(_, kind)| kind)
        .collect();
    for at in cells.all(Child, About::Labels) {
        let text = at.cell.words();
        let kinds: Vec<CircumstanceKind> = words::all_contained("circumstance", &text);
        let understood = !kinds.is_empty() || !words::all_contained::<LabelKind>("label", &text).is_empty();
        if !understood && words::answer("answer", &text).is_none() && !words::is_word_of("health", &text) {
            cells.push(Finding::new(Weight::Doubt, "word_unknown").value(&quotable(&text)), at);
        }
        found.extend(kinds);
    }
    found.sort();
    found.dedup();
    found
}

/// Labels that the village wrote down.
pub fn stated(cells: &mut Cells<'_>) -> Vec<LabelKind> {
    let left_behind = cells.words(Child, About::LeftBehind).filter(|(text, _)| says_yes(text, "label"));
    let mut found: Vec<LabelKind> = left_behind.map(|_| LabelKind::LeftBehind).into_iter().collect();
    for at in cells.all(Child, About::Labels) {
        found.extend(words::all_contained::<LabelKind>("label", &at.cell.words()));
    }
    found.sort();
    found.dedup();
    found
}

/// A ticked box, or the thing itself written into its box (低保 under 是否低保).
fn says_yes(text: &str, section: &str) -> bool {
    words::answer("answer", text).unwrap_or_else(|| !words::all_contained::<String>(section, text).is_empty())
}
