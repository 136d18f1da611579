//! The scheduler: recurring jobs on cron times, with one leader among several processes.
//!
//! ```text
//!            tick                      lease held (term n)
//!  follower ──────▶ tries the lease ──────────────────────▶ leader: runs what is due, renews
//!      ▲                                                        │ lease lost or over
//!      └────────────────────────────────────────────────────────┘
//! ```
//!
//! What a job last ran for is remembered in the database, so that a run missed while everything was down is made up
//! once. A job asks its data what is due as of now; running it late, twice or on two machines changes nothing.

mod cron_times;
mod lease;
mod run;

pub use cron_times::{CronError, Times};
pub use lease::Lease;
pub use run::{Job, run_due};
