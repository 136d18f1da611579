//! Signatures in a PDF file, as bytes: where they are, what they cover, and the hole that holds each.

use lopdf::{Dictionary, Document, Object};
use std::ops::Range;

/// One signature found in a file.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    /// The two stretches of the file that are signed.
    pub covered: [Range<usize>; 2],
    pub reason: String,
    pub claimed_at: String,
}

impl Signature {
    /// Where the signed message lies, with its brackets.
    pub fn hole(&self) -> Range<usize> {
        let [before, after] = &self.covered;
        before.end..after.start
    }

    /// Whether everything from the first byte to the last is signed, the hole apart.
    pub fn covers(&self, length: usize) -> bool {
        let [before, after] = &self.covered;
        before.start == 0 && after.end == length
    }

    /// The bytes that are signed.
    pub fn content(&self, file: &[u8]) -> Option<Vec<u8>> {
        let [before, after] = &self.covered;
        Some([file.get(before.clone())?, file.get(after.clone())?].concat())
    }

    /// The message in the hole: hexadecimal in lower case, filled up with zeros, and nothing else.
    pub fn message(&self, file: &[u8]) -> Option<Vec<u8>> {
        let hole = file.get(self.hole())?;
        let digits = hole.strip_prefix(b"<")?.strip_suffix(b">")?;
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
        let length = der_length(&bytes)?;
        let (message, rest) = bytes.split_at_checked(length)?;
        rest.iter().all(|byte| *byte == 0).then(|| message.to_vec())
    }
}

/// Every signature field of the document that has a value.
pub(crate) fn signatures(document: &Document) -> Vec<Signature> {
    let fields = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"AcroForm", document))
        .and_then(Object::as_dict)
        .and_then(|form| form.get_deref(b"Fields", document))
        .and_then(Object::as_array);
    let Ok(fields) = fields else { return Vec::new() };
    fields
        .iter()
        .filter_map(|field| document.dereference(field).ok()?.1.as_dict().ok())
        .filter_map(|field| signature(field.get_deref(b"V", document).ok()?.as_dict().ok()?, document))
        .collect()
}

fn signature(value: &Dictionary, document: &Document) -> Option<Signature> {
    let range = value.get_deref(b"ByteRange", document).ok()?.as_array().ok()?;
    let numbers: Vec<usize> =
        range.iter().map(|one| one.as_i64().ok().and_then(|one| usize::try_from(one).ok())).collect::<Option<_>>()?;
    let [from, length, again, rest] = numbers.as_slice() else { return None };
    let text =
        |key: &[u8]| value.get(key).ok().and_then(|text| lopdf::decode_text_string(text).ok()).unwrap_or_default();
    let covered = [*from..from.checked_add(*length)?, *again..again.checked_add(*rest)?];
    let ordered = covered.first()?.end <= covered.last()?.start;
    ordered.then(|| Signature { covered, reason: text(b"Reason"), claimed_at: text(b"M") })
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digit = |c: &u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    match digits {
        [high, low] => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    }
}

/// The length of a DER value with its head.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some(first + 2);
    }
    let count = first - 0x80;
    let length = bytes.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
    Some(length.iter().fold(0_usize, |all, byte| all * 256 + usize::from(*byte)) + 2 + count)
}

/// Writes `message` into the hole of a file.
pub(crate) fn fill(file: &mut [u8], hole: Range<usize>, message: &[u8]) -> bool {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    let digits = message.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit);
    let room = hole.len().saturating_sub(2);
    if message.len() * 2 > room {
        return false;
    }
    let text: Vec<u8> = std::iter::once(b'<')
        .chain(digits)
        .chain(std::iter::repeat_n(b'0', room - message.len() * 2))
        .chain(std::iter::once(b'>'))
        .collect();
    match file.get_mut(hole) {
        Some(place) if place.len() == text.len() => {
            place.copy_from_slice(&text);
            true
        }
        _ => false,
    }
}
