//! Agreements.

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::children;
use crate::clock::Instant;
use crate::config::SigningMode;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::agreement::{AgreementEnd, AgreementState, CarerKind};
use crate::guardianship::bars::Declaration;
use crate::guardianship::evidence::GENESIS;
use crate::guardianship::remuneration::{Payer, Period, Terms};
use crate::guardianship::text::LivingCosts;
use crate::identity::Scope;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::schema::{agreement_parties, agreements};
use crate::storage::{Conn, Db, changed};

pub use super::document::document_hash;
pub(in crate::guardianship) use super::document::{document, freeze};
pub use super::party::{Party, parties};
pub(in crate::guardianship) use super::party::{insert_party, party_facts};

/// One version of an agreement, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = agreements)]
pub(in crate::guardianship) struct Agreement {
    pub id: i64,
    pub root_id: Option<i64>,
    pub revision: i64,
    pub replaces_id: Option<i64>,
    /// What the replaced version ends as: `amended` or `renewed`.
    pub replaces_how: Option<AgreementEnd>,
    pub child_id: i64,
    pub carer_id: i64,
    pub village_code: String,
    pub kind: CarerKind,
    pub state: AgreementState,
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
    pub details_sealed: String,
    pub amount_fen: Option<i64>,
    pub pay_period: Option<Period>,
    pub payer: Option<Payer>,
    pub declaration_sealed: Option<String>,
    pub consent: Option<bool>,
    pub consented_on: Option<NaiveDate>,
    pub document_hash: Option<String>,
    pub signing_mode: Option<SigningMode>,
    pub sent_at: Option<Instant>,
    pub in_force_at: Option<Instant>,
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<AgreementEnd>,
    pub evidence_count: i64,
    pub evidence_head: String,
    pub version: i64,
    pub created_at: Instant,
}

/// What an agreement says in words, sealed as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub reason: String,
    pub relation: Option<String>,
    pub daily: Option<String>,
    pub health: Option<String>,
    pub living_costs: Option<LivingCosts>,
}

impl Details {
    /// All of it, for whoever asks whether it can be printed.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let more = [&self.relation, &self.daily, &self.health].into_iter().filter_map(Option::as_deref);
        std::iter::once(self.reason.as_str()).chain(more)
    }
}

impl Agreement {
    /// The number people quote: WT-2026-000017.
    pub fn number(&self) -> String {
        format!("WT-{}-{:06}", self.created_at.date().year(), self.id)
    }

    /// The id of the first version.
    pub fn root(&self) -> i64 {
        self.root_id.unwrap_or(self.id)
    }

    pub fn terms(&self) -> Option<Terms> {
        match (self.amount_fen, self.pay_period, self.payer) {
            (Some(amount_fen), Some(period), Some(payer)) => Some(Terms { amount_fen, period, payer }),
            _ => None,
        }
    }

    pub fn details(&self, vault: &Vault) -> Outcome<Details> {
        serde_json::from_str(&vault.open(Purpose::Narrative, &self.details_sealed)?).map_err(Fault::internal)
    }

    pub fn declaration(&self, vault: &Vault) -> Outcome<Option<Declaration>> {
        let text = vault.open_option(Purpose::Narrative, self.declaration_sealed.as_deref())?;
        text.map(|text| serde_json::from_str(&text).map_err(Fault::internal)).transpose()
    }
}

/// A draft to keep.
pub(in crate::guardianship) struct NewAgreement {
    pub replaces: Option<(Agreement, AgreementEnd)>,
    pub child_id: i64,
    pub carer_id: i64,
    pub village_code: String,
    pub kind: CarerKind,
    pub term_from: NaiveDate,
    pub term_until: NaiveDate,
    pub details: Details,
    pub terms: Option<Terms>,
}

pub(in crate::guardianship) fn insert(tx: &mut Conn, vault: &Vault, now: Instant, new: &NewAgreement) -> Outcome<i64> {
    let replaced = new.replaces.as_ref().map(|(old, _)| old);
    Ok(diesel::insert_into(agreements::table)
        .values((
            agreements::root_id.eq(replaced.map(Agreement::root)),
            agreements::revision.eq(replaced.map_or(1, |old| old.revision + 1)),
            agreements::replaces_id.eq(replaced.map(|old| old.id)),
            agreements::replaces_how.eq(new.replaces.as_ref().map(|(_, how)| *how)),
            agreements::child_id.eq(new.child_id),
            agreements::carer_id.eq(new.carer_id),
            agreements::village_code.eq(&new.village_code),
            agreements::kind.eq(new.kind),
            agreements::state.eq(AgreementState::Draft),
            agreements::term_from.eq(new.term_from),
            agreements::term_until.eq(new.term_until),
            agreements::details_sealed.eq(seal(vault, &new.details)?),
            agreements::amount_fen.eq(new.terms.map(|terms| terms.amount_fen)),
            agreements::pay_period.eq(new.terms.map(|terms| terms.period)),
            agreements::payer.eq(new.terms.map(|terms| terms.payer)),
            agreements::evidence_head.eq(GENESIS),
            agreements::created_at.eq(now),
        ))
        .returning(agreements::id)
        .get_result(tx)?)
}

/// What a step changes; `None` leaves a column as it is.
#[derive(AsChangeset, Default)]
#[diesel(table_name = agreements)]
pub(in crate::guardianship) struct Change {
    pub state: Option<AgreementState>,
    pub declaration_sealed: Option<String>,
    pub assessment_id: Option<i64>,
    pub consent: Option<bool>,
    pub consented_on: Option<NaiveDate>,
    pub document_hash: Option<String>,
    pub signing_mode: Option<SigningMode>,
    pub sent_at: Option<Instant>,
    pub in_force_at: Option<Instant>,
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<AgreementEnd>,
    pub term_from: Option<NaiveDate>,
    pub term_until: Option<NaiveDate>,
    pub details_sealed: Option<String>,
    pub amount_fen: Option<Option<i64>>,
    pub pay_period: Option<Option<Period>>,
    pub payer: Option<Option<Payer>>,
}

/// Changes an agreement that is still in state `from`.
///
/// # Errors
/// 409 when it is not any more.
pub(in crate::guardianship) fn change(tx: &mut Conn, id: i64, from: AgreementState, change: Change) -> Outcome<()> {
    let rows = diesel::update(agreements::table.filter(agreements::id.eq(id)).filter(agreements::state.eq(from)))
        .set((change, agreements::version.eq(agreements::version + 1)))
        .execute(tx)?;
    changed(rows)
}

/// Holds the agreement's row until the transaction ends, so that steps on one agreement follow each other.
pub(in crate::guardianship) fn hold(tx: &mut Conn, id: i64) -> Outcome<Agreement> {
    diesel::update(agreements::table.find(id)).set(agreements::version.eq(agreements::version)).execute(tx)?;
    load(tx, id)
}

pub(in crate::guardianship) fn load(conn: &mut Conn, id: i64) -> Outcome<Agreement> {
    Ok(agreements::table.find(id).select(Agreement::as_select()).first(conn)?)
}

/// The agreement on which somebody is a party; none for a party that does not exist.
pub fn agreement_of(conn: &mut Conn, party_id: i64) -> Outcome<Option<i64>> {
    let found = agreement_parties::table.find(party_id).select(agreement_parties::agreement_id).first(conn);
    Ok(found.optional()?)
}

/// How a caller may have come to an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::guardianship) enum Reach {
    /// Through the child: by area of a post, or by a tie.
    Child,
    /// Through the child, or by being named on the agreement.
    ChildOrParty,
}

/// # Errors
/// *Not found* when the agreement is beyond the caller's reach.
pub(in crate::guardianship) fn require(conn: &mut Conn, scope: &Scope, reach: Reach, id: i64) -> Outcome<()> {
    let person_id = if reach == Reach::ChildOrParty { scope.person_id } else { 0 };
    let found: i64 = agreements::table
        .filter(agreements::id.eq(id))
        .filter(
            agreements::child_id.eq_any(children::visible_ids(scope)).or(agreements::id.eq_any(named_on(person_id))),
        )
        .count()
        .get_result(conn)?;
    if found == 0 { Err(Problem::not_found().into()) } else { Ok(()) }
}

#[diesel::dsl::auto_type]
fn named_on(person_id: i64) -> _ {
    agreement_parties::table
        .filter(agreement_parties::person_id.assume_not_null().eq(person_id))
        .select(agreement_parties::agreement_id)
}

/// What a list is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::guardianship) struct Narrow {
    pub child_id: Option<i64>,
    pub carer_id: Option<i64>,
    pub state: Option<AgreementState>,
    pub ends_before: Option<NaiveDate>,
    pub after_id: Option<i64>,
}

pub(in crate::guardianship) fn list(
    conn: &mut Conn,
    scope: &Scope,
    narrow: Narrow,
    limit: i64,
) -> Outcome<Vec<Agreement>> {
    let mut query = agreements::table
        .select(Agreement::as_select())
        .filter(
            agreements::child_id
                .eq_any(children::visible_ids(scope))
                .or(agreements::id.eq_any(named_on(scope.person_id))),
        )
        .order(agreements::id)
        .limit(limit)
        .into_boxed::<Db>();
    if let Some(child_id) = narrow.child_id {
        query = query.filter(agreements::child_id.eq(child_id));
    }
    if let Some(carer_id) = narrow.carer_id {
        query = query.filter(agreements::carer_id.eq(carer_id));
    }
    if let Some(state) = narrow.state {
        query = query.filter(agreements::state.eq(state));
    }
    if let Some(day) = narrow.ends_before {
        query = query.filter(agreements::term_until.lt(day));
    }
    if let Some(after_id) = narrow.after_id {
        query = query.filter(agreements::id.gt(after_id));
    }
    Ok(query.load(conn)?)
}

/// The agreements of a child in one of `states`, oldest first.
pub(in crate::guardianship) fn of_child(
    conn: &mut Conn,
    child_id: i64,
    states: &[AgreementState],
) -> Outcome<Vec<Agreement>> {
    Ok(agreements::table
        .select(Agreement::as_select())
        .filter(agreements::child_id.eq(child_id))
        .filter(agreements::state.eq_any(states.to_vec()))
        .order(agreements::id)
        .load(conn)?)
}

/// Every agreement that is pending or in force, by id.
pub(in crate::guardianship) fn alive(conn: &mut Conn) -> Outcome<Vec<Agreement>> {
    let over = vec![AgreementState::Ended, AgreementState::Declined, AgreementState::Lapsed];
    Ok(agreements::table
        .select(Agreement::as_select())
        .filter(agreements::state.ne_all(over))
        .order(agreements::id)
        .load(conn)?)
}

/// The version in force that takes the place of another.
pub(in crate::guardianship) fn successor(conn: &mut Conn, id: i64) -> Outcome<Option<Agreement>> {
    Ok(agreements::table
        .select(Agreement::as_select())
        .filter(agreements::replaces_id.eq(id))
        .filter(agreements::state.eq(AgreementState::InForce))
        .first(conn)
        .optional()?)
}

/// How many other children are in this carer's care on `today`.
pub(in crate::guardianship) fn other_children_in_care(
    conn: &mut Conn,
    carer_id: i64,
    child_id: i64,
    today: NaiveDate,
) -> Outcome<i64> {
    let children: Vec<i64> = agreements::table
        .filter(agreements::carer_id.eq(carer_id))
        .filter(agreements::child_id.ne(child_id))
        .filter(agreements::state.eq(AgreementState::InForce))
        .filter(agreements::term_until.ge(today))
        .select(agreements::child_id)
        .distinct()
        .load(conn)?;
    Ok(i64::try_from(children.len()).unwrap_or(i64::MAX))
}

/// The agreement people quote by this number.
pub(in crate::guardianship) fn numbered(conn: &mut Conn, number: &str) -> Outcome<Option<Agreement>> {
    let Some(id) = number.rsplit('-').next().and_then(|id| id.parse::<i64>().ok()) else { return Ok(None) };
    let found: Option<Agreement> = agreements::table.find(id).select(Agreement::as_select()).first(conn).optional()?;
    Ok(found.filter(|agreement| agreement.number() == number))
}

pub(in crate::guardianship) fn seal(vault: &Vault, value: &impl Serialize) -> Outcome<String> {
    vault.seal(Purpose::Narrative, &serde_json::to_string(value).map_err(Fault::internal)?)
}
