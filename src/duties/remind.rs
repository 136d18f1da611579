//! `remind(as_of)`: one reminder for every person whom a reached stage tells, set by set.
//!
//! For each kind and stage the due duties are one range of the index (kind, stages_done, due_at): a duty has reached
//! stage `s` when `as_of − offset(s+1) < due_at ≤ as_of − offset(s)`. So the cost follows what is due, not what exists,
//! memory stays flat, and the same `as_of` twice finds nothing the second time. Of stages that were missed only the
//! latest is told. Reminder rows and the duty's progress commit together, batch by batch.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::BigInt;

use super::DutyKind;
use crate::clock::Instant;
use crate::config::{Ladders, Stage};
use crate::identity::PostKind;
use crate::problem::{Fault, Outcome};
use crate::storage::{Conn, Store};

const BATCH: i64 = 5_000;

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    pub duties: usize,
    pub reminders: usize,
    /// Duties whose stage was reached while nobody could be told at all, by kind.
    pub unheard: BTreeMap<&'static str, usize>,
}

/// Creates the reminders that are due at `as_of`.
pub fn remind(store: &Store, ladders: &Ladders, as_of: Instant) -> Outcome<Reminded> {
    let mut sum = Reminded::default();
    for &kind in DutyKind::ALL {
        let stages = &ladders.of(kind).stages;
        for (index, stage) in stages.iter().enumerate() {
            let window = Window {
                kind,
                stage: index as i64,
                due_until: as_of.plus(-stage.offset()),
                due_after: stages.get(index + 1).map(|next| as_of.plus(-next.offset())),
                as_of,
            };
            for stages_done in 0..=window.stage {
                loop {
                    let (duties, reminders, unheard) =
                        store.write_on_snapshot(|tx| window.tell_batch(tx, stage, stages_done).map_err(again))?;
                    sum.duties += duties;
                    sum.reminders += reminders;
                    if unheard > 0 {
                        *sum.unheard.entry(kind.as_str()).or_default() += unheard;
                    }
                    if (duties as i64) < BATCH {
                        break;
                    }
                }
            }
        }
    }
    for (kind, count) in &sum.unheard {
        tracing::error!(kind, count, "duties reached a stage and nobody holds a post that could be told");
    }
    Ok(sum)
}

/// A reminder that is already there was made by another process since our snapshot: look again on a new one.
fn again(fault: Fault) -> Fault {
    match fault {
        Fault::Database(DatabaseError(DatabaseErrorKind::UniqueViolation, info)) => {
            Fault::Database(DatabaseError(DatabaseErrorKind::SerializationFailure, info))
        }
        other => other,
    }
}

/// The due duties of one kind, stage and progress. All values are numbers, instants and names of our own,
/// written into the SQL by [`Window::batch`]; nothing of it comes from outside.
struct Window {
    kind: DutyKind,
    stage: i64,
    due_until: Instant,
    due_after: Option<Instant>,
    as_of: Instant,
}

impl Window {
    fn tell_batch(&self, tx: &mut Conn, stage: &Stage, stages_done: i64) -> Outcome<(usize, usize, usize)> {
        let batch = self.batch(stages_done);
        if count(tx, &format!("SELECT count(*) AS count FROM ({batch}) AS due"))? == 0 {
            return Ok((0, 0, 0));
        }
        let mut reminders = 0;
        for role in &stage.tell {
            for source in sources(role, self.as_of.date()) {
                reminders += self.insert(tx, &batch, role, &source)?;
            }
        }
        let heard = format!("SELECT 1 FROM reminders r WHERE r.duty_id = d.id AND r.stage = {}", self.stage);
        let unheard = count(
            tx,
            &format!("SELECT count(*) AS count FROM duties d WHERE d.id IN ({batch}) AND NOT EXISTS ({heard})"),
        )?;
        let progress = format!("UPDATE duties SET stages_done = {} WHERE id IN ({batch})", self.stage + 1);
        let duties = diesel::sql_query(progress).execute(tx)?;
        Ok((duties, reminders, unheard))
    }

    fn insert(&self, tx: &mut Conn, batch: &str, role: &str, source: &Source) -> Outcome<usize> {
        let Source { person, join, condition } = source;
        let sql = format!(
            "INSERT INTO reminders (duty_id, stage, role, person_id, created_at) \
             SELECT DISTINCT d.id, {stage}, '{role}', {person}, {now} FROM duties d {join} \
             WHERE d.id IN ({batch}) AND {condition} \
             AND EXISTS (SELECT 1 FROM people WHERE people.id = {person} AND people.deceased_on IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM reminders r \
                 WHERE r.duty_id = d.id AND r.stage = {stage} AND r.person_id = {person})",
            stage = self.stage,
            now = instant(tx, self.as_of),
        );
        Ok(diesel::sql_query(sql).execute(tx)?)
    }

    fn batch(&self, stages_done: i64) -> String {
        let Self { kind, as_of, .. } = self;
        let after = self.due_after.map_or_else(String::new, |after| format!("AND due_at > {}", literal(after)));
        format!(
            "SELECT id FROM duties WHERE kind = '{kind}' AND stages_done = {stages_done} AND closed_at IS NULL \
             AND due_at <= {until} {after} AND (paused_until IS NULL OR paused_until <= {now}) \
             ORDER BY due_at, id LIMIT {BATCH}",
            until = literal(self.due_until),
            now = literal(*as_of),
        )
    }
}

/// Where the people of a role come from, as SQL over `duties d`.
struct Source {
    person: &'static str,
    join: String,
    condition: String,
}

/// A desk without anybody passes to the desk above it: village, township, county.
fn sources(role: &str, today: NaiveDate) -> Vec<Source> {
    match role {
        "owed" => Source::owed(today),
        "village" => Source::first_held(&[Desk::VILLAGE, Desk::TOWNSHIP, Desk::COUNTY], today),
        "township" => Source::first_held(&[Desk::TOWNSHIP, Desk::COUNTY], today),
        "county" => Source::first_held(&[Desk::COUNTY], today),
        named => vec![Source {
            person: "a.person_id",
            join: "JOIN duty_audience a ON a.duty_id = d.id".into(),
            condition: format!("a.role = '{named}'"),
        }],
    }
}

/// The post that sits at an area's desk, and the area it sits in.
#[derive(Clone, Copy)]
struct Desk {
    post: PostKind,
    area: &'static str,
}

impl Desk {
    const VILLAGE: Self = Self { post: PostKind::VillageDirector, area: "d.area_code" };
    const TOWNSHIP: Self = Self { post: PostKind::TownshipSupervisor, area: "substr(d.area_code, 1, 9) || '000'" };
    const COUNTY: Self = Self { post: PostKind::CountyAdministrator, area: "substr(d.area_code, 1, 6) || '000000'" };

    fn holds(self, alias: &str, today: NaiveDate) -> String {
        format!("{alias}.kind = '{}' AND {alias}.area_code = {} AND {}", self.post, self.area, current(alias, today))
    }
}

impl Source {
    fn first_held(desks: &[Desk], today: NaiveDate) -> Vec<Self> {
        desks
            .iter()
            .enumerate()
            .map(|(at, desk)| Self::desk(*desk, desks.get(..at).unwrap_or_default(), "TRUE", today))
            .collect()
    }

    fn desk(desk: Desk, empty_below: &[Desk], condition: &str, today: NaiveDate) -> Self {
        let empty = empty_below
            .iter()
            .map(|below| format!(" AND NOT EXISTS (SELECT 1 FROM posts q WHERE {})", below.holds("q", today)))
            .collect::<String>();
        Self {
            person: "p.person_id",
            join: format!("JOIN posts p ON {}", desk.holds("p", today)),
            condition: format!("{condition}{empty}"),
        }
    }

    fn owed(today: NaiveDate) -> Vec<Self> {
        // A post that owes: its holders in the duty's area, or in the township or county that the area lies in.
        let holder = |alias: &str| {
            format!(
                "{alias}.kind = d.owed_by_post AND {alias}.area_code IN (d.area_code, {}, {}) AND {}",
                Desk::TOWNSHIP.area,
                Desk::COUNTY.area,
                current(alias, today)
            )
        };
        let vacant = format!("d.owed_by_post IS NOT NULL AND NOT EXISTS (SELECT 1 FROM posts o WHERE {})", holder("o"));
        let staff = format!("p.organisation_id = d.owed_by_organisation_id AND {}", current("p", today));
        let unstaffed = format!(
            "d.owed_by_organisation_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM posts o WHERE o.organisation_id = d.owed_by_organisation_id AND {})",
            current("o", today)
        );
        let nobody = format!("(({vacant}) OR ({unstaffed}))");
        vec![
            Self {
                person: "d.owed_by_person_id",
                join: String::new(),
                condition: "d.owed_by_person_id IS NOT NULL".into(),
            },
            Self {
                person: "p.person_id",
                join: format!("JOIN posts p ON {}", holder("p")),
                condition: "d.owed_by_post IS NOT NULL".into(),
            },
            Self {
                person: "p.person_id",
                join: format!("JOIN posts p ON {staff}"),
                condition: "d.owed_by_organisation_id IS NOT NULL".into(),
            },
            Self::desk(Desk::TOWNSHIP, &[], &nobody, today),
            Self::desk(Desk::COUNTY, &[Desk::TOWNSHIP], &nobody, today),
        ]
    }
}

fn current(alias: &str, today: NaiveDate) -> String {
    format!("{alias}.since <= '{today}' AND ({alias}.until IS NULL OR {alias}.until > '{today}')")
}

/// An instant as both engines store and compare it.
fn literal(at: Instant) -> String {
    format!("'{}'", at.utc().format("%F %T%.f"))
}

/// An instant as a selected value: PostgreSQL would take a bare literal in SELECT DISTINCT for text.
fn instant(conn: &Conn, at: Instant) -> String {
    match conn {
        Conn::Postgres(_) => format!("CAST({} AS TIMESTAMP)", literal(at)),
        Conn::Sqlite(_) => literal(at),
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(tx: &mut Conn, sql: &str) -> Outcome<usize> {
    let found: Count = diesel::sql_query(sql).get_result(tx)?;
    Ok(usize::try_from(found.count).unwrap_or_default())
}
