//! Every night: the duties that the records call for, derived afresh, against the duties that are open. A line for each
//! room; a test holds that every kind of duty has one. There must be no difference, and whoever runs it hears of one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use crate::app::App;
use crate::clock::Instant;
use crate::duties::{self, Difference, DutyKind, Expected};
use crate::identity::{PostKind, holders};
use crate::messaging::{NewMessage, Recipient, Urgency, post};
use crate::problem::Outcome;
use crate::protection::report;
use crate::storage::Conn;
use crate::{children, contact, guardianship, oversight, volunteers};

/// A room with the kinds of duty that it answers for.
pub struct Room {
    pub name: &'static str,
    pub kinds: &'static [DutyKind],
    /// The duties that its records call for on a day.
    pub expected: fn(&mut Conn, NaiveDate) -> Outcome<Vec<Expected>>,
}

/// Who derives which duties.
pub const ROOMS: &[Room] = &[
    Room { name: "children", kinds: &children::duties::KINDS, expected: |conn, _| children::duties::expected(conn) },
    Room { name: "contact", kinds: contact::duties::KINDS, expected: |conn, _| contact::duties::expected(conn) },
    Room { name: "guardianship", kinds: &guardianship::duties::KINDS, expected: guardianship::duties::expected },
    Room { name: "oversight", kinds: oversight::duties::KINDS, expected: |conn, _| oversight::duties::expected(conn) },
    Room { name: "reports", kinds: report::duties::KINDS, expected: |conn, _| report::duties::expected(conn) },
    Room {
        name: "volunteers",
        kinds: volunteers::duties::KINDS,
        expected: |conn, _| volunteers::duties::expected(conn),
    },
];

/// What every room calls for on `today`, against what is open.
pub fn differences(conn: &mut Conn, today: NaiveDate) -> Outcome<Vec<Difference>> {
    let mut all = Vec::new();
    for room in ROOMS {
        let expected = (room.expected)(conn, today)?;
        all.extend(duties::differences(conn, room.kinds, expected)?);
    }
    Ok(all)
}

/// Looks once, on one snapshot; tells log, metrics and the county's desk of what it finds. Returns how much that is.
pub fn run(app: &App, now: Instant) -> Outcome<usize> {
    let found = app.store.on_snapshot(|conn| differences(conn, now.date()))?;
    let mut counts: BTreeMap<(DutyKind, &'static str), u32> = BTreeMap::new();
    for kind in DutyKind::ALL {
        counts.insert((*kind, "missing"), 0);
        counts.insert((*kind, "stray"), 0);
    }
    for difference in &found {
        let (what, kind, subject, owed_key) = match difference {
            Difference::Missing { kind, subject, owed_key } => ("missing", kind, subject, owed_key),
            Difference::Stray { kind, subject, owed_key } => ("stray", kind, subject, owed_key),
        };
        tracing::error!(what, %kind, subject, owed_key, "a duty and its record differ");
        *counts.entry((*kind, what)).or_default() += 1;
    }
    for ((kind, what), count) in counts {
        metrics::gauge!("xiangban_duty_differences", "kind" => kind.as_str(), "what" => what).set(f64::from(count));
    }
    if !found.is_empty() {
        app.store.write(|tx| tell_county(tx, app, now, found.len()))?;
    }
    Ok(found.len())
}

fn tell_county(tx: &mut Conn, app: &App, now: Instant, count: usize) -> Outcome<()> {
    for (person_id, area_code) in holders(tx, PostKind::CountyAdministrator, now.date())? {
        let new = NewMessage {
            occasion_key: format!("reconcile/{}/{person_id}", now.date()),
            to: Recipient::Person(person_id),
            template: "notice/duties_differ".into(),
            urgency: Urgency::Routine,
            data: json!({ "count": count.to_string() }),
            child_id: None,
            area_code: Some(area_code),
            not_before: now,
            expires_at: Some(now.plus_days(1)),
        };
        post(tx, &app.vault, now, &new)?;
    }
    Ok(())
}
