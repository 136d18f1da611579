//! The demo county: one county, two townships, ten villages, some three hundred children, made up and always the same.
//!
//! Everything is drawn by a seeded generator from the lists in `config/demo/` and dated from the day it is loaded, so
//! that the county is alive whenever one looks. It comes in through the slices' own doors (a village's ledger is
//! imported as a file), step by step; a step that was done is marked and never done again.

mod by_hand;
mod chance;
mod county;
mod faces;
mod families;
mod ledger;
mod life;
mod lives;
mod names;
mod numbers;
mod steps;

pub use by_hand::ledger as ledger_by_hand;
pub use county::{County, Staff, Village};
pub use faces::{Face, faces};
pub use steps::{Loaded, is_empty, is_loaded, load, load_ledgers};

use chrono::{Days, NaiveDate};
use lives::Lives;
use names::Names;

use crate::crypto::sha256_hex;
use crate::problem::{Fault, Outcome};

/// The password of every account of the demo. Production refuses a database that holds the demo.
pub const PASSWORD: &str = "xiangban-demo-2026";

/// What the demo is made from: the files of `config/demo/`.
#[derive(Debug)]
pub struct Ground {
    pub county: County,
    names: Names,
    lives: Lives,
    words: life::Words,
}

impl Ground {
    /// Reads the files that the program carries.
    ///
    /// # Errors
    /// A file of the wrong shape.
    pub fn read() -> Outcome<Self> {
        let fault = |error: toml::de::Error| Fault::internal(format!("config/demo: {error}"));
        Ok(Self {
            county: toml::from_str(include_str!("../../config/demo/county.toml")).map_err(fault)?,
            names: toml::from_str(include_str!("../../config/demo/names.toml")).map_err(fault)?,
            lives: toml::from_str(include_str!("../../config/demo/lives.toml")).map_err(fault)?,
            words: toml::from_str(include_str!("../../config/demo/life.toml")).map_err(fault)?,
        })
    }
}

/// The day on which a village handed in its ledger: one after the other, more than three months ago.
fn handed_in_on(today: NaiveDate, place: usize) -> NaiveDate {
    let days = 110 + 5 * u64::try_from(place).unwrap_or_default();
    today.checked_sub_days(Days::new(days)).unwrap_or(today)
}

/// Every village with the ledger that it handed in before `today`, as a CSV file.
pub fn ledgers(ground: &Ground, today: NaiveDate) -> Outcome<Vec<(Village, Vec<u8>)>> {
    let mut numbers = numbers::Numbers::default();
    let mut ledgers = Vec::new();
    for (place, village) in ground.county.villages().enumerate() {
        let day = handed_in_on(today, place);
        let families = families::of_village(ground, &mut numbers, place, day);
        let ledger = ledger::as_csv(ground, &village, &families, day)?;
        ledgers.push((village, ledger));
    }
    Ok(ledgers)
}

/// The authenticator secret of a demo account, in base32: made from its login, no secret at all.
fn secret_of(login: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    sha256_hex(login.as_bytes())
        .bytes()
        .take(32)
        .map(|byte| char::from(*ALPHABET.get(usize::from(byte % 32)).unwrap_or(&b'A')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::sheet::{self, Context, Limits};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_row_of_every_ledger_can_be_read_on_any_day() {
        let ground = Ground::read().unwrap();
        for today in ["2026-11-23", "2027-02-28", "2028-02-29"] {
            let today = day(today);
            let mut children = 0;
            for (village, bytes) in ledgers(&ground, today).unwrap() {
                let context = Context { today, home_names: Vec::new(), limits: Limits::default() };
                let ledger = sheet::read(&bytes, &context).unwrap();
                for row in ledger.rows {
                    assert!(!row.needs_person(), "{} row {}: {:?}", village.name, row.number, row.findings);
                    children += 1;
                }
            }
            assert_eq!(children, 300);
        }
    }

    #[test]
    fn the_county_is_the_same_every_time() {
        let ground = Ground::read().unwrap();
        let today = day("2026-11-23");
        assert_eq!(ledgers(&ground, today).unwrap(), ledgers(&ground, today).unwrap());
    }

    #[test]
    fn every_role_has_an_account() {
        let ground = Ground::read().unwrap();
        let roles: std::collections::BTreeSet<_> =
            ground.county.one_account_per_role().iter().map(|staff| staff.post).collect();
        assert_eq!(roles.len(), crate::identity::PostKind::ALL.len());
    }
}
