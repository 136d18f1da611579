//! One recorded call, message, visit or letter, and what others say about it.

use chrono::NaiveDate;

use crate::clock::Instant;
use crate::contact::obligation::ContactRules;
use crate::text_enum;

text_enum! {
    /// How they were in touch.
    pub enum ContactKind {
        Call = "call",
        Video = "video",
        Visit = "visit",
        Letter = "letter",
    }
}

text_enum! {
    /// In which role somebody records or comments on a contact.
    pub enum Voice {
        Parent = "parent",
        Carer = "carer",
        Child = "child",
        Village = "village",
    }
}

text_enum! {
    /// How the record came in.
    pub enum RecordedVia {
        Tap = "tap",
        Reply = "reply",
    }
}

text_enum! {
    /// What somebody says about a recorded contact.
    pub enum Says {
        Confirms = "confirms",
        Contradicts = "contradicts",
    }
}

text_enum! {
    /// What all voices together come to.
    pub enum Standing {
        Recorded = "recorded",
        Confirmed = "confirmed",
        Contradicted = "contradicted",
        Disputed = "disputed",
    }
}

text_enum! {
    /// What is wrong with a contact as sent.
    pub enum ContactFault {
        WithNobody = "with_nobody",
        InTheFuture = "in_the_future",
        TooLongAgo = "too_long_ago",
    }
}

/// One voice about one contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    pub person_id: i64,
    pub says: Says,
    pub at: Instant,
}

/// What is wrong with a contact as sent; empty means it can be stored.
pub fn faults(
    with_child: bool,
    with_carer: bool,
    happened_on: NaiveDate,
    today: NaiveDate,
    rules: &ContactRules,
) -> Vec<ContactFault> {
    [
        (!with_child && !with_carer).then_some(ContactFault::WithNobody),
        (happened_on > today).then_some(ContactFault::InTheFuture),
        ((today - happened_on).num_days() > rules.recorded_back_days).then_some(ContactFault::TooLongAgo),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the voices come to: each person's latest word counts, and a record by somebody other than the parent is
/// a confirmation in itself.
pub fn standing(recorded_by: Voice, statements: &[Statement]) -> Standing {
    let latest = |wanted: Says| {
        statements.iter().any(|one| {
            one.says == wanted && !statements.iter().any(|other| other.person_id == one.person_id && other.at > one.at)
        })
    };
    let confirmed = recorded_by != Voice::Parent || latest(Says::Confirms);
    match (confirmed, latest(Says::Contradicts)) {
        (true, true) => Standing::Disputed,
        (true, false) => Standing::Confirmed,
        (false, true) => Standing::Contradicted,
        (false, false) => Standing::Recorded,
    }
}

impl Standing {
    /// Whether the contact counts towards the obligation: only one that stands contradicted alone does not.
    pub fn counts(self) -> bool {
        self != Self::Contradicted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn says(person_id: i64, says: Says, minute: i64) -> Statement {
        Statement { person_id, says, at: Instant::from_millis(1_790_000_000_000).plus_minutes(minute) }
    }

    #[test]
    fn a_call_nobody_speaks_about_stands_as_recorded_and_counts() {
        let seen = standing(Voice::Parent, &[]);
        assert_eq!(seen, Standing::Recorded);
        assert!(seen.counts());
    }

    #[test]
    fn confirmation_and_contradiction_stand_side_by_side() {
        let voices = [says(1, Says::Confirms, 0), says(2, Says::Contradicts, 5)];
        assert_eq!(standing(Voice::Parent, &voices), Standing::Disputed);
    }

    #[test]
    fn a_contradicted_call_does_not_count() {
        assert!(!standing(Voice::Parent, &[says(2, Says::Contradicts, 0)]).counts());
    }

    #[test]
    fn somebody_may_think_again() {
        let voices = [says(2, Says::Contradicts, 0), says(2, Says::Confirms, 5)];
        assert_eq!(standing(Voice::Parent, &voices), Standing::Confirmed);
    }

    #[test]
    fn what_the_carer_records_is_confirmed_by_the_carer() {
        assert_eq!(standing(Voice::Carer, &[]), Standing::Confirmed);
        assert_eq!(standing(Voice::Carer, &[says(9, Says::Contradicts, 1)]), Standing::Disputed);
    }

    #[test]
    fn a_contact_with_nobody_tomorrow_is_refused_for_both_reasons() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let tomorrow = today.succ_opt().unwrap();
        assert_eq!(
            faults(false, false, tomorrow, today, &ContactRules::default()),
            [ContactFault::WithNobody, ContactFault::InTheFuture]
        );
    }

    proptest! {
        #[test]
        fn the_order_in_which_voices_arrive_does_not_matter(
            raw in proptest::collection::vec((1i64..5, any::<bool>(), 0i64..1000), 0..8),
        ) {
            let mut seen = std::collections::BTreeSet::new();
            let voices: Vec<_> = raw.into_iter().filter(|(_, _, at)| seen.insert(*at))
                .map(|(who, yes, at)| says(who, if yes { Says::Confirms } else { Says::Contradicts }, at)).collect();
            let mut turned = voices.clone();
            turned.reverse();
            prop_assert_eq!(standing(Voice::Parent, &voices), standing(Voice::Parent, &turned));
        }
    }
}
