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

/// The channels for a person, best first; for a family the last is always the call list.
pub fn channels(reach: Reach, urgency: Urgency) -> Vec<ChannelKind> {
    use ChannelKind::{CallList, Email, Sms, Wechat};
    let usable = |kind: &ChannelKind| match kind {
        Wechat => reach.wechat_credits > 0,
        Sms => reach.mobile && !reach.mobile_invalid,
        Email => reach.email,
        CallList => true,
    };
    let wanted: &[ChannelKind] = match (urgency, reach.staff) {
        (Urgency::Asked, _) => &[Sms],
        (Urgency::Safety, _) => &[Sms, Wechat, Email, CallList],
        (Urgency::Routine, true) => &[Email, Wechat, Sms],
        (Urgency::Routine, false) => &[Wechat, Sms, Email, CallList],
    };
    wanted.iter().copied().filter(usable).collect()
}

/// The channels beside the first that carry a copy at the same time: for safety every machine there is.
pub fn copies(ways: &[ChannelKind], urgency: Urgency) -> Vec<ChannelKind> {
    if urgency != Urgency::Safety {
        return Vec::new();
    }
    ways.iter().copied().skip(1).filter(|kind| *kind != ChannelKind::CallList).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ChannelKind::{CallList, Email, Sms, Wechat};
    use super::*;

    const EVERYTHING: Reach =
        Reach { staff: false, wechat_credits: 1, mobile: true, mobile_invalid: false, email: true };

    #[test]
    fn a_family_is_told_by_wechat_then_sms_then_mail_then_by_a_voice() {
        assert_eq!(channels(EVERYTHING, Urgency::Routine), [Wechat, Sms, Email, CallList]);
    }

    #[test]
    fn staff_are_told_at_the_desk() {
        assert_eq!(channels(Reach { staff: true, ..EVERYTHING }, Urgency::Routine), [Email, Wechat, Sms]);
    }

    #[test]
    fn danger_goes_out_everywhere_at_once_and_then_somebody_phones() {
        let ways = channels(EVERYTHING, Urgency::Safety);
        assert_eq!(ways, [Sms, Wechat, Email, CallList]);
        assert_eq!(copies(&ways, Urgency::Safety), [Wechat, Email]);
        assert_eq!(copies(&ways, Urgency::Routine), []);
    }

    #[test]
    fn a_code_goes_only_to_the_phone_that_asked() {
        assert_eq!(channels(EVERYTHING, Urgency::Asked), [Sms]);
    }

    #[test]
    fn a_number_that_proved_invalid_is_not_tried_again() {
        let moved = Reach { wechat_credits: 0, email: false, mobile_invalid: true, ..EVERYTHING };
        assert_eq!(channels(moved, Urgency::Routine), [CallList]);
    }

    proptest! {
        #[test]
        fn for_a_family_the_road_always_ends_with_a_person(
            credits in 0i64..3, mobile: bool, mobile_invalid: bool, email: bool,
        ) {
            let reach = Reach { staff: false, wechat_credits: credits, mobile, mobile_invalid, email };
            for urgency in [Urgency::Routine, Urgency::Safety] {
                prop_assert_eq!(channels(reach, urgency).last().copied(), Some(CallList));
            }
        }
    }
}
