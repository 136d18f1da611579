//! A village's ledger as a file, the way a village hands it in: the demo's families come in by the same door.

use chrono::NaiveDate;

use super::Ground;
use super::county::Village;
use super::families::{Adult, Child, Family};
use crate::app::App;
use crate::children::Occasion;
use crate::children::import::{self, Mode, RunOutcome};
use crate::clock::{Instant, age_on};
use crate::identity::Sex;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;

/// Every village handed its ledger in, on a day of its own.
///
/// # Errors
/// A row that the import does not take: the demo's own files are clean.
pub fn take_in(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    for (place, (village, bytes)) in super::ledgers(ground, now.date())?.into_iter().enumerate() {
        let at = Instant::start_of(super::handed_in_on(now.date(), place)).plus_hours(10);
        let occasion = Occasion::of(app, at, None);
        let wanted = import::Wanted {
            file_name: format!("{}.csv", village.name),
            village_code: village.code,
            bytes,
            mode: Mode::All,
            dry_run: false,
        };
        let report = import::run_within(tx, &occasion, &wanted)?;
        if report.outcome != RunOutcome::Applied {
            return Err(Fault::internal(format!("the demo's ledger of {} was not taken", wanted.village_code)));
        }
    }
    Ok(())
}

/// The ledger as CSV: a title, the headings, a row for each child.
pub fn as_csv(ground: &Ground, village: &Village, families: &[Family], today: NaiveDate) -> Outcome<Vec<u8>> {
    let lives = &ground.lives;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_record([format!("{}{}", village.name, lives.title_ending)]).map_err(Fault::internal)?;
    writer.write_record(&lives.headings).map_err(Fault::internal)?;
    let rows = families.iter().flat_map(|family| family.children.iter().map(move |child| (family, child)));
    for (number, (family, child)) in rows.enumerate() {
        writer.write_record(row(ground, village, family, child, number + 1, today)).map_err(Fault::internal)?;
    }
    writer.into_inner().map_err(Fault::internal)
}

fn row(
    ground: &Ground,
    village: &Village,
    family: &Family,
    child: &Child,
    number: usize,
    today: NaiveDate,
) -> Vec<String> {
    let lives = &ground.lives;
    let mut cells = vec![
        number.to_string(),
        child.name.clone(),
        sex(ground, child.sex),
        child.born.to_string(),
        child.identity_number.clone(),
        family.ethnicity.clone(),
        village.name.clone(),
        family.group.clone(),
        if family.rural { &lives.rural } else { &lives.urban }.clone(),
    ];
    cells.extend(schooling(ground, village, child, today));
    cells.extend(parent(ground, &family.father));
    cells.extend(parent(ground, &family.mother));
    cells.extend(carer(ground, family));
    cells.extend([
        family.circumstance.map_or("", |kind| lives.circumstance(kind)).to_owned(),
        child.disability.clone().unwrap_or_default(),
        child.illness.clone().unwrap_or_default(),
        String::new(),
    ]);
    cells
}

fn sex(ground: &Ground, sex: Sex) -> String {
    match sex {
        Sex::Male => ground.lives.male.clone(),
        Sex::Female => ground.lives.female.clone(),
    }
}

/// School, grade, boarding, enrolment.
fn schooling(ground: &Ground, village: &Village, child: &Child, today: NaiveDate) -> [String; 4] {
    let lives = &ground.lives;
    let schools = lives.schools_of(&village.code);
    let age = age_on(child.born, today);
    let grade = usize::try_from(age - 6).ok().and_then(|years| lives.grades.get(years)).cloned();
    let (school, enrolment) = match age {
        ..=2 => (String::new(), &lives.not_yet),
        3..=5 => (schools.kindergarten, &lives.preschool),
        6..=11 => (schools.primary, &lives.enrolled),
        12..=14 => (schools.middle, &lives.enrolled),
        _ => (lives.vocational_school.clone(), &lives.vocational),
    };
    let boarding = if child.boarding { &lives.yes } else { &lives.no };
    [school, grade.unwrap_or_default(), boarding.clone(), enrolment.clone()]
}

/// Name, identity number, phone, condition, place of work, away since.
fn parent(ground: &Ground, parent: &Adult) -> [String; 6] {
    let (place, since) = parent.away.clone().map_or_else(Default::default, |(place, since)| (place, since.to_string()));
    [
        parent.name.clone(),
        parent.identity_number.clone(),
        parent.phone.clone().unwrap_or_default(),
        ground.lives.condition(parent.condition).to_owned(),
        place,
        since,
    ]
}

/// Name, sex, birth date, identity number, phone, kin.
fn carer(ground: &Ground, family: &Family) -> [String; 6] {
    family.carer.as_ref().map_or_else(Default::default, |carer| {
        [
            carer.adult.name.clone(),
            sex(ground, carer.adult.sex),
            carer.adult.born.to_string(),
            carer.adult.identity_number.clone(),
            carer.adult.phone.clone().unwrap_or_default(),
            ground.lives.kin(carer.kin).to_owned(),
        ]
    })
}
