//! Settings in force, to be seen by those who answer for them: cadences, ladders, quiet hours, and the words of every
//! message with a preview. They come from the configuration and from files; the answer names where each is changed.

mod access;
mod preview;
pub mod routes;
mod view;
