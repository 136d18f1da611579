//! The evidence bundle: one file with everything that shows what was agreed, who signed, and that nothing changed.
//!
//! It is a ZIP archive: `manifest.json` (what the files hash to, and where the chain ends), `agreement.txt` (the frozen
//! text), `events.json` (the chain), `signatures/…` (strokes), `notices/…`, and, where there are, the sealed
//! `agreement.pdf`, `certificates.pem` and the scan of the paper original. Whoever has it needs nothing else to check
//! it; the seal in the PDF names the head of the chain at its time, so that nobody can write the chain anew.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zip::write::SimpleFileOptions;

use super::act::Act;
use super::evidence::{self as chain, Event, EventKind, Head};
use super::paper;
use super::store::agreement as kept;
use super::store::paper as papers;
use super::store::{evidence, notice};
use super::strokes::Handwriting;
use super::verdict::{CheckWeight, Verdict, word};
use crate::clock::Instant;
use crate::crypto::{DigestAlgorithm, Purpose, Vault, digest_holds, short_digest as short};
use crate::letters;
use crate::papers::{PaperReport, Press};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;

/// How the numbers of sealed papers begin: agreements, admonitions, decisions on subsidies.
const NUMBERS: [&str; 3] = ["WT-", "DC-", "ZZ-"];
const FORMAT: &str = "xiangban-evidence/1";
const MANIFEST: &str = "manifest.json";
const TEXT: &str = "agreement.txt";
const EVENTS: &str = "events.json";
const PAPER: &str = "agreement.pdf";
const CERTIFICATES: &str = "certificates.pem";
const ORIGINAL: &str = "original";
const FILES_MAX: usize = 500;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is in a bundle.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Manifest {
    format: String,
    agreement: i64,
    number: String,
    algorithm: String,
    document: String,
    head: Head,
    /// File name → hash.
    files: BTreeMap<String, String>,
}

type Files = BTreeMap<String, Vec<u8>>;

/// The bundle of an agreement.
///
/// # Errors
/// 409 before it was sent for signing.
pub(super) fn bundle(conn: &mut Conn, act: &Act, id: i64) -> Outcome<Vec<u8>> {
    let agreement = kept::load(conn, id)?;
    let frozen = kept::document(conn, &act.vault, id)?.ok_or_else(|| Problem::of("agreement_state"))?;
    let mut files = Files::new();
    files.insert(TEXT.into(), frozen.text.into_bytes());
    files.insert(EVENTS.into(), json(&evidence::chain(conn, &act.vault, id)?)?);
    for inked in papers::inked(conn, &act.vault, id)? {
        files.insert(format!("signatures/{}.json", inked.party_id), json(&inked.handwriting)?);
        files.insert(format!("signatures/{}.svg", inked.party_id), inked.handwriting.svg().into_bytes());
    }
    for issued in notice::of_agreement(conn, id)? {
        let text = act.vault.open(Purpose::Narrative, &issued.text_sealed)?;
        files.insert(format!("notices/{}.txt", issued.id), text.into_bytes());
    }
    if let Some(file) = papers::file(conn, &act.vault, id)? {
        files.insert(PAPER.into(), file);
        files.insert(CERTIFICATES.into(), act.press.chain_pem().unwrap_or_default().into_bytes());
    }
    if let Some(original) = papers::original(conn, id)? {
        let name = format!("{ORIGINAL}.{}", original.media_type.rsplit('/').next().unwrap_or_default());
        files.insert(name, papers::scan(conn, &act.vault, original.id)?);
    }
    let manifest = Manifest {
        format: FORMAT.into(),
        agreement: id,
        number: agreement.number(),
        algorithm: act.vault.digest_algorithm().to_string(),
        document: frozen.hash,
        head: evidence::head_of(&agreement),
        files: files.iter().map(|(name, bytes)| (name.clone(), act.vault.digest(bytes))).collect(),
    };
    files.insert(MANIFEST.into(), json(&manifest)?);
    packed(&files).map_err(Fault::internal)
}

fn json(value: &impl Serialize) -> Outcome<Vec<u8>> {
    serde_json::to_vec_pretty(value).map_err(Fault::internal)
}

fn packed(files: &Files) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        // No times: the same evidence gives the same bytes.
        zip.start_file(name.as_str(), SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// How the seal of a PDF is checked: against the roots of a deployment, or against given ones.
pub type SealCheck<'a> = &'a dyn Fn(&[u8]) -> Outcome<PaperReport>;

/// Checks a sealed agreement or an evidence bundle, from its bytes alone.
///
/// # Errors
/// 422 when it is neither.
pub fn verify(bytes: &[u8], seal: SealCheck<'_>) -> Outcome<Verdict> {
    if bytes.starts_with(b"%PDF-") {
        let mut verdict = Verdict::default();
        let report = seal(bytes)?;
        verdict.number = report.reason.as_deref().and_then(number_in);
        verdict.seal(&report);
        return Ok(verdict.concluded());
    }
    let files = unpacked(bytes).ok_or_else(|| Problem::of("not_a_bundle"))?;
    let manifest: Manifest = files
        .get(MANIFEST)
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .filter(|manifest: &Manifest| manifest.format == FORMAT)
        .ok_or_else(|| Problem::of("not_a_bundle"))?;
    let mut verdict = Verdict { number: Some(manifest.number.clone()), ..Verdict::default() };
    check_files(&mut verdict, &manifest, &files);
    let events: Vec<Event> = files.get(EVENTS).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    check_chain(&mut verdict, &manifest, &files, &events);
    check_signatures(&mut verdict, &files, &events);
    check_notices(&mut verdict, &files, &events);
    check_original(&mut verdict, &files, &events);
    check_paper(&mut verdict, &files, &events, seal)?;
    Ok(verdict.concluded())
}

fn number_in(reason: &str) -> Option<String> {
    reason.split(' ').find(|part| NUMBERS.iter().any(|prefix| part.starts_with(prefix))).map(str::to_owned)
}

fn unpacked(bytes: &[u8]) -> Option<Files> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok().filter(|zip| zip.len() <= FILES_MAX)?;
    let mut files = Files::new();
    let mut left = BYTES_MAX;
    for index in 0..zip.len() {
        let file = zip.by_index(index).ok()?;
        let (name, mut content) = (file.name().ok()?.into_owned(), Vec::new());
        file.take(left + 1).read_to_end(&mut content).ok()?;
        left = left.checked_sub(u64::try_from(content.len()).ok()?)?;
        if files.insert(name, content).is_some() {
            return None;
        }
    }
    Some(files)
}

fn check_files(verdict: &mut Verdict, manifest: &Manifest, files: &Files) {
    let listed =
        manifest.files.iter().filter(|(name, hash)| files.get(*name).is_none_or(|bytes| !digest_holds(hash, bytes)));
    let unlisted = files.keys().filter(|name| *name != MANIFEST && !manifest.files.contains_key(*name));
    let wrong: Vec<&str> = listed.map(|(name, _)| name.as_str()).chain(unlisted.map(String::as_str)).collect();
    verdict.judge("files", wrong.is_empty(), &wrong.join(", "));
}

fn check_chain(verdict: &mut Verdict, manifest: &Manifest, files: &Files, events: &[Event]) {
    let text = files.get(TEXT).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let findings = chain::verify_document(&text, &manifest.document, events);
    let sent = named(events, EventKind::SentForSigning, "document");
    let holds = findings.is_empty() && sent == [manifest.document.clone()];
    verdict.judge("document", holds, short(&manifest.document));
    let broken = chain::verify(manifest.agreement, events, &manifest.head);
    let places: Vec<String> = broken.iter().map(|finding| finding.seq.to_string()).collect();
    let whole = format!("{} {}{}", manifest.head.count, word("events"), short(&manifest.head.hash));
    verdict.judge("chain", broken.is_empty(), &if broken.is_empty() { whole } else { places.join(", ") });
}

/// Each signature's strokes hash to what its event says, and none is missing or too many.
fn check_signatures(verdict: &mut Verdict, files: &Files, events: &[Event]) {
    let holds = |party: &str, digest: &str| {
        let written = files.get(&format!("signatures/{party}.json"))?;
        Some(serde_json::from_slice::<Handwriting>(written).ok()?.digest(DigestAlgorithm::of(digest)) == digest)
    };
    let signed: Vec<(String, Option<String>)> = bodies(events, EventKind::Signed)
        .map(|body| {
            let party = body.get("party").unwrap_or(&Value::Null).to_string();
            (party, body.get("strokes").and_then(Value::as_str).map(str::to_owned))
        })
        .collect();
    let wrong: Vec<&str> = signed
        .iter()
        .filter(|(party, strokes)| strokes.as_deref().and_then(|strokes| holds(party, strokes)) != Some(true))
        .map(|(party, _)| party.as_str())
        .collect();
    let count = files.keys().filter(|name| name.starts_with("signatures/") && name.ends_with(".json")).count();
    let whole = wrong.is_empty() && count == signed.len();
    verdict.judge("strokes", whole, &if whole { count.to_string() } else { wrong.join(", ") });
}

fn check_notices(verdict: &mut Verdict, files: &Files, events: &[Event]) {
    let issued: Vec<Value> = bodies(events, EventKind::NoticeIssued).collect();
    let holds = issued.iter().all(|body| {
        let text = files.get(&format!("notices/{}.txt", body["notice"]));
        text.is_some_and(|text| body.get("text").and_then(Value::as_str).is_some_and(|hash| digest_holds(hash, text)))
    });
    if !issued.is_empty() {
        verdict.judge("notices", holds, &issued.len().to_string());
    }
}

fn check_original(verdict: &mut Verdict, files: &Files, events: &[Event]) {
    let scan = files.iter().find(|(name, _)| name.starts_with("original.")).map(|(_, bytes)| bytes);
    let newest = named(events, EventKind::OriginalReceived, "scan").pop();
    match (scan, newest) {
        (None, None) => {}
        (Some(scan), Some(newest)) => verdict.judge("original", digest_holds(&newest, scan), ""),
        _ => verdict.judge("original", false, ""),
    }
}

fn check_paper(verdict: &mut Verdict, files: &Files, events: &[Event], seal: SealCheck<'_>) -> Outcome<()> {
    let known = [named(events, EventKind::Sealed, "paper"), named(events, EventKind::Stamped, "paper")].concat();
    let Some(file) = files.get(PAPER) else {
        if known.is_empty() {
            verdict.add(CheckWeight::Note, "no_paper", "");
        } else {
            verdict.judge("paper", false, "");
        }
        return Ok(());
    };
    verdict.judge("paper", known.last().is_some_and(|hash| digest_holds(hash, file)), "");
    let report = match seal(file) {
        Err(fault) if fault.code() == Some("documents_not_built") => {
            verdict.add(CheckWeight::Note, "not_built", "");
            return Ok(());
        }
        report => report?,
    };
    verdict.seal(&report);
    let head = report.reason.as_deref().and_then(paper::head_in);
    let found = head.is_some_and(|head| events.iter().any(|event| event.head() == head));
    verdict.judge("sealed_head", found, "");
    Ok(())
}

fn bodies(events: &[Event], kind: EventKind) -> impl Iterator<Item = Value> {
    events
        .iter()
        .filter(move |event| event.kind == kind)
        .map(|event| serde_json::from_str(&event.body).unwrap_or(Value::Null))
}

fn named(events: &[Event], kind: EventKind, field: &str) -> Vec<String> {
    bodies(events, kind).filter_map(|body| body.get(field)?.as_str().map(str::to_owned)).collect()
}

/// Checks against the roots that a deployment trusts.
pub(super) fn verify_here(press: &Press, bytes: &[u8], at: Instant) -> Outcome<Verdict> {
    verify(bytes, &|file| press.check(file, at))
}

/// Adds whether this deployment has the agreement and knows the very file. The number alone tells nobody anything:
/// only a file that holds is looked up.
pub(super) fn known_here(conn: &mut Conn, vault: &Vault, bytes: &[u8], mut verdict: Verdict) -> Outcome<Verdict> {
    let Some(number) = verdict.number.clone().filter(|_| verdict.holds) else { return Ok(verdict) };
    let known = match kept::numbered(conn, &number)? {
        None => letters::known_letter(conn, &number, bytes)?.unwrap_or(false),
        Some(agreement) => {
            let events = evidence::chain(conn, vault, agreement.id)?;
            is_ours(&events, bytes)
        }
    };
    verdict.judge("known", known, "");
    Ok(verdict.concluded())
}

fn is_ours(events: &[Event], bytes: &[u8]) -> bool {
    if bytes.starts_with(b"%PDF-") {
        let kept = [named(events, EventKind::Sealed, "paper"), named(events, EventKind::Stamped, "paper")].concat();
        return kept.iter().any(|hash| digest_holds(hash, bytes));
    }
    let manifest = unpacked(bytes).and_then(|files| serde_json::from_slice::<Manifest>(files.get(MANIFEST)?).ok());
    manifest.is_some_and(|manifest| events.iter().any(|event| event.head() == manifest.head))
}
