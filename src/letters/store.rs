//! Letters and their sealed files, which lie sealed in the database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::letter::{LetterKind, ServedHow};
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::papers::PaperState;
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::schema::letters;
use crate::storage::{Conn, changed, insert_once};

/// A letter as stored, without its file.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = letters)]
pub(super) struct Letter {
    pub id: i64,
    pub kind: LetterKind,
    pub year: i64,
    pub seq: i64,
    pub child_id: i64,
    pub agreement_id: Option<i64>,
    pub village_code: String,
    pub sender: String,
    pub wording: String,
    pub text_sealed: String,
    pub text_hash: String,
    pub granted: Option<bool>,
    pub amount_fen: Option<i64>,
    pub from_on: Option<NaiveDate>,
    pub until_on: Option<NaiveDate>,
    pub issued_at: Instant,
    pub issued_by: i64,
    pub state: PaperState,
    pub attempts: i64,
    pub trouble: Option<String>,
    pub hash: Option<String>,
    pub sealed_at: Option<Instant>,
    pub stamped_at: Option<Instant>,
    pub served_on: Option<NaiveDate>,
    pub served_how: Option<ServedHow>,
}

impl Letter {
    /// The number people quote: DC-2026-000003.
    pub fn number(&self) -> String {
        number(self.kind, self.year, self.seq)
    }
}

/// A letter to keep.
#[derive(Clone, Debug)]
pub(super) struct NewLetter {
    pub kind: LetterKind,
    pub year: i64,
    pub seq: i64,
    pub child_id: i64,
    pub agreement_id: Option<i64>,
    pub village_code: String,
    pub sender: String,
    pub wording: String,
    pub text: String,
    pub granted: Option<bool>,
    pub amount_fen: Option<i64>,
    pub from_on: Option<NaiveDate>,
    pub until_on: Option<NaiveDate>,
}

impl NewLetter {
    pub fn number(&self) -> String {
        number(self.kind, self.year, self.seq)
    }
}

fn number(kind: LetterKind, year: i64, seq: i64) -> String {
    format!("{}-{year}-{seq:06}", kind.prefix())
}

/// The next number of a kind in the year of `today`.
pub(super) fn next_seq(conn: &mut Conn, kind: LetterKind, today: NaiveDate) -> Outcome<i64> {
    let last: Option<i64> = letters::table
        .filter(letters::kind.eq(kind))
        .filter(letters::year.eq(i64::from(today.year())))
        .order(letters::seq.desc())
        .select(letters::seq)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0) + 1)
}

/// # Errors
/// 409 when somebody else has just taken the number.
pub(super) fn insert(tx: &mut Conn, vault: &Vault, now: Instant, new: &NewLetter, by: i64) -> Outcome<i64> {
    let (text_sealed, text_hash) = (vault.seal(Purpose::Narrative, &new.text)?, vault.digest(new.text.as_bytes()));
    let id = insert_once(tx, |tx| {
        diesel::insert_into(letters::table)
            .values((
                letters::kind.eq(new.kind),
                letters::year.eq(new.year),
                letters::seq.eq(new.seq),
                letters::child_id.eq(new.child_id),
                letters::agreement_id.eq(new.agreement_id),
                letters::village_code.eq(&new.village_code),
                letters::sender.eq(&new.sender),
                letters::wording.eq(&new.wording),
                letters::text_sealed.eq(&text_sealed),
                letters::text_hash.eq(&text_hash),
                letters::granted.eq(new.granted),
                letters::amount_fen.eq(new.amount_fen),
                letters::from_on.eq(new.from_on),
                letters::until_on.eq(new.until_on),
                letters::issued_at.eq(now),
                letters::issued_by.eq(by),
                letters::state.eq(PaperState::Due),
                letters::try_at.eq(now),
            ))
            .returning(letters::id)
            .get_result(tx)
    })?;
    id.ok_or_else(|| Problem::of("conflict").into())
}

pub(super) fn load(conn: &mut Conn, id: i64) -> Outcome<Letter> {
    Ok(letters::table.find(id).select(Letter::as_select()).first(conn)?)
}

/// The letters about a child, the newest first.
pub(super) fn of_child(conn: &mut Conn, child_id: i64) -> Outcome<Vec<Letter>> {
    Ok(letters::table
        .filter(letters::child_id.eq(child_id))
        .order(letters::id.desc())
        .select(Letter::as_select())
        .load(conn)?)
}

/// The letter people quote by this number.
pub(super) fn numbered(conn: &mut Conn, number: &str) -> Outcome<Option<Letter>> {
    let mut parts = number.split('-');
    let (prefix, year, seq) = (parts.next(), parts.next(), parts.next());
    let kind = LetterKind::ALL.iter().find(|kind| Some(kind.prefix()) == prefix);
    let (Some(kind), Some(year), Some(seq)) = (kind, year.and_then(|text| text.parse::<i64>().ok()), seq) else {
        return Ok(None);
    };
    let Ok(seq) = seq.parse::<i64>() else { return Ok(None) };
    let found = letters::table
        .filter(letters::kind.eq(kind))
        .filter(letters::year.eq(year))
        .filter(letters::seq.eq(seq))
        .select(Letter::as_select())
        .first(conn)
        .optional()?;
    Ok(found)
}

/// The times for which a subsidy was granted for a child.
pub(super) fn granted_for(conn: &mut Conn, child_id: i64) -> Outcome<Vec<(NaiveDate, NaiveDate)>> {
    let times: Vec<(Option<NaiveDate>, Option<NaiveDate>)> = letters::table
        .filter(letters::child_id.eq(child_id))
        .filter(letters::granted.eq(true))
        .select((letters::from_on, letters::until_on))
        .load(conn)?;
    Ok(times.into_iter().filter_map(|(from, until)| Some((from?, until?))).collect())
}

/// The letters in `state` whose time has come, the longest waiting first.
pub(super) fn waiting(conn: &mut Conn, state: PaperState, now: Instant, limit: i64) -> Outcome<Vec<i64>> {
    Ok(letters::table
        .filter(letters::state.eq(state))
        .filter(letters::try_at.le(now))
        .order((letters::try_at, letters::id))
        .limit(limit)
        .select(letters::id)
        .load(conn)?)
}

/// The sealed file.
pub(super) fn file(conn: &mut Conn, vault: &Vault, id: i64) -> Outcome<Option<Vec<u8>>> {
    let sealed: Option<String> = letters::table.find(id).select(letters::file_sealed).first(conn)?;
    sealed.map(|sealed| STANDARD.decode(vault.open(Purpose::Narrative, &sealed)?).map_err(Fault::internal)).transpose()
}

/// Keeps the sealed file, if nobody has meanwhile.
///
/// # Errors
/// 409 when the letter is not due any more.
pub(super) fn keep_sealed(tx: &mut Conn, vault: &Vault, now: Instant, id: i64, file: &[u8]) -> Outcome<()> {
    let due = letters::table.find(id).filter(letters::state.eq(PaperState::Due));
    changed(
        diesel::update(due)
            .set((
                letters::state.eq(PaperState::Sealed),
                letters::file_sealed.eq(vault.seal(Purpose::Narrative, &STANDARD.encode(file))?),
                letters::hash.eq(vault.digest(file)),
                letters::sealed_at.eq(now),
                letters::attempts.eq(0),
                letters::try_at.eq(now),
                letters::trouble.eq(None::<String>),
            ))
            .execute(tx)?,
    )
}

/// Keeps the stamped file in the place of the one with `hash`.
///
/// # Errors
/// 409 when that one is not there any more.
pub(super) fn keep_stamped(
    tx: &mut Conn,
    vault: &Vault,
    (id, hash): (i64, &str),
    file: &[u8],
    (at, by): (Instant, Option<&str>),
) -> Outcome<()> {
    let sealed = letters::table.find(id).filter(letters::state.eq(PaperState::Sealed)).filter(letters::hash.eq(hash));
    changed(
        diesel::update(sealed)
            .set((
                letters::state.eq(PaperState::Stamped),
                letters::file_sealed.eq(vault.seal(Purpose::Narrative, &STANDARD.encode(file))?),
                letters::hash.eq(vault.digest(file)),
                letters::stamped_at.eq(at),
                letters::stamped_by.eq(by),
                letters::trouble.eq(None::<String>),
            ))
            .execute(tx)?,
    )
}

/// An attempt failed: why, and when to try again.
pub(super) fn note_trouble(tx: &mut Conn, id: i64, trouble: &str, try_at: Instant) -> Outcome<()> {
    diesel::update(letters::table.find(id))
        .set((letters::attempts.eq(letters::attempts + 1), letters::trouble.eq(trouble), letters::try_at.eq(try_at)))
        .execute(tx)?;
    Ok(())
}

/// Writes down how a letter was served, once.
///
/// # Errors
/// 409 when it was written down before.
pub(super) fn serve(
    tx: &mut Conn,
    id: i64,
    (on, how): (NaiveDate, ServedHow),
    note_sealed: Option<String>,
    by: i64,
) -> Outcome<()> {
    let rows = diesel::update(letters::table.find(id).filter(letters::served_on.is_null()))
        .set((
            letters::served_on.eq(on),
            letters::served_how.eq(how),
            letters::served_note_sealed.eq(note_sealed),
            letters::served_by.eq(by),
        ))
        .execute(tx)?;
    if rows == 1 { Ok(()) } else { Err(Problem::of("letter_served").into()) }
}
