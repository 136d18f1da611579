//! A row's cells about the child itself against the record that the ledger holds. A blank cell says nothing.

use chrono::NaiveDate;

use super::held::HeldChild;
use super::verdict::Touched;
use crate::children::child::{CheckedChild, ChildFields};
use crate::children::classification::facts::{Circumstance, CircumstanceKind, Disability};
use crate::children::health::HealthRecord;
use crate::children::schooling::Schooling;
use crate::children::sheet::words::word;
use crate::children::sheet::{About, ChildCells, Finding, LedgerRow, Person, Weight};
use crate::identity::Sex;

/// All that a row changes in a child's own record.
#[derive(Clone, Debug, Default)]
pub struct OwnChanges {
    pub child: Option<CheckedChild>,
    pub schooling: Option<Schooling>,
    pub health: Option<HealthRecord>,
    pub circumstances: Vec<CircumstanceKind>,
    pub touched: Vec<Touched>,
    pub findings: Vec<Finding>,
}

/// What the row changes in the record.
pub fn merge(row: &LedgerRow, held: &HeldChild, today: NaiveDate) -> OwnChanges {
    let mut changes = OwnChanges::default();
    let mut touched = own_fields(row, held, &mut changes);
    touched.extend(schooling(&row.child, &held.schooling, &mut changes));
    touched.extend(health(&row.child, &held.health, today, &mut changes));
    touched.extend(circumstances(row, &held.circumstances, &mut changes));
    changes.touched = touched.into_iter().map(|about| Touched::of(row, Person::Child, about)).collect();
    changes
}

/// The child of a row that the ledger does not hold; `None` without a birth date or a sex.
pub fn new_child(row: &LedgerRow) -> Option<CheckedChild> {
    let cells = &row.child;
    Some(CheckedChild {
        fields: ChildFields {
            name: cells.name.clone(),
            sex: cells.sex?,
            birth_date: cells.birth_date?,
            identity_number: None,
            phone: None,
            ethnicity: cells.ethnicity.clone(),
            rural_registration: cells.rural_registration.unwrap_or(true),
            parents_unfindable_since: None,
            remark: cells.remark.clone(),
        },
        identity_number: cells.identity_number.clone(),
        phone: cells.phone.clone(),
    })
}

/// What the row says of health, when it says anything. A ledger gives no dates: what it tells holds from today.
pub fn new_health(cells: &ChildCells, today: NaiveDate) -> Option<HealthRecord> {
    let record = HealthRecord {
        disability: cells.disability.map(|told| Disability { grade: told.grade, kind: told.kind, since: today }),
        illness: cells.illness.clone(),
        ..HealthRecord::default()
    };
    (record != HealthRecord::default()).then_some(record)
}

fn own_fields(row: &LedgerRow, held: &HeldChild, changes: &mut OwnChanges) -> Vec<About> {
    let cells = &row.child;
    let mut fields = held.fields.clone();
    let mut touched = Vec::new();
    take(&mut fields.name, Some(&cells.name), About::Name, &mut touched);
    take::<Sex>(&mut fields.sex, cells.sex.as_ref(), About::Sex, &mut touched);
    take(&mut fields.birth_date, cells.birth_date.as_ref(), About::BirthDate, &mut touched);
    take(&mut fields.rural_registration, cells.rural_registration.as_ref(), About::RuralRegistration, &mut touched);
    take_text(&mut fields.ethnicity, &cells.ethnicity, About::Ethnicity, &mut touched);
    take_text(&mut fields.remark, &cells.remark, About::Remark, &mut touched);
    let identity_number = cells.identity_number.clone().filter(|told| held.identity_number.as_ref() != Some(told));
    let phone = cells.phone.clone().filter(|told| held.phone.as_ref() != Some(told));
    touched.extend(identity_number.as_ref().map(|_| About::IdentityNumber));
    touched.extend(phone.as_ref().map(|_| About::Phone));
    if !touched.is_empty() {
        changes.child = Some(CheckedChild { fields, identity_number, phone });
    }
    touched
}

fn schooling(cells: &ChildCells, held: &Schooling, changes: &mut OwnChanges) -> Vec<About> {
    let told = &cells.schooling;
    let mut schooling = held.clone();
    let mut touched = Vec::new();
    take_text(&mut schooling.school, &told.school, About::School, &mut touched);
    take_text(&mut schooling.grade, &told.grade, About::Grade, &mut touched);
    take_option(&mut schooling.boarding, told.boarding, About::Boarding, &mut touched);
    // A named school only lets us think that the child attends it; who wrote that it dropped out knew better.
    if cells.enrolment_told || schooling.enrolment.is_none() {
        take_option(&mut schooling.enrolment, told.enrolment, About::Enrolment, &mut touched);
    }
    if !touched.is_empty() {
        changes.schooling = Some(schooling);
    }
    touched
}

fn health(cells: &ChildCells, held: &HealthRecord, today: NaiveDate, changes: &mut OwnChanges) -> Vec<About> {
    let mut health = held.clone();
    let mut touched = Vec::new();
    if let Some(told) = cells.disability {
        let same = held
            .disability
            .is_some_and(|held| held.grade == told.grade && told.kind.is_none_or(|kind| held.kind == Some(kind)));
        if !same {
            health.disability = Some(Disability { grade: told.grade, kind: told.kind, since: today });
            touched.push(About::Disability);
        }
    }
    take_text(&mut health.illness, &cells.illness, About::Illness, &mut touched);
    if !touched.is_empty() {
        changes.health = Some(health);
    }
    touched
}

/// Circumstances that the ledger does not hold begin; one that was ended there is not begun again by an old file.
fn circumstances(row: &LedgerRow, held: &[Circumstance], changes: &mut OwnChanges) -> Vec<About> {
    for kind in &row.child.circumstances {
        let of_kind = || held.iter().filter(|fact| fact.kind == *kind);
        if of_kind().any(|fact| fact.until.is_none()) {
            continue;
        }
        if of_kind().next().is_some() {
            let finding = Finding::new(Weight::Doubt, "circumstance_ended_in_ledger");
            let finding = finding.other(word("circumstance", kind.as_str()));
            changes.findings.push(row.say(finding, Person::Child, About::Labels));
        } else {
            changes.circumstances.push(*kind);
        }
    }
    if changes.circumstances.is_empty() { Vec::new() } else { vec![About::Labels] }
}

fn take<T: PartialEq + Clone>(held: &mut T, told: Option<&T>, about: About, touched: &mut Vec<About>) {
    if let Some(told) = told.filter(|told| *told != held) {
        held.clone_from(told);
        touched.push(about);
    }
}

fn take_option<T: PartialEq>(held: &mut Option<T>, told: Option<T>, about: About, touched: &mut Vec<About>) {
    if told.is_some() && told != *held {
        *held = told;
        touched.push(about);
    }
}

fn take_text(held: &mut Option<String>, told: &Option<String>, about: About, touched: &mut Vec<About>) {
    take_option(held, told.clone(), about, touched);
}
