//! Papers of Xiangban: set in type, sealed, stamped with time, checked, and scans made safe.
//!
//! Everything here is a function of its arguments: no clock, no network, no database. The program that uses it says
//! what a paper says, when it was made, and where a time stamp comes from.

pub mod certificates;
pub mod check;
mod cms_message;
pub mod demo;
pub mod fonts;
mod pdf;
pub mod qr;
pub mod scan;
pub mod seal;
pub mod stamp;
pub mod typeset;

pub use check::{Finding, Report, check};
pub use fonts::{Fonts, FontsMissing};
pub use scan::{Scan, ScanError};
pub use seal::{Seal, SealError, SealFacts};
pub use typeset::{Sheet, Templates, TypesetError, Typesetter};
