//! Who belongs to a child: what the agreement and the question of cover look at.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::children;
use crate::children::classification::facts::{Condition, Kin};
use crate::children::schooling::Schooling;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::gap::ParentFacts;
use crate::guardianship::text::Named;
use crate::identity::{Person, PostKind, TieKind, phone_of};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{
    areas, child_ties, children as children_table, household_members, households, organisations, people, posts,
};

/// The child, as this slice needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = children_table)]
pub(in crate::guardianship) struct Child {
    pub id: i64,
    pub household_id: i64,
    pub name: String,
    pub sex: String,
    pub birth_date: NaiveDate,
    pub village_code: String,
    pub identity_number_sealed: Option<String>,
    pub state: String,
}

/// Somebody of the child's household.
#[derive(Clone, Debug)]
pub(in crate::guardianship) struct Member {
    pub person: Person,
    pub identity_number_sealed: Option<String>,
    pub kin: Kin,
    pub holds_guardianship: bool,
    pub condition: Condition,
    pub away_place: Option<String>,
    pub away_since: Option<NaiveDate>,
    pub backup_order: Option<i64>,
}

/// The school a child is tied to.
#[derive(Clone, Debug)]
pub(in crate::guardianship) struct School {
    pub id: i64,
    pub name: String,
    pub area_code: String,
}

/// A child with everybody around it.
#[derive(Clone, Debug)]
pub(in crate::guardianship) struct Family {
    pub child: Child,
    pub members: Vec<Member>,
    pub school: Option<School>,
    pub schooling: Schooling,
    pub village_name: String,
    pub contact_days: Option<i64>,
}

impl Member {
    fn facts(&self) -> ParentFacts {
        ParentFacts {
            holds_guardianship: self.is_guardian(),
            present: self.away_since.is_none() && self.away_place.is_none(),
            able: self.condition == Condition::Able,
        }
    }

    /// Holds guardianship and can be asked: alive, to be found, not revoked.
    pub fn is_guardian(&self) -> bool {
        let out_of_reach = self.condition.is_gone()
            || matches!(self.condition, Condition::LostContact | Condition::GuardianshipRevoked)
            || self.person.deceased_on.is_some();
        self.holds_guardianship && !out_of_reach
    }

    /// The member as a text names them.
    pub fn named(&self, vault: &Vault) -> Outcome<Named> {
        Ok(Named {
            kin: Some(self.kin.to_string()),
            away_place: self.away_place.clone(),
            ..named(vault, &self.person, self.identity_number_sealed.as_deref())?
        })
    }
}

impl Family {
    pub fn guardians(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_guardian())
    }

    /// The parents and other guardians, as the question of cover sees them.
    pub fn parents(&self) -> Vec<ParentFacts> {
        self.members.iter().filter(|member| member.holds_guardianship).map(Member::facts).collect()
    }

    /// Whom to call when nobody else answers, in the family's own order.
    pub fn backups(&self) -> Vec<&Member> {
        let mut backups: Vec<&Member> = self.members.iter().filter(|member| member.backup_order.is_some()).collect();
        backups.sort_by_key(|member| member.backup_order);
        backups
    }

    pub fn member(&self, person_id: i64) -> Option<&Member> {
        self.members.iter().find(|member| member.person.id == person_id)
    }
}

/// A person as a text names them.
pub(in crate::guardianship) fn named(
    vault: &Vault,
    person: &Person,
    identity_number_sealed: Option<&str>,
) -> Outcome<Named> {
    Ok(Named {
        name: person.name.clone(),
        birth_date: person.birth_date.map(|day| day.to_string()),
        identity_number: vault.open_option(Purpose::IdentityNumber, identity_number_sealed)?,
        phone: phone_of(vault, person)?,
        ..Named::default()
    })
}

pub(in crate::guardianship) fn child(conn: &mut Conn, child_id: i64) -> Outcome<Child> {
    Ok(children_table::table.find(child_id).select(Child::as_select()).first(conn)?)
}

pub(in crate::guardianship) fn family(conn: &mut Conn, child_id: i64) -> Outcome<Family> {
    let child = child(conn, child_id)?;
    let contact_days =
        households::table.find(child.household_id).select(households::contact_cadence_days).first(conn)?;
    let members = members(conn, child.household_id)?;
    let school = school(conn, child_id)?;
    let village_name = area_in_full(conn, &child.village_code)?;
    let schooling = children::schooling_of(conn, child_id)?;
    Ok(Family { child, members, school, schooling, village_name, contact_days })
}

fn members(conn: &mut Conn, household_id: i64) -> Outcome<Vec<Member>> {
    type Row = (Person, (Option<String>, Kin, bool, Condition, Option<String>, Option<NaiveDate>, Option<i64>));
    let rows: Vec<Row> = household_members::table
        .inner_join(people::table)
        .filter(household_members::household_id.eq(household_id))
        .filter(household_members::until.is_null())
        .order(household_members::id)
        .select((
            Person::as_select(),
            (
                people::identity_number_sealed,
                household_members::kin,
                household_members::holds_guardianship,
                household_members::condition,
                household_members::away_place,
                household_members::away_since,
                household_members::backup_order,
            ),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(
            |(
                person,
                (identity_number_sealed, kin, holds_guardianship, condition, away_place, away_since, backup_order),
            )| {
                Member {
                    person,
                    identity_number_sealed,
                    kin,
                    holds_guardianship,
                    condition,
                    away_place,
                    away_since,
                    backup_order,
                }
            },
        )
        .collect())
}

fn school(conn: &mut Conn, child_id: i64) -> Outcome<Option<School>> {
    let row: Option<(i64, String, String)> = child_ties::table
        .inner_join(organisations::table)
        .filter(child_ties::child_id.eq(child_id))
        .filter(child_ties::kind.eq(TieKind::School))
        .filter(child_ties::until.is_null())
        .order(child_ties::id.desc())
        .select((organisations::id, organisations::name, organisations::area_code))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, name, area_code)| School { id, name, area_code }))
}

/// Township and village, as an address begins.
fn area_in_full(conn: &mut Conn, village_code: &str) -> Outcome<String> {
    let codes = vec![crate::areas::township_of(village_code), village_code.to_owned()];
    let names: Vec<String> =
        areas::table.filter(areas::code.eq_any(codes)).order(areas::code).select(areas::name).load(conn)?;
    Ok(names.concat())
}

pub(in crate::guardianship) fn identity_number_sealed(conn: &mut Conn, person_id: i64) -> Outcome<Option<String>> {
    Ok(people::table.find(person_id).select(people::identity_number_sealed).first(conn)?)
}

/// Whether a person holds a post in the village itself on `today` (who may witness and host there).
pub(in crate::guardianship) fn is_village_official(
    conn: &mut Conn,
    person_id: i64,
    village_code: &str,
    today: NaiveDate,
) -> Outcome<bool> {
    let held: i64 = posts::table
        .filter(posts::person_id.eq(person_id))
        .filter(posts::area_code.eq(village_code))
        .filter(posts::kind.eq_any(vec![PostKind::VillageDirector, PostKind::ResidentCadre]))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.ge(today)))
        .count()
        .get_result(conn)?;
    Ok(held > 0)
}

/// The village director's name and number, for "whom to ask".
pub(in crate::guardianship) fn director(
    conn: &mut Conn,
    village_code: &str,
    today: NaiveDate,
) -> Outcome<Option<Person>> {
    Ok(posts::table
        .inner_join(people::table)
        .filter(posts::area_code.eq(village_code))
        .filter(posts::kind.eq(PostKind::VillageDirector))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.ge(today)))
        .order(posts::id)
        .select(Person::as_select())
        .first(conn)
        .optional()?)
}
