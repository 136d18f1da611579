//! Wordings of townships and counties. A version is written once; a withdrawal is a version without a text.

use diesel::prelude::*;

use super::{Wording, WordingKind};
use crate::areas;
use crate::clock::Instant;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::wordings;
use crate::storage::{Conn, insert_once};

/// A version as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = wordings)]
pub(super) struct Version {
    pub area_code: String,
    pub version: i64,
    /// None: withdrawn.
    pub text: Option<String>,
    pub note: Option<String>,
    pub set_at: Instant,
    pub set_by: i64,
}

impl Version {
    pub fn name(&self) -> String {
        format!("{}/{}", self.area_code, self.version)
    }
}

/// The wording in effect in an area: the township's, else the county's, else the built-in one.
pub fn in_effect(conn: &mut Conn, kind: WordingKind, area_code: &str) -> Outcome<Wording> {
    let found = nearest(conn, kind, area_code)?;
    let own = found.and_then(|version| {
        let name = version.name();
        version.text.map(|text| Wording { kind, version: name, text: text.into() })
    });
    Ok(own.unwrap_or_else(|| Wording::built_in(kind)))
}

/// The newest version with a text, of the area itself or of the one above.
pub(super) fn nearest(conn: &mut Conn, kind: WordingKind, area_code: &str) -> Outcome<Option<Version>> {
    for area in [areas::township_of(area_code), areas::county_of(area_code)] {
        let newest = newest(conn, kind, &area)?.filter(|version| version.text.is_some());
        if newest.is_some() {
            return Ok(newest);
        }
    }
    Ok(None)
}

pub(super) fn newest(conn: &mut Conn, kind: WordingKind, area_code: &str) -> Outcome<Option<Version>> {
    Ok(versions(conn, kind, area_code)?.into_iter().next())
}

/// All versions of an area, the newest first.
pub(super) fn versions(conn: &mut Conn, kind: WordingKind, area_code: &str) -> Outcome<Vec<Version>> {
    Ok(wordings::table
        .filter(wordings::area_code.eq(area_code))
        .filter(wordings::kind.eq(kind))
        .order(wordings::version.desc())
        .select(Version::as_select())
        .load(conn)?)
}

/// Sets the next version of an area.
///
/// # Errors
/// 409 when somebody else has just set one.
pub(super) fn set(
    tx: &mut Conn,
    now: Instant,
    kind: WordingKind,
    area_code: &str,
    (text, note): (Option<&str>, Option<&str>),
    by: i64,
) -> Outcome<Version> {
    let next = newest(tx, kind, area_code)?.map_or(1, |newest| newest.version + 1);
    let new = insert_once(tx, |tx| {
        diesel::insert_into(wordings::table)
            .values((
                wordings::area_code.eq(area_code),
                wordings::kind.eq(kind),
                wordings::version.eq(next),
                wordings::text.eq(text),
                wordings::note.eq(note),
                wordings::set_at.eq(now),
                wordings::set_by.eq(by),
            ))
            .returning(wordings::id)
            .get_result::<i64>(tx)
    })?;
    new.ok_or_else(|| Problem::of("conflict"))?;
    newest(tx, kind, area_code)?.ok_or_else(|| Problem::of("conflict").into())
}
