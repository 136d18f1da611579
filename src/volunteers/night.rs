//! What the night finds: proofs that ran out or were renewed, children who left the ledger or changed level.
//! Running it twice, late, or on two machines changes nothing.

use super::pairing::PairingState;
use super::store;
use super::{duties, tending};
use crate::app::App;
use crate::clock::Instant;
use crate::problem::Outcome;

const BATCH: i64 = 100;

/// What one night did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Night {
    pub volunteers: usize,
    /// Pairings paused, resumed or ended.
    pub changes: usize,
}

/// Looks at every volunteer and every open pairing.
pub fn run(app: &App, now: Instant) -> Outcome<Night> {
    let mut night = Night::default();
    let mut after = 0;
    loop {
        let batch = app.store.read(|conn| store::volunteers_after(conn, after, BATCH))?;
        let Some(last) = batch.last() else { break };
        after = last.id;
        night.volunteers += batch.len();
        night.changes += app.store.write(|tx| {
            batch.iter().try_fold(0, |changes, volunteer| {
                duties::sync_renewals(tx, now, volunteer)?;
                Ok(changes + tending::tend(tx, app, now, volunteer.id)?)
            })
        })?;
    }
    for state in [PairingState::Proposed, PairingState::Active, PairingState::Paused] {
        pairings(app, now, state)?;
    }
    Ok(night)
}

fn pairings(app: &App, now: Instant, state: PairingState) -> Outcome<()> {
    let mut after = 0;
    loop {
        let batch = app.store.read(|conn| store::pairings_in(conn, state, after, BATCH))?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.id;
        app.store
            .write(|tx| batch.iter().try_for_each(|pairing| tending::child_changed(tx, app, now, pairing.child_id)))?;
    }
}
