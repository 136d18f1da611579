//! How much of a file is read: a village ledger is small, a hostile file must stay cheap.

use std::io::{Cursor, Read};

use serde::{Deserialize, Serialize};

use super::SheetFault;

/// Upper bounds of what is read from one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    pub file_bytes: usize,
    /// Bytes all parts of a workbook may have once unpacked.
    pub unpacked_bytes: u64,
    pub parts: usize,
    pub sheets: usize,
    pub rows: usize,
    pub columns: usize,
    pub cell_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 10 << 20,
            unpacked_bytes: 100 << 20,
            parts: 1_000,
            sheets: 30,
            rows: 10_000,
            columns: 120,
            cell_chars: 500,
        }
    }
}

impl Limits {
    /// Refuses an empty file and one above the size limit.
    ///
    /// # Errors
    /// [`SheetFault::Empty`], [`SheetFault::TooLarge`].
    pub fn admit(&self, bytes: &[u8]) -> Result<(), SheetFault> {
        if bytes.is_empty() {
            Err(SheetFault::Empty)
        } else if bytes.len() > self.file_bytes {
            Err(SheetFault::TooLarge)
        } else {
            Ok(())
        }
    }

    /// Unpacks every part of a zip file into nothing and counts what it declares
    /// and what comes out, because a declared size may lie.
    ///
    /// # Errors
    /// [`SheetFault::UnpacksTooLarge`], [`SheetFault::Damaged`].
    pub fn admit_zip(&self, bytes: &[u8]) -> Result<(), SheetFault> {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetFault::Damaged)?;
        if zip.len() > self.parts {
            return Err(SheetFault::UnpacksTooLarge);
        }
        let mut left = self.unpacked_bytes;
        for index in 0..zip.len() {
            let part = zip.by_index(index).map_err(|_| SheetFault::Damaged)?;
            if part.size() > left {
                return Err(SheetFault::UnpacksTooLarge);
            }
            left -= count(part, left)?;
        }
        Ok(())
    }
}

fn count(part: impl Read, left: u64) -> Result<u64, SheetFault> {
    let mut bounded = part.take(left + 1);
    let counted = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|_| SheetFault::Damaged)?;
    if counted > left { Err(SheetFault::UnpacksTooLarge) } else { Ok(counted) }
}
