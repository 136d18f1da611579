//! A village's ledger as somebody keeps it by hand: merged titles, dates in every style, damaged numbers, the same
//! child twice. It holds the village's children of the demo, some with news, and many whom the demo does not know.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde::Deserialize;

use super::Ground;
use super::chance::Chance;
use super::county::Village;
use super::families::{self, Adult, Child, Family};
use super::numbers::Numbers;
use crate::children::classification::facts::Condition;
use crate::clock::age_on;
use crate::identity::Sex;
use crate::problem::{Fault, Outcome};

/// Streams of chance far from those of the demo's own families.
const NEW_FAMILIES_FROM: usize = 500;
const NEW_PLACES: usize = 9;

#[derive(Debug, Deserialize)]
struct Habits {
    title: String,
    unit: String,
    subtotal: String,
    total: String,
    notes: Vec<String>,
    dead: String,
    two_phones: String,
    birth_styles: Vec<String>,
    lunar: String,
    since_styles: Vec<String>,
    phone_styles: Vec<String>,
    remarks: Vec<String>,
    left_behind: String,
    columns: Vec<(String, String, String)>,
}

/// A cell as a hand leaves it.
enum Written {
    Text(String),
    Number(f64),
}

/// The workbook for the first village of the demo county.
///
/// # Errors
/// What the workbook cannot hold.
pub fn ledger(ground: &Ground, today: NaiveDate) -> Outcome<(Village, Vec<u8>)> {
    let habits: Habits = toml::from_str(include_str!("../../config/demo/by_hand.toml"))
        .map_err(|error| Fault::internal(format!("config/demo: {error}")))?;
    let villages: Vec<Village> = ground.county.villages().collect();
    let mut numbers = Numbers::default();
    let mut known = Vec::new();
    for place in 0..villages.len() {
        let families = families::of_village(ground, &mut numbers, place, super::handed_in_on(today, place));
        if place == 0 {
            known = families;
        }
    }
    for family in known.iter_mut().step_by(5) {
        family.father.phone = Some(numbers.phone());
    }
    for place in 0..NEW_PLACES {
        known.extend(families::of_village(ground, &mut numbers, NEW_FAMILIES_FROM + place, today));
    }
    let village = villages.into_iter().next().ok_or_else(|| Fault::internal("the demo county has no village"))?;
    let mut hand = Hand { ground, habits: &habits, village: &village, today, chance: Chance::stream(77_000) };
    let bytes = hand.write(&known).map_err(Fault::internal)?;
    Ok((village, bytes))
}

struct Hand<'a> {
    ground: &'a Ground,
    habits: &'a Habits,
    village: &'a Village,
    today: NaiveDate,
    chance: Chance,
}

impl Hand<'_> {
    fn write(&mut self, families: &[Family]) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        self.head(sheet)?;
        let (mut row, mut children) = (4u32, 0usize);
        for family in families {
            let first = row;
            for child in &family.children {
                children += 1;
                self.child(sheet, row, children, family, child)?;
                row += 1;
                row += self.slips(sheet, row, children, family, child)?;
            }
            self.join_parents(sheet, first, row, family)?;
        }
        sheet.write_string(row, 0, &self.habits.total)?.write_string(row, 1, children.to_string())?;
        for (below, note) in (row + 1..).zip(&self.habits.notes) {
            sheet.write_string(below, 0, note)?;
        }
        book.save_to_buffer()
    }

    fn head(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let plain = Format::new().set_text_wrap();
        let last = column(self.habits.columns.len()).saturating_sub(1);
        let dated = |text: &str| {
            let text = text.replace("{village}", &self.village.name).replace("{year}", &self.today.year().to_string());
            text.replace("{month}", &self.today.month().to_string())
        };
        sheet.merge_range(0, 0, 0, last, &dated(&self.habits.title), &plain)?;
        sheet.merge_range(1, 0, 1, last, &dated(&self.habits.unit), &plain)?;
        let mut place = 0usize;
        for group in self.habits.columns.chunk_by(|one, other| one.0 == other.0) {
            let (from, to) = (column(place), column(place + group.len() - 1));
            place += group.len();
            match group {
                [(name, own, _)] if name == own => {
                    sheet.merge_range(2, from, 3, from, name, &plain)?;
                    continue;
                }
                [(name, ..)] => sheet.write_string(2, from, name)?,
                [(name, ..), ..] => sheet.merge_range(2, from, 2, to, name, &plain)?,
                [] => continue,
            };
            for (below, (_, own, _)) in (from..).zip(group) {
                sheet.write_string(3, below, own)?;
            }
        }
        Ok(())
    }

    fn child(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        number: usize,
        family: &Family,
        child: &Child,
    ) -> Result<(), XlsxError> {
        let columns = self.habits.columns.len();
        for place in 0..columns {
            let Some((_, _, field)) = self.habits.columns.get(place) else { continue };
            match self.cell(field, number, family, child) {
                Some(Written::Text(text)) if !text.is_empty() => {
                    sheet.write_string(row, column(place), text)?;
                }
                Some(Written::Number(number)) => {
                    sheet.write_number(row, column(place), number)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn cell(&mut self, field: &str, number: usize, family: &Family, child: &Child) -> Option<Written> {
        let lives = &self.ground.lives;
        let age = age_on(child.born, self.today);
        let text = match field {
            "number" => return Some(Written::Number(f64::from(u32::try_from(number).unwrap_or_default()))),
            "age" => return Some(Written::Number(f64::from(age))),
            "child.name" => spaced(&child.name),
            "child.sex" if number % 83 == 19 => self.sex(other(child.sex)),
            "child.sex" => self.sex(child.sex),
            "child.birth_date" if number % 97 == 31 => dated(&self.habits.lunar, child.born),
            "child.birth_date" => dated(&self.chance.pick(&self.habits.birth_styles), child.born),
            "child.identity_number" => return identity(number, &child.identity_number),
            "child.address" => family.group.clone(),
            "child.school" => self.school(age),
            "child.grade" => usize::try_from(age - 6).ok().and_then(|years| lives.grades.get(years)).cloned()?,
            "child.boarding" if age >= 6 => if child.boarding { &lives.yes } else { &lives.no }.clone(),
            "child.disability" => child.disability.clone()?,
            "child.illness" => child.illness.clone()?,
            "labels" => self.labels(family),
            "remark" => self.chance.pick(&self.habits.remarks),
            "carer.name" => family.carer.as_ref()?.adult.name.clone(),
            "carer.kin" => lives.kin(family.carer.as_ref()?.kin).to_owned(),
            "carer.phone" => self.phone(family.carer.as_ref()?.adult.phone.as_deref()?),
            other => {
                let (who, about) = other.split_once('.')?;
                let parent = match who {
                    "father" => &family.father,
                    "mother" => &family.mother,
                    _ => return None,
                };
                return self.parent(parent, about);
            }
        };
        Some(Written::Text(text))
    }

    fn parent(&mut self, parent: &Adult, about: &str) -> Option<Written> {
        let text = match about {
            "name" if parent.condition == Condition::Dead => self.habits.dead.replace("{name}", &parent.name),
            "name" => parent.name.clone(),
            "phone" if self.chance.percent(20) => {
                return parent.phone.as_ref()?.parse().ok().map(Written::Number);
            }
            "phone" => self.phone(parent.phone.as_deref()?),
            "place" => parent.away.as_ref()?.0.clone(),
            "since" => dated(&self.chance.pick(&self.habits.since_styles), parent.away.as_ref()?.1),
            "condition" if !matches!(parent.condition, Condition::Able | Condition::Dead) => {
                self.ground.lives.condition(parent.condition).to_owned()
            }
            _ => return None,
        };
        Some(Written::Text(text))
    }

    /// What slips in between two children: the same child again, a blank row, a subtotal. Gives the rows it took.
    fn slips(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        number: usize,
        family: &Family,
        child: &Child,
    ) -> Result<u32, XlsxError> {
        if number % 90 == 45 {
            // The same child once more, with another remark and another group.
            let moved = Family { group: format!("{}{}", family.group, self.village.name), ..family.clone() };
            self.child(sheet, row, number, &moved, child)?;
            Ok(1)
        } else if number.is_multiple_of(100) {
            sheet.write_string(row, 0, &self.habits.subtotal)?.write_string(row, 1, number.to_string())?;
            Ok(1)
        } else {
            Ok(u32::from(number % 40 == 20))
        }
    }

    /// Siblings share the cells of their father, merged down.
    fn join_parents(&mut self, sheet: &mut Worksheet, first: u32, end: u32, family: &Family) -> Result<(), XlsxError> {
        let rows = u32::try_from(family.children.len()).unwrap_or_default();
        if rows < 2 || end - first != rows {
            return Ok(());
        }
        let Some(place) = self.habits.columns.iter().position(|(_, _, field)| field == "father.name") else {
            return Ok(());
        };
        if let Some(Written::Text(name)) = self.parent(&family.father, "name") {
            sheet.merge_range(first, column(place), end - 1, column(place), &name, &Format::new())?;
        }
        Ok(())
    }

    fn sex(&self, sex: Sex) -> String {
        match sex {
            Sex::Male => self.ground.lives.male.clone(),
            Sex::Female => self.ground.lives.female.clone(),
        }
    }

    fn school(&self, age: i32) -> String {
        let schools = self.ground.lives.schools_of(&self.village.code);
        match age {
            ..=2 => String::new(),
            3..=5 => schools.kindergarten,
            6..=11 => schools.primary,
            12..=14 => schools.middle,
            _ => self.ground.lives.vocational_school.clone(),
        }
    }

    fn labels(&mut self, family: &Family) -> String {
        let away = family.father.away.is_some() && family.mother.away.is_some();
        let label = if away { self.habits.left_behind.as_str() } else { "" };
        let hardship = family.circumstance.map_or("", |kind| self.ground.lives.circumstance(kind));
        [label, hardship].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("/")
    }

    fn phone(&mut self, phone: &str) -> String {
        let style = self.chance.pick(&self.habits.phone_styles);
        let part = |range| phone.get(range).unwrap_or_default();
        let written = style.replace("{a}", part(0..3)).replace("{b}", part(3..7)).replace("{c}", part(7..11));
        if self.chance.percent(5) {
            self.habits.two_phones.replace("{phone}", &written).replace("{other}", phone)
        } else {
            written
        }
    }
}

/// The number as it comes out of a spreadsheet that somebody was not careful with.
fn identity(number: usize, digits: &str) -> Option<Written> {
    let text = match number {
        _ if number % 53 == 9 => return None,
        // Kept as a number, the last three digits become zeros.
        _ if number % 37 == 5 => return digits.parse().ok().map(Written::Number),
        _ if number % 41 == 7 => wrong_check(digits),
        _ if number % 61 == 11 => digits.get(..17).unwrap_or_default().to_owned(),
        _ if number % 29 == 3 => digits.to_lowercase(),
        _ => digits.to_owned(),
    };
    Some(Written::Text(text))
}

fn wrong_check(digits: &str) -> String {
    let body = digits.get(..17).unwrap_or_default();
    let wrong = if digits.ends_with('1') { '2' } else { '1' };
    format!("{body}{wrong}")
}

/// Names of two characters are written with a blank between.
fn spaced(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some(first), Some(second), None) => format!("{first}　{second}"),
        _ => name.to_owned(),
    }
}

fn dated(style: &str, day: NaiveDate) -> String {
    style
        .replace("{y}", &day.year().to_string())
        .replace("{mm}", &format!("{:02}", day.month()))
        .replace("{dd}", &format!("{:02}", day.day()))
        .replace("{m}", &day.month().to_string())
        .replace("{d}", &day.day().to_string())
}

fn other(sex: Sex) -> Sex {
    match sex {
        Sex::Male => Sex::Female,
        Sex::Female => Sex::Male,
    }
}

fn column(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}
