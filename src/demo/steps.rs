//! Loading, step by step: each step is one transaction that leaves its mark, so a second start does nothing.

use diesel::prelude::*;

use super::{Ground, county, ledger};
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

type Work = fn(&App, &Ground, &mut Conn, Instant) -> Outcome<()>;

/// The steps in order, with the names of their marks.
const STEPS: &[(&str, Work)] = &[("demo.county", county::found), ("demo.ledgers", ledger::take_in)];

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
pub fn load(app: &App, now: Instant, mut tell: impl FnMut(&str)) -> Outcome<Loaded> {
    let ground = Ground::read()?;
    if !is_loaded(app)? && !is_empty(app)? {
        return Err(Fault::internal("this database holds a county already; the demo goes into an empty one"));
    }
    let mut loaded = Loaded::default();
    for (name, work) in STEPS {
        if app.store.read(|conn| is_marked(conn, &ground, name))? {
            loaded.steps_skipped += 1;
            continue;
        }
        tell(name);
        app.store.write(|tx| {
            work(app, &ground, tx, now)?;
            mark(tx, &ground, name, now)
        })?;
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
