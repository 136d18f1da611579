//! Our own limit on top of the vendors': nobody gets more than a few reminder SMS a day.

use serde::Deserialize;

use crate::clock::Instant;
use crate::messaging::quiet::{QuietHours, Urgency};
use crate::messaging::route::ChannelKind;

/// How often one person may be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DailyLimit {
    /// Reminder SMS to one person on one local day.
    pub reminder_sms: i64,
}

impl Default for DailyLimit {
    fn default() -> Self {
        Self { reminder_sms: 2 }
    }
}

/// When a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Now,
    /// Not before this instant.
    NotBefore(Instant),
}

/// Judges one message at `now`, given how many reminder SMS the person has had since local midnight.
pub fn permit(
    limit: DailyLimit,
    quiet: QuietHours,
    channel: ChannelKind,
    urgency: Urgency,
    sms_today: i64,
    now: Instant,
) -> Permit {
    let used_up = channel == ChannelKind::Sms && urgency == Urgency::Routine && sms_today >= limit.reminder_sms;
    let allowed = if used_up { quiet.tomorrow(now) } else { quiet.next_allowed(now, urgency) };
    if allowed > now { Permit::NotBefore(allowed) } else { Permit::Now }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(channel: ChannelKind, urgency: Urgency, sms_today: i64, at: &str) -> Permit {
        let now = format!("2026-11-23T{at}:00+08:00").parse().unwrap();
        permit(DailyLimit::default(), QuietHours::default(), channel, urgency, sms_today, now)
    }

    fn tomorrow_morning() -> Permit {
        Permit::NotBefore("2026-11-24T08:00:00+08:00".parse().unwrap())
    }

    #[test]
    fn a_third_reminder_sms_waits_for_tomorrow() {
        assert_eq!(judge(ChannelKind::Sms, Urgency::Routine, 1, "10:00"), Permit::Now);
        assert_eq!(judge(ChannelKind::Sms, Urgency::Routine, 2, "10:00"), tomorrow_morning());
    }

    #[test]
    fn the_limit_is_for_reminders_by_sms_only() {
        assert_eq!(judge(ChannelKind::Wechat, Urgency::Routine, 9, "10:00"), Permit::Now);
        assert_eq!(judge(ChannelKind::Sms, Urgency::Asked, 9, "10:00"), Permit::Now);
        assert_eq!(judge(ChannelKind::Sms, Urgency::Safety, 9, "23:00"), Permit::Now);
    }

    #[test]
    fn quiet_hours_hold_for_every_ordinary_channel() {
        assert_eq!(judge(ChannelKind::Email, Urgency::Routine, 0, "21:00"), tomorrow_morning());
    }
}
