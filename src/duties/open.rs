//! Opening and closing duties, inside the transaction of their cause.

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ClosedHow, DutyKind};
use crate::clock::Instant;
use crate::identity::PostKind;
use crate::problem::Outcome;
use crate::storage::schema::{duties, duty_audience};
use crate::storage::{Conn, insert_once};

/// The record a duty is about: `("agreement", 17)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Subject {
    pub kind: &'static str,
    pub id: i64,
}

/// Who owes a duty. A post is whoever holds it in the duty's area (or the area above) at the time of reminding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owed {
    Person(i64),
    Post(PostKind),
    Organisation(i64),
}

impl Owed {
    /// The text that tells debtors of one subject apart in the database.
    pub fn key(self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Post(kind) => format!("post:{kind}"),
            Self::Organisation(id) => format!("organisation:{id}"),
        }
    }
}

/// A duty to open.
#[derive(Clone, Debug)]
pub struct NewDuty {
    pub kind: DutyKind,
    pub subject: Subject,
    pub child_id: Option<i64>,
    /// The village (or other area) whose desks the ladder tells.
    pub area_code: String,
    pub owed_by: Owed,
    pub due_at: Instant,
    /// Roles of the ladder other than owed, village, township and county, and who fills them.
    pub audience: Vec<(&'static str, i64)>,
}

/// A duty as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = duties)]
pub struct Duty {
    pub id: i64,
    pub kind: DutyKind,
    pub subject_kind: String,
    pub subject_id: i64,
    pub child_id: Option<i64>,
    pub area_code: String,
    pub owed_by_person_id: Option<i64>,
    pub owed_by_post: Option<PostKind>,
    pub owed_by_organisation_id: Option<i64>,
    pub due_at: Instant,
    pub opened_at: Instant,
    pub stages_done: i64,
    pub paused_until: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub closed_how: Option<ClosedHow>,
}

/// The duty with this id, open or closed.
pub fn find(conn: &mut Conn, id: i64) -> Outcome<Option<Duty>> {
    Ok(duties::table.find(id).select(Duty::as_select()).first(conn).optional()?)
}

/// Opens a duty; `None` when the same person already owes it for the same subject.
pub fn open(tx: &mut Conn, now: Instant, new: &NewDuty) -> Outcome<Option<i64>> {
    let (person, post, organisation) = match new.owed_by {
        Owed::Person(id) => (Some(id), None, None),
        Owed::Post(kind) => (None, Some(kind), None),
        Owed::Organisation(id) => (None, None, Some(id)),
    };
    let id: Option<i64> = insert_once(tx, |tx| {
        diesel::insert_into(duties::table)
            .values((
                duties::kind.eq(new.kind),
                duties::subject_kind.eq(new.subject.kind),
                duties::subject_id.eq(new.subject.id),
                duties::child_id.eq(new.child_id),
                duties::area_code.eq(&new.area_code),
                duties::owed_by_person_id.eq(person),
                duties::owed_by_post.eq(post),
                duties::owed_by_organisation_id.eq(organisation),
                duties::owed_key.eq(new.owed_by.key()),
                duties::due_at.eq(new.due_at),
                duties::opened_at.eq(now),
            ))
            .returning(duties::id)
            .get_result(tx)
    })?;
    if let Some(duty_id) = id {
        for (role, person_id) in &new.audience {
            insert_once(tx, |tx| {
                diesel::insert_into(duty_audience::table)
                    .values((
                        duty_audience::duty_id.eq(duty_id),
                        duty_audience::role.eq(*role),
                        duty_audience::person_id.eq(*person_id),
                    ))
                    .execute(tx)
            })?;
        }
    }
    Ok(id)
}

/// Closes the open duty of one debtor; `false` when there was none.
pub fn close(
    tx: &mut Conn,
    now: Instant,
    kind: DutyKind,
    subject: Subject,
    owed_by: Owed,
    how: ClosedHow,
) -> Outcome<bool> {
    let rows = diesel::update(
        duties::table
            .filter(duties::kind.eq(kind))
            .filter(duties::subject_kind.eq(subject.kind))
            .filter(duties::subject_id.eq(subject.id))
            .filter(duties::owed_key.eq(owed_by.key()))
            .filter(duties::closed_at.is_null()),
    )
    .set((duties::closed_at.eq(now), duties::closed_how.eq(how)))
    .execute(tx)?;
    Ok(rows > 0)
}

/// Closes every open duty of a subject, of one kind or of all; returns how many.
pub fn close_all(
    tx: &mut Conn,
    now: Instant,
    kind: Option<DutyKind>,
    subject: Subject,
    how: ClosedHow,
) -> Outcome<usize> {
    let mut ids = duties::table
        .select(duties::id)
        .filter(duties::subject_kind.eq(subject.kind))
        .filter(duties::subject_id.eq(subject.id))
        .filter(duties::closed_at.is_null())
        .into_boxed();
    if let Some(kind) = kind {
        ids = ids.filter(duties::kind.eq(kind));
    }
    let ids: Vec<i64> = ids.load(tx)?;
    close_ids(tx, now, &ids, how)
}

/// Closes every open duty about a child (death, exit): nobody is asked about a child who has left.
pub fn close_for_child(tx: &mut Conn, now: Instant, child_id: i64, how: ClosedHow) -> Outcome<usize> {
    let ids: Vec<i64> = duties::table
        .select(duties::id)
        .filter(duties::child_id.eq(child_id))
        .filter(duties::closed_at.is_null())
        .load(tx)?;
    close_ids(tx, now, &ids, how)
}

/// The open duties of one kind for a subject.
pub fn open_of(conn: &mut Conn, kind: DutyKind, subject: Subject) -> Outcome<Vec<Duty>> {
    Ok(duties::table
        .select(Duty::as_select())
        .filter(duties::kind.eq(kind))
        .filter(duties::subject_kind.eq(subject.kind))
        .filter(duties::subject_id.eq(subject.id))
        .filter(duties::closed_at.is_null())
        .order(duties::id)
        .load(conn)?)
}

/// Holds an open duty back until `until` (or lets it go on, with `None`): no stage is reached meanwhile.
pub fn pause(tx: &mut Conn, duty_id: i64, until: Option<Instant>) -> Outcome<bool> {
    let rows = diesel::update(duties::table.filter(duties::id.eq(duty_id)).filter(duties::closed_at.is_null()))
        .set(duties::paused_until.eq(until))
        .execute(tx)?;
    Ok(rows > 0)
}

fn close_ids(tx: &mut Conn, now: Instant, ids: &[i64], how: ClosedHow) -> Outcome<usize> {
    let mut closed = 0;
    for id in ids {
        closed += diesel::update(duties::table.filter(duties::id.eq(*id)).filter(duties::closed_at.is_null()))
            .set((duties::closed_at.eq(now), duties::closed_how.eq(how)))
            .execute(tx)?;
    }
    Ok(closed)
}
