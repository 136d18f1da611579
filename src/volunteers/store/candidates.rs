//! The facts that suggestions weigh.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{OPEN_PAIRINGS, Volunteer, qualifications};
use crate::areas::{self, within};
use crate::clock::Instant;
use crate::identity::Sex;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{children, household_members, pairings, people, volunteers};
use crate::text_list;
use crate::volunteers::matching::{Candidate, ChildFacts};
use crate::volunteers::pairing::{EndReason, PairingState};
use crate::volunteers::volunteer::{ServiceForm, VolunteerRules, VolunteerState, missing};

/// Enough to choose from, and few enough to weigh while somebody waits.
const CANDIDATES_AT_MOST: i64 = 500;

/// What is known about the child; the language is that of the adults at home.
pub fn child_facts(conn: &mut Conn, child_id: i64, needs: BTreeSet<ServiceForm>) -> Outcome<ChildFacts> {
    let (village_code, sex, household_id): (String, Sex, i64) = children::table
        .find(child_id)
        .select((children::village_code, children::sex, children::household_id))
        .first(conn)?;
    let languages: Vec<Option<String>> = household_members::table
        .inner_join(people::table)
        .filter(household_members::household_id.eq(household_id))
        .filter(household_members::until.is_null())
        .filter(household_members::away_since.is_null())
        .order(household_members::id)
        .select(people::language)
        .load(conn)?;
    Ok(ChildFacts { village_code, sex, language: languages.into_iter().flatten().next(), needs })
}

/// The volunteers of the child's county with all that counts for or against them.
pub fn candidates(conn: &mut Conn, now: Instant, child_id: i64, rules: &VolunteerRules) -> Outcome<Vec<Candidate>> {
    let (village_code, household_id): (String, i64) =
        children::table.find(child_id).select((children::village_code, children::household_id)).first(conn)?;
    let county = areas::county_of(&village_code);
    let rows: Vec<(Volunteer, Sex)> = volunteers::table
        .inner_join(people::table)
        .filter(volunteers::state.eq_any([VolunteerState::Admitted, VolunteerState::Paused]))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&within(
            "volunteers.area_code",
            areas::significant(&county),
        )))
        .order(volunteers::id)
        .limit(CANDIDATES_AT_MOST)
        .select((Volunteer::as_select(), people::sex))
        .load(conn)?;
    let plain: Vec<_> = rows.iter().map(|(volunteer, _)| volunteer.clone()).collect();
    let fitness = qualifications(conn, &plain)?;
    let ids: Vec<_> = plain.iter().map(|volunteer| volunteer.id).collect();
    let loads = loads(conn, &ids)?;
    let family = Family::of(conn, household_id)?;
    let today = now.date();
    Ok(rows
        .into_iter()
        .map(|(volunteer, sex)| Candidate {
            volunteer_id: volunteer.id,
            sex,
            languages: text_list::read(&volunteer.languages),
            skills: text_list::read(&volunteer.skills),
            state: volunteer.state,
            missing: fitness.get(&volunteer.id).map(|facts| missing(facts, today, rules)).unwrap_or_default(),
            load: loads.get(&volunteer.id).copied().unwrap_or_default(),
            wishes_at_most: volunteer.load_wish,
            paired_with_child: family.open.contains(&(volunteer.id, child_id)),
            paired_with_sibling: family.open.iter().any(|(id, child)| *id == volunteer.id && *child != child_id),
            of_own_household: family.members.contains(&volunteer.person_id),
            declined_by_family: family.declined.contains(&volunteer.id),
            area_code: volunteer.area_code,
        })
        .collect())
}

/// Open pairings per volunteer.
fn loads(conn: &mut Conn, volunteer_ids: &[i64]) -> Outcome<BTreeMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = pairings::table
        .filter(pairings::volunteer_id.eq_any(volunteer_ids.to_vec()))
        .filter(pairings::state.eq_any(OPEN_PAIRINGS))
        .group_by(pairings::volunteer_id)
        .select((pairings::volunteer_id, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// What the household has to do with volunteers already.
struct Family {
    members: BTreeSet<i64>,
    /// Volunteer and child of each open pairing.
    open: BTreeSet<(i64, i64)>,
    /// Volunteers whom the family declined or asked to leave.
    declined: BTreeSet<i64>,
}

impl Family {
    fn of(conn: &mut Conn, household_id: i64) -> Outcome<Self> {
        let members: Vec<i64> = household_members::table
            .filter(household_members::household_id.eq(household_id))
            .select(household_members::person_id)
            .load(conn)?;
        let rows: Vec<(i64, i64, PairingState, Option<EndReason>)> = pairings::table
            .inner_join(children::table)
            .filter(children::household_id.eq(household_id))
            .select((pairings::volunteer_id, pairings::child_id, pairings::state, pairings::end_reason))
            .load(conn)?;
        let unwanted = |state: PairingState, reason: Option<EndReason>| {
            state == PairingState::Declined
                || matches!(reason, Some(EndReason::FamilyAsked | EndReason::ConcernAboutVolunteer))
        };
        Ok(Self {
            members: members.into_iter().collect(),
            open: rows.iter().filter(|row| OPEN_PAIRINGS.contains(&row.2)).map(|row| (row.0, row.1)).collect(),
            declined: rows.iter().filter(|row| unwanted(row.2, row.3)).map(|row| row.0).collect(),
        })
    }
}
