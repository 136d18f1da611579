//! People: one row for a human being, whatever they are to whom; numbers sealed, found through blind indexes.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{ActorPost, PostKind};
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{people, posts};
use crate::text_enum;

text_enum! {
    pub enum Sex {
        Male = "male",
        Female = "female",
    }
}

text_enum! {
    /// What we know of a phone number.
    pub enum PhoneState {
        None = "none",
        Unverified = "unverified",
        Verified = "verified",
        /// Failed twice in a row: not in use, or not theirs any more.
        Invalid = "invalid",
    }
}

/// A person to add. `phone` is already in its normal form (11 digits).
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub area_code: Option<String>,
    pub phone: Option<String>,
    pub identity_number: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
    pub can_read: bool,
}

/// A person as stored; numbers stay sealed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = people)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub area_code: Option<String>,
    pub phone_sealed: Option<String>,
    pub phone_state: PhoneState,
    pub phone_verified_at: Option<Instant>,
    pub email_sealed: Option<String>,
    pub wechat_openid: Option<String>,
    pub language: Option<String>,
    pub can_read: bool,
    pub reminders_stopped_at: Option<Instant>,
    pub deceased_on: Option<NaiveDate>,
    pub version: i64,
}

pub fn add_person(tx: &mut Conn, vault: &Vault, now: Instant, new: &NewPerson) -> Outcome<i64> {
    let phone_state = if new.phone.is_some() { PhoneState::Unverified } else { PhoneState::None };
    Ok(diesel::insert_into(people::table)
        .values((
            people::name.eq(&new.name),
            people::sex.eq(new.sex),
            people::birth_date.eq(new.birth_date),
            people::area_code.eq(&new.area_code),
            people::phone_sealed.eq(vault.seal_option(Purpose::Phone, new.phone.as_deref())?),
            people::phone_index.eq(new.phone.as_deref().map(|phone| vault.index(Purpose::Phone, phone))),
            people::phone_state.eq(phone_state),
            people::identity_number_sealed
                .eq(vault.seal_option(Purpose::IdentityNumber, new.identity_number.as_deref())?),
            people::identity_number_index
                .eq(new.identity_number.as_deref().map(|number| vault.index(Purpose::IdentityNumber, number))),
            people::email_sealed.eq(vault.seal_option(Purpose::Email, new.email.as_deref())?),
            people::language.eq(&new.language),
            people::can_read.eq(new.can_read),
            people::created_at.eq(now),
            people::updated_at.eq(now),
        ))
        .returning(people::id)
        .get_result(tx)?)
}

pub fn person(conn: &mut Conn, id: i64) -> Outcome<Person> {
    Ok(people::table.find(id).select(Person::as_select()).first(conn)?)
}

/// Everybody who has given this number (a phone may be shared in a family), oldest record first.
pub fn find_by_phone(conn: &mut Conn, vault: &Vault, phone: &str) -> Outcome<Vec<Person>> {
    Ok(people::table
        .filter(people::phone_index.eq(vault.index(Purpose::Phone, phone)))
        .select(Person::as_select())
        .order(people::id)
        .load(conn)?)
}

/// A new number takes the place of the old one and is yet to be verified.
pub fn change_phone(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    person_id: i64,
    phone: &str,
    state: PhoneState,
) -> Outcome<()> {
    let verified_at = (state == PhoneState::Verified).then_some(now);
    diesel::update(people::table.find(person_id))
        .set((
            people::phone_sealed.eq(vault.seal(Purpose::Phone, phone)?),
            people::phone_index.eq(vault.index(Purpose::Phone, phone)),
            people::phone_state.eq(state),
            people::phone_verified_at.eq(verified_at),
            people::phone_failures.eq(0),
            people::updated_at.eq(now),
            people::version.eq(people::version + 1),
        ))
        .execute(tx)?;
    Ok(())
}

/// The person's number, opened.
pub fn phone_of(vault: &Vault, person: &Person) -> Outcome<Option<String>> {
    vault.open_option(Purpose::Phone, person.phone_sealed.as_deref())
}

pub fn add_post(
    tx: &mut Conn,
    person_id: i64,
    kind: PostKind,
    area_code: &str,
    organisation_id: Option<i64>,
    since: NaiveDate,
) -> Outcome<i64> {
    Ok(diesel::insert_into(posts::table)
        .values((
            posts::person_id.eq(person_id),
            posts::kind.eq(kind),
            posts::area_code.eq(area_code),
            posts::organisation_id.eq(organisation_id),
            posts::since.eq(since),
        ))
        .returning(posts::id)
        .get_result(tx)?)
}

/// Who holds a kind of post on a day, each with the area.
pub fn holders(conn: &mut Conn, kind: PostKind, on: NaiveDate) -> Outcome<Vec<(i64, String)>> {
    Ok(posts::table
        .filter(posts::kind.eq(kind))
        .filter(posts::since.le(on))
        .filter(posts::until.is_null().or(posts::until.gt(on)))
        .order(posts::id)
        .select((posts::person_id, posts::area_code))
        .load(conn)?)
}

/// The posts that a person holds on a day.
pub fn posts_of(conn: &mut Conn, person_id: i64, on: NaiveDate) -> Outcome<Vec<ActorPost>> {
    let rows: Vec<(PostKind, String, Option<i64>)> = posts::table
        .filter(posts::person_id.eq(person_id))
        .filter(posts::since.le(on))
        .filter(posts::until.is_null().or(posts::until.gt(on)))
        .select((posts::kind, posts::area_code, posts::organisation_id))
        .order(posts::id)
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(kind, area_code, organisation_id)| ActorPost { kind, area_code, organisation_id })
        .collect())
}
