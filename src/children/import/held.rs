//! What the ledger holds that a row can speak of, with numbers opened; loaded for one row at a time.

use chrono::NaiveDate;

use crate::children::child::{ChildFields, clean};
use crate::children::classification::facts::Circumstance;
use crate::children::health::HealthRecord;
use crate::children::household::{AwayFields, CheckedPerson, MemberFields};
use crate::children::identity_number::IdentityNumber;
use crate::children::occasion::Occasion;
use crate::children::schooling::Schooling;
use crate::children::sheet::{AdultCells, LedgerRow};
use crate::children::store::household::StayRow;
use crate::children::store::{self, ChildRow, MemberRow};
use crate::crypto::Purpose;
use crate::identity::{Person, PhoneState, Sex};
use crate::messaging::phone::Mobile;
use crate::problem::Outcome;
use crate::storage::Conn;

/// A child's record.
#[derive(Clone, Debug)]
pub struct HeldChild {
    /// Without the numbers, which stand beside it.
    pub fields: ChildFields,
    pub identity_number: Option<IdentityNumber>,
    pub phone: Option<Mobile>,
    pub schooling: Schooling,
    pub health: HealthRecord,
    pub circumstances: Vec<Circumstance>,
}

/// A household; empty for one that is to be made.
#[derive(Clone, Debug, Default)]
pub struct HeldHome {
    pub id: Option<i64>,
    pub address: Option<String>,
    pub adults: Vec<HeldAdult>,
    /// The people whom the system knows as the row's father, mother and carer, in that order.
    pub known: [Option<i64>; 3],
}

/// A member of a household.
#[derive(Clone, Debug)]
pub struct HeldAdult {
    pub member_id: i64,
    pub person_id: i64,
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub fields: MemberFields,
    pub away: Option<AwayFields>,
    /// Where the person is said to work, when nobody wrote since when.
    pub undated_place: Option<String>,
    /// When stays began that are over.
    pub past_departures: Vec<NaiveDate>,
    pub identity_number: Option<IdentityNumber>,
    pub phone: Option<Mobile>,
    pub phone_verified: bool,
}

/// The record of `row`.
pub fn child(conn: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<HeldChild> {
    let vault = occasion.vault();
    let number = vault.open_option(Purpose::IdentityNumber, row.identity_number_sealed.as_deref())?;
    let phone = vault.open_option(Purpose::Phone, row.phone_sealed.as_deref())?;
    let circumstances = store::facts::circumstances(conn, row.id)?;
    Ok(HeldChild {
        fields: ChildFields {
            name: row.name.clone(),
            sex: row.sex,
            birth_date: row.birth_date,
            identity_number: None,
            phone: None,
            ethnicity: row.ethnicity.clone(),
            rural_registration: row.rural_registration,
            parents_unfindable_since: row.parents_unfindable_since,
            remark: vault.open_option(Purpose::Narrative, row.remark_sealed.as_deref())?,
        },
        identity_number: number.and_then(|digits| IdentityNumber::parse(&digits, occasion.today()).ok()),
        phone: phone.and_then(|digits| Mobile::parse(&digits).ok()),
        schooling: store::facts::schooling(conn, row.id)?.0,
        health: store::health::get(conn, occasion, row.id)?,
        circumstances: circumstances
            .iter()
            .map(|fact| Circumstance { kind: fact.kind, since: fact.since, until: fact.until })
            .collect(),
    })
}

/// A household, and whom the system knows of the row's adults.
pub fn home(conn: &mut Conn, occasion: &Occasion<'_>, id: i64, known: [Option<i64>; 3]) -> Outcome<HeldHome> {
    let (_, address) = store::household::get(conn, occasion, id)?;
    let members = store::household::members(conn, id)?;
    let stays = store::household::stays(conn, &members.iter().map(|(member, _)| member.id).collect::<Vec<_>>())?;
    let people: Vec<i64> = members.iter().map(|(_, person)| person.id).collect();
    let numbers = store::people::identity_numbers(conn, occasion, &people)?;
    let mut adults = Vec::with_capacity(members.len());
    for (member, person) in members {
        let number = numbers.get(&person.id).and_then(|digits| IdentityNumber::parse(digits, occasion.today()).ok());
        let phone = occasion.vault().open_option(Purpose::Phone, person.phone_sealed.as_deref())?;
        adults.push(adult(member, person, number, phone.and_then(|digits| Mobile::parse(&digits).ok()), &stays));
    }
    Ok(HeldHome { id: Some(id), address, adults, known })
}

fn adult(
    member: MemberRow,
    person: Person,
    identity_number: Option<IdentityNumber>,
    phone: Option<Mobile>,
    stays: &[StayRow],
) -> HeldAdult {
    let away = member.away_since.map(|since| AwayFields {
        place: member.away_place.clone(),
        outside_county: member.away_outside_county,
        since,
    });
    let over = stays.iter().filter(|stay| stay.member_id == member.id && stay.until.is_some());
    HeldAdult {
        member_id: member.id,
        person_id: person.id,
        name: person.name,
        sex: person.sex,
        birth_date: person.birth_date,
        fields: member.fields(),
        undated_place: member.away_place.filter(|_| away.is_none()),
        away,
        past_departures: over.map(|stay| stay.since).collect(),
        identity_number,
        phone,
        phone_verified: person.phone_state == PhoneState::Verified,
    }
}

/// Whom the system knows of the row's father, mother and carer.
pub fn known(conn: &mut Conn, occasion: &Occasion<'_>, village: &str, row: &LedgerRow) -> Outcome<[Option<i64>; 3]> {
    let mut known = [None; 3];
    for (place, cells) in known.iter_mut().zip([&row.father, &row.mother, &row.carer]) {
        if let Some(person) = described(cells) {
            *place = store::people::find(conn, occasion, village, &person)?.map(|person| person.id);
        }
    }
    Ok(known)
}

/// An adult of a row as somebody to find or to add; `None` without a name or a sex.
pub fn described(cells: &AdultCells) -> Option<CheckedPerson> {
    Some(CheckedPerson {
        name: clean(cells.name.as_deref())?,
        sex: cells.sex?,
        birth_date: cells.birth_date,
        phone: cells.phones.first().cloned(),
        identity_number: cells.identity_number.clone(),
        can_read: true,
    })
}
