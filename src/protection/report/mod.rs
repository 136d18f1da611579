//! A report: somebody tells of harm, suspicion or danger, and nobody stands in the way (P4, law art. 11).
//!
//! No approval precedes a report. It reaches the police contact, the township and the county at once, by day and
//! night; it can be read only at the desks it was routed to; who reported is sealed on its own. The reporter gets
//! a receipt number with which the outcome can be asked for.
//!
//! ```text
//! received ──▶ routed to desks ──▶ accepted by a desk ──▶ (case, in its own module)
//! ```

mod access;
pub mod clocks;
pub mod duties;
mod filing;
mod reading;
pub mod receipt;
pub mod routes;
pub mod routing;
pub mod situation;
mod store;

pub use filing::{Filed, NewReport, file, of_cause};
pub use reading::accept;
pub use store::{ReportChannel, ReportState, Reporter, Told};
