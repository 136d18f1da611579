//! People of the families: found again by identity number, by phone and name, or by name within the household.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::areas::within;
use crate::children::household::CheckedPerson;
use crate::children::identity_number::IdentityNumber;
use crate::children::occasion::Occasion;
use crate::crypto::Purpose;
use crate::identity::{NewPerson, Person, PostKind, Scope, add_person};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{people, posts};

/// The person meant by `wanted`, when the system knows them: by identity number anywhere, by phone and name in the county.
pub fn find(
    conn: &mut Conn,
    occasion: &Occasion<'_>,
    village: &str,
    wanted: &CheckedPerson,
) -> Outcome<Option<Person>> {
    if let Some(number) = &wanted.identity_number {
        let index = occasion.vault().index(Purpose::IdentityNumber, number.digits());
        let found =
            people::table.filter(people::identity_number_index.eq(index)).select(Person::as_select()).order(people::id);
        if let Some(person) = found.first(conn).optional()? {
            return Ok(Some(person));
        }
    }
    let Some(phone) = &wanted.phone else { return Ok(None) };
    let index = occasion.vault().index(Purpose::Phone, phone.digits());
    let county = within("people.area_code", village.get(..6).unwrap_or(village));
    let found: Vec<(Person, Option<String>)> = people::table
        .filter(people::phone_index.eq(index))
        .filter(people::name.eq(&wanted.name))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&county))
        .select((Person::as_select(), people::identity_number_index))
        .order(people::id)
        .load(conn)?;
    // The same name and phone with another identity number is another person.
    let fits = |other: &Option<String>| wanted.identity_number.is_none() || other.is_none();
    Ok(found.into_iter().find(|(_, number)| fits(number)).map(|(person, _)| person))
}

/// The person meant by `wanted`: found, or added.
pub fn find_or_add(tx: &mut Conn, occasion: &Occasion<'_>, village: &str, wanted: &CheckedPerson) -> Outcome<i64> {
    if let Some(person) = find(tx, occasion, village, wanted)? {
        return Ok(person.id);
    }
    let new = NewPerson {
        name: wanted.name.clone(),
        sex: wanted.sex,
        birth_date: wanted.birth_date,
        area_code: Some(village.to_owned()),
        phone: wanted.phone.as_ref().map(|phone| phone.digits().to_owned()),
        identity_number: wanted.identity_number.as_ref().map(|number| number.digits().to_owned()),
        email: None,
        language: None,
        can_read: wanted.can_read,
    };
    add_person(tx, occasion.vault(), occasion.now, &new)
}

/// A person's identity number, opened.
pub fn identity_number(conn: &mut Conn, occasion: &Occasion<'_>, person_id: i64) -> Outcome<Option<String>> {
    let sealed: Option<String> = people::table.find(person_id).select(people::identity_number_sealed).first(conn)?;
    occasion.vault().open_option(Purpose::IdentityNumber, sealed.as_deref())
}

/// The identity numbers of several people, opened; who has none is left out.
pub fn identity_numbers(conn: &mut Conn, occasion: &Occasion<'_>, ids: &[i64]) -> Outcome<BTreeMap<i64, String>> {
    let rows: Vec<(i64, Option<String>)> = people::table
        .filter(people::id.eq_any(ids.to_vec()))
        .select((people::id, people::identity_number_sealed))
        .load(conn)?;
    let mut numbers = BTreeMap::new();
    for (id, sealed) in rows {
        if let Some(number) = occasion.vault().open_option(Purpose::IdentityNumber, sealed.as_deref())? {
            numbers.insert(id, number);
        }
    }
    Ok(numbers)
}

/// Writes the identity number of somebody who has none.
pub fn set_identity_number(
    tx: &mut Conn,
    occasion: &Occasion<'_>,
    person_id: i64,
    number: &IdentityNumber,
) -> Outcome<()> {
    let vault = occasion.vault();
    let rows = diesel::update(people::table.find(person_id).filter(people::identity_number_index.is_null()))
        .set((
            people::identity_number_sealed.eq(vault.seal(Purpose::IdentityNumber, number.digits())?),
            people::identity_number_index.eq(vault.index(Purpose::IdentityNumber, number.digits())),
            people::updated_at.eq(occasion.now),
            people::version.eq(people::version + 1),
        ))
        .execute(tx)?;
    crate::storage::changed(rows)
}

/// Gives somebody another name.
pub fn rename(tx: &mut Conn, occasion: &Occasion<'_>, person_id: i64, name: &str) -> Outcome<()> {
    diesel::update(people::table.find(person_id))
        .set((people::name.eq(name), people::updated_at.eq(occasion.now), people::version.eq(people::version + 1)))
        .execute(tx)?;
    Ok(())
}

/// # Errors
/// 422 `unknown_person` for somebody who lives outside the areas of the caller's posts.
pub fn require_near(conn: &mut Conn, scope: &Scope, person_id: i64) -> Outcome<()> {
    let area: Option<Option<String>> =
        people::table.find(person_id).select(people::area_code).first(conn).optional()?;
    match area.flatten() {
        Some(area) if scope.covers(&area) => Ok(()),
        _ => Err(Problem::field("person_id", "unknown_person").into()),
    }
}

/// Those who hold a post in the area itself on `today`.
pub fn holding(conn: &mut Conn, post: PostKind, area_code: &str, today: NaiveDate) -> Outcome<Vec<Person>> {
    Ok(posts::table
        .inner_join(people::table)
        .filter(posts::area_code.eq(area_code))
        .filter(posts::kind.eq(post))
        .filter(posts::since.le(today))
        .filter(posts::until.is_null().or(posts::until.gt(today)))
        .order(posts::id)
        .select(Person::as_select())
        .load(conn)?)
}
