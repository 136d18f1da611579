//! Short links in messages: `{public_url}/l/{ticket}` leads its addressee to one duty, for some days.
//!
//! A ticket says which duty, whom it was sent to and the last day it serves, with a proof that we made it. Nothing is
//! kept of it: whether the matter is still open is asked of the duty itself, so a link is over in the moment in which
//! its duty is.

use chrono::{Days, NaiveDate};

use crate::crypto::{Purpose, Vault};
use crate::duties::DutyKind;
use crate::problem::{Fault, Outcome};
use crate::text_enum;

/// Length of a ticket in a link.
pub const CHARS: usize = 26;
const LABEL: &str = "short_link";
/// Duty 5, person 4, day 2.
const SAID: usize = 11;
const PROOF: usize = 8;
/// Letters and digits only: phones end a link at many other marks.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2020, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

text_enum! {
    /// The one thing that a short link opens.
    pub enum LinkPurpose {
        /// Read an agreement and sign it.
        SignAgreement = "sign_agreement",
        /// Tell of a call home, and see how the child is.
        ConfirmContact = "confirm_contact",
    }
}

impl LinkPurpose {
    /// What a link to a duty of this kind opens; `None` where a link would not help.
    pub fn of(kind: DutyKind) -> Option<Self> {
        match kind {
            DutyKind::SignAgreement => Some(Self::SignAgreement),
            DutyKind::ContactChild => Some(Self::ConfirmContact),
            _ => None,
        }
    }
}

/// What a short link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub duty_id: i64,
    /// Who owes the duty and was written to.
    pub person_id: i64,
    /// The last day on which it serves.
    pub until: NaiveDate,
}

/// What stands before every ticket.
pub fn links(public_url: &str) -> String {
    format!("{}/l/", public_url.trim_end_matches('/'))
}

impl Ticket {
    /// The ticket as it stands in a link: letters and digits.
    pub fn write(&self, vault: &Vault) -> Outcome<String> {
        let too_large = || Fault::internal("a short link has no room for this id");
        let duty = u64::try_from(self.duty_id).ok().filter(|id| *id < 1 << 40).ok_or_else(too_large)?;
        let person = u32::try_from(self.person_id).map_err(|_| too_large())?;
        let day = u16::try_from((self.until - FIRST_DAY).num_days()).map_err(|_| too_large())?;
        let mut bytes = Vec::with_capacity(SAID + PROOF);
        bytes.extend_from_slice(&duty.to_be_bytes()[3..]);
        bytes.extend_from_slice(&person.to_be_bytes());
        bytes.extend_from_slice(&day.to_be_bytes());
        let proof = proof(vault, &bytes)?;
        bytes.extend_from_slice(&proof);
        Ok(written(bytes))
    }

    /// The ticket of a link, or `None` for one that we did not make.
    pub fn read(vault: &Vault, text: &str) -> Outcome<Option<Self>> {
        let Some(bytes) = read(text) else { return Ok(None) };
        let (said, given) = bytes.split_at(SAID);
        let differs = proof(vault, said)?.iter().zip(given).fold(0, |found, (ours, theirs)| found | (ours ^ theirs));
        if differs != 0 {
            return Ok(None);
        }
        let number = |part: &[u8]| part.iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        let (duty, rest) = said.split_at(5);
        let (person, rest) = rest.split_at(4);
        let day = u64::try_from(number(rest.get(..2).unwrap_or_default())).unwrap_or_default();
        let until = FIRST_DAY.checked_add_days(Days::new(day));
        Ok(until.map(|until| Self { duty_id: number(duty), person_id: number(person), until }))
    }
}

/// The number that these bytes are, in base 62.
fn written(mut number: Vec<u8>) -> String {
    let mut digits = [ALPHABET[0]; CHARS];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let value = (rest << 8) | u16::from(*byte);
            // Below 256, because the rest is below 62.
            *byte = u8::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        *digit = ALPHABET.get(usize::from(rest)).copied().unwrap_or_default();
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// The bytes of such a number; `None` for any other text.
fn read(text: &str) -> Option<[u8; SAID + PROOF]> {
    if text.len() != CHARS {
        return None;
    }
    let mut number = [0_u8; SAID + PROOF];
    for letter in text.bytes() {
        let mut carried = u16::try_from(ALPHABET.iter().position(|one| *one == letter)?).ok()?;
        for byte in number.iter_mut().rev() {
            let value = u16::from(*byte) * 62 + carried;
            *byte = value.to_be_bytes()[1];
            carried = value >> 8;
        }
        if carried > 0 {
            return None;
        }
    }
    Some(number)
}

fn proof(vault: &Vault, said: &[u8]) -> Outcome<[u8; PROOF]> {
    let mac = vault.lasting_mac(Purpose::Token, LABEL, said)?;
    let mut proof = [0; PROOF];
    proof.iter_mut().zip(mac).for_each(|(ours, byte)| *ours = byte);
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{Algorithm, DigestAlgorithm, Sealing};

    fn vault(byte: u8) -> Vault {
        let keys: BTreeMap<String, String> =
            [("k1", byte), ("hiv1", 9)].map(|(id, byte)| (id.to_owned(), STANDARD.encode([byte; 32]))).into();
        let sealing =
            Sealing { current: "k1", hiv: "hiv1", algorithm: Algorithm::Aes256Gcm, digest: DigestAlgorithm::Sha256 };
        Vault::new(sealing, &keys).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_ticket_says_what_was_put_in_and_has_one_length() {
        let vault = vault(7);
        for (duty_id, person_id) in [(1, 1), (4_827, 99), ((1 << 40) - 1, u32::MAX.into())] {
            let ticket = Ticket { duty_id, person_id, until: day("2026-12-02") };
            let text = ticket.write(&vault).unwrap();
            assert_eq!(text.len(), CHARS, "{text}");
            assert_eq!(Ticket::read(&vault, &text).unwrap(), Some(ticket));
        }
        assert!(Ticket { duty_id: 1 << 40, person_id: 1, until: day("2026-12-02") }.write(&vault).is_err());
    }

    #[test]
    fn neither_an_altered_ticket_nor_one_of_another_house_is_read() {
        let text = Ticket { duty_id: 17, person_id: 4, until: day("2026-12-02") }.write(&vault(7)).unwrap();
        assert_eq!(Ticket::read(&vault(8), &text).unwrap(), None);
        for at in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'1' { b'2' } else { b'1' };
            assert_eq!(Ticket::read(&vault(7), std::str::from_utf8(&altered).unwrap()).unwrap(), None, "{at}");
        }
    }

    proptest! {
        #[test]
        fn every_ticket_is_letters_and_digits_of_one_length(duty_id in 0_i64..1 << 40, person_id in 0_i64..1 << 32) {
            let ticket = Ticket { duty_id, person_id, until: day("2026-12-02") };
            let text = ticket.write(&vault(7)).unwrap();
            prop_assert!(text.len() == CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric()), "{}", text);
            prop_assert_eq!(Ticket::read(&vault(7), &text).unwrap(), Some(ticket));
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}") {
            prop_assert_eq!(Ticket::read(&vault(7), &text).unwrap(), None);
        }
    }
}
