//! What is to be done with one claimed message at this moment: the stop conditions, the channel, the hour.

use super::claim::Claimed;
use super::facts::{Facts, Item};
use crate::areas::significant;
use crate::clock::Instant;
use crate::identity::{PhoneState, PostKind};
use crate::messaging::compose::REMINDERS;
use crate::messaging::journey::{DeathReason, FreezeReason};
use crate::messaging::limits::{DailyLimit, Permit, permit};
use crate::messaging::quiet::{QuietHours, Urgency};
use crate::messaging::route::{self, ChannelKind, Reach};

/// Under this name people accept WeChat reminders, whichever duty they are about.
const CREDIT_FOR_REMINDERS: &str = "duty";

/// The name under which people accept messages of this template.
pub(super) fn credit_for(template: &str) -> &str {
    if template == REMINDERS { CREDIT_FOR_REMINDERS } else { template }
}

/// What to do with a message.
#[derive(Clone, Debug)]
pub(super) enum Plan<'a> {
    Freeze(FreezeReason),
    Expire,
    NotBefore(Instant),
    Dead(DeathReason),
    /// Every channel was tried.
    Exhausted,
    /// Goes out on `channel`, telling `items`; copies go out on the channels of `copies`.
    Send {
        channel: ChannelKind,
        items: Vec<&'a Item>,
        copies: Vec<ChannelKind>,
    },
}

/// The settings that a plan depends on, and the channels that are there.
pub(super) struct Rules<'a> {
    pub quiet: QuietHours,
    pub limit: DailyLimit,
    /// Configured channels.
    pub channels: &'a [ChannelKind],
}

pub(super) fn plan<'a>(message: &Claimed, facts: &'a Facts, rules: &Rules<'_>, now: Instant) -> Plan<'a> {
    if message.expires_at.is_some_and(|at| at <= now) {
        return Plan::Expire;
    }
    let items = match still_to_tell(message, facts, now) {
        Ok(items) => items,
        Err(reason) => return Plan::Freeze(reason),
    };
    let reach = reach(message, facts);
    let tried = message.tried();
    let there = |kind: &ChannelKind| *kind == ChannelKind::CallList || rules.channels.contains(kind);
    let ways: Vec<ChannelKind> = route::channels(reach, message.urgency)
        .into_iter()
        .filter(|kind| !tried.contains(kind) && there(kind))
        .collect();
    let Some(channel) = message.channel.filter(|kind| ways.contains(kind)).or_else(|| ways.first().copied()) else {
        return if tried.is_empty() { Plan::Dead(DeathReason::NoChannel) } else { Plan::Exhausted };
    };
    let sms_today = message.person_id.and_then(|id| facts.sms_today.get(&id)).copied().unwrap_or_default();
    if let Permit::NotBefore(at) = permit(rules.limit, rules.quiet, channel, message.urgency, sms_today, now) {
        return Plan::NotBefore(at);
    }
    // A channel may have been passed over without an attempt.
    let first_time = message.attempts == 0 && message.origin_id.is_none();
    let copies = if first_time { route::copies(&ways, message.urgency) } else { Vec::new() };
    Plan::Send { channel, items, copies }
}

/// The reminders whose duty is open and whose person may be told; for other messages, nothing or the reason to stop.
fn still_to_tell<'a>(message: &Claimed, facts: &'a Facts, now: Instant) -> Result<Vec<&'a Item>, FreezeReason> {
    if message.urgency == Urgency::Asked {
        return Ok(Vec::new());
    }
    let Some(person_id) = message.person_id else { return Ok(Vec::new()) };
    let person = facts.people.get(&person_id);
    if person.is_some_and(|person| person.deceased_on.is_some()) {
        return Err(FreezeReason::Death);
    }
    let barred = |child_id: Option<i64>| bar_on(facts, person_id, child_id);
    if let Some(reason) = barred(message.child_id) {
        return Err(reason);
    }
    if message.urgency == Urgency::Routine && person.is_some_and(|person| person.reminders_stopped_at.is_some()) {
        return Err(FreezeReason::PersonStopped);
    }
    if message.template != REMINDERS {
        return Ok(Vec::new());
    }
    let mut reason = FreezeReason::DutyClosed;
    let mut items = Vec::new();
    for item in facts.items.get(&message.source_id()).into_iter().flatten() {
        match stop(item, facts, now).or_else(|| barred(item.child_id)) {
            None => items.push(item),
            Some(why) => reason = why,
        }
    }
    if items.is_empty() { Err(reason) } else { Ok(items) }
}

fn stop(item: &Item, facts: &Facts, now: Instant) -> Option<FreezeReason> {
    if item.closed_at.is_some() || item.paused_until.is_some_and(|until| until > now) {
        return Some(FreezeReason::DutyClosed);
    }
    (!is_addressee(item, facts)).then_some(FreezeReason::NoLongerAddressee)
}

/// Whether the person still stands where the ladder looked for them.
fn is_addressee(item: &Item, facts: &Facts) -> bool {
    let held = facts.posts.get(&item.person_id).map_or(&[][..], Vec::as_slice);
    let desk = |kinds: &[PostKind]| {
        held.iter().any(|post| kinds.contains(&post.kind) && item.area_code.starts_with(significant(&post.area_code)))
    };
    let up = [PostKind::VillageDirector, PostKind::TownshipSupervisor, PostKind::CountyAdministrator];
    match (item.role.as_str(), item.owed_by_person_id, item.owed_by_post, item.owed_by_organisation_id) {
        ("village" | "township" | "county", ..) => desk(&up),
        ("owed", Some(owed_by), ..) => owed_by == item.person_id,
        ("owed", _, Some(kind), _) => desk(&[kind]) || desk(&up),
        ("owed", _, _, Some(id)) => held.iter().any(|post| post.organisation_id == Some(id)) || desk(&up),
        _ => true,
    }
}

fn bar_on(facts: &Facts, person_id: i64, child_id: Option<i64>) -> Option<FreezeReason> {
    let bars = facts.bars.get(&person_id)?;
    bars.iter().find(|(about, _)| about.is_none() || *about == child_id).map(|(_, reason)| *reason)
}

fn reach(message: &Claimed, facts: &Facts) -> Reach {
    let Some(person_id) = message.person_id else {
        return Reach { mobile: message.to_sealed.is_some(), ..Reach::default() };
    };
    let Some(person) = facts.people.get(&person_id) else { return Reach::default() };
    let credits =
        facts.credits.get(&(person_id, credit_for(&message.template).to_owned())).copied().unwrap_or_default();
    Reach {
        staff: facts.posts.contains_key(&person_id),
        wechat_credits: if person.wechat_openid.is_some() { credits } else { 0 },
        mobile: person.phone_sealed.is_some(),
        mobile_invalid: person.phone_state == PhoneState::Invalid,
        email: person.email_sealed.is_some()
            && (message.urgency != Urgency::Routine || !facts.email_stopped.contains(&person_id)),
    }
}
