//! The chain of the access log: an entry that is removed, altered or slipped in is found.
//!
//! ```text
//!  entry 1 ──hash──▶ entry 2 ──hash──▶ … ──hash──▶ entry n = head (in `chains`)
//! ```
//!
//! The hash is keyed: whoever can write to the database but has not the keys cannot make it anew. Cutting entries off the
//! end and setting the head back would go unseen by the chain alone, so `xiangban audit verify` prints its length and
//! head: an earlier pair, kept elsewhere, is compared with `--anchor`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;

use super::Access;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault, same};
use crate::problem::{Fault, Outcome};
use crate::storage::schema::{access_log, chains};
use crate::storage::{Conn, Store, insert_once};

const NAME: &str = "access_log";
const ROWS_AT_ONCE: i64 = 2_000;

/// Where the chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub length: i64,
    pub hash: String,
}

/// Takes the chain for this transaction: other processes wait until it is put back.
pub(super) fn take(tx: &mut Conn) -> Outcome<Head> {
    if let Some(head) = locked(tx)? {
        return Ok(head);
    }
    // The first entry of all begins the chain; what lies there already stays outside.
    let unchained: i64 = access_log::table.count().get_result(tx)?;
    insert_once(tx, |tx| {
        diesel::insert_into(chains::table)
            .values((chains::name.eq(NAME), chains::length.eq(0), chains::head.eq(""), chains::unchained.eq(unchained)))
            .execute(tx)
    })?;
    locked(tx)?.ok_or_else(|| Fault::internal("the access log has no chain"))
}

fn locked(tx: &mut Conn) -> Outcome<Option<Head>> {
    let head: Option<(i64, String)> = diesel::update(chains::table.find(NAME))
        .set(chains::length.eq(chains::length))
        .returning((chains::length, chains::head))
        .get_result(tx)
        .optional()?;
    Ok(head.map(|(length, hash)| Head { length, hash }))
}

/// Writes an entry behind `head`, which moves on to it.
pub(super) fn append(tx: &mut Conn, vault: &Vault, head: &mut Head, access: &Access) -> Outcome<()> {
    head.length += 1;
    head.hash = hash(vault, &head.hash, &Linked::of(head.length, access))?;
    diesel::insert_into(access_log::table)
        .values((
            access_log::at.eq(access.at),
            access_log::person_id.eq(access.person_id),
            access_log::post.eq(&access.post),
            access_log::organisation_id.eq(access.organisation_id),
            access_log::child_id.eq(access.child_id),
            access_log::what.eq(access.what),
            access_log::fields.eq(access.fields),
            access_log::purpose.eq(access.purpose),
            access_log::reason_sealed.eq(vault.seal_option(Purpose::Narrative, access.reason.as_deref())?),
            access_log::from_address.eq(&access.from_address),
            access_log::place.eq(head.length),
            access_log::hash.eq(&head.hash),
        ))
        .execute(tx)?;
    Ok(())
}

/// Leaves the chain to others.
pub(super) fn put_back(tx: &mut Conn, head: &Head) -> Outcome<()> {
    diesel::update(chains::table.find(NAME))
        .set((chains::length.eq(head.length), chains::head.eq(&head.hash)))
        .execute(tx)?;
    Ok(())
}

/// What is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// Entries from `first` to `last` are not there.
    Missing { first: i64, last: i64 },
    /// The entry is not what was written, or the one before it is not.
    Altered { place: i64 },
    /// Entries outside the chain: so many more (or fewer, if negative) than there were before it began.
    Unchained { more: i64 },
    /// The chain does not end where the head says.
    HeadDiffers,
    /// The chain no longer holds the pair that was noted down.
    AnchorDiffers,
}

/// What came of looking at the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub head: Head,
    pub tampering: Vec<Tampering>,
}

/// Reads the whole log. `anchor` is a head that was noted down earlier.
pub fn verify(store: &Store, vault: &Vault, anchor: Option<&Head>, mut tell: impl FnMut(i64)) -> Outcome<Verdict> {
    store.on_snapshot(|conn| {
        let loose: i64 = access_log::table.filter(access_log::place.is_null()).count().get_result(conn)?;
        let chain: Option<(i64, String, i64)> = chains::table
            .find(NAME)
            .select((chains::length, chains::head, chains::unchained))
            .first(conn)
            .optional()?;
        // Before the first entry there is no chain, and all that lies there is from before it.
        let (length, hash, unchained) = chain.unwrap_or_else(|| (0, String::new(), loose));
        let head = Head { length, hash };
        let mut tampering = Vec::new();
        let mut seen = Head { length: 0, hash: String::new() };
        let mut anchored = anchor.is_none_or(|anchor| anchor.length == 0);
        loop {
            let rows = after(conn, seen.length)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let place = row.place.unwrap_or_default();
                if place > seen.length + 1 {
                    tampering.push(Tampering::Missing { first: seen.length + 1, last: place - 1 });
                } else if !same(row.hash.as_deref().unwrap_or_default(), &hash_of(vault, &seen.hash, &row)?) {
                    tampering.push(Tampering::Altered { place });
                }
                seen = Head { length: place, hash: row.hash.unwrap_or_default() };
                anchored |= anchor == Some(&seen);
            }
            tell(seen.length);
        }
        if seen.length < head.length {
            tampering.push(Tampering::Missing { first: seen.length + 1, last: head.length });
        } else if seen != head {
            tampering.push(Tampering::HeadDiffers);
        }
        if !anchored {
            tampering.push(Tampering::AnchorDiffers);
        }
        if loose != unchained {
            tampering.push(Tampering::Unchained { more: loose - unchained });
        }
        Ok(Verdict { head, tampering })
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = access_log)]
struct Row {
    at: Instant,
    person_id: i64,
    post: Option<String>,
    organisation_id: Option<i64>,
    child_id: i64,
    what: String,
    fields: Option<String>,
    purpose: String,
    reason_sealed: Option<String>,
    from_address: Option<String>,
    place: Option<i64>,
    hash: Option<String>,
}

fn after(conn: &mut Conn, place: i64) -> Outcome<Vec<Row>> {
    Ok(access_log::table
        .filter(access_log::place.gt(place))
        .select(Row::as_select())
        .order(access_log::place)
        .limit(ROWS_AT_ONCE)
        .load(conn)?)
}

/// What of an entry the hash covers: all of it, the reason as it reads, so that a change of keys breaks nothing.
#[derive(serde::Serialize)]
struct Linked<'a>(
    i64,
    i64,
    i64,
    Option<&'a str>,
    Option<i64>,
    i64,
    &'a str,
    Option<&'a str>,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
);

impl<'a> Linked<'a> {
    fn of(place: i64, access: &'a Access) -> Self {
        Self(
            place,
            access.at.millis(),
            access.person_id,
            access.post.as_deref(),
            access.organisation_id,
            access.child_id,
            access.what,
            access.fields,
            access.purpose,
            access.reason.as_deref(),
            access.from_address.as_deref(),
        )
    }
}

fn hash_of(vault: &Vault, before: &str, row: &Row) -> Outcome<String> {
    // A reason that does not open was altered: any text but the right one shows that.
    let reason = row.reason_sealed.as_deref().map(|sealed| vault.open(Purpose::Narrative, sealed).unwrap_or_default());
    let linked = Linked(
        row.place.unwrap_or_default(),
        row.at.millis(),
        row.person_id,
        row.post.as_deref(),
        row.organisation_id,
        row.child_id,
        &row.what,
        row.fields.as_deref(),
        &row.purpose,
        reason.as_deref(),
        row.from_address.as_deref(),
    );
    hash(vault, before, &linked)
}

fn hash(vault: &Vault, before: &str, entry: &Linked<'_>) -> Outcome<String> {
    let text = serde_json::to_string(&(before, entry)).map_err(Fault::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(vault.lasting_mac(Purpose::AccessLog, "chain", text.as_bytes())?))
}
