//! Changing the ledger: whatever is written about a child ends in [`settle`], which brings labels, ties, duties and the
//! change history into line with the facts, in the same transaction.

use serde::Serialize;

use super::child::{CheckedChild, ChildState};
use super::classification::facts::{Circumstance, Condition};
use super::classification::{self, without_hiv};
use super::health::HealthRecord;
use super::household::{AwayFields, CheckedPerson, MemberFields, UndatedPlace};
use super::occasion::Occasion;
use super::schooling::Schooling;
use super::store::{self, ChildRow, MemberRow};
use super::{duties, record};
use crate::http::IfMatch;
use crate::identity::{Person, Scope, TieKind};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::text_enum;
use crate::{audit, contact, guardianship};

text_enum! {
    /// What a version of the record came from; also the action in the audit.
    pub enum Cause {
        Added = "child.added",
        Edited = "child.edited",
        Confirmed = "child.confirmed",
        SchoolingWritten = "child.schooling_written",
        HealthWritten = "child.health_written",
        CircumstanceRecorded = "child.circumstance_recorded",
        CircumstanceEnded = "child.circumstance_ended",
        HouseholdChanged = "child.household_changed",
        Moved = "child.moved",
        Exited = "child.exited",
        Restored = "child.restored",
        AgeReviewed = "child.age_reviewed",
        Relabelled = "child.relabelled",
        Imported = "child.imported",
    }
}

/// A child to add, with all that is known from the start.
#[derive(Clone, Debug)]
pub struct NewChild {
    pub village_code: String,
    pub household: HouseholdWanted,
    pub child: CheckedChild,
    pub members: Vec<MemberWanted>,
    pub schooling: Schooling,
    /// The school, when it is one of our organisations: it gets sight of the child.
    pub school_id: Option<i64>,
    pub circumstances: Vec<(Circumstance, Option<String>)>,
    pub health: Option<HealthRecord>,
}

#[derive(Clone, Debug)]
pub enum HouseholdWanted {
    Existing(i64),
    New { address: Option<String> },
}

#[derive(Clone, Debug)]
pub struct MemberWanted {
    pub person: PersonWanted,
    pub fields: MemberFields,
    pub away: Option<AwayFields>,
    /// Where they are said to be away when `away` is absent.
    pub undated: Option<UndatedPlace>,
}

#[derive(Clone, Debug)]
pub enum PersonWanted {
    Known(i64),
    /// Found again by identity number or by phone and name, else added.
    Described(CheckedPerson),
}

/// Adds a child to the ledger.
///
/// # Errors
/// `identity_number_taken`; 422 for a member who is there already.
pub fn add(tx: &mut Conn, occasion: &Occasion<'_>, new: &NewChild, cause: Cause) -> Outcome<ChildRow> {
    let household = match &new.household {
        HouseholdWanted::Existing(id) => *id,
        HouseholdWanted::New { address } => {
            store::children::add_household(tx, occasion, &new.village_code, address.as_deref())?
        }
    };
    let id = store::children::insert(tx, occasion, household, &new.village_code, &new.child)?;
    for member in &new.members {
        join(tx, occasion, household, &new.village_code, member)?;
    }
    if !new.schooling.is_unknown() || new.school_id.is_some() {
        enrol(tx, occasion, id, &new.schooling, new.school_id)?;
    }
    if let Some(health) = &new.health {
        store::health::set(tx, occasion, id, health)?;
    }
    for (fact, evidence) in &new.circumstances {
        store::facts::add_circumstance(tx, occasion, id, fact, evidence.as_deref())?;
    }
    let row = settle(tx, occasion, id, cause, &serde_json::json!({}))?;
    if !new.members.is_empty() {
        settle_household(tx, occasion, household, Some(id), cause)?;
    }
    Ok(row)
}

/// Adds a member to a household, and where they are.
pub fn join(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    household: i64,
    village: &str,
    wanted: &MemberWanted,
) -> Outcome<i64> {
    let person_id = match &wanted.person {
        PersonWanted::Known(id) => *id,
        PersonWanted::Described(person) => store::people::find_or_add(tx, occasion, village, person)?,
    };
    let id = store::household::add_member(tx, occasion, household, person_id, &wanted.fields)?;
    if let Some(away) = &wanted.away {
        let row = store::household::present(tx, id)?;
        store::household::go_away(tx, &row, away)?;
    } else if let Some(place) = &wanted.undated {
        store::household::say_place(tx, id, place)?;
    }
    Ok(id)
}

/// Writes schooling; another school gets sight of the child in place of the former.
pub fn enrol(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    child_id: i64,
    schooling: &Schooling,
    school_id: Option<i64>,
) -> Outcome<()> {
    let (_, former) = store::facts::schooling(tx, child_id)?;
    store::facts::set_schooling(tx, child_id, schooling, school_id)?;
    if former != school_id {
        store::tie_organisation(tx, occasion.now, child_id, TieKind::School, school_id)?;
    }
    Ok(())
}

/// Somebody says that nothing has changed.
///
/// # Errors
/// *Not found* beyond reach; `version_changed`; `child_exited`.
pub fn confirm(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64, seen: IfMatch) -> Outcome<ChildRow> {
    let row = store::children::open(tx, occasion, scope, id, seen)?;
    store::children::confirm(tx, occasion.now, row.id)?;
    settle(tx, occasion, row.id, Cause::Confirmed, &serde_json::json!({}))
}

/// Moves the record one version on and settles it.
pub fn step(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    row: ChildRow,
    cause: Cause,
    detail: &impl Serialize,
) -> Outcome<ChildRow> {
    let row = store::children::next_version(tx, occasion.now, row)?;
    settle(tx, occasion, row.id, cause, detail)
}

/// Settles every active child of a household but one (who is being settled anyway).
pub fn settle_household(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    household: i64,
    except: Option<i64>,
    cause: Cause,
) -> Outcome<()> {
    for row in store::children::of_household(tx, household)? {
        if Some(row.id) != except {
            step(tx, occasion, row, cause, &serde_json::json!({ "household": household }))?;
        }
    }
    Ok(())
}

/// Brings labels, ties, duties and history into line with what is now written about a child.
pub fn settle(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    child_id: i64,
    cause: Cause,
    detail: &impl Serialize,
) -> Outcome<ChildRow> {
    let row = store::children::get(tx, child_id)?;
    relabel(tx, occasion, &row)?;
    if row.state == ChildState::Active {
        tie_parents(tx, occasion, &row)?;
        duties::reconcile(tx, occasion, &row, cause == Cause::Confirmed)?;
    }
    contact::reconcile_household(tx, &occasion.config().contact, occasion.now, row.household_id)?;
    guardianship::reconcile_child(tx, occasion.app, occasion.now, row.id)?;
    let snapshot = record::snapshot(tx, occasion, &row)?;
    store::versions::append(tx, occasion, &row, cause, &snapshot)?;
    let event = audit::Event {
        actor: occasion.actor,
        action: cause.as_str(),
        subject_kind: "child",
        subject_id: row.id,
        child_id: Some(row.id),
        area_code: Some(&row.village_code),
    };
    audit::record(tx, occasion.now, &event, detail)?;
    Ok(row)
}

/// Stores the labels of the day and when they will next change; returns whether any did.
pub fn relabel(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<bool> {
    if row.state != ChildState::Active {
        return store::labels::store(tx, occasion, row.id, &[]);
    }
    let facts = store::facts::load(tx, occasion, row)?;
    let policy = &occasion.config().children.classification;
    let labels = without_hiv(classification::labels(&facts, policy, occasion.today()));
    let next = classification::next_change(&facts, policy, occasion.today());
    if row.labels_change_on != next {
        store::labels::set_next_change(tx, row.id, next)?;
    }
    store::labels::store(tx, occasion, row.id, &labels)
}

/// Parents who hold guardianship see their child; who lost it, or died, does not.
fn tie_parents(tx: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<()> {
    let members = store::household::members(tx, row.household_id)?;
    let entitled: Vec<i64> = members.iter().filter(is_entitled).map(|(_, person)| person.id).collect();
    for person_id in store::tied(tx, row.id, TieKind::Parent)? {
        if !entitled.contains(&person_id) {
            store::untie_person(tx, occasion.now, row.id, TieKind::Parent, person_id)?;
        }
    }
    for person_id in entitled {
        store::tie_person(tx, occasion.now, row.id, TieKind::Parent, person_id)?;
    }
    Ok(())
}

fn is_entitled((member, _): &&(MemberRow, Person)) -> bool {
    let barred = matches!(member.condition, Condition::Dead | Condition::GuardianshipRevoked);
    member.kin.is_parent() && member.holds_guardianship && !barred
}

/// How many labels were looked at again, and how many children got other ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relabelled {
    pub looked_at: usize,
    pub changed: usize,
}

/// Looks again at every child whose labels change by the day of `occasion` (birthdays, six months completed).
/// Run late, twice or after a week down, it gives the same.
pub fn relabel_due(store: &crate::storage::Store, occasion: &Occasion<'_>) -> Outcome<Relabelled> {
    let mut done = Relabelled::default();
    let mut after = 0;
    loop {
        let due = store.read(|conn| store::labels::due_for_change(conn, occasion.today(), after, 200))?;
        let Some(last) = due.last().copied() else { return Ok(done) };
        after = last;
        for id in due {
            done.looked_at += 1;
            done.changed += usize::from(store.write(|tx| look_again(tx, occasion, id))?);
        }
    }
}

fn look_again(tx: &mut Conn, occasion: &Occasion<'_>, id: i64) -> Outcome<bool> {
    let row = store::children::get(tx, id)?;
    let changed = row.state == ChildState::Active && relabel(tx, occasion, &row)?;
    if changed {
        step(tx, occasion, row, Cause::Relabelled, &serde_json::json!({}))?;
    }
    Ok(changed)
}
