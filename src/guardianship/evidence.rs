//! The evidence chain of one agreement: what happened, in an order nobody can change afterwards.
//!
//! ```text
//! hash(n) = digest( canonical { agreement, seq, at, kind, actor, body, prev = hash(n-1) } )
//! ```
//! Canonical means: object keys sorted, no blanks, whole numbers only. The digest is the one that the hash itself names
//! ([`DigestAlgorithm`]), so a chain may go on by another algorithm than it began with. The agreement itself keeps the number of
//! events and the last hash (the *head*), so a chain cut short is noticed as surely as one that was altered.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::crypto::{DigestAlgorithm, digest_holds};
use crate::text_enum;

/// What stands for the predecessor of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

text_enum! {
    /// What happened.
    pub enum EventKind {
        Drafted = "drafted",
        Declared = "declared",
        Assessed = "assessed",
        Consented = "consented",
        ConsentRefused = "consent_refused",
        SentForSigning = "sent_for_signing",
        CodeSent = "code_sent",
        CodeWrong = "code_wrong",
        TurnOpened = "turn_opened",
        TurnClosed = "turn_closed",
        Signed = "signed",
        Declined = "declined",
        Lapsed = "lapsed",
        InForce = "in_force",
        NoticeIssued = "notice_issued",
        NoticeAcknowledged = "notice_acknowledged",
        Paid = "paid",
        Amended = "amended",
        Renewed = "renewed",
        Ended = "ended",
        /// The finished agreement was typeset and sealed.
        Sealed = "sealed",
        /// An independent authority has stamped the seal with the time.
        Stamped = "stamped",
        /// The scan of an agreement signed by hand came in.
        OriginalReceived = "original_received",
    }
}

/// One event, as stored and as handed out for checking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = EvidenceEvent)]
pub struct Event {
    pub agreement: i64,
    /// Counts from 1.
    pub seq: i64,
    pub at: Instant,
    pub kind: EventKind,
    /// The person who did it; none for a job.
    pub actor: Option<i64>,
    /// Canonical JSON, kept to the byte.
    pub body: String,
    /// Hash of the event before.
    pub prev: String,
    /// Hash of this event, with its algorithm where that is not SHA-256.
    pub hash: String,
}

/// Where a chain stands: how many events, and the hash of the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = EvidenceHead)]
pub struct Head {
    pub count: i64,
    pub hash: String,
}

impl Head {
    /// The head of an agreement to which nothing has happened.
    pub fn empty() -> Self {
        Self { count: 0, hash: GENESIS.into() }
    }
}

impl Event {
    /// The event that follows `head`; its body is written canonically.
    pub fn next(
        head: &Head,
        agreement: i64,
        at: Instant,
        kind: EventKind,
        actor: Option<i64>,
        (algorithm, body): (DigestAlgorithm, &impl Serialize),
    ) -> Self {
        let mut event = Self {
            agreement,
            seq: head.count.saturating_add(1),
            at,
            kind,
            actor,
            body: canonical_of(body),
            prev: head.hash.clone(),
            hash: String::new(),
        };
        event.hash = event.digest(algorithm);
        event
    }

    /// The head of the chain that ends with this event.
    pub fn head(&self) -> Head {
        Head { count: self.seq, hash: self.hash.clone() }
    }

    /// The digest of everything but the hash itself. The body goes in as text, so no byte of it is free.
    fn digest(&self, algorithm: DigestAlgorithm) -> String {
        let all = serde_json::json!({
            "agreement": self.agreement, "seq": self.seq, "at": self.at.millis(), "kind": self.kind,
            "actor": self.actor, "body": self.body, "prev": self.prev,
        });
        digest_of(algorithm, &all)
    }
}

text_enum! {
    /// What is wrong with a chain.
    pub enum Flaw {
        /// An event does not hash to what it says: something in it was changed.
        Altered = "altered",
        /// An event does not follow the one before it: something was removed, added or moved.
        OutOfOrder = "out_of_order",
        /// The chain belongs to another agreement.
        Foreign = "foreign",
        /// The chain ends before or after the head the agreement remembers.
        HeadDiffers = "head_differs",
        /// The document does not hash to what was sent for signing.
        DocumentAltered = "document_altered",
        /// Two events tell different documents, or a signature is bound to another one.
        SignatureElsewhere = "signature_elsewhere",
    }
}

/// A fault and the number of the event at which it shows (0: the chain as a whole).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = EvidenceFinding)]
pub struct Finding {
    pub fault: Flaw,
    pub seq: i64,
}

/// Everything wrong with a chain, against the head the agreement remembers; empty means that it holds.
pub fn verify(agreement: i64, events: &[Event], head: &Head) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut expected = Head::empty();
    for event in events {
        if event.agreement != agreement {
            findings.push(Finding { fault: Flaw::Foreign, seq: event.seq });
        }
        if event.seq != expected.count + 1 || event.prev != expected.hash {
            findings.push(Finding { fault: Flaw::OutOfOrder, seq: event.seq });
        }
        if event.hash != event.digest(DigestAlgorithm::of(&event.hash)) {
            findings.push(Finding { fault: Flaw::Altered, seq: event.seq });
        }
        expected = Head { count: expected.count + 1, hash: event.hash.clone() };
    }
    if expected != *head {
        findings.push(Finding { fault: Flaw::HeadDiffers, seq: 0 });
    }
    findings
}

/// Everything wrong between a frozen document and the events about it: each event that names a document must
/// name this one, and the text must hash to it.
pub fn verify_document(text: &str, frozen_hash: &str, events: &[Event]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !digest_holds(frozen_hash, text.as_bytes()) {
        findings.push(Finding { fault: Flaw::DocumentAltered, seq: 0 });
    }
    for event in events {
        let named = serde_json::from_str::<Value>(&event.body).ok();
        let document = named.as_ref().and_then(|body| body.get("document")).and_then(Value::as_str);
        let must_name = matches!(event.kind, EventKind::SentForSigning | EventKind::Signed | EventKind::InForce);
        if document.map_or(must_name, |document| document != frozen_hash) {
            findings.push(Finding { fault: Flaw::SignatureElsewhere, seq: event.seq });
        }
    }
    findings
}

/// The digest of the canonical JSON of `value`.
pub fn digest_of(algorithm: DigestAlgorithm, value: &impl Serialize) -> String {
    algorithm.digest(canonical_of(value).as_bytes())
}

/// JSON with sorted keys and no blanks; whatever cannot be JSON counts as null.
pub fn canonical_of(value: &impl Serialize) -> String {
    let mut text = String::new();
    write_canonical(&serde_json::to_value(value).unwrap_or(Value::Null), &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let sorted: std::collections::BTreeMap<_, _> = fields.iter().collect();
            text.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(item, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn chain(length: i64) -> (Vec<Event>, Head) {
        let mut head = Head::empty();
        let mut events = Vec::new();
        for n in 0..length {
            let at = Instant::from_millis(1_790_000_000_000 + n * 61_000);
            let body = json!({ "party": n, "document": "ab".repeat(32), "name": "王秀英", "how": { "b": 1, "a": [true, null] } });
            let event = Event::next(&head, 7, at, EventKind::Signed, (n % 2 == 0).then_some(n), (SHA256, &body));
            head = event.head();
            events.push(event);
        }
        (events, head)
    }

    #[test]
    fn a_chain_as_written_holds() {
        let (events, head) = chain(6);
        assert_eq!(verify(7, &events, &head), vec![]);
        assert_eq!(verify(7, &[], &Head::empty()), vec![]);
    }

    #[test]
    fn canonical_text_does_not_depend_on_the_order_of_keys() {
        assert_eq!(canonical_of(&json!({"b": 1, "a": {"d": "\"中", "c": []}})), r#"{"a":{"c":[],"d":"\"中"},"b":1}"#);
    }

    #[test]
    fn a_chain_goes_on_by_another_algorithm_and_no_event_can_be_moved_to_one() {
        let (mut events, head) = chain(2);
        let at = Instant::from_millis(1_790_000_200_000);
        let next = Event::next(&head, 7, at, EventKind::Sealed, None, (DigestAlgorithm::Sm3, &json!({ "paper": "x" })));
        assert!(next.hash.starts_with("sm3:") && next.prev == head.hash);
        let head = next.head();
        events.push(next);
        assert_eq!(verify(7, &events, &head), vec![]);
        events[2].hash = events[2].hash.replace("sm3:", "");
        assert!(!verify(7, &events, &head).is_empty());
    }

    #[test]
    fn a_chain_of_another_agreement_is_foreign() {
        let (events, head) = chain(2);
        assert!(verify(8, &events, &head).iter().all(|finding| finding.fault == Flaw::Foreign));
        assert_eq!(verify(8, &events, &head).len(), 2);
    }

    #[test]
    fn cutting_the_end_off_is_noticed_by_the_head() {
        let (mut events, head) = chain(5);
        events.pop();
        assert_eq!(verify(7, &events, &head), vec![Finding { fault: Flaw::HeadDiffers, seq: 0 }]);
    }

    #[test]
    fn rewriting_the_whole_chain_is_noticed_by_the_head() {
        let (events, head) = chain(4);
        let mut forged_head = Head::empty();
        let forged: Vec<Event> = events
            .iter()
            .map(|event| {
                let forged = Event::next(
                    &forged_head,
                    7,
                    event.at.plus_seconds(1),
                    event.kind,
                    event.actor,
                    (SHA256, &json!({})),
                );
                forged_head = forged.head();
                forged
            })
            .collect();
        assert_eq!(verify(7, &forged, &head), vec![Finding { fault: Flaw::HeadDiffers, seq: 0 }]);
    }

    #[test]
    fn a_signature_bound_to_another_document_is_noticed() {
        let text = "委托照护协议";
        let hash = SHA256.digest(text.as_bytes());
        let signed = Event::next(
            &Head::empty(),
            7,
            Instant::from_millis(0),
            EventKind::Signed,
            None,
            (SHA256, &json!({ "document": hash })),
        );
        assert_eq!(verify_document(text, &hash, std::slice::from_ref(&signed)), vec![]);
        assert_eq!(
            verify_document("委托照护协议 ", &hash, std::slice::from_ref(&signed))[0].fault,
            Flaw::DocumentAltered
        );
        let silent =
            Event::next(&Head::empty(), 7, Instant::from_millis(0), EventKind::Signed, None, (SHA256, &json!({})));
        assert_eq!(verify_document(text, &hash, &[silent])[0].fault, Flaw::SignatureElsewhere);
    }

    /// A chain as it would lie in a file.
    fn as_bytes(events: &[Event]) -> Vec<u8> {
        serde_json::to_vec(events).unwrap()
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(position in any::<prop::sample::Index>(), bit in 0u8..8) {
            let (events, head) = chain(4);
            let mut bytes = as_bytes(&events);
            let position = position.index(bytes.len());
            bytes[position] ^= 1 << bit;
            // What no longer reads as a chain is noticed too; what reads the same is the same.
            if let Ok(read) = serde_json::from_slice::<Vec<Event>>(&bytes) {
                prop_assert!(read == events || !verify(7, &read, &head).is_empty());
            }
        }

        #[test]
        fn any_removed_event_is_noticed(length in 1i64..8, which in any::<prop::sample::Index>()) {
            let (mut events, head) = chain(length);
            events.remove(which.index(events.len()));
            prop_assert!(!verify(7, &events, &head).is_empty());
        }

        #[test]
        fn any_other_order_is_noticed(order in Just((0usize..6).collect::<Vec<_>>()).prop_shuffle()) {
            let (events, head) = chain(6);
            let moved: Vec<Event> = order.iter().map(|index| events[*index].clone()).collect();
            prop_assert_eq!(verify(7, &moved, &head).is_empty(), order.is_sorted());
        }

        #[test]
        fn any_repeated_event_is_noticed(which in 0usize..5) {
            let (mut events, head) = chain(5);
            events.insert(which, events[which].clone());
            prop_assert!(!verify(7, &events, &head).is_empty());
        }
    }
}
