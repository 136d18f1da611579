//! By which channel a person is told: WeChat credit, SMS, e-mail, and at the end a human being who phones.

use crate::messaging::quiet::Urgency;
use crate::text_enum;

text_enum! {
    /// A way to reach a person.
    pub enum ChannelKind {
        Wechat = "wechat",
        Sms = "sms",
        Email = "email",
        /// The village phones; no machine is involved.
        CallList = "call_list",
    }
}

/// What is known about reaching one person for one kind of message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Holds a post; told at the desk rather than by SMS.
    pub staff: bool,
    /// WeChat acceptances left for this template.
    pub wechat_credits: i64,
    /// A mobile number is known.
    pub mobile: bool,
    /// The number was reported invalid since it was last verified.
    pub mobile_invalid: bool,
    /// An e-mail address is known.
    pub email: bool,
}

/// The order of channels, or all of them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// One after the other, the next when the one before fails.
    InOrder(Vec<ChannelKind>),
    /// Every one at once (safety).
    Together(Vec<ChannelKind>),
}

/// The channels for a person, best first; for a family the last is always the call list.
pub fn channels(reach: Reach, urgency: Urgency) -> Route {
    let usable = |kind: &ChannelKind| match kind {
        ChannelKind::Wechat => reach.wechat_credits > 0,
        ChannelKind::Sms => reach.mobile && !reach.mobile_invalid,
        ChannelKind::Email => reach.email,
        ChannelKind::CallList => true,
    };
    let wanted: &[ChannelKind] = match (urgency, reach.staff) {
        (Urgency::Asked, _) => &[ChannelKind::Sms],
        (Urgency::Safety, _) => &[ChannelKind::Sms, ChannelKind::Wechat, ChannelKind::Email, ChannelKind::CallList],
        (Urgency::Routine, true) => &[ChannelKind::Email, ChannelKind::Wechat, ChannelKind::Sms],
        (Urgency::Routine, false) => {
            &[ChannelKind::Wechat, ChannelKind::Sms, ChannelKind::Email, ChannelKind::CallList]
        }
    };
    let found = wanted.iter().copied().filter(usable).collect();
    if urgency == Urgency::Safety { Route::Together(found) } else { Route::InOrder(found) }
}

/// The channel after those already `tried`.
pub fn next(reach: Reach, urgency: Urgency, tried: &[ChannelKind]) -> Option<ChannelKind> {
    let (Route::InOrder(order) | Route::Together(order)) = channels(reach, urgency);
    order.into_iter().find(|kind| !tried.contains(kind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::ChannelKind::{CallList, Email, Sms, Wechat};
    use super::*;

    const EVERYTHING: Reach =
        Reach { staff: false, wechat_credits: 1, mobile: true, mobile_invalid: false, email: true };

    #[test]
    fn a_family_is_told_by_wechat_then_sms_then_mail_then_by_a_voice() {
        assert_eq!(channels(EVERYTHING, Urgency::Routine), Route::InOrder(vec![Wechat, Sms, Email, CallList]));
    }

    #[test]
    fn staff_are_told_at_the_desk() {
        let staff = Reach { staff: true, ..EVERYTHING };
        assert_eq!(channels(staff, Urgency::Routine), Route::InOrder(vec![Email, Wechat, Sms]));
    }

    #[test]
    fn danger_goes_out_everywhere_at_once() {
        assert_eq!(channels(EVERYTHING, Urgency::Safety), Route::Together(vec![Sms, Wechat, Email, CallList]));
    }

    #[test]
    fn a_code_goes_only_to_the_phone_that_asked() {
        assert_eq!(channels(EVERYTHING, Urgency::Asked), Route::InOrder(vec![Sms]));
    }

    #[test]
    fn a_number_that_proved_invalid_is_not_tried_again() {
        let moved = Reach { wechat_credits: 0, email: false, mobile_invalid: true, ..EVERYTHING };
        assert_eq!(channels(moved, Urgency::Routine), Route::InOrder(vec![CallList]));
    }

    proptest! {
        #[test]
        fn for_a_family_the_road_never_ends_without_a_person(
            credits in 0i64..3, mobile: bool, mobile_invalid: bool, email: bool,
            tried in prop::collection::vec(select(vec![Wechat, Sms, Email]), 0..3),
        ) {
            let reach = Reach { staff: false, wechat_credits: credits, mobile, mobile_invalid, email };
            for urgency in [Urgency::Routine, Urgency::Safety] {
                let following = next(reach, urgency, &tried);
                prop_assert!(following.is_some());
                prop_assert!(following.is_none_or(|kind| !tried.contains(&kind)));
            }
        }
    }
}
