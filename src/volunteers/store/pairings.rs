use diesel::prelude::*;

use crate::children;
use crate::clock::Instant;
use crate::identity::Scope;
use crate::problem::Outcome;
use crate::storage::schema::{children as ledger, pairings, volunteers};
use crate::storage::{Conn, Db, changed, insert_once};
use crate::volunteers::pairing::{EndReason, FamilyVoice, PairingKind, PairingState, PauseReason};

/// A pairing as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = pairings)]
pub struct Pairing {
    pub id: i64,
    pub volunteer_id: i64,
    pub child_id: i64,
    pub kind: PairingKind,
    pub service_forms: String,
    pub state: PairingState,
    pub why: String,
    pub proposed_at: Instant,
    pub family_voice: Option<FamilyVoice>,
    pub began_at: Option<Instant>,
    pub resumed_at: Option<Instant>,
    pub paused_at: Option<Instant>,
    pub pause_reason: Option<PauseReason>,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<EndReason>,
    pub version: i64,
}

/// A pairing to propose.
#[derive(Clone, Debug)]
pub struct NewPairing {
    pub volunteer_id: i64,
    pub child_id: i64,
    pub kind: PairingKind,
    pub service_forms: String,
    /// The reasons that were before the person who decided, as codes.
    pub why: String,
    pub proposed_by: i64,
}

/// What a pairing's household and village are now.
#[derive(Clone, Debug, Queryable)]
pub struct PairedChild {
    pub name: String,
    pub household_id: i64,
    pub village_code: String,
    pub risk_level: String,
    pub exited_at: Option<Instant>,
}

/// The states in which a pairing stands between a volunteer and a child.
pub const OPEN_PAIRINGS: [PairingState; 3] = [PairingState::Proposed, PairingState::Active, PairingState::Paused];

/// Stores a proposal; `None` when the two are paired already.
pub fn insert_pairing(tx: &mut Conn, now: Instant, new: &NewPairing) -> Outcome<Option<i64>> {
    Ok(insert_once(tx, |tx| {
        diesel::insert_into(pairings::table)
            .values((
                pairings::volunteer_id.eq(new.volunteer_id),
                pairings::child_id.eq(new.child_id),
                pairings::kind.eq(new.kind),
                pairings::service_forms.eq(&new.service_forms),
                pairings::state.eq(PairingState::Proposed),
                pairings::why.eq(&new.why),
                pairings::proposed_by.eq(new.proposed_by),
                pairings::proposed_at.eq(now),
            ))
            .returning(pairings::id)
            .get_result(tx)
    })?)
}

pub fn pairing(conn: &mut Conn, id: i64) -> Outcome<Pairing> {
    Ok(pairings::table.find(id).select(Pairing::as_select()).first(conn)?)
}

/// # Errors
/// *Not found* when the child is not in the caller's sight.
pub fn pairing_visible(conn: &mut Conn, scope: &Scope, id: i64) -> Outcome<Pairing> {
    Ok(pairings::table
        .select(Pairing::as_select())
        .filter(pairings::id.eq(id))
        .filter(pairings::child_id.eq_any(children::visible_ids(scope)))
        .first(conn)?)
}

/// The pairings of children in the caller's sight, of one child or one volunteer where asked, newest first.
pub fn pairings_visible(
    conn: &mut Conn,
    scope: &Scope,
    (child_id, volunteer_id, state): (Option<i64>, Option<i64>, Option<PairingState>),
    before: Option<i64>,
    limit: i64,
) -> Outcome<Vec<Pairing>> {
    let mut query = pairings::table
        .select(Pairing::as_select())
        .filter(pairings::child_id.eq_any(children::visible_ids(scope)))
        .into_boxed::<Db>();
    if let Some(child_id) = child_id {
        query = query.filter(pairings::child_id.eq(child_id));
    }
    if let Some(volunteer_id) = volunteer_id {
        query = query.filter(pairings::volunteer_id.eq(volunteer_id));
    }
    if let Some(state) = state {
        query = query.filter(pairings::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(pairings::id.lt(before));
    }
    Ok(query.order(pairings::id.desc()).limit(limit).load(conn)?)
}

/// The pairings of a volunteer that have not ended.
pub fn open_pairings_of(conn: &mut Conn, volunteer_id: i64) -> Outcome<Vec<Pairing>> {
    Ok(pairings::table
        .select(Pairing::as_select())
        .filter(pairings::volunteer_id.eq(volunteer_id))
        .filter(pairings::state.eq_any(OPEN_PAIRINGS))
        .order(pairings::id)
        .load(conn)?)
}

/// The pairings of a child that have not ended.
pub fn open_pairings_with(conn: &mut Conn, child_id: i64) -> Outcome<Vec<Pairing>> {
    Ok(pairings::table
        .select(Pairing::as_select())
        .filter(pairings::child_id.eq(child_id))
        .filter(pairings::state.eq_any(OPEN_PAIRINGS))
        .order(pairings::id)
        .load(conn)?)
}

/// All pairings in a state, by id after `after`.
pub fn pairings_in(conn: &mut Conn, state: PairingState, after: i64, limit: i64) -> Outcome<Vec<Pairing>> {
    Ok(pairings::table
        .select(Pairing::as_select())
        .filter(pairings::state.eq(state))
        .filter(pairings::id.gt(after))
        .order(pairings::id)
        .limit(limit)
        .load(conn)?)
}

/// The latest pairing that ever began between this person and each of some children.
pub fn pairings_that_began(conn: &mut Conn, person_id: i64, child_ids: &[i64]) -> Outcome<Vec<Pairing>> {
    Ok(pairings::table
        .inner_join(volunteers::table)
        .filter(volunteers::person_id.eq(person_id))
        .filter(pairings::child_id.eq_any(child_ids.to_vec()))
        .filter(pairings::began_at.is_not_null())
        .order(pairings::id)
        .select(Pairing::as_select())
        .load(conn)?)
}

pub fn person_of_volunteer(conn: &mut Conn, volunteer_id: i64) -> Outcome<i64> {
    Ok(volunteers::table.find(volunteer_id).select(volunteers::person_id).first(conn)?)
}

pub fn paired_child(conn: &mut Conn, child_id: i64) -> Outcome<PairedChild> {
    Ok(ledger::table
        .find(child_id)
        .select((ledger::name, ledger::household_id, ledger::village_code, ledger::risk_level, ledger::exited_at))
        .first(conn)?)
}

/// The family agrees: the pairing begins.
pub fn begin_pairing(tx: &mut Conn, now: Instant, before: &Pairing, voice: FamilyVoice, by: i64) -> Outcome<()> {
    let rows = diesel::update(guarded(before))
        .set((
            pairings::state.eq(PairingState::Active),
            pairings::family_voice.eq(voice),
            pairings::family_recorded_by.eq(by),
            pairings::began_at.eq(now),
            pairings::version.eq(pairings::version + 1),
        ))
        .execute(tx)?;
    changed(rows)
}

pub fn decline_pairing(tx: &mut Conn, now: Instant, before: &Pairing, voice: FamilyVoice, by: i64) -> Outcome<()> {
    let rows = diesel::update(guarded(before))
        .set((
            pairings::state.eq(PairingState::Declined),
            pairings::family_voice.eq(voice),
            pairings::family_recorded_by.eq(by),
            pairings::ended_at.eq(now),
            pairings::version.eq(pairings::version + 1),
        ))
        .execute(tx)?;
    changed(rows)
}

pub fn pause_pairing(tx: &mut Conn, now: Instant, before: &Pairing, reason: PauseReason) -> Outcome<()> {
    let rows = diesel::update(guarded(before))
        .set((
            pairings::state.eq(PairingState::Paused),
            pairings::paused_at.eq(now),
            pairings::pause_reason.eq(reason),
            pairings::version.eq(pairings::version + 1),
        ))
        .execute(tx)?;
    changed(rows)
}

pub fn resume_pairing(tx: &mut Conn, now: Instant, before: &Pairing) -> Outcome<()> {
    let rows = diesel::update(guarded(before))
        .set((
            pairings::state.eq(PairingState::Active),
            pairings::resumed_at.eq(now),
            pairings::pause_reason.eq(None::<PauseReason>),
            pairings::version.eq(pairings::version + 1),
        ))
        .execute(tx)?;
    changed(rows)
}

pub fn end_pairing(
    tx: &mut Conn,
    now: Instant,
    before: &Pairing,
    reason: EndReason,
    note_sealed: Option<&str>,
) -> Outcome<()> {
    let rows = diesel::update(guarded(before))
        .set((
            pairings::state.eq(PairingState::Ended),
            pairings::ended_at.eq(now),
            pairings::end_reason.eq(reason),
            pairings::end_note_sealed.eq(note_sealed),
            pairings::version.eq(pairings::version + 1),
        ))
        .execute(tx)?;
    changed(rows)
}

#[diesel::dsl::auto_type]
fn guarded(before: &Pairing) -> _ {
    let (id, state, version): (i64, PairingState, i64) = (before.id, before.state, before.version);
    pairings::table.filter(pairings::id.eq(id)).filter(pairings::state.eq(state)).filter(pairings::version.eq(version))
}
