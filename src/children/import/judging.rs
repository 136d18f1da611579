//! One row from its cells to its verdict: whom it means, what it changes, and the writing of it.

use super::apply;
use super::family::{self, HomeChanges};
use super::held::{self, HeldHome};
use super::matching::{Candidates, Decision, Neighbourhood, whom};
use super::own;
use super::said::Said;
use super::tidy::tidied;
use super::verdict::{Judged, Verdict, stops};
use crate::areas::county_of;
use crate::children::classification::LabelKind;
use crate::children::classification::facts::Kin;
use crate::children::occasion::Occasion;
use crate::children::sheet::words::word;
use crate::children::sheet::{About, Finding, LedgerRow, Person, Weight};
use crate::children::store::{self, ChildRow};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// The village whose ledger is read.
#[derive(Clone, Debug)]
pub struct Target {
    pub village_code: String,
    pub neighbourhood: Neighbourhood,
}

/// Judges a row against what the ledger holds now, and writes what it changes.
pub fn judge(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    target: &Target,
    row: &LedgerRow,
    said: &mut Said,
    decision: Decision,
) -> Outcome<Judged> {
    let row = tidied(row.clone());
    let mut findings = row.findings.clone();
    if decision != Decision::None {
        // Whoever says whom the row means has answered what the file alone could not.
        findings.retain(|finding| !finding.code.starts_with("duplicate_"));
    }
    findings.extend(target.neighbourhood.admit(&row).err().map(|finding| *finding));
    if stops(&findings) {
        return Ok(Judged::needs_person(&row, None, findings));
    }
    let child = match decision {
        Decision::Is(id) => Ok(Some(chosen(tx, target, id)?)),
        Decision::None | Decision::NewChild => {
            let candidates = candidates(tx, occasion, &target.village_code, &row)?;
            whom(&row, &target.village_code, &candidates, decision).map(Option::<&ChildRow>::cloned)
        }
    };
    match child {
        Err(finding) => {
            findings.push(*finding);
            Ok(Judged::needs_person(&row, None, findings))
        }
        Ok(None) => create(tx, occasion, target, row, said, findings),
        Ok(Some(child)) => update(tx, occasion, target, row, child, said, findings),
    }
}

fn candidates(tx: &mut Conn, occasion: &Occasion<'_>, village: &str, row: &LedgerRow) -> Outcome<Candidates> {
    let by_number = match &row.child.identity_number {
        Some(number) => store::children::with_number(tx, occasion, number)?,
        None => None,
    };
    let by_name = match row.child.birth_date {
        Some(born) => store::children::named(tx, &county_of(village), &row.child.name, born)?,
        None => Vec::new(),
    };
    Ok(Candidates { by_number, by_name })
}

/// The child that a person chose: an active one of the same village.
fn chosen(tx: &mut Conn, target: &Target, id: i64) -> Outcome<ChildRow> {
    let child = store::children::get(tx, id)?;
    if child.village_code == target.village_code && child.state == crate::children::child::ChildState::Active {
        Ok(child)
    } else {
        Err(Problem::field("child_id", "unknown_child").into())
    }
}

fn create(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    target: &Target,
    row: LedgerRow,
    said: &mut Said,
    mut findings: Vec<Finding>,
) -> Outcome<Judged> {
    let village = &target.village_code;
    let home = household(tx, occasion, village, &row)?;
    if let Some(id) = home.id
        && store::children::of_household(tx, id)?.iter().any(|sibling| sibling.name == row.child.name)
    {
        let finding = Finding::new(Weight::Fault, "same_name_in_household");
        findings.push(row.say(finding, Person::Child, About::BirthDate));
        return Ok(Judged::needs_person(&row, None, findings));
    }
    let changes = family::merge(&row, &home, said);
    findings.extend(changes.findings.iter().cloned());
    if stops(&findings) {
        return Ok(Judged::needs_person(&row, None, findings));
    }
    let touched = changes.touched.clone();
    let child = apply::create(tx, occasion, village, &row, home.id, changes)?;
    finish(tx, occasion, row, child, home.known, said, (Verdict::Created, touched, findings))
}

fn update(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    target: &Target,
    row: LedgerRow,
    child: ChildRow,
    said: &mut Said,
    mut findings: Vec<Finding>,
) -> Outcome<Judged> {
    let known = held::known(tx, occasion, &target.village_code, &row)?;
    let home = held::home(tx, occasion, child.household_id, known)?;
    let record = held::child(tx, occasion, &child)?;
    let family: HomeChanges = family::merge(&row, &home, said);
    let own = own::merge(&row, &record, occasion.today());
    findings.extend(own.findings.iter().chain(&family.findings).cloned());
    if stops(&findings) {
        return Ok(Judged::needs_person(&row, Some(child.id), findings));
    }
    let touched: Vec<_> = own.touched.iter().chain(&family.touched).cloned().collect();
    let verdict = if touched.is_empty() { Verdict::Unchanged } else { Verdict::Updated };
    if verdict == Verdict::Updated {
        apply::update(tx, occasion, child.clone(), &own, &family)?;
    }
    finish(tx, occasion, row, child, known, said, (verdict, touched, findings))
}

/// Notes what the row told of its family, and says which of its labels the facts do not bear out.
fn finish(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    row: LedgerRow,
    child: ChildRow,
    known: [Option<i64>; 3],
    said: &mut Said,
    (verdict, touched, mut findings): (Verdict, Vec<super::verdict::Touched>, Vec<Finding>),
) -> Outcome<Judged> {
    said.note(&row, &held::home(tx, occasion, child.household_id, known)?);
    let kinds: Vec<LabelKind> = store::labels::kinds_of(tx, &[child.id])?.into_iter().map(|(_, kind)| kind).collect();
    for stated in row.child.stated.iter().filter(|stated| !kinds.contains(stated)) {
        let finding = Finding::new(Weight::Doubt, "label_not_supported").value(word("label", stated.as_str()));
        let about = if row.place_of(Person::Child, About::LeftBehind).is_some() && *stated == LabelKind::LeftBehind {
            About::LeftBehind
        } else {
            About::Labels
        };
        findings.push(row.say(finding, Person::Child, about));
    }
    Ok(Judged { verdict, child_id: Some(child.id), touched, findings, row, decision: Decision::None })
}

/// The household that the row's child belongs to: that of its parents, when the village has one; else an empty one.
fn household(tx: &mut Conn, occasion: &Occasion<'_>, village: &str, row: &LedgerRow) -> Outcome<HeldHome> {
    let known = held::known(tx, occasion, village, row)?;
    for id in households_of_parents(tx, village, row, known)? {
        let home = held::home(tx, occasion, id, known)?;
        if family::fits(row, &home) {
            return Ok(home);
        }
    }
    Ok(HeldHome { known, ..HeldHome::default() })
}

/// Households of the people whom the system knows as the parents; without any, those where both names are found.
fn households_of_parents(tx: &mut Conn, village: &str, row: &LedgerRow, known: [Option<i64>; 3]) -> Outcome<Vec<i64>> {
    const FATHERS: [Kin; 2] = [Kin::Father, Kin::AdoptiveFather];
    const MOTHERS: [Kin; 2] = [Kin::Mother, Kin::AdoptiveMother];
    let mut found = Vec::new();
    for (person, kin) in known.iter().zip([FATHERS, MOTHERS]) {
        if let Some(person) = person {
            found.extend(store::household::of_person(tx, village, *person, &kin)?);
        }
    }
    if found.is_empty()
        && let (Some(father), Some(mother)) = (&row.father.name, &row.mother.name)
    {
        let with_mother = store::household::of_name(tx, village, mother, &MOTHERS)?;
        let with_father = store::household::of_name(tx, village, father, &FATHERS)?;
        found.extend(with_father.into_iter().filter(|id| with_mother.contains(id)));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
