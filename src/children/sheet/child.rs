//! What a row says about the child.

use chrono::NaiveDate;

use super::Context;
use super::cells::{At, Cells};
use super::dates::{self, Written};
use super::finding::{Finding, Weight};
use super::grid::Cell;
use super::headings::{About, Person::Child};
use super::row::ChildCells;
use super::{needs, words};
use crate::children::child::{bare_name, is_name};
use crate::children::identity_number::{IdentityFault, IdentityNumber};
use crate::clock::age_on;
use crate::identity::Sex;

/// Reads the columns about the child; everything doubtful is a finding in `cells`.
pub fn read(cells: &mut Cells<'_>, context: &Context) -> ChildCells {
    let name = name(cells);
    let identity_number = identity_number(cells, context.today);
    let birth_date = birth_date(cells, identity_number.as_ref(), context.today);
    let (schooling, enrolment_told) = needs::schooling(cells);
    ChildCells {
        name,
        sex: sex(cells, identity_number.as_ref()),
        birth_date,
        identity_number,
        phone: None,
        ethnicity: short(cells, About::Ethnicity),
        village: short(cells, About::Village),
        address: joined(cells, About::Address),
        rural_registration: rural(cells),
        schooling,
        enrolment_told,
        disability: needs::disability(cells),
        illness: needs::illness(cells),
        circumstances: needs::circumstances(cells),
        stated: needs::stated(cells),
        remark: joined(cells, About::Remark),
    }
}

fn name(cells: &mut Cells<'_>) -> String {
    let Some((written, at)) = cells.words(Child, About::Name) else {
        cells.say_of_row(Weight::Fault, "name_missing");
        return String::new();
    };
    let name = bare_name(&written);
    if !is_name(&name) {
        cells.quote(Weight::Fault, "name_strange", at);
    }
    name
}

fn identity_number(cells: &mut Cells<'_>, today: NaiveDate) -> Option<IdentityNumber> {
    let Some(at) = cells.get(Child, About::IdentityNumber) else {
        cells.say_of_row(Weight::Note, "identity_empty");
        return None;
    };
    match parse_identity(at.cell, today) {
        Ok(number) => Some(number),
        Err(fault) => {
            let weight = if fault == IdentityFault::Masked { Weight::Note } else { Weight::Fault };
            cells.say(weight, fault.as_str(), at);
            None
        }
    }
}

/// Reads a cell as an identity number; a number cell has lost its last digits whatever they look like.
///
/// # Errors
/// The fault that names what happened to it.
pub fn parse_identity(cell: &Cell, today: NaiveDate) -> Result<IdentityNumber, IdentityFault> {
    match cell {
        Cell::Number(number) if *number >= 1e15 => Err(IdentityFault::LostDigits),
        _ => IdentityNumber::parse(&cell.words(), today),
    }
}

fn birth_date(cells: &mut Cells<'_>, number: Option<&IdentityNumber>, today: NaiveDate) -> Option<NaiveDate> {
    let written = cells.get(Child, About::BirthDate);
    let day = match (written, number.map(IdentityNumber::birth_date)) {
        (None, None) => {
            cells.say_of_row(Weight::Fault, "birth_unknown");
            None
        }
        (None, Some(born)) => Some(born),
        (Some(at), None) => written_day(cells, at),
        (Some(at), Some(born)) => {
            compare(cells, at, born);
            Some(born)
        }
    };
    day.inspect(|born| judge_age(cells, *born, today))
}

fn written_day(cells: &mut Cells<'_>, at: At<'_>) -> Option<NaiveDate> {
    match dates::read(at.cell) {
        Ok(Written::Day(day)) => return Some(day),
        Ok(Written::Month(..) | Written::Year(_)) => cells.quote(Weight::Fault, "date_without_day", at),
        Err(fault) => cells.quote(Weight::Fault, fault.as_str(), at),
    }
    None
}

/// The written date may be less precise than the number, but must not contradict it.
fn compare(cells: &mut Cells<'_>, at: At<'_>, born: NaiveDate) {
    use chrono::Datelike;
    let agrees = match dates::read(at.cell) {
        Ok(Written::Day(day)) => day == born,
        Ok(Written::Month(year, month)) => (year, month) == (born.year(), born.month()),
        Ok(Written::Year(year)) => year == born.year(),
        Err(fault) => {
            cells.quote(Weight::Doubt, fault.as_str(), at);
            return;
        }
    };
    if !agrees {
        cells.push(Finding::new(Weight::Fault, "birth_contradicts_identity").other(born), at);
    }
}

fn judge_age(cells: &mut Cells<'_>, born: NaiveDate, today: NaiveDate) {
    if born > today {
        cells.say_of_row(Weight::Fault, "born_in_the_future");
    } else if age_on(born, today) >= 18 {
        cells.say_of_row(Weight::Fault, "not_a_minor");
    }
}

fn sex(cells: &mut Cells<'_>, number: Option<&IdentityNumber>) -> Option<Sex> {
    let told = number.map(IdentityNumber::sex);
    let Some((written, at)) = cells.words(Child, About::Sex) else {
        if told.is_none() {
            cells.say_of_row(Weight::Fault, "sex_unknown");
        }
        return told;
    };
    match (words::exact::<Sex>("sex", &written), told) {
        (Some(sex), Some(other)) if sex != other => cells.say(Weight::Fault, "sex_contradicts_identity", at),
        (None, None) => cells.quote(Weight::Fault, "sex_unreadable", at),
        (None, Some(_)) => cells.quote(Weight::Doubt, "sex_unreadable", at),
        (sex, _) => return sex,
    }
    told
}

fn rural(cells: &mut Cells<'_>) -> Option<bool> {
    let (written, _) = cells.words(Child, About::RuralRegistration)?;
    words::answer("registration", &written)
        .or_else(|| words::contained::<String>("registration", &written).map(|term| term == "yes"))
}

/// A cell's words with single blanks.
pub fn short(cells: &mut Cells<'_>, about: About) -> Option<String> {
    cells.words(Child, about).map(|(text, _)| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The words of all columns of that meaning.
pub fn joined(cells: &mut Cells<'_>, about: About) -> Option<String> {
    let texts: Vec<_> = cells.all(Child, about).into_iter().map(|at| at.cell.words()).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}
