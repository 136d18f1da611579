//! What a row says about the parents and the carer.

use chrono::{Months, NaiveDate};

use super::Context;
use super::cells::{At, Cells};
use super::child::parse_identity;
use super::dates::{self, Written};
use super::finding::{Finding, Weight};
use super::headings::{About, Person};
use super::row::{AdultCells, ChildCells};
use super::{phones, words};
use crate::children::child::{bare_name, is_name};
use crate::children::classification::facts::{Condition, Kin};
use crate::children::identity_number::IdentityFault;
use crate::identity::Sex;
use crate::messaging::phone::{Mobile, PhoneFault};

/// Father, mother and carer.
pub fn read(cells: &mut Cells<'_>, context: &Context) -> [AdultCells; 3] {
    let mut adults = [Person::Father, Person::Mother, Person::Carer].map(|person| adult(cells, person, context));
    let [father, mother, carer] = &mut adults;
    tell_parents_apart(cells, father, mother);
    share_whereabouts(cells, [father, mother], context);
    for parent in [&*father, &*mother] {
        if parent.away == Some(true) && parent.away_since.is_none() {
            cells.say_of_row(Weight::Doubt, "away_without_date");
        }
    }
    name_a_parent_once(father, mother, carer);
    adults
}

/// A phone in a column that names nobody goes to the carer, or else to the child's record, and a person is asked to look.
pub fn give_phone_to_somebody(cells: &mut Cells<'_>, child: &mut ChildCells, adults: &mut [AdultCells; 3]) {
    if let Some(at) = cells.get(Person::Child, About::Phone) {
        child.phone = read_phones(cells, at).into_iter().next();
    }
    let loose = cells.get(None, About::Phone).or_else(|| cells.get(Person::Parents, About::Phone));
    let Some(at) = loose else { return };
    let found: Vec<Mobile> = read_phones(cells, at)
        .into_iter()
        .filter(|phone| !adults.iter().any(|adult| adult.phones.contains(phone)))
        .collect();
    let Some(first) = found.first().cloned() else {
        return;
    };
    let [_, _, carer] = adults;
    let holder = if carer.name.is_some() && carer.phones.is_empty() {
        carer.phones = found;
        "carer"
    } else if child.phone.is_none() {
        child.phone = Some(first);
        "child"
    } else {
        return;
    };
    cells.push(Finding::new(Weight::Note, "phone_unattributed").other(words::word("holder", holder)), at);
}

fn adult(cells: &mut Cells<'_>, person: Person, context: &Context) -> AdultCells {
    let written = cells.words(person, About::Name);
    let (name, told_behind_name) = written.map(|(text, at)| named(cells, &text, at)).unwrap_or_default();
    let identity =
        cells.get(person, About::IdentityNumber).and_then(|at| match parse_identity(at.cell, context.today) {
            Ok(number) => Some(number),
            Err(IdentityFault::Empty) => None,
            Err(fault) => {
                cells.say(
                    if fault == IdentityFault::Masked { Weight::Note } else { Weight::Doubt },
                    fault.as_str(),
                    at,
                );
                None
            }
        });
    let kin = kin(cells, person);
    let ability =
        cells.ticked(person, About::Ability).map(|able| if able { Condition::Able } else { Condition::WithoutAbility });
    let mut adult = AdultCells {
        name,
        sex: sex(person, kin).or(identity.as_ref().map(|number| number.sex())).or_else(|| written_sex(cells, person)),
        birth_date: identity.as_ref().map(|number| number.birth_date()).or_else(|| written_birth(cells, person)),
        identity_number: identity,
        phones: cells.get(person, About::Phone).map(|at| read_phones(cells, at)).unwrap_or_default(),
        kin,
        condition: condition(cells, person).or(told_behind_name).filter(|told| *told != Condition::Able).or(ability),
        ..AdultCells::default()
    };
    whereabouts(cells, person, &mut adult, context);
    adult
}

/// A name, and the condition that villages put in brackets behind it: 张三(已故).
fn named(cells: &mut Cells<'_>, text: &str, at: At<'_>) -> (Option<String>, Option<Condition>) {
    let name = bare_name(text);
    let behind = text.get(text.find(['(', '（']).unwrap_or(text.len())..).unwrap_or_default();
    let condition = words::contained::<Condition>("condition", behind.trim_matches(['(', ')', '（', '）']));
    if let Some(condition) =
        words::exact::<Condition>("condition", &name).filter(|condition| *condition != Condition::Able)
    {
        // 去世 in the place of a name.
        return (None, Some(condition));
    }
    if is_name(&name) {
        return (Some(name), condition);
    }
    cells.quote(Weight::Doubt, "name_strange", at);
    (None, condition)
}

fn kin(cells: &mut Cells<'_>, person: Person) -> Option<Kin> {
    match person {
        Person::Father => Some(Kin::Father),
        Person::Mother => Some(Kin::Mother),
        _ => {
            let (written, at) = cells.words(person, About::Kin)?;
            let kin = words::contained::<Kin>("kin", &written);
            if kin.is_none() {
                cells.quote(Weight::Doubt, "word_unknown", at);
            }
            kin
        }
    }
}

fn sex(person: Person, kin: Option<Kin>) -> Option<Sex> {
    match (person, kin?) {
        (Person::Father, _) => Some(Sex::Male),
        (Person::Mother, _) => Some(Sex::Female),
        (
            _,
            Kin::PaternalGrandfather
            | Kin::MaternalGrandfather
            | Kin::Brother
            | Kin::Father
            | Kin::StepFather
            | Kin::AdoptiveFather,
        ) => Some(Sex::Male),
        (
            _,
            Kin::PaternalGrandmother
            | Kin::MaternalGrandmother
            | Kin::Sister
            | Kin::Mother
            | Kin::StepMother
            | Kin::AdoptiveMother,
        ) => Some(Sex::Female),
        _ => None,
    }
}

fn written_sex(cells: &mut Cells<'_>, person: Person) -> Option<Sex> {
    let (written, _) = cells.words(person, About::Sex)?;
    words::exact("sex", &written)
}

/// A birth date that is not written to the day is left out: nothing hangs on it for an adult.
fn written_birth(cells: &mut Cells<'_>, person: Person) -> Option<NaiveDate> {
    match dates::read(cells.get(person, About::BirthDate)?.cell) {
        Ok(Written::Day(day)) => Some(day),
        _ => None,
    }
}

fn condition(cells: &mut Cells<'_>, person: Person) -> Option<Condition> {
    let (written, at) = cells.words(person, About::Condition)?;
    let condition = words::contained::<Condition>("condition", &written);
    if condition.is_none() && words::answer("answer", &written).is_none() {
        cells.quote(Weight::Doubt, "word_unknown", at);
    }
    if words::is_word_of("unclear", &written) {
        cells.quote(Weight::Doubt, "condition_needs_checking", at);
    }
    condition
}

fn read_phones(cells: &mut Cells<'_>, at: At<'_>) -> Vec<Mobile> {
    match phones::read(at.cell) {
        Ok(phones) => phones,
        Err(PhoneFault::Landline) => {
            cells.say(Weight::Note, "phone_is_landline", at);
            Vec::new()
        }
        Err(_) if at.cell.words().contains('*') => {
            cells.say(Weight::Note, "phone_masked", at);
            Vec::new()
        }
        Err(_) => {
            cells.say(Weight::Doubt, "phone_unreadable", at);
            Vec::new()
        }
    }
}

fn whereabouts(cells: &mut Cells<'_>, person: Person, adult: &mut AdultCells, context: &Context) {
    if let Some((place, _)) = cells.words(person, About::Place) {
        set_place(adult, &place, context);
    }
    if let Some((written, _)) = cells.words(person, About::Situation) {
        adult.away = words::answer("answer", &written)
            .or(Some(words::exact::<String>("situation", &written).as_deref() != Some("none")));
    }
    if let Some(since) = cells.get(person, About::Since).and_then(|at| since(cells, at, context.today)) {
        adult.left(since);
        adult.away = adult.away.or(Some(true));
    }
}

fn set_place(adult: &mut AdultCells, place: &str, context: &Context) {
    let inside = words::mentions("place", place) || context.home_names.iter().any(|home| place.contains(home.as_str()));
    adult.place = Some(place.to_owned());
    adult.outside_county = Some(!inside);
    adult.away = adult.away.or(Some(!inside));
}

/// Columns that speak of both parents at once fill in what their own columns left open.
fn share_whereabouts(cells: &mut Cells<'_>, parents: [&mut AdultCells; 2], context: &Context) {
    let situation = cells.words(Person::Parents, About::Situation).and_then(|(text, at)| {
        let term = words::contained::<String>("situation", &text);
        if term.is_none() {
            cells.quote(Weight::Doubt, "word_unknown", at);
        }
        term
    });
    let place = cells.words(Person::Parents, About::Place).map(|(text, _)| text);
    let since = cells.get(Person::Parents, About::Since).and_then(|at| since(cells, at, context.today));
    for (own, parent) in ["father", "mother"].into_iter().zip(parents) {
        let said = situation.as_deref().map(|situation| situation == "both" || situation == own);
        let gone = parent.condition.is_some_and(|condition| condition.is_gone() || condition.is_confined());
        parent.away = parent.away.or(said);
        if gone || parent.away == Some(false) || !parent.is_told() {
            parent.away = parent.away.filter(|_| !gone);
            continue;
        }
        if let (None, Some(place)) = (&parent.place, &place) {
            set_place(parent, place, context);
        }
        if let (None, Some(since)) = (parent.away_since, since)
            && parent.away != Some(false)
        {
            parent.left(since);
            parent.away = parent.away.or(Some(true));
        }
    }
}

/// Since when, and how many days that may be off.
#[derive(Clone, Copy)]
struct Since {
    day: NaiveDate,
    within_days: i64,
}

impl AdultCells {
    fn left(&mut self, since: Since) {
        self.away_since = Some(since.day);
        self.away_since_within_days = since.within_days;
    }
}

const MONTH_DAYS: i64 = 31;
const YEAR_DAYS: i64 = 366;

/// Since when: a date as precise as written, taken from its start; or how long already (3年, 8个月).
fn since(cells: &mut Cells<'_>, at: At<'_>, today: NaiveDate) -> Option<Since> {
    let since = match dates::read(at.cell) {
        Ok(written) => Since {
            day: written.earliest()?,
            within_days: match written {
                Written::Day(_) => 0,
                Written::Month(..) => MONTH_DAYS,
                Written::Year(_) => YEAR_DAYS,
            },
        },
        Err(fault) => {
            let text = at.cell.words();
            let lasting = duration(&text).and_then(|months| today.checked_sub_months(Months::new(months)));
            let Some(day) = lasting else {
                cells.quote(Weight::Doubt, fault.as_str(), at);
                return None;
            };
            Since { day, within_days: YEAR_DAYS }
        }
    };
    if since.within_days > 0 {
        let finding = Finding::new(Weight::Note, "date_taken_from_start").value(&at.cell.words());
        cells.push(finding.other(since.day), at);
    }
    if since.day > today {
        cells.quote(Weight::Doubt, "date_in_the_future", at);
        return None;
    }
    Some(since)
}

/// How many months 3年, 3年多, 8个月 are.
fn duration(text: &str) -> Option<u32> {
    let text = words::plain(text);
    let text = text.trim_end_matches(['多', '余', '了', '以', '上']);
    let count = |unit: &str| {
        text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok()).filter(|count| (1..=40).contains(count))
    };
    count("个月").or_else(|| count("年").map(|years| years * 12))
}

/// Father and mother of one name or one number are one person written twice.
fn tell_parents_apart(cells: &mut Cells<'_>, father: &AdultCells, mother: &mut AdultCells) {
    if is_same_person(father, mother) {
        cells.say_of_row(Weight::Doubt, "parents_are_the_same");
        *mother = AdultCells::default();
    }
}

/// A ledger that names the father or mother as the carer does not mean a third person.
fn name_a_parent_once(father: &mut AdultCells, mother: &mut AdultCells, carer: &mut AdultCells) {
    for (kin, parent) in [(Kin::Father, father), (Kin::Mother, mother)] {
        if carer.kin == Some(kin) || is_same_person(parent, carer) {
            parent.cares = parent.name.is_some();
            if parent.phones.is_empty() {
                parent.phones.append(&mut carer.phones);
            }
            *carer = AdultCells::default();
        }
    }
}

fn is_same_person(one: &AdultCells, other: &AdultCells) -> bool {
    let same_number = one.identity_number.is_some() && one.identity_number == other.identity_number;
    same_number || (one.name.is_some() && one.name == other.name)
}
