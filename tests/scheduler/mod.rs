//! Duties, reminders, leases.

mod reconcile;
mod remind;
mod timetable;
