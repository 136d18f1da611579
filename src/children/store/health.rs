//! Sealed health. Both columns of a row are always written, so that neither tells by being there.

use diesel::prelude::*;

use crate::areas::within;
use crate::children::health::{HealthRecord, HivRecord};
use crate::children::occasion::Occasion;
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{child_health, hiv_readers, people};

/// Health but for HIV; empty when nothing was recorded.
pub fn get(conn: &mut Conn, occasion: &Occasion<'_>, child_id: i64) -> Outcome<HealthRecord> {
    let sealed: Option<String> =
        child_health::table.find(child_id).select(child_health::health_sealed).first(conn).optional()?;
    opened(occasion, sealed.as_deref())
}

/// Health as it was sealed (the change history keeps it so).
pub fn opened(occasion: &Occasion<'_>, sealed: Option<&str>) -> Outcome<HealthRecord> {
    match occasion.vault().open_option(Purpose::Health, sealed)? {
        Some(text) => serde_json::from_str(&text).map_err(Fault::internal),
        None => Ok(HealthRecord::default()),
    }
}

/// The sealed column itself.
pub fn sealed(conn: &mut Conn, child_id: i64) -> Outcome<Option<String>> {
    Ok(child_health::table.find(child_id).select(child_health::health_sealed).first(conn).optional()?)
}

/// Writes health; HIV stays as it is.
pub fn set(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64, record: &HealthRecord) -> Outcome<()> {
    let text = serde_json::to_string(record).map_err(Fault::internal)?;
    let health = occasion.vault().seal(Purpose::Health, &text)?;
    let rows =
        diesel::update(child_health::table.find(child_id)).set(child_health::health_sealed.eq(&health)).execute(tx)?;
    if rows == 0 {
        insert(tx, child_id, &health, &seal_hiv(occasion, &HivRecord::UNKNOWN)?)?;
    }
    Ok(())
}

/// HIV status; *unknown* when nothing was recorded.
pub fn hiv(conn: &mut Conn, occasion: &Occasion<'_>, child_id: i64) -> Outcome<HivRecord> {
    let sealed: Option<String> =
        child_health::table.find(child_id).select(child_health::hiv_sealed).first(conn).optional()?;
    let text = occasion.vault().open_option(Purpose::Hiv, sealed.as_deref())?;
    Ok(text.map_or(HivRecord::UNKNOWN, |text| HivRecord::from_padded(&text)))
}

/// Writes HIV status; the rest stays as it is.
pub fn set_hiv(tx: &mut Conn, occasion: &Occasion<'_>, child_id: i64, record: &HivRecord) -> Outcome<()> {
    let hiv = seal_hiv(occasion, record)?;
    let rows = diesel::update(child_health::table.find(child_id)).set(child_health::hiv_sealed.eq(&hiv)).execute(tx)?;
    if rows == 0 {
        let empty = serde_json::to_string(&HealthRecord::default()).map_err(Fault::internal)?;
        insert(tx, child_id, &occasion.vault().seal(Purpose::Health, &empty)?, &hiv)?;
    }
    Ok(())
}

fn insert(tx: &mut Conn, child_id: i64, health: &str, hiv: &str) -> Outcome<()> {
    diesel::insert_into(child_health::table)
        .values((
            child_health::child_id.eq(child_id),
            child_health::health_sealed.eq(health),
            child_health::hiv_sealed.eq(hiv),
        ))
        .execute(tx)?;
    Ok(())
}

fn seal_hiv(occasion: &Occasion<'_>, record: &HivRecord) -> Outcome<String> {
    occasion.vault().seal(Purpose::Hiv, &record.padded())
}

/// Whether a person is named as reader for the area that `village` lies in.
pub fn is_named(conn: &mut Conn, person_id: i64, village: &str) -> Outcome<bool> {
    let areas: Vec<String> = hiv_readers::table
        .filter(hiv_readers::person_id.eq(person_id))
        .filter(hiv_readers::until.is_null())
        .select(hiv_readers::area_code)
        .load(conn)?;
    Ok(areas.iter().any(|area| village.starts_with(crate::areas::significant(area))))
}

/// A named reader: id of the naming, person, name, area, since when.
pub type NamedReader = (i64, i64, String, String, Instant);

/// The readers named within an area.
pub fn readers(conn: &mut Conn, prefixes: &[String]) -> Outcome<Vec<NamedReader>> {
    let ways: Vec<String> = prefixes.iter().map(|prefix| within("hiv_readers.area_code", prefix)).collect();
    let reach = if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) };
    Ok(hiv_readers::table
        .inner_join(people::table.on(people::id.eq(hiv_readers::person_id)))
        .filter(hiv_readers::until.is_null())
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&reach))
        .select((hiv_readers::id, hiv_readers::person_id, people::name, hiv_readers::area_code, hiv_readers::since))
        .order(hiv_readers::id)
        .load(conn)?)
}

/// Names a reader; nothing happens when they are named for that area already.
pub fn name_reader(tx: &mut Conn, now: Instant, person_id: i64, area: &str, by: i64) -> Outcome<i64> {
    let known = hiv_readers::table
        .filter(hiv_readers::person_id.eq(person_id))
        .filter(hiv_readers::area_code.eq(area))
        .filter(hiv_readers::until.is_null())
        .select(hiv_readers::id)
        .first(tx)
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    Ok(diesel::insert_into(hiv_readers::table)
        .values((
            hiv_readers::person_id.eq(person_id),
            hiv_readers::area_code.eq(area),
            hiv_readers::appointed_by.eq(by),
            hiv_readers::since.eq(now),
        ))
        .returning(hiv_readers::id)
        .get_result(tx)?)
}

/// Ends a naming within reach; gives the area.
///
/// # Errors
/// *Not found* otherwise.
pub fn dismiss_reader(tx: &mut Conn, now: Instant, id: i64) -> Outcome<()> {
    let rows = diesel::update(hiv_readers::table.filter(hiv_readers::id.eq(id)).filter(hiv_readers::until.is_null()))
        .set(hiv_readers::until.eq(now))
        .execute(tx)?;
    if rows == 0 { Err(crate::problem::Problem::not_found().into()) } else { Ok(()) }
}

/// The area a naming is for.
pub fn reader_area(conn: &mut Conn, id: i64) -> Outcome<String> {
    Ok(hiv_readers::table.find(id).select(hiv_readers::area_code).first(conn)?)
}
