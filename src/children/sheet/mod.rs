//! A village's ledger as a file (P1): from messy xlsx or csv to typed rows with findings per cell, and back to xlsx.
//!
//! ```text
//!  bytes ─ limits ─► xlsx │ csv ─► Grid ─ headings ─► Columns ─ child, adults ─► LedgerRow + findings ─ duplicates ─► Ledger
//! ```
//!
//! Nothing here knows the database: a row says what stands in the file and which cells a person must look at.

mod adults;
mod cells;
mod child;
mod csv;
mod dates;
mod duplicates;
pub mod finding;
mod grid;
mod headings;
pub mod limits;
mod needs;
mod phones;
mod read;
pub mod row;
#[cfg(test)]
mod tests;
pub mod words;
pub mod write;
mod xlsx;

use chrono::NaiveDate;

pub use self::duplicates::mark as mark_duplicates;
pub use self::finding::{Finding, SheetFault, Weight};
pub use self::headings::{About, Column, Person, meaning_of};
pub use self::limits::Limits;
pub use self::read::{Ledger, SheetRead, again};
pub use self::row::{AdultCells, ChildCells, LedgerRow, WrittenRow};

/// What reading needs to know beside the file.
#[derive(Clone, Debug)]
pub struct Context {
    pub today: NaiveDate,
    /// Names of the county and what lies in it; work at such a place is not work away.
    pub home_names: Vec<String>,
    pub limits: Limits,
}

/// Reads a ledger file, whatever its name says: a workbook begins with the mark of a zip file, the rest is text.
///
/// # Errors
/// The [`SheetFault`] for which the file as a whole cannot be taken.
pub fn read(bytes: &[u8], context: &Context) -> Result<Ledger, SheetFault> {
    const ZIP: &[u8] = b"PK\x03\x04";
    const OLE: &[u8] = b"\xd0\xcf\x11\xe0";
    context.limits.admit(bytes)?;
    let grids = if bytes.starts_with(ZIP) {
        xlsx::grids(bytes, &context.limits)?
    } else if bytes.starts_with(OLE) {
        return Err(SheetFault::OldFormat);
    } else {
        vec![csv::grid(bytes, &context.limits)?]
    };
    read::ledger(grids, context)
}
