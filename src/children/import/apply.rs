//! Writing what a row changes, by the same doors as a person's own edits.

use super::family::{AdultChange, HomeChanges};
use super::own::{OwnChanges, new_child, new_health};
use super::verdict::Touched;
use crate::children::classification::facts::{Circumstance, CircumstanceKind};
use crate::children::ledger::{self, Cause, HouseholdWanted, MemberWanted, NewChild};
use crate::children::occasion::Occasion;
use crate::children::schooling::Schooling;
use crate::children::sheet::LedgerRow;
use crate::children::sheet::words::word;
use crate::children::store::{self, ChildRow};
use crate::identity::{PhoneState, change_phone};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;

/// Adds the row's child, into `household` or a new one.
pub fn create(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    village: &str,
    row: &LedgerRow,
    household: Option<i64>,
    mut home: HomeChanges,
) -> Outcome<ChildRow> {
    let child = new_child(row).ok_or_else(|| Fault::internal("a row without birth date or sex was not held back"))?;
    let (household, members) = match household {
        Some(id) => {
            change_home(tx, occasion, id, village, &home)?;
            (HouseholdWanted::Existing(id), Vec::new())
        }
        None => (HouseholdWanted::New { address: home.address.take() }, joining(home)),
    };
    let joined_home = matches!(household, HouseholdWanted::Existing(_));
    let schooling = row.child.schooling.clone();
    let new = NewChild {
        village_code: village.to_owned(),
        household,
        child,
        members,
        school_id: school(tx, village, &schooling)?,
        schooling,
        circumstances: row.child.circumstances.iter().map(|kind| circumstance(occasion, *kind)).collect(),
        health: new_health(&row.child, occasion.today()),
    };
    let made = ledger::add(tx, occasion, &new, Cause::Imported)?;
    if joined_home {
        ledger::settle_household(tx, occasion, made.household_id, Some(made.id), Cause::Imported)?;
    }
    Ok(made)
}

/// Writes what the row changes of a child and its household, as one new version of the record.
pub fn update(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    child: ChildRow,
    own: &OwnChanges,
    home: &HomeChanges,
) -> Outcome<()> {
    let child = store::children::next_version(tx, occasion.now, child)?;
    if let Some(checked) = &own.child {
        store::children::update(tx, occasion, &child, checked)?;
    }
    if let Some(schooling) = &own.schooling {
        let (former, school_id) = store::facts::schooling(tx, child.id)?;
        let school_id =
            if former.school == schooling.school { school_id } else { school(tx, &child.village_code, schooling)? };
        ledger::enrol(tx, occasion, child.id, schooling, school_id)?;
    }
    if let Some(health) = &own.health {
        store::health::set(tx, occasion, child.id, health)?;
    }
    for kind in &own.circumstances {
        let (fact, evidence) = circumstance(occasion, *kind);
        store::facts::add_circumstance(tx, occasion, child.id, &fact, evidence.as_deref())?;
    }
    if !home.is_empty() {
        change_home(tx, occasion, child.household_id, &child.village_code, home)?;
    }
    let fields = own.touched.iter().chain(&home.touched).map(|touched: &Touched| touched.field.as_str());
    let detail = serde_json::json!({ "fields": fields.collect::<Vec<_>>() });
    ledger::settle(tx, occasion, child.id, Cause::Imported, &detail)?;
    if !home.is_empty() {
        ledger::settle_household(tx, occasion, child.household_id, Some(child.id), Cause::Imported)?;
    }
    Ok(())
}

fn change_home(tx: &mut Conn, occasion: &Occasion<'_>, id: i64, village: &str, home: &HomeChanges) -> Outcome<()> {
    if home.is_empty() {
        return Ok(());
    }
    store::household::next_version(tx, occasion.now, id)?;
    if let Some(address) = &home.address {
        store::household::set_address(tx, occasion, id, Some(address))?;
    }
    for change in &home.adults {
        change_adult(tx, occasion, id, village, change)?;
    }
    Ok(())
}

fn change_adult(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    household: i64,
    village: &str,
    change: &AdultChange,
) -> Outcome<()> {
    match change {
        AdultChange::Join(member) => ledger::join(tx, occasion, household, village, member).map(|_| ()),
        AdultChange::Fields { member_id, fields } => store::household::update_member(tx, *member_id, fields),
        AdultChange::Away { member_id, away } => {
            let member = store::household::present(tx, *member_id)?;
            store::household::go_away(tx, &member, away)
        }
        AdultChange::Place { member_id, place } => store::household::say_place(tx, *member_id, place),
        AdultChange::Phone { person_id, phone } => {
            change_phone(tx, occasion.vault(), occasion.now, *person_id, phone.digits(), PhoneState::Unverified)
        }
        AdultChange::IdentityNumber { person_id, number } => {
            store::people::set_identity_number(tx, occasion, *person_id, number)
        }
        AdultChange::Name { person_id, name } => store::people::rename(tx, occasion, *person_id, name),
    }
}

/// The members of a household that is to be made: there is nobody yet to change.
fn joining(home: HomeChanges) -> Vec<MemberWanted> {
    let joining = home.adults.into_iter().filter_map(|change| match change {
        AdultChange::Join(member) => Some(*member),
        _ => None,
    });
    joining.collect()
}

/// A ledger gives no dates: what it tells holds from the day it is read.
fn circumstance(occasion: &Occasion<'_>, kind: CircumstanceKind) -> (Circumstance, Option<String>) {
    let fact = Circumstance { kind, since: occasion.today(), until: None };
    (fact, Some(word("evidence", "import").to_owned()))
}

fn school(tx: &mut Conn, village: &str, schooling: &Schooling) -> Outcome<Option<i64>> {
    match &schooling.school {
        Some(name) => store::facts::school_named(tx, &crate::areas::county_of(village), name),
        None => Ok(None),
    }
}
