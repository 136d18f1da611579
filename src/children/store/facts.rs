//! The facts of one child, put together from its rows for the rules of classification. HIV is not among them.

use diesel::prelude::*;

use super::household::{MemberRow, StayRow};
use super::{ChildRow, health, household};
use crate::areas::{significant, within};
use crate::children::classification::facts::{Circumstance, CircumstanceKind, Facts, Health, Parent, Stay};
use crate::children::occasion::Occasion;
use crate::children::schooling::{Enrolment, Schooling};
use crate::crypto::Purpose;
use crate::identity::OrganisationKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{child_circumstances, child_schooling, organisations};

/// A circumstance as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = child_circumstances)]
pub struct CircumstanceRow {
    pub id: i64,
    pub kind: CircumstanceKind,
    pub since: chrono::NaiveDate,
    pub until: Option<chrono::NaiveDate>,
}

/// Everything classification looks at.
pub fn load(conn: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<Facts> {
    let members: Vec<MemberRow> =
        household::members(conn, row.household_id)?.into_iter().map(|(member, _)| member).collect();
    let stays = household::stays(conn, &members.iter().map(|member| member.id).collect::<Vec<_>>())?;
    let record = health::get(conn, occasion, row.id)?;
    let circumstances = circumstances(conn, row.id)?;
    Ok(Facts {
        birth_date: row.birth_date,
        rural_registration: row.rural_registration,
        parents: members.iter().filter(|member| member.kin.is_parent()).map(|member| parent(member, &stays)).collect(),
        parents_unfindable_since: row.parents_unfindable_since,
        health: Health {
            disability: record.disability,
            serious_illness_since: record.serious_illness_since,
            hiv_since: None,
        },
        circumstances: circumstances
            .iter()
            .map(|fact| Circumstance { kind: fact.kind, since: fact.since, until: fact.until })
            .collect(),
    })
}

fn parent(member: &MemberRow, stays: &[StayRow]) -> Parent {
    let mut stays: Vec<Stay> = stays
        .iter()
        .filter(|stay| stay.member_id == member.id)
        .map(|stay| Stay {
            since: stay.since,
            until: stay.until,
            outside_county: stay.outside_county,
            home_for_good: stay.home_for_good,
        })
        .collect();
    if let (true, Some(since)) = (stays.is_empty(), member.away_since) {
        stays.push(Stay { since, until: None, outside_county: member.away_outside_county, home_for_good: false });
    }
    Parent {
        kin: member.kin,
        condition: member.condition,
        condition_since: member.condition_since,
        condition_expected_until: member.condition_expected_until,
        stays,
    }
}

/// Circumstances of a child, oldest first.
pub fn circumstances(conn: &mut Conn, child_id: i64) -> Outcome<Vec<CircumstanceRow>> {
    Ok(child_circumstances::table
        .filter(child_circumstances::child_id.eq(child_id))
        .select(CircumstanceRow::as_select())
        .order((child_circumstances::since, child_circumstances::id))
        .load(conn)?)
}

/// Records a circumstance.
pub fn add_circumstance(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    child_id: i64,
    fact: &Circumstance,
    evidence: Option<&str>,
) -> Outcome<i64> {
    Ok(diesel::insert_into(child_circumstances::table)
        .values((
            child_circumstances::child_id.eq(child_id),
            child_circumstances::kind.eq(fact.kind),
            child_circumstances::since.eq(fact.since),
            child_circumstances::until.eq(fact.until),
            child_circumstances::evidence_sealed.eq(occasion.vault().seal_option(Purpose::Narrative, evidence)?),
            child_circumstances::recorded_by.eq(occasion.person_id()),
            child_circumstances::recorded_at.eq(occasion.now),
        ))
        .returning(child_circumstances::id)
        .get_result(tx)?)
}

/// Ends a circumstance of a child as of `until`.
///
/// # Errors
/// *Not found* when the child has no such circumstance that is open.
pub fn end_circumstance(tx: &mut Conn, child_id: i64, id: i64, until: chrono::NaiveDate) -> Outcome<()> {
    let open = child_circumstances::table
        .filter(child_circumstances::id.eq(id))
        .filter(child_circumstances::child_id.eq(child_id))
        .filter(child_circumstances::until.is_null());
    let rows = diesel::update(open).set(child_circumstances::until.eq(until)).execute(tx)?;
    if rows == 0 { Err(crate::problem::Problem::not_found().into()) } else { Ok(()) }
}

/// Schooling of a child, and the school's id when it is one of our organisations.
pub fn schooling(conn: &mut Conn, child_id: i64) -> Outcome<(Schooling, Option<i64>)> {
    type Row = (Option<i64>, Option<String>, Option<String>, Option<bool>, Option<String>);
    let row: Option<Row> = child_schooling::table
        .find(child_id)
        .select((
            child_schooling::organisation_id,
            child_schooling::school,
            child_schooling::grade,
            child_schooling::boarding,
            child_schooling::enrolment,
        ))
        .first(conn)
        .optional()?;
    let (organisation, school, grade, boarding, enrolment) = row.unwrap_or_default();
    let enrolment = enrolment.and_then(|text| text.parse::<Enrolment>().ok());
    Ok((Schooling { school, grade, boarding, enrolment }, organisation))
}

/// Writes the schooling of a child.
pub fn set_schooling(tx: &mut Conn, child_id: i64, schooling: &Schooling, organisation: Option<i64>) -> Outcome<()> {
    diesel::delete(child_schooling::table.find(child_id)).execute(tx)?;
    diesel::insert_into(child_schooling::table)
        .values((
            child_schooling::child_id.eq(child_id),
            child_schooling::organisation_id.eq(organisation),
            child_schooling::school.eq(&schooling.school),
            child_schooling::grade.eq(&schooling.grade),
            child_schooling::boarding.eq(schooling.boarding),
            child_schooling::enrolment.eq(schooling.enrolment.map(Enrolment::as_str)),
        ))
        .execute(tx)?;
    Ok(())
}

/// The school of a county that is called exactly so, when it is one of our organisations.
pub fn school_named(conn: &mut Conn, county: &str, name: &str) -> Outcome<Option<i64>> {
    let found: Vec<i64> = organisations::table
        .filter(organisations::kind.eq(OrganisationKind::School))
        .filter(organisations::name.eq(name))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&within("organisations.area_code", significant(county))))
        .select(organisations::id)
        .load(conn)?;
    Ok(match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// # Errors
/// 422 `unknown_organisation` unless it is a school of the county.
pub fn require_school(conn: &mut Conn, id: i64, village: &str) -> Outcome<()> {
    let found: Option<(OrganisationKind, String)> =
        organisations::table.find(id).select((organisations::kind, organisations::area_code)).first(conn).optional()?;
    match found {
        Some((OrganisationKind::School, area)) if area.get(..6) == village.get(..6) => Ok(()),
        _ => Err(crate::problem::Problem::field("school_id", "unknown_organisation").into()),
    }
}
