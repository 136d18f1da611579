use actix_web::http::Method;
use diesel::prelude::*;
use xiangban::answers::MEANINGS;
use xiangban::duties::{self, DutyKind, NewDuty, Owed, Subject};
use xiangban::messaging::inbound::{Kind, Raw, keep};
use xiangban::messaging::{compose, round};
use xiangban::storage::schema::{calls, inbox_items, messages, people};

use super::{EVERYONE, Prepared, Role::*, Row, Scene};
use crate::support::VILLAGE;

pub fn rows() -> Vec<Row> {
    const OFFICES: &[super::Role] = &[Administrator, Supervisor];
    const CALLERS: &[super::Role] = &[Administrator, Supervisor, Director, Cadre];
    const READERS: &[super::Role] = &[Administrator, Supervisor, Director];
    const EVERY_VILLAGE: &[super::Role] = &[Administrator, Supervisor, Director, DirectorB, Cadre];
    vec![
        Row::new("rehearse_reminders", Method::GET, "/reminder-rehearsal?days=2", OFFICES),
        Row::new("get_message_figures", Method::GET, "/messages/figures", OFFICES),
        Row::new("list_messages", Method::GET, "/messages", OFFICES),
        Row::new("get_message", Method::GET, "/messages/{message}", OFFICES).scene(UNHEARD),
        Row::new("settle_message", Method::PUT, "/messages/{message}/settlement", OFFICES)
            .body(r#"{"how": "given_up", "note": "人已搬走"}"#)
            .scene(UNHEARD),
        Row::new("list_calls", Method::GET, "/calls", EVERY_VILLAGE),
        Row::new("settle_call", Method::PUT, "/calls/{call}/outcome", CALLERS)
            .body(r#"{"outcome": "no_answer"}"#)
            .scene(UNHEARD),
        Row::new("list_inbox_items", Method::GET, "/inbox-items", &[Administrator, Supervisor, Director, DirectorB]),
        Row::new("settle_inbox_item", Method::PUT, "/inbox-items/{item}/settlement", READERS)
            .body(r#"{"note": "已上门看过"}"#)
            .scene(UNHEARD),
        Row::new("record_wechat_acceptances", Method::POST, "/me/wechat-acceptances", EVERYONE)
            .body(r#"{"template_ids": ["none-of-ours"]}"#)
            .headers(&[("idempotency-key", "tap-1")]),
        Row::new("list_my_messages", Method::GET, "/me/messages", EVERYONE),
        Row::new("read_my_message", Method::PUT, "/me/messages/{message}/read", &[Father]).scene(UNHEARD),
    ]
}

/// The father has neither a number that works nor mail: the village is to phone him. And he wrote something.
const UNHEARD: Scene = |t, c| {
    Box::pin(async move {
        let now = t.now();
        let owed = NewDuty {
            kind: DutyKind::PayRemuneration,
            subject: Subject { kind: "test", id: 1 },
            child_id: Some(c.child),
            area_code: VILLAGE.into(),
            owed_by: Owed::Person(c.father),
            due_at: now,
            audience: Vec::new(),
        };
        let words = Raw {
            content_type: "application/json".into(),
            query: String::new(),
            body: r#"{"from": "13900000009", "text": "孩子这几天发烧"}"#.into(),
        };
        t.app
            .store
            .write(|tx| {
                diesel::update(people::table.find(c.father))
                    .set((people::phone_state.eq("invalid"), people::email_sealed.eq(None::<String>)))
                    .execute(tx)?;
                duties::open(tx, now, &owed)?;
                keep(tx, &t.app.vault, "sandbox", Kind::Reply, "words", &words, now)
            })
            .unwrap();
        xiangban::duties::remind(&t.app.store, &t.app.config.ladders, now).unwrap();
        compose(&t.app.store, t.app.office.settings.quiet, now).unwrap();
        for _ in 0..2 {
            round(&t.app, "worker", MEANINGS, &|| true).await.unwrap();
        }
        let (message, call, item): (i64, i64, i64) = t
            .app
            .store
            .read(|conn| {
                let message = messages::table
                    .filter(messages::person_id.eq(c.father))
                    .filter(messages::template.eq("reminders"))
                    .select(messages::id)
                    .first(conn)?;
                Ok((
                    message,
                    calls::table.select(calls::id).first(conn)?,
                    inbox_items::table.select(inbox_items::id).first(conn)?,
                ))
            })
            .unwrap();
        Prepared::from([("{message}", message.to_string()), ("{call}", call.to_string()), ("{item}", item.to_string())])
    })
};
