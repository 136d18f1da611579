//! The journey of one message, and the only function that says which state follows.
//!
//! ```text
//!            claimed            accepted               receipt
//!   queued ──────────▶ sending ──────────▶ accepted ─────────────▶ delivered
//!    ▲  ▲               │  │ no answer,        │ receipt              ▲
//!    │  │ refused: once │  │ lease over        ▼                      │ late receipt
//!    │  │ more, or next │  └────▶ unknown ─▶ undelivered ─────────────┘
//!    │  └─channel───────┘        receipt, person
//!    └─ next channel (from accepted, undelivered); sent again by a person (from unknown, undelivered, dead)
//!
//!   queued also ─▶ frozen (a stop condition) · expired (too late) · dead (no way is left) · undelivered (taken once, no way is left)
//! ```
//!
//! Receipts may be early, late, doubled and out of order. A receipt that says *delivered* is believed in every
//! state; one that says *undelivered* is believed unless the phone has it already; nothing moves a state backwards.
//! What is `unknown` is never sent again by itself: a receipt or a person settles it.

use crate::text_enum;

text_enum! {
    /// Where a message stands.
    pub enum State {
        Queued = "queued",
        Sending = "sending",
        Accepted = "accepted",
        Delivered = "delivered",
        Undelivered = "undelivered",
        Unknown = "unknown",
        Frozen = "frozen",
        Expired = "expired",
        Dead = "dead",
    }
}

text_enum! {
    /// Something that happened to a message.
    pub enum Event {
        /// A worker took it; committed before the network is touched.
        Claimed = "claimed",
        /// The gateway took it.
        Accepted = "accepted",
        /// The gateway said no, later may help.
        RefusedForNow = "refused_for_now",
        /// The gateway said no for good, or the attempts are used up: the next channel's turn, if there is one.
        RefusedForGood = "refused_for_good",
        /// No answer, or the lease of the worker ran out.
        Silence = "silence",
        /// The network or a person says it reached the phone.
        ReceiptDelivered = "receipt_delivered",
        /// The network or a person says it did not.
        ReceiptUndelivered = "receipt_undelivered",
        /// A stop condition holds.
        Stopped = "stopped",
        /// Its time has passed.
        TooLate = "too_late",
        /// Nothing can carry it.
        NoWay = "no_way",
        /// The channel took it and it did not arrive: the next one is to carry it.
        NextChannel = "next_channel",
        /// Every channel was tried.
        Exhausted = "exhausted",
        /// A person decided to send it again.
        SentAgain = "sent_again",
    }
}

/// The state after `event`, or `None` when the event changes nothing.
pub fn after(state: State, event: Event) -> Option<State> {
    use State::{Accepted, Dead, Delivered, Expired, Frozen, Queued, Sending, Undelivered, Unknown};
    let next = match (event, state) {
        (Event::ReceiptDelivered, _) => Delivered,
        (Event::ReceiptUndelivered, Sending | Accepted | Unknown) => Undelivered,
        (Event::Claimed, Queued) => Sending,
        (Event::Accepted, Sending | Unknown) => Accepted,
        (Event::RefusedForNow | Event::RefusedForGood, Sending | Unknown) => Queued,
        (Event::Silence, Sending) => Unknown,
        (Event::Stopped, Queued) => Frozen,
        (Event::TooLate, Queued) => Expired,
        (Event::NoWay, Queued) => Dead,
        (Event::Exhausted, Queued) => Undelivered,
        (Event::NextChannel, Accepted | Undelivered) => Queued,
        (Event::SentAgain, Unknown | Undelivered | Dead) => Queued,
        _ => return None,
    };
    (next != state).then_some(next)
}

/// The states in which `event` changes something: the guard of the update that records it.
pub fn sources(event: Event) -> Vec<State> {
    State::ALL.iter().copied().filter(|&state| after(state, event).is_some()).collect()
}

/// Whether the message rests: no worker and no clock moves it any more.
pub fn is_final(state: State) -> bool {
    matches!(state, State::Delivered | State::Undelivered | State::Frozen | State::Expired | State::Dead)
}

text_enum! {
    /// Why a message was frozen: the stop conditions, in the order in which they are checked.
    pub enum FreezeReason {
        Death = "death",
        Violence = "violence",
        CustodyChange = "custody_change",
        AgreementEnded = "agreement_ended",
        DutyClosed = "duty_closed",
        PersonStopped = "person_stopped",
        /// No longer holds the post, or no longer owes the duty.
        NoLongerAddressee = "no_longer_addressee",
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Why a message is dead.
    pub enum DeathReason {
        RefusedForGood = "refused_for_good",
        AttemptsUsedUp = "attempts_used_up",
        NoChannel = "no_channel",
        TemplateStopped = "template_stopped",
        ForbiddenContent = "forbidden_content",
        CannotRender = "cannot_render",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select, subsequence};

    use super::*;

    fn walk(start: State, events: &[Event]) -> State {
        events.iter().fold(start, |state, &event| after(state, event).unwrap_or(state))
    }

    fn height(state: State) -> u8 {
        match state {
            State::Queued => 0,
            State::Sending => 1,
            State::Unknown => 2,
            State::Accepted => 3,
            State::Frozen | State::Expired | State::Dead => 4,
            State::Undelivered => 5,
            State::Delivered => 6,
        }
    }

    #[test]
    fn the_usual_journey_ends_delivered() {
        assert_eq!(walk(State::Queued, &[Event::Claimed, Event::Accepted, Event::ReceiptDelivered]), State::Delivered);
    }

    #[test]
    fn a_receipt_before_the_answer_of_the_gateway_is_kept() {
        assert_eq!(walk(State::Sending, &[Event::ReceiptDelivered, Event::Accepted]), State::Delivered);
        assert_eq!(walk(State::Sending, &[Event::ReceiptUndelivered, Event::Accepted]), State::Undelivered);
    }

    #[test]
    fn a_lost_answer_leaves_the_message_unknown_and_nobody_sends_it_again() {
        let lost = walk(State::Sending, &[Event::Silence]);
        assert_eq!(lost, State::Unknown);
        assert_eq!(walk(lost, &[Event::Claimed, Event::Silence]), State::Unknown);
    }

    #[test]
    fn only_what_waits_can_be_frozen() {
        assert_eq!(sources(Event::Stopped), [State::Queued]);
        assert_eq!(sources(Event::Silence), [State::Sending]);
    }

    #[test]
    fn a_definite_answer_after_the_lease_ran_out_is_still_believed() {
        assert_eq!(walk(State::Sending, &[Event::Silence, Event::Accepted]), State::Accepted);
        assert_eq!(walk(State::Sending, &[Event::Silence, Event::RefusedForNow]), State::Queued);
    }

    proptest! {
        #[test]
        fn answers_and_receipts_of_one_attempt_give_the_same_end_in_any_order_and_number(
            what in subsequence(
                vec![Event::Accepted, Event::Silence, Event::ReceiptUndelivered, Event::ReceiptDelivered], 1..=4),
            order in prop::collection::vec(any::<Index>(), 1..24),
        ) {
            let shuffled: Vec<Event> = order.iter().map(|i| *i.get(&what)).chain(what.iter().copied()).collect();
            let reversed: Vec<Event> = shuffled.iter().rev().copied().collect();
            prop_assert_eq!(walk(State::Sending, &shuffled), walk(State::Sending, &reversed));
        }

        #[test]
        fn nothing_moves_backwards_but_what_asks_for_another_try(
            events in prop::collection::vec(select(Event::ALL), 0..40),
        ) {
            let mut state = State::Queued;
            for event in events {
                let next = after(state, event).unwrap_or(state);
                let again = [Event::RefusedForNow, Event::RefusedForGood, Event::NextChannel, Event::SentAgain].contains(&event);
                prop_assert!(again || height(next) >= height(state), "{state} {event} {next}");
                state = next;
            }
        }

        #[test]
        fn a_message_that_reached_the_phone_stays_there(events in prop::collection::vec(select(Event::ALL), 0..40)) {
            prop_assert_eq!(walk(State::Delivered, &events), State::Delivered);
        }

        #[test]
        fn a_message_in_doubt_leaves_only_by_an_answer_a_receipt_or_a_person(event in select(Event::ALL)) {
            let moved = after(State::Unknown, event).is_some();
            let answered = [Event::Accepted, Event::RefusedForNow, Event::RefusedForGood].contains(&event);
            let told = [Event::ReceiptDelivered, Event::ReceiptUndelivered, Event::SentAgain].contains(&event);
            prop_assert_eq!(moved, answered || told);
        }
    }
}
