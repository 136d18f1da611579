//! Duties, reminders, leases.

mod remind;
mod timetable;
