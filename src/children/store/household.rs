//! Rows of households, their members, and where each member has been working.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::children::classification::facts::{Condition, Kin};
use crate::children::household::{AwayFields, MemberFields, ReturnFields, UndatedPlace};
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::http::IfMatch;
use crate::identity::{Person, Scope};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{away_stays, household_members, households, people};

/// A member as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = household_members)]
pub struct MemberRow {
    pub id: i64,
    pub household_id: i64,
    pub person_id: i64,
    pub kin: Kin,
    pub holds_guardianship: bool,
    pub cares: bool,
    pub condition: Condition,
    pub condition_since: Option<NaiveDate>,
    pub condition_expected_until: Option<NaiveDate>,
    pub away_place: Option<String>,
    pub away_outside_county: bool,
    pub away_since: Option<NaiveDate>,
    pub backup_order: Option<i64>,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
}

impl MemberRow {
    /// The fields that a person may write.
    pub fn fields(&self) -> MemberFields {
        MemberFields {
            kin: self.kin,
            holds_guardianship: self.holds_guardianship,
            cares: self.cares,
            condition: self.condition,
            condition_since: self.condition_since,
            condition_expected_until: self.condition_expected_until,
            backup_order: self.backup_order,
        }
    }
}

/// A stay away as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = away_stays)]
pub struct StayRow {
    pub member_id: i64,
    pub place: Option<String>,
    pub outside_county: bool,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
    pub home_for_good: bool,
}

/// The version of a household and its address, opened.
pub fn get(conn: &mut Conn, occasion: &Occasion<'_>, id: i64) -> Outcome<(i64, Option<String>)> {
    let (version, sealed): (i64, Option<String>) =
        households::table.find(id).select((households::version, households::address_sealed)).first(conn)?;
    Ok((version, occasion.vault().open_option(Purpose::Address, sealed.as_deref())?))
}

/// The village that a household lives in.
pub fn village(conn: &mut Conn, id: i64) -> Outcome<String> {
    Ok(households::table.find(id).select(households::village_code).first(conn)?)
}

/// Opens a household for a change: within the areas of the caller's posts, and the version that the caller saw.
/// Gives its village.
///
/// # Errors
/// *Not found*, or `version_changed`.
pub fn open(tx: &mut Conn, occasion: &Occasion<'_>, scope: &Scope, id: i64, seen: IfMatch) -> Outcome<String> {
    let village: String = households::table.find(id).select(households::village_code).first(tx)?;
    scope.require(&village)?;
    let same = households::table.filter(households::id.eq(id)).filter(households::version.eq(seen.0));
    let rows = diesel::update(same)
        .set((households::version.eq(seen.0.saturating_add(1)), households::updated_at.eq(occasion.now)))
        .execute(tx)?;
    if rows == 0 { Err(Problem::of("version_changed").into()) } else { Ok(village) }
}

/// Moves a household one version on, for a change that no caller based on a version.
pub fn next_version(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    diesel::update(households::table.find(id))
        .set((households::version.eq(households::version + 1), households::updated_at.eq(now)))
        .execute(tx)?;
    Ok(())
}

/// The households of a village in which somebody is present as one of these kin, oldest first.
pub fn of_person(conn: &mut Conn, village: &str, person_id: i64, kin: &[Kin]) -> Outcome<Vec<i64>> {
    Ok(present_in(village, kin)
        .filter(household_members::person_id.eq(person_id))
        .select(households::id)
        .order(households::id)
        .load(conn)?)
}

/// The households of a village in which somebody of this name is present as one of these kin, oldest first.
pub fn of_name(conn: &mut Conn, village: &str, name: &str, kin: &[Kin]) -> Outcome<Vec<i64>> {
    Ok(present_in(village, kin)
        .filter(people::name.eq(name))
        .select(households::id)
        .order(households::id)
        .load(conn)?)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn present_in<'a>(village: &'a str, kin: &[Kin]) -> _ {
    let kin: Vec<Kin> = kin.to_vec();
    household_members::table
        .inner_join(households::table)
        .inner_join(people::table)
        .filter(households::village_code.eq(village))
        .filter(household_members::until.is_null())
        .filter(household_members::kin.eq_any(kin))
}

pub fn set_address(tx: &mut Conn, occasion: &Occasion<'_>, id: i64, address: Option<&str>) -> Outcome<()> {
    diesel::update(households::table.find(id))
        .set(households::address_sealed.eq(occasion.vault().seal_option(Purpose::Address, address)?))
        .execute(tx)?;
    Ok(())
}

pub fn set_village(tx: &mut Conn, occasion: &Occasion<'_>, id: i64, village: &str) -> Outcome<()> {
    diesel::update(households::table.find(id))
        .set((
            households::village_code.eq(village),
            households::version.eq(households::version + 1),
            households::updated_at.eq(occasion.now),
        ))
        .execute(tx)?;
    Ok(())
}

/// Present members with who they are, parents first in the order they were added.
pub fn members(conn: &mut Conn, household_id: i64) -> Outcome<Vec<(MemberRow, Person)>> {
    Ok(household_members::table
        .inner_join(people::table)
        .filter(household_members::household_id.eq(household_id))
        .filter(household_members::until.is_null())
        .select((MemberRow::as_select(), Person::as_select()))
        .order(household_members::id)
        .load(conn)?)
}

/// Opens a member's household for a change ([`open`]); gives the member.
///
/// # Errors
/// *Not found*, `version_changed`, or `member_ended`.
pub fn open_member(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    scope: &Scope,
    id: i64,
    seen: IfMatch,
) -> Outcome<MemberRow> {
    let row: MemberRow = household_members::table.find(id).select(MemberRow::as_select()).first(tx)?;
    open(tx, occasion, scope, row.household_id, seen)?;
    if row.until.is_some() { Err(Problem::of("member_ended").into()) } else { Ok(row) }
}

/// One present member, for work that no caller asked for.
pub fn present(conn: &mut Conn, id: i64) -> Outcome<MemberRow> {
    Ok(household_members::table
        .filter(household_members::id.eq(id))
        .filter(household_members::until.is_null())
        .select(MemberRow::as_select())
        .first(conn)?)
}

/// Adds somebody to a household.
///
/// # Errors
/// 422 `parent_twice` when the household has a present member of the same kin among the parents, or the same person.
pub fn add_member(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    household_id: i64,
    person_id: i64,
    fields: &MemberFields,
) -> Outcome<i64> {
    let present = members(tx, household_id)?;
    let twice = |row: &MemberRow| row.person_id == person_id || (fields.kin.is_parent() && row.kin == fields.kin);
    if present.iter().any(|(row, _)| twice(row)) {
        return Err(Problem::field("kin", "parent_twice").into());
    }
    Ok(diesel::insert_into(household_members::table)
        .values((
            household_members::household_id.eq(household_id),
            household_members::person_id.eq(person_id),
            household_members::kin.eq(fields.kin),
            household_members::holds_guardianship.eq(fields.holds_guardianship),
            household_members::cares.eq(fields.cares),
            household_members::condition.eq(fields.condition),
            household_members::condition_since.eq(fields.condition_since),
            household_members::condition_expected_until.eq(fields.condition_expected_until),
            household_members::backup_order.eq(fields.backup_order),
            household_members::since.eq(occasion.today()),
        ))
        .returning(household_members::id)
        .get_result(tx)?)
}

pub fn update_member(tx: &mut Conn, id: i64, fields: &MemberFields) -> Outcome<()> {
    let present =
        household_members::table.filter(household_members::id.eq(id)).filter(household_members::until.is_null());
    let rows = diesel::update(present)
        .set((
            household_members::kin.eq(fields.kin),
            household_members::holds_guardianship.eq(fields.holds_guardianship),
            household_members::cares.eq(fields.cares),
            household_members::condition.eq(fields.condition),
            household_members::condition_since.eq(fields.condition_since),
            household_members::condition_expected_until.eq(fields.condition_expected_until),
            household_members::backup_order.eq(fields.backup_order),
        ))
        .execute(tx)?;
    crate::storage::changed(rows)
}

/// Ends a membership as of `on`; the row stays.
pub fn end_member(tx: &mut Conn, id: i64, on: NaiveDate) -> Outcome<()> {
    let present =
        household_members::table.filter(household_members::id.eq(id)).filter(household_members::until.is_null());
    crate::storage::changed(diesel::update(present).set(household_members::until.eq(on)).execute(tx)?)
}

/// All stays of the given members, oldest first.
pub fn stays(conn: &mut Conn, members: &[i64]) -> Outcome<Vec<StayRow>> {
    Ok(away_stays::table
        .filter(away_stays::member_id.eq_any(members.to_vec()))
        .select(StayRow::as_select())
        .order((away_stays::since, away_stays::id))
        .load(conn)?)
}

/// Begins a stay away, or corrects the one that is open when it began on the same day; an open one elsewhere ends
/// there as a move.
pub fn go_away(tx: &mut Conn, member: &MemberRow, away: &AwayFields) -> Outcome<()> {
    keep_first_stay(tx, member)?;
    let open = away_stays::table.filter(away_stays::member_id.eq(member.id)).filter(away_stays::until.is_null());
    let same_day = diesel::update(open.filter(away_stays::since.eq(away.since)))
        .set((away_stays::place.eq(&away.place), away_stays::outside_county.eq(away.outside_county)))
        .execute(tx)?;
    if same_day == 0 {
        // A later start ends the open stay; an earlier one corrects it.
        let earlier = open.filter(away_stays::since.lt(away.since));
        diesel::update(earlier).set(away_stays::until.eq(away.since)).execute(tx)?;
        diesel::delete(open.filter(away_stays::since.gt(away.since))).execute(tx)?;
        diesel::insert_into(away_stays::table)
            .values((
                away_stays::member_id.eq(member.id),
                away_stays::place.eq(&away.place),
                away_stays::outside_county.eq(away.outside_county),
                away_stays::since.eq(away.since),
            ))
            .execute(tx)?;
    }
    set_whereabouts(tx, member.id, Some(away))
}

/// Writes where somebody who is not known to be away since any day is said to work.
pub fn say_place(tx: &mut Conn, member_id: i64, place: &UndatedPlace) -> Outcome<()> {
    let undated = household_members::table.find(member_id).filter(household_members::away_since.is_null());
    diesel::update(undated)
        .set((
            household_members::away_place.eq(&place.place),
            household_members::away_outside_county.eq(place.outside_county),
        ))
        .execute(tx)?;
    Ok(())
}

/// Ends the open stay.
///
/// # Errors
/// `already_home` when there is none; 422 when the return lies before the departure.
pub fn come_home(tx: &mut Conn, member: &MemberRow, home: &ReturnFields) -> Outcome<()> {
    keep_first_stay(tx, member)?;
    let since = member.away_since.ok_or_else(|| Problem::of("already_home"))?;
    if home.on < since {
        return Err(Problem::field("on", "date_order").into());
    }
    let open = away_stays::table.filter(away_stays::member_id.eq(member.id)).filter(away_stays::until.is_null());
    diesel::update(open)
        .set((away_stays::until.eq(home.on), away_stays::home_for_good.eq(home.for_good)))
        .execute(tx)?;
    set_whereabouts(tx, member.id, None)
}

/// A member who was written as away without a stay gets the stay that this means.
fn keep_first_stay(tx: &mut Conn, member: &MemberRow) -> Outcome<()> {
    let Some(since) = member.away_since else { return Ok(()) };
    let known: i64 = away_stays::table.filter(away_stays::member_id.eq(member.id)).count().get_result(tx)?;
    if known == 0 {
        diesel::insert_into(away_stays::table)
            .values((
                away_stays::member_id.eq(member.id),
                away_stays::place.eq(&member.away_place),
                away_stays::outside_county.eq(member.away_outside_county),
                away_stays::since.eq(since),
            ))
            .execute(tx)?;
    }
    Ok(())
}

fn set_whereabouts(tx: &mut Conn, member_id: i64, away: Option<&AwayFields>) -> Outcome<()> {
    diesel::update(household_members::table.find(member_id))
        .set((
            household_members::away_place.eq(away.and_then(|away| away.place.clone())),
            household_members::away_outside_county.eq(away.is_some_and(|away| away.outside_county)),
            household_members::away_since.eq(away.map(|away| away.since)),
        ))
        .execute(tx)?;
    Ok(())
}

/// The same members with their stays in another household (a child that moves without its siblings).
pub fn copy_members(tx: &mut Conn, occasion: &Occasion<'_>, from: i64, to: i64) -> Outcome<()> {
    for (row, _) in members(tx, from)? {
        let id = add_member(tx, occasion, to, row.person_id, &row.fields())?;
        for stay in stays(tx, &[row.id])? {
            diesel::insert_into(away_stays::table)
                .values((
                    away_stays::member_id.eq(id),
                    away_stays::place.eq(stay.place),
                    away_stays::outside_county.eq(stay.outside_county),
                    away_stays::since.eq(stay.since),
                    away_stays::until.eq(stay.until),
                    away_stays::home_for_good.eq(stay.home_for_good),
                ))
                .execute(tx)?;
        }
        if let Some(since) = row.away_since {
            let away = AwayFields { place: row.away_place, outside_county: row.away_outside_county, since };
            set_whereabouts(tx, id, Some(&away))?;
        }
    }
    Ok(())
}
