//! All SQL of contact, by record.

mod contacts;
mod household;
mod missed;
mod obligations;
mod searches;

pub use contacts::*;
pub use household::*;
pub use missed::*;
pub use obligations::*;
pub use searches::*;
