//! Contact: a parent who is away talks with the child and with the carer, at least once a week (P29, law art. 23).
//!
//! One obligation stands for one parent and one household: a call home is one call, however many children
//! listen. A parent records it by a tap or a reply; carer, child or village may confirm or contradict it, and all
//! voices are kept side by side. Missed weeks bring help, step by step, not a penalty list. When a number no
//! longer answers, people who may know the new one are asked in turn, and the village last.
//!
//! ```text
//! obligation   owed ◀──▶ resting (parent is home for a while)
//!                └────────┴──▶ ended (parent back for good, custody changed, children grown up or gone)
//!
//! contact      recorded ──▶ confirmed │ contradicted │ disputed      (derived from the statements)
//!
//! search       number fails twice ──▶ other parent ──▶ backup contact ──▶ carer ──▶ village ──▶ found │ given up
//! ```

mod access;
pub mod answers;
pub mod duties;
mod keeping;
pub mod missed;
pub mod night;
pub mod obligation;
pub mod reachability;
pub mod record;
mod recording;
mod routes;
mod searching;
mod store;

/// The steps of contact one by one, for whoever takes them without a request.
pub mod steps {
    pub use super::recording::{NewContact, record, state};
    pub use super::searching::{answer, found, give_up};
    pub use super::store::{Contact, Obligation, Search, obligation, open_obligations, open_search_for};
}

pub use keeping::{carer_changed, reconcile_child, reconcile_household};
pub use routes::configure;
pub use searching::number_failed;
