//! The copy on which a rehearsal plays: what the ladders and the post look at, and no more.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use uuid::Uuid;

use crate::app::App;
use crate::areas::within;
use crate::clock::Instant;
use crate::config::DatabaseConfig;
use crate::messaging::journey::State;
use crate::messaging::quiet::Urgency;
use crate::problem::{Fault, Outcome};
use crate::storage::transfer::{Part, excerpt};
use crate::storage::{Store, migrate};

/// Messages of so many days are looked at to see whether somebody was told today.
const RECENT_DAYS: i64 = 3;

/// An embedded database in a folder that goes with it. Sealed values stay sealed.
pub struct Copy {
    pub store: Store,
    folder: Folder,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the folder of a rehearsal stays behind");
        }
    }
}

impl Copy {
    /// Copies what lies within the area (its significant digits), as it stands at this moment.
    pub fn of(app: &App, area: Option<&str>, now: Instant) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("xiangban-rehearsal-{}", Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(Fault::internal)?;
        let folder = Folder(path);
        let file = folder.0.join("copy.sqlite");
        let store = Store::open(&DatabaseConfig {
            url: file.to_string_lossy().into_owned(),
            readers: 1,
            ..app.config.database.clone()
        })?;
        migrate(&store)?;
        store.forget_references()?;
        excerpt(&app.store, &store, &parts(area, now))?;
        Ok(Self { store, folder })
    }
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.folder.0.to_string_lossy())
    }
}

/// Tables with the conditions on their rows: digits, instants and names of our own.
fn parts(area: Option<&str>, now: Instant) -> Vec<Part> {
    let lies = |column: &str| area.map_or_else(|| "1 = 1".to_owned(), |digits| within(column, digits));
    let owed = format!("SELECT id FROM duties WHERE closed_at IS NULL AND {}", lies("duties.area_code"));
    let waiting =
        format!("state = '{}' AND urgency <> '{}' AND {}", State::Queued, Urgency::Asked, lies("messages.area_code"));
    let recent = format!("'{}'", Instant::start_of(now.date()).plus_days(-RECENT_DAYS).utc().format("%F %T"));
    let homes =
        format!("SELECT household_id FROM children WHERE id IN (SELECT child_id FROM duties WHERE id IN ({owed}))");
    let concerned = [
        format!("SELECT owed_by_person_id FROM duties WHERE id IN ({owed})"),
        format!("SELECT person_id FROM duty_audience WHERE duty_id IN ({owed})"),
        format!("SELECT person_id FROM reminders WHERE duty_id IN ({owed})"),
        format!("SELECT person_id FROM messages WHERE {waiting}"),
        "SELECT person_id FROM posts".to_owned(),
    ];
    let concerned = concerned.map(|people| format!("id IN ({people})")).join(" OR ");
    [
        ("areas", "1 = 1".to_owned()),
        ("organisations", "1 = 1".to_owned()),
        ("posts", "1 = 1".to_owned()),
        ("people", concerned),
        ("children", format!("household_id IN ({homes})")),
        ("household_members", format!("until IS NULL AND household_id IN ({homes})")),
        ("duties", format!("id IN ({owed})")),
        ("duty_audience", format!("duty_id IN ({owed})")),
        ("reminders", format!("duty_id IN ({owed})")),
        (
            "messages",
            format!("({waiting}) OR (created_at >= {recent} AND state NOT IN ('{}', 'sending'))", State::Queued),
        ),
        ("attempts", format!("started_at >= {recent}")),
        ("message_bars", "until IS NULL".to_owned()),
        ("wechat_credits", "credits > 0".to_owned()),
    ]
    .into_iter()
    .map(|(table, condition)| Part { table, condition })
    .collect()
}
