//! Who has care of a child (P13): the facts of one child for the pure rule, and the same question asked of all at once.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::agreement::{Agreement, of_child};
use super::family::Family;
use super::{capacity, family};
use crate::children;
use crate::duties::DutyKind;
use crate::guardianship::agreement::AgreementState;
use crate::guardianship::capacity::Fitness;
use crate::guardianship::gap::{CareFacts, CoverFacts};
use crate::identity::{Scope, person};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{children as child_table, duties};

/// The facts of one child.
pub(in crate::guardianship) fn facts(conn: &mut Conn, child_id: i64) -> Outcome<CoverFacts> {
    let family = family::family(conn, child_id)?;
    facts_of(conn, &family)
}

pub(in crate::guardianship) fn facts_of(conn: &mut Conn, family: &Family) -> Outcome<CoverFacts> {
    let states = [AgreementState::AwaitingSignatures, AgreementState::InForce, AgreementState::Ended];
    let agreements = of_child(conn, family.child.id, &states)?
        .into_iter()
        .map(|agreement| {
            Ok(CareFacts {
                state: agreement.state,
                from: agreement.term_from,
                until: agreement.term_until,
                carer_able: carer_able(conn, &agreement)?,
            })
        })
        .collect::<Outcome<_>>()?;
    Ok(CoverFacts {
        birth_date: family.child.birth_date,
        parents: family.parents(),
        agreements,
        // Placements in temporary care are kept by the protection slice once it has cases.
        placements: Vec::new(),
    })
}

/// Alive, and not found unfit by the newest assessment for this child.
pub(in crate::guardianship) fn carer_able(conn: &mut Conn, agreement: &Agreement) -> Outcome<bool> {
    let alive = person(conn, agreement.carer_id)?.deceased_on.is_none();
    let newest = capacity::newest(conn, agreement.child_id, agreement.carer_id)?;
    Ok(alive && newest.is_none_or(|assessment| assessment.conclusion != Fitness::Unfit))
}

/// A child without care: id, name, village, birth date.
pub(in crate::guardianship) type Uncovered = (i64, String, String, NaiveDate);

/// The children within reach (all, without a scope) whom nobody has care of on `today`, by id.
pub(in crate::guardianship) fn uncovered(
    conn: &mut Conn,
    scope: Option<&Scope>,
    today: NaiveDate,
    after_id: i64,
    limit: i64,
) -> Outcome<Vec<Uncovered>> {
    let reach: SqlLiteral<Bool> = scope.map_or_else(|| sql::<Bool>("1 = 1"), children::visible);
    Ok(child_table::table
        .filter(reach)
        .filter(child_table::id.gt(after_id))
        .filter(child_table::state.eq("active"))
        .filter(sql::<Bool>(&without_care(today)))
        .order(child_table::id)
        .limit(limit)
        .select((child_table::id, child_table::name, child_table::village_code, child_table::birth_date))
        .load(conn)?)
}

/// The condition that nobody has care of the child (of the table `children`) on `today`.
pub fn lacks_care(today: NaiveDate) -> SqlLiteral<Bool> {
    sql(&without_care(today))
}

/// The children about whom the duty to close a gap is open.
pub(in crate::guardianship) fn children_with_gap_duty(conn: &mut Conn) -> Outcome<Vec<i64>> {
    Ok(duties::table
        .filter(duties::kind.eq(DutyKind::CloseGuardianshipGap))
        .filter(duties::closed_at.is_null())
        .order(duties::id)
        .select(duties::subject_id)
        .load(conn)?)
}

pub(in crate::guardianship) fn has_gap_duty(conn: &mut Conn, child_id: i64) -> Outcome<bool> {
    let open: i64 = duties::table
        .filter(duties::kind.eq(DutyKind::CloseGuardianshipGap))
        .filter(duties::subject_id.eq(child_id))
        .filter(duties::closed_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(open > 0)
}

/// The rule of `gap.rs` as SQL over `children`; a test holds the two together. Holds nothing but dates and names of our own.
fn without_care(today: NaiveDate) -> String {
    let adult_born = adult_born_until(today);
    format!(
        "children.birth_date > '{adult_born}' \
         AND NOT EXISTS (SELECT 1 FROM household_members m JOIN people p ON p.id = m.person_id \
             WHERE m.household_id = children.household_id AND m.until IS NULL AND m.holds_guardianship \
             AND m.away_since IS NULL AND m.away_place IS NULL AND m.condition = 'able' AND p.deceased_on IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM agreements a JOIN people p ON p.id = a.carer_id \
             WHERE a.child_id = children.id AND a.state = 'in_force' AND a.term_from <= '{today}' \
             AND a.term_until >= '{today}' AND p.deceased_on IS NULL \
             AND NOT EXISTS (SELECT 1 FROM capacity_assessments c WHERE c.child_id = a.child_id AND c.carer_id = a.carer_id \
                 AND c.conclusion = 'unfit' AND NOT EXISTS (SELECT 1 FROM capacity_assessments l \
                     WHERE l.child_id = c.child_id AND l.carer_id = c.carer_id AND l.id > c.id)))"
    )
}

/// Whoever was born on or before this day is eighteen on `today` (29 February counts from 1 March).
fn adult_born_until(today: NaiveDate) -> NaiveDate {
    let guess = crate::clock::birthday(today, -18);
    // 1 March may be the eighteenth birthday of somebody born on 29 February; on 28 February it is not yet.
    if crate::clock::birthday(guess, 18) > today { guess.pred_opt().unwrap_or(guess) } else { guess }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_day_that_makes_an_adult_is_the_same_as_in_the_rule(offset in 0u64..20_000, age_days in 6_500u64..6_650) {
            let today = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap() + chrono::Days::new(offset);
            let born = today - chrono::Days::new(age_days);
            prop_assert_eq!(born <= adult_born_until(today), today >= crate::clock::birthday(born, 18));
        }
    }
}
