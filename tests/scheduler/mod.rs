//! Duties, reminders, leases.

mod remind;
