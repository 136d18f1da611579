use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::routes::Area;
use super::{AreaLevel, level_of, parent_of, significant, within};
use crate::identity::Scope;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::areas;

pub fn add(tx: &mut Conn, code: &str, name: &str, level: AreaLevel, parent_code: Option<&str>) -> Outcome<()> {
    diesel::insert_into(areas::table)
        .values((
            areas::code.eq(code),
            areas::name.eq(name),
            areas::level.eq(level),
            areas::parent_code.eq(parent_code),
        ))
        .execute(tx)?;
    Ok(())
}

/// Adds an area whose level and parent follow from its code, or renames the one that is there; whether it was added.
///
/// # Errors
/// An area that lies in none that is known.
pub fn add_or_rename(tx: &mut Conn, code: &str, name: &str) -> Outcome<bool> {
    if diesel::update(areas::table.find(code)).set(areas::name.eq(name)).execute(tx)? > 0 {
        return Ok(false);
    }
    let parent = parent_of(code);
    if let Some(parent) = &parent
        && areas::table.find(parent).count().get_result::<i64>(tx)? == 0
    {
        return Err(Fault::internal(format!("{code} lies in {parent}, which is not there")));
    }
    add(tx, code, name, level_of(code), parent.as_deref())?;
    Ok(true)
}

/// The townships and villages by code.
pub fn townships_and_villages(conn: &mut Conn) -> Outcome<Vec<Area>> {
    Ok(areas::table
        .filter(areas::level.eq_any([AreaLevel::Township, AreaLevel::Village]))
        .order(areas::code)
        .select(Area::as_select())
        .load(conn)?)
}

/// # Errors
/// 422 on `field` when there is no such area of that level.
pub fn exists(conn: &mut Conn, code: &str, level: AreaLevel, field: &'static str) -> Outcome<()> {
    let found: i64 =
        areas::table.filter(areas::code.eq(code)).filter(areas::level.eq(level)).count().get_result(conn)?;
    if found == 0 { Err(Problem::field(field, "unknown_area").into()) } else { Ok(()) }
}

pub fn name_of(conn: &mut Conn, code: &str) -> Outcome<String> {
    Ok(areas::table.find(code).select(areas::name).first(conn)?)
}

/// Codes and names of an area and of all that lies in it, by code.
pub fn names_within(conn: &mut Conn, code: &str) -> Outcome<Vec<(String, String)>> {
    Ok(areas::table
        .filter(sql::<Bool>(&within("areas.code", significant(code))))
        .select((areas::code, areas::name))
        .order(areas::code)
        .load(conn)?)
}

/// The codes of all villages within an area, ascending.
pub fn villages_within(conn: &mut Conn, code: &str) -> Outcome<Vec<String>> {
    Ok(areas::table
        .filter(areas::level.eq(AreaLevel::Village))
        .filter(areas::code.like(format!("{}%", significant(code))))
        .order(areas::code)
        .select(areas::code)
        .load(conn)?)
}

pub(super) fn within_reach(conn: &mut Conn, scope: &Scope) -> Outcome<Vec<Area>> {
    let reach: Vec<String> = scope.areas.iter().map(|prefix| within("areas.code", prefix)).collect();
    let reach = if reach.is_empty() { "1 = 0".to_owned() } else { reach.join(" OR ") };
    Ok(areas::table.select(Area::as_select()).filter(sql::<Bool>(&reach)).order(areas::code).load(conn)?)
}
