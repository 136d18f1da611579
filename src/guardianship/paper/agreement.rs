//! The agreement as sent for signing, and as signed.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::mark;
use super::words::WORDS;
use crate::guardianship::act::Act;
use crate::guardianship::evidence::Head;
use crate::guardianship::signature::Manner;
use crate::guardianship::store::agreement::{self as kept, Agreement};
use crate::guardianship::store::paper::{self as papers, Inked};
use crate::papers::{Manuscript, Sheet};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::wording::{date_in_words, paper};

/// The agreement as sent for signing, with the signatures that were made so far when `with_ink`.
///
/// # Errors
/// 409 before it was sent.
pub(in crate::guardianship) fn agreement(conn: &mut Conn, act: &Act, id: i64, with_ink: bool) -> Outcome<Manuscript> {
    let agreement = kept::load(conn, id)?;
    let frozen = kept::document(conn, &act.vault, id)?.ok_or_else(|| Problem::of("agreement_state"))?;
    let ink = if with_ink { ink_by_party(conn, act, id)? } else { Vec::new() };
    let on = if with_ink { agreement.in_force_at } else { agreement.sent_at };
    let day = on.unwrap_or(agreement.created_at).date();
    Ok(Manuscript {
        sheet: Sheet::Agreement,
        data: sorted(&frozen.text, &ink, day),
        mark: mark(act, &agreement, &frozen.hash),
    })
}

/// The signatures in the order in which the parties stand in the text; none where somebody has not signed.
fn ink_by_party(conn: &mut Conn, act: &Act, id: i64) -> Outcome<Vec<Option<Inked>>> {
    let made = papers::inked(conn, &act.vault, id)?;
    let of = |party: i64| made.iter().find(|one| one.party_id == party).cloned();
    Ok(kept::parties(conn, id)?.into_iter().map(|party| of(party.id)).collect())
}

/// The lines of a frozen text, each in its place.
fn sorted(text: &str, ink: &[Option<Inked>], on: NaiveDate) -> Value {
    paper::contract(text, on, |index, title, name| match ink.get(index).and_then(Option::as_ref) {
        Some(ink) => signed_place(title, name, ink),
        None => paper::empty_place(title, name),
    })
}

fn signed_place(title: &str, name: &str, ink: &Inked) -> Value {
    let how = match (ink.manner, &ink.host) {
        (Manner::InPerson, Some(host)) => format!("{}{host}", WORDS.manner.in_person),
        _ => WORDS.manner.own_phone.clone(),
    };
    let signed = format!("{} {}", date_in_words(ink.at.date()), ink.at.time_of_day().format("%H:%M"));
    json!({ "title": title, "name": name, "ink": ink.handwriting.svg(), "signed": signed, "how": how })
}

/// Why the seal was set, as it stands in the file.
pub(in crate::guardianship) fn reason(agreement: &Agreement) -> String {
    format!(
        "{} {} {} {}",
        WORDS.paper.sealed_because,
        agreement.number(),
        agreement.evidence_count,
        agreement.evidence_head
    )
}

/// What [`reason`] wrote: how many events the chain had when the seal was set, and the hash of the last.
pub(in crate::guardianship) fn head_in(reason: &str) -> Option<Head> {
    let mut parts = reason.rsplit(' ');
    let (hash, count) = (parts.next()?, parts.next()?);
    Some(Head { count: count.parse().ok()?, hash: hash.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::DigestAlgorithm;
    use crate::guardianship::text;
    use crate::wording::{Wording, WordingKind};

    #[test]
    fn every_line_of_a_frozen_text_stands_in_its_paper_once() {
        let data = text::tests::data();
        let wording = Wording::built_in(WordingKind::Agreement);
        let frozen = text::agreement(&wording, DigestAlgorithm::Sha256, &data).unwrap();
        let sorted = sorted(&frozen.text, &[], NaiveDate::from_ymd_opt(2026, 3, 2).unwrap());
        assert_eq!(sorted["articles"].as_array().unwrap().len(), 18);
        assert_eq!(sorted["articles"][0]["rows"].as_array().unwrap().len(), 5);
        assert_eq!(sorted["signers"].as_array().unwrap().len(), data.parents.len() + 3);
        let all = sorted.to_string();
        for line in frozen.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let in_table = line.split_once('：').is_some_and(|(_, rest)| all.contains(rest));
            let in_place = line.contains("签字____") || line == "签字";
            let escaped = serde_json::to_string(line).unwrap();
            assert!(all.contains(escaped.trim_matches('"')) || in_table || in_place, "{line}");
        }
    }

    #[test]
    fn the_head_of_the_chain_is_read_back_from_the_seal() {
        assert_eq!(
            head_in("证据链： WT-2026-000017 12 abcd").map(|head| (head.count, head.hash)),
            Some((12, "abcd".into()))
        );
        assert_eq!(head_in("各方已签"), None);
    }
}
