//! Loading, step by step: each step leaves its mark with what it wrote, so a second start does nothing, and a start that
//! was interrupted goes on where it stood.

use diesel::prelude::*;

use super::{Ground, county, ledger, life};
use crate::app::App;
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{area_settings, areas};

/// What a call of [`load`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub steps_done: usize,
    pub steps_skipped: usize,
}

/// What a step does.
enum Work {
    /// Writes records, all or none.
    Records(fn(&App, &Ground, &mut Conn, Instant) -> Outcome<()>),
    /// Runs jobs, which keep their own transactions; run again after an interruption they do what is left.
    Jobs(fn(&App, &Ground, Instant) -> Outcome<()>),
}

/// The steps in order, with the names of their marks.
const STEPS: &[(&str, Work)] = &[
    ("demo.county", Work::Records(county::found)),
    ("demo.ledgers", Work::Records(ledger::take_in)),
    ("demo.records", Work::Records(life::desk::confirm_records)),
    ("demo.phones", Work::Records(life::calls::verify_phones)),
    ("demo.care", Work::Records(life::care::entrust)),
    ("demo.calls", Work::Records(life::calls::phone_home)),
    ("demo.numbers", Work::Records(life::calls::lose_numbers)),
    ("demo.company", Work::Records(life::company::volunteer)),
    ("demo.moves", Work::Records(life::desk::move_children)),
    ("demo.reports", Work::Records(life::desk::report_danger)),
    ("demo.nights", Work::Jobs(life::post::nights)),
    ("demo.post", Work::Jobs(life::post::deliver)),
];

/// Whether the database holds a demo county (or a part of one).
pub fn is_loaded(app: &App) -> Outcome<bool> {
    let ground = Ground::read()?;
    app.store.read(|conn| is_marked(conn, &ground, STEPS.first().map_or("", |(name, _)| name)))
}

/// Whether the database holds no area yet, and so nothing at all.
pub fn is_empty(app: &App) -> Outcome<bool> {
    app.store.read(|conn| Ok(areas::table.count().get_result::<i64>(conn)? == 0))
}

/// Brings the demo county in; `tell` hears the name of each step before it runs.
///
/// # Errors
/// A database that holds another county.
pub fn load(app: &App, now: Instant, tell: impl FnMut(&str)) -> Outcome<Loaded> {
    load_steps(app, now, STEPS, tell)
}

/// As [`load`], but nothing has happened yet: the offices, and the ledgers as the villages handed them in.
///
/// # Errors
/// As [`load`].
pub fn load_ledgers(app: &App, now: Instant) -> Outcome<Loaded> {
    load_steps(app, now, STEPS.get(..2).unwrap_or_default(), |_| {})
}

fn load_steps(app: &App, now: Instant, steps: &[(&str, Work)], mut tell: impl FnMut(&str)) -> Outcome<Loaded> {
    let ground = Ground::read()?;
    if !is_loaded(app)? && !is_empty(app)? {
        return Err(Fault::internal("this database holds a county already; the demo goes into an empty one"));
    }
    let mut loaded = Loaded::default();
    for (name, work) in steps {
        if app.store.read(|conn| is_marked(conn, &ground, name))? {
            loaded.steps_skipped += 1;
            continue;
        }
        tell(name);
        match work {
            Work::Records(write) => app.store.write(|tx| {
                write(app, &ground, tx, now)?;
                mark(tx, &ground, name, now)
            })?,
            Work::Jobs(run) => {
                run(app, &ground, now)?;
                app.store.write(|tx| mark(tx, &ground, name, now))?;
            }
        }
        loaded.steps_done += 1;
    }
    Ok(loaded)
}

fn is_marked(conn: &mut Conn, ground: &Ground, name: &str) -> Outcome<bool> {
    let marks: i64 = area_settings::table
        .filter(area_settings::area_code.eq(ground.county.code()))
        .filter(area_settings::name.eq(name))
        .count()
        .get_result(conn)?;
    Ok(marks > 0)
}

fn mark(tx: &mut Conn, ground: &Ground, name: &str, now: Instant) -> Outcome<()> {
    diesel::insert_into(area_settings::table)
        .values((
            area_settings::area_code.eq(ground.county.code()),
            area_settings::name.eq(name),
            area_settings::value.eq(now.to_string()),
            area_settings::set_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}
