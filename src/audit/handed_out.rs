//! Files that leave the house (DOMAIN 4.7): each has a number, which is that of its audit event and stands on every page
//! with who took it and when, so that a file that turns up elsewhere leads back to its taker.

use std::sync::LazyLock;

use diesel::prelude::*;
use rust_xlsxwriter::Worksheet;
use serde::{Deserialize, Serialize};

use super::{Event, record_numbered};
use crate::clock::Instant;
use crate::identity::person;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::audit_events;
use crate::{text_enum, words};

text_enum! {
    /// What kind of file was handed out; also the action in the audit.
    pub enum FileKind {
        Ledger = "ledger.exported",
        AuditReport = "audit_report.taken",
    }
}

#[derive(Default, Deserialize)]
struct Texts {
    mark: String,
    operator: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| toml::from_str(include_str!("handed_out.toml")).unwrap_or_default());

/// Writes down that a file is handed out and returns the mark that it must bear. `event.action` is overwritten by `kind`.
pub fn hand_out(
    tx: &mut Conn,
    now: Instant,
    kind: FileKind,
    event: &Event<'_>,
    detail: &impl Serialize,
) -> Outcome<String> {
    let event = Event { action: kind.as_str(), ..event.clone() };
    let number = record_numbered(tx, now, &event, detail)?;
    let who = match event.actor {
        Some(actor) => {
            let posts = words::of("PostKind");
            let post = actor.posts.first().and_then(|post| posts?.get(post.kind.as_str()));
            format!("{} {}", post.map_or("", String::as_str), person(tx, actor.person_id)?.name).trim().to_owned()
        }
        None => TEXTS.operator.clone(),
    };
    let at = now.local().format("%Y-%m-%d %H:%M").to_string();
    Ok(TEXTS.mark.replace("{number}", &number.to_string()).replace("{who}", &who).replace("{at}", &at))
}

/// Puts a mark at the head of every printed page, and what the file is at its foot.
pub fn stamp(sheet: &mut Worksheet, title: &str, mark: &str) {
    // A page's head or foot ends at 255 characters, codes counted.
    let plain = |text: &str| text.replace('&', "&&").chars().take(240).collect::<String>();
    sheet.set_header(format!("&C{}", plain(mark))).set_footer(format!("&L{}&R&P/&N", plain(title)));
}

/// A file that was handed out, as it is on record.
#[derive(Clone, Debug, Queryable)]
pub struct HandedOut {
    /// The number on the file.
    pub id: i64,
    pub at: Instant,
    /// None when the operator of the machine took it.
    pub person_id: Option<i64>,
    pub post: Option<String>,
    pub action: String,
    pub area_code: Option<String>,
    /// JSON: what the file held, in counts and codes.
    pub detail: String,
}

/// Files handed out about areas that `reach` (SQL over `audit_events.area_code`) lets through, newest first.
pub fn handed_out(conn: &mut Conn, reach: &str, before: Option<i64>, limit: i64) -> Outcome<Vec<HandedOut>> {
    let mut rows = audit_events::table
        .filter(audit_events::action.eq_any(FileKind::ALL.iter().map(|kind| kind.as_str())))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(reach))
        .select((
            audit_events::id,
            audit_events::at,
            audit_events::actor_person_id,
            audit_events::actor_post,
            audit_events::action,
            audit_events::area_code,
            audit_events::detail,
        ))
        .order(audit_events::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        rows = rows.filter(audit_events::id.lt(before));
    }
    Ok(rows.load(conn)?)
}
