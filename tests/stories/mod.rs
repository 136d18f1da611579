//! The three stories of the README, day by day: people act over the API, everything else comes from the timetable, and
//! what counts is what reached the phones.

mod a_check_in;
mod a_missed_contact;
mod a_signature;
mod life;
mod phones;
mod place;
