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
use diesel::sql_types::{BigInt, Timestamp};

use super::DutyKind;
use crate::clock::Instant;
use crate::config::{Ladders, Stage};
use crate::identity::PostKind;
use crate::problem::{Fault, Outcome};
use crate::storage::{Conn, Store};

const BATCH: i64 = 10_000;

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
    remind_kinds(store, ladders, as_of, DutyKind::ALL.iter().copied())
}

/// As [`remind`], for duties of these kinds only.
pub fn remind_kinds(
    store: &Store,
    ladders: &Ladders,
    as_of: Instant,
    kinds: impl IntoIterator<Item = DutyKind>,
) -> Outcome<Reminded> {
    let mut sum = Reminded::default();
    for kind in kinds {
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
                // Where the last batch ended: rows already told are stepped over, not read again.
                let mut after = None;
                loop {
                    let told = store
                        .write_on_snapshot(|tx| window.tell_batch(tx, stage, stages_done, after).map_err(again))?;
                    sum.duties += told.duties;
                    sum.reminders += told.reminders;
                    if told.unheard > 0 {
                        *sum.unheard.entry(kind.as_str()).or_default() += told.unheard;
                    }
                    after = told.until;
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
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
/// written into the SQL by [`Window::due`]; nothing of it comes from outside.
struct Window {
    kind: DutyKind,
    stage: i64,
    due_until: Instant,
    due_after: Option<Instant>,
    as_of: Instant,
}

/// A place in the order of an index range.
type Place = (Instant, i64);

/// What one batch came to; `until` is where the next one begins, when there may be more.
#[derive(Default)]
struct Told {
    duties: usize,
    reminders: usize,
    unheard: usize,
    until: Option<Place>,
}

/// How many duties of a batch are owed by whom.
#[derive(QueryableByName)]
struct Owing {
    #[diesel(sql_type = BigInt)]
    duties: i64,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = BigInt)]
    posts: i64,
    #[diesel(sql_type = BigInt)]
    organisations: i64,
}

impl Window {
    fn tell_batch(&self, tx: &mut Conn, stage: &Stage, stages_done: i64, after: Option<Place>) -> Outcome<Told> {
        let open_ended = self.due(stages_done, after, None);
        let until = self.end_of_batch(tx, &open_ended)?;
        let due = self.due(stages_done, after, until);
        let owing: Owing = diesel::sql_query(format!(
            "SELECT count(*) AS duties, count(d.owed_by_person_id) AS people, count(d.owed_by_post) AS posts, \
             count(d.owed_by_organisation_id) AS organisations FROM duties d WHERE {due}"
        ))
        .get_result(tx)?;
        if owing.duties == 0 {
            return Ok(Told { until, ..Told::default() });
        }
        let mut told = Told { until, ..Told::default() };
        let mut everybody_heard = false;
        for role in &stage.tell {
            for source in sources(role, self.as_of.date()).into_iter().filter(|source| source.concerns(&owing)) {
                let first = told.reminders == 0;
                told.reminders += self.insert(tx, &due, role, &source, first)?;
                everybody_heard |= first && i64::try_from(told.reminders) == Ok(owing.duties);
            }
        }
        if !everybody_heard {
            let heard = format!("SELECT 1 FROM reminders r WHERE r.duty_id = d.id AND r.stage = {}", self.stage);
            told.unheard =
                count(tx, &format!("SELECT count(*) AS count FROM duties d WHERE {due} AND NOT EXISTS ({heard})"))?;
        }
        told.duties = diesel::sql_query(format!("UPDATE duties AS d SET stages_done = {} WHERE {due}", self.stage + 1))
            .execute(tx)?;
        Ok(told)
    }

    /// `first`: no reminder of this batch has been made yet, so none can be there twice.
    fn insert(&self, tx: &mut Conn, due: &str, role: &str, source: &Source, first: bool) -> Outcome<usize> {
        let Source { person, join, condition, .. } = source;
        let stage = self.stage;
        let once = if first {
            String::new()
        } else {
            format!(
                "AND NOT EXISTS (SELECT 1 FROM reminders r \
                 WHERE r.duty_id = d.id AND r.stage = {stage} AND r.person_id = {person})"
            )
        };
        let distinct = if join.is_empty() { "" } else { "DISTINCT" };
        let sql = format!(
            "INSERT INTO reminders (duty_id, stage, role, person_id, created_at) \
             SELECT {distinct} d.id, {stage}, '{role}', {person}, {now} FROM duties d {join} \
             WHERE {due} AND {condition} {once} \
             AND EXISTS (SELECT 1 FROM people WHERE people.id = {person} AND people.deceased_on IS NULL)",
            now = instant(tx, self.as_of),
        );
        Ok(diesel::sql_query(sql).execute(tx)?)
    }

    /// The place of the last duty of a full batch; `None` when what is left is less than a batch.
    fn end_of_batch(&self, tx: &mut Conn, due: &str) -> Outcome<Option<Place>> {
        #[derive(QueryableByName)]
        struct End {
            #[diesel(sql_type = Timestamp)]
            due_at: Instant,
            #[diesel(sql_type = BigInt)]
            id: i64,
        }
        let sql = format!(
            "SELECT d.due_at, d.id FROM duties d WHERE {due} ORDER BY d.due_at, d.id LIMIT 1 OFFSET {}",
            BATCH - 1
        );
        Ok(diesel::sql_query(sql).get_result::<End>(tx).optional()?.map(|end| (end.due_at, end.id)))
    }

    /// The condition on `duties d`: due at this stage, with this progress, between two places.
    fn due(&self, stages_done: i64, after: Option<Place>, until: Option<Place>) -> String {
        let bound = |sign: &str, place: Option<Place>| {
            place.map_or_else(String::new, |(due_at, id)| {
                format!("AND (d.due_at, d.id) {sign} ({}, {id})", literal(due_at))
            })
        };
        format!(
            "d.kind = '{kind}' AND d.stages_done = {stages_done} AND d.closed_at IS NULL \
             AND d.due_at <= {until_due} {after_due} AND (d.paused_until IS NULL OR d.paused_until <= {now}) {after} {until}",
            kind = self.kind,
            until_due = literal(self.due_until),
            after_due = self.due_after.map_or_else(String::new, |at| format!("AND d.due_at > {}", literal(at))),
            now = literal(self.as_of),
            after = bound(">", after),
            until = bound("<=", until),
        )
    }
}

/// Where the people of a role come from, as SQL over `duties d`.
struct Source {
    person: &'static str,
    join: String,
    condition: String,
    whose: Whose,
}

/// Which duties a source can find people for.
#[derive(Clone, Copy)]
enum Whose {
    Everybodys,
    Peoples,
    Posts,
    Organisations,
    PostsOrOrganisations,
}

impl Source {
    fn concerns(&self, owing: &Owing) -> bool {
        match self.whose {
            Whose::Everybodys => true,
            Whose::Peoples => owing.people > 0,
            Whose::Posts => owing.posts > 0,
            Whose::Organisations => owing.organisations > 0,
            Whose::PostsOrOrganisations => owing.posts + owing.organisations > 0,
        }
    }
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
            whose: Whose::Everybodys,
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
            whose: Whose::Everybodys,
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
                whose: Whose::Peoples,
            },
            Self {
                person: "p.person_id",
                join: format!("JOIN posts p ON {}", holder("p")),
                condition: "d.owed_by_post IS NOT NULL".into(),
                whose: Whose::Posts,
            },
            Self {
                person: "p.person_id",
                join: format!("JOIN posts p ON {staff}"),
                condition: "d.owed_by_organisation_id IS NOT NULL".into(),
                whose: Whose::Organisations,
            },
            Self { whose: Whose::PostsOrOrganisations, ..Self::desk(Desk::TOWNSHIP, &[], &nobody, today) },
            Self { whose: Whose::PostsOrOrganisations, ..Self::desk(Desk::COUNTY, &[Desk::TOWNSHIP], &nobody, today) },
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
