//! What the ledger says about a household, as far as contact goes.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::areas;
use crate::children::classification::facts::{Condition, Kin};
use crate::clock::birthday;
use crate::config::ContactConfig;
use crate::contact::obligation::{ContactRules, ParentFacts, cadence_days};
use crate::identity::TieKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{area_settings, child_ties, children, household_members, households, people};

/// The setting with which a township changes the cadence for itself.
const CADENCE_SETTING: &str = "contact.cadence_days";
const ADULT_YEARS: i32 = 18;

/// A household as contact sees it.
#[derive(Clone, Debug)]
pub struct Household {
    pub id: i64,
    pub village_code: String,
    pub cadence_days: u64,
    /// Children on the ledger and under 18, eldest first.
    pub children: Vec<i64>,
    pub parents: Vec<Parent>,
    /// People who care for the children without being their parents.
    pub carers: Vec<i64>,
}

/// A parent of the household's children.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    pub person_id: i64,
    pub facts: ParentFacts,
}

pub fn household_of_child(conn: &mut Conn, child_id: i64) -> Outcome<i64> {
    Ok(children::table.find(child_id).select(children::household_id).first(conn)?)
}

pub fn household(conn: &mut Conn, config: &ContactConfig, id: i64, today: NaiveDate) -> Outcome<Household> {
    let (village_code, own_cadence): (String, Option<i64>) =
        households::table.find(id).select((households::village_code, households::contact_cadence_days)).first(conn)?;
    let children = children_here(conn, id, today)?;
    let parents = parents(conn, id, children.len())?;
    let rules = ContactRules { every_days: township_cadence(conn, config, &village_code)?, ..config.into() };
    let carers = carers(conn, &children, &parents)?;
    Ok(Household { id, village_code, cadence_days: cadence_days(own_cadence, &rules), children, parents, carers })
}

/// Sets or clears a household's own cadence, with its sealed reason.
pub fn set_cadence(tx: &mut Conn, household_id: i64, cadence: Option<(i64, String)>) -> Outcome<()> {
    diesel::update(households::table.find(household_id))
        .set((
            households::contact_cadence_days.eq(cadence.as_ref().map(|(days, _)| *days)),
            households::contact_cadence_reason_sealed.eq(cadence.map(|(_, reason)| reason)),
            households::version.eq(households::version + 1),
        ))
        .execute(tx)?;
    Ok(())
}

/// The ids of all households with children on the ledger, ascending, after `after`.
pub fn households_after(conn: &mut Conn, after: i64, limit: i64) -> Outcome<Vec<i64>> {
    Ok(households::table
        .filter(households::id.gt(after))
        .select(households::id)
        .order(households::id)
        .limit(limit)
        .load(conn)?)
}

fn children_here(conn: &mut Conn, household_id: i64, today: NaiveDate) -> Outcome<Vec<i64>> {
    let all: Vec<(i64, NaiveDate)> = children::table
        .filter(children::household_id.eq(household_id))
        .filter(children::exited_at.is_null())
        .order((children::birth_date, children::id))
        .select((children::id, children::birth_date))
        .load(conn)?;
    Ok(all.into_iter().filter(|(_, born)| birthday(*born, ADULT_YEARS) > today).map(|(id, _)| id).collect())
}

type MemberRow = (i64, Kin, bool, Condition, Option<NaiveDate>, Option<NaiveDate>);

fn parents(conn: &mut Conn, household_id: i64, children_here: usize) -> Outcome<Vec<Parent>> {
    let rows: Vec<MemberRow> = household_members::table
        .inner_join(people::table)
        .filter(household_members::household_id.eq(household_id))
        .filter(household_members::until.is_null())
        .order(household_members::id)
        .select((
            household_members::person_id,
            household_members::kin,
            household_members::holds_guardianship,
            household_members::condition,
            household_members::away_since,
            people::deceased_on,
        ))
        .load(conn)?;
    let parents = rows.into_iter().filter(|row| row.1.is_parent());
    Ok(parents
        .map(|(person_id, _, holds_guardianship, condition, away_since, deceased_on)| Parent {
            person_id,
            facts: ParentFacts {
                away_since,
                deceased: deceased_on.is_some() || condition.is_gone(),
                holds_guardianship,
                contact_forbidden: condition == Condition::GuardianshipRevoked,
                confined: condition.is_confined(),
                children_here,
            },
        })
        .collect())
}

fn carers(conn: &mut Conn, children: &[i64], parents: &[Parent]) -> Outcome<Vec<i64>> {
    let tied: Vec<Option<i64>> = child_ties::table
        .filter(child_ties::child_id.eq_any(children.to_vec()))
        .filter(child_ties::kind.eq(TieKind::Carer))
        .filter(child_ties::until.is_null())
        .select(child_ties::person_id)
        .distinct()
        .order(child_ties::person_id)
        .load(conn)?;
    let is_parent = |id: &i64| parents.iter().any(|parent| parent.person_id == *id);
    Ok(tied.into_iter().flatten().filter(|id| !is_parent(id)).collect())
}

/// Everybody who cares or once cared for a child of the household: whose number may no longer be needed.
pub fn carers_ever(conn: &mut Conn, household_id: i64) -> Outcome<Vec<i64>> {
    let tied: Vec<Option<i64>> = child_ties::table
        .inner_join(children::table)
        .filter(children::household_id.eq(household_id))
        .filter(child_ties::kind.eq(TieKind::Carer))
        .select(child_ties::person_id)
        .distinct()
        .load(conn)?;
    Ok(tied.into_iter().flatten().collect())
}

/// The township's own cadence, else the county's, else the configuration's.
fn township_cadence(conn: &mut Conn, config: &ContactConfig, village_code: &str) -> Outcome<u64> {
    let areas = [areas::township_of(village_code), areas::county_of(village_code)];
    let mut set: Vec<(String, String)> = area_settings::table
        .filter(area_settings::name.eq(CADENCE_SETTING))
        .filter(area_settings::area_code.eq_any(areas.to_vec()))
        .select((area_settings::area_code, area_settings::value))
        .load(conn)?;
    set.sort_by_key(|(code, _)| *code != areas[0]);
    let own = set.iter().find_map(|(_, value)| value.parse::<u64>().ok()).filter(|days| *days > 0);
    Ok(own.unwrap_or(u64::try_from(config.cadence_days).unwrap_or(7)))
}
