//! The coordinator's week: who has gone silent. A list by name, not a ranking.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::check_in::silent_days;
use super::store;
use crate::app::App;
use crate::areas;
use crate::clock::Instant;
use crate::identity::{Permission, Scope};
use crate::messaging::{self, NewMessage, Recipient, Urgency};
use crate::problem::Outcome;
use crate::storage::Conn;

/// A message variable holds at most this many characters (vendor rule).
const LIST_CHARACTERS_AT_MOST: usize = 35;

/// A volunteer from whom nothing was heard for too long.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silence {
    pub person_id: i64,
    #[schema(example = "何志愿")]
    pub volunteer_name: String,
    pub children: Vec<SilentChild>,
}

/// A child who was to be looked in on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SilentChild {
    pub child_id: i64,
    pub child_name: String,
    pub due_on: NaiveDate,
    pub days_overdue: i64,
}

/// The silent volunteers within the caller's areas.
pub fn silences(conn: &mut Conn, app: &App, now: Instant, scope: &Scope) -> Outcome<Vec<Silence>> {
    let patience = app.config.volunteers.silent_after_days;
    let mut all: BTreeMap<i64, Silence> = BTreeMap::new();
    for row in store::overdue_check_ins(conn, scope, now.plus_days(-patience))? {
        let due_on = row.due_at.date();
        let Some(days_overdue) = silent_days(due_on, now.date(), patience) else { continue };
        all.entry(row.person_id)
            .or_insert_with(|| Silence {
                person_id: row.person_id,
                volunteer_name: row.volunteer_name,
                children: Vec::new(),
            })
            .children
            .push(SilentChild { child_id: row.child_id, child_name: row.child_name, due_on, days_overdue });
    }
    Ok(all.into_values().collect())
}

/// Tells each coordinator, once a week, who has gone silent; nobody when nobody has. Returns how many were told.
pub fn weekly(app: &App, now: Instant) -> Outcome<usize> {
    let coordinators: BTreeSet<(i64, String)> =
        app.store.read(|conn| store::coordinators(conn, now))?.into_iter().collect();
    let mut told = 0;
    for (person_id, area_code) in coordinators {
        told += usize::from(app.store.write(|tx| tell(tx, app, now, person_id, &area_code))?);
    }
    Ok(told)
}

fn tell(tx: &mut Conn, app: &App, now: Instant, person_id: i64, area_code: &str) -> Outcome<bool> {
    let scope = Scope {
        person_id,
        areas: vec![areas::significant(area_code).to_owned()],
        organisations: Vec::new(),
        ties: super::access::ReadSilences::TIES,
    };
    let silent = silences(tx, app, now, &scope)?;
    if silent.is_empty() {
        return Ok(false);
    }
    let week = now.date().iso_week();
    let names: Vec<_> = silent.iter().map(|one| one.volunteer_name.as_str()).collect();
    let posted = messaging::post(
        tx,
        &app.vault,
        now,
        &NewMessage {
            occasion_key: format!("coordinator_week:{person_id}:{area_code}:{}-{}", week.year(), week.week()),
            to: Recipient::Person(person_id),
            template: "notice/coordinator_week".into(),
            urgency: Urgency::Routine,
            data: serde_json::json!({ "count": silent.len().to_string(), "list": short_list(&names) }),
            child_id: None,
            area_code: Some(area_code.to_owned()),
            not_before: now,
            expires_at: Some(now.plus_days(6)),
        },
    )?;
    Ok(posted.is_some())
}

/// As many names as a message variable holds, and 等 when there are more.
fn short_list(names: &[&str]) -> String {
    let mut list = String::new();
    for (at, name) in names.iter().enumerate() {
        let more = if at + 1 < names.len() { 1 } else { 0 };
        let length = list.chars().count() + name.chars().count() + 1;
        if length + more > LIST_CHARACTERS_AT_MOST {
            list.push('等');
            break;
        }
        if at > 0 {
            list.push('、');
        }
        list.push_str(name);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut_to_what_a_message_holds() {
        assert_eq!(short_list(&["何志愿"]), "何志愿");
        assert_eq!(short_list(&["何志愿", "李明"]), "何志愿、李明");
        let many = vec!["欧阳志愿者"; 20];
        let list = short_list(&many);
        assert!(list.chars().count() <= 35 && list.ends_with('等'), "{list}");
    }
}
