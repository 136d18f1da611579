//! The fingerprint of a table: how many rows, and the sum of their hashes, in whatever order they come.

use sha2::{Digest, Sha256};

use super::Copied;

/// A row as both engines write it.
pub type Row = Vec<Option<String>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    rows: u64,
    sum: [u64; 4],
}

impl Fingerprint {
    pub fn add(&mut self, row: &Row) {
        let mut hash = Sha256::new();
        for value in row {
            // Lengths keep ("ab", "c") and ("a", "bc") apart; nothing is not the empty text.
            hash.update(value.as_ref().map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(value.as_deref().unwrap_or_default());
        }
        for (sum, part) in self.sum.iter_mut().zip(hash.finalize().chunks_exact(8)) {
            *sum = sum.wrapping_add(part.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)));
        }
        self.rows += 1;
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn of(&self, table: &str) -> Copied {
        let fingerprint = self.sum.iter().map(|part| format!("{part:016x}")).collect();
        Copied { table: table.to_owned(), rows: self.rows, fingerprint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Option<&str>]]) -> Fingerprint {
        let mut sum = Fingerprint::default();
        for row in rows {
            sum.add(&row.iter().map(|value| value.map(str::to_owned)).collect());
        }
        sum
    }

    #[test]
    fn order_does_not_matter_and_every_value_does() {
        assert_eq!(of(&[&[Some("1")], &[Some("2")]]), of(&[&[Some("2")], &[Some("1")]]));
        assert_ne!(of(&[&[Some("1")], &[Some("1")]]), of(&[&[Some("1")]]));
        assert_ne!(of(&[&[Some("ab"), Some("c")]]), of(&[&[Some("a"), Some("bc")]]));
        assert_ne!(of(&[&[Some("")]]), of(&[&[None]]));
    }
}
