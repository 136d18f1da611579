//! What people accept and refuse in WeChat: one acceptance is one credit, a refusal in the settings empties them.

use diesel::prelude::*;

use super::{BATCH, Fate, Kept, Kind, fields, hold, settle};
use crate::app::App;
use crate::clock::Instant;
use crate::messaging::channels::sms::news::field;
use crate::messaging::channels::wechat::entries;
use crate::messaging::credits::{self, Witness};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{people, wechat_credits};

const ACCEPTS: &str = "accept";
const ASKED: &str = "subscribe_msg_popup_event";
const CHANGED: &str = "subscribe_msg_change_event";

pub(super) fn interpret(app: &App, now: Instant) -> Outcome<usize> {
    let mut settled = 0;
    loop {
        let done = app.store.write(|tx| {
            let kept = hold(tx, Kind::WechatEvent, 0, BATCH)?;
            for row in &kept {
                let fate = interpret_one(app, tx, row, now)?;
                settle(tx, &[row.id], fate, now)?;
            }
            Ok(kept.len())
        })?;
        settled += done;
        if done == 0 {
            return Ok(settled);
        }
    }
}

fn interpret_one(app: &App, tx: &mut Conn, row: &Kept, now: Instant) -> Outcome<Fate> {
    let (Ok(fields), Some(channel)) = (fields(app, row)?, app.office.wechat()) else { return Ok(Fate::Malformed) };
    let event = fields.value();
    let name = field(event, "Event").unwrap_or_default();
    if name != ASKED && name != CHANGED {
        return Ok(Fate::NoChange);
    }
    let openid = field(event, "FromUserName").unwrap_or_default();
    let person: Option<i64> = people::table
        .filter(people::wechat_openid.eq(openid))
        .order(people::id)
        .select(people::id)
        .first(tx)
        .optional()?;
    let Some(person) = person else { return Ok(Fate::Unmatched) };
    let mut fate = Fate::NoChange;
    for entry in entries(event) {
        let template = field(entry, "TemplateId").unwrap_or_default();
        let accepts = field(entry, "SubscribeStatusString").is_some_and(|status| status == ACCEPTS);
        let Some(template) = channel.accepted_name(&template) else { continue };
        match (name.as_str(), accepts) {
            (ASKED, true) => credits::accepted(tx, person, template, Witness::Push, now)?,
            (CHANGED, false) => drain(tx, person, template, now)?,
            _ => continue,
        }
        fate = Fate::Applied;
    }
    Ok(fate)
}

fn drain(tx: &mut Conn, person: i64, template: &str, now: Instant) -> Outcome<()> {
    let none = (wechat_credits::credits.eq(0), wechat_credits::updated_at.eq(now));
    diesel::update(wechat_credits::table.find((person, template))).set(none).execute(tx)?;
    Ok(())
}
