//! Official letters: the admonition of parents who do not act (P12, P14, P21) and the township's decision on a subsidy
//! (P20). A letter is written by a person, its words are frozen at once, and a job seals it.
//!
//! ```text
//!   issued: text and digest frozen ──▶ due ── typeset, seal ──▶ sealed ── an authority answers ──▶ stamped
//!      └──────────────────────────────▶ served (on whom, when, how; a refusal is written down too)
//! ```
//! What follows from a letter is decided by people, and in other rooms.

mod access;
mod issuing;
pub mod letter;
pub mod routes;
mod sealing;
mod store;

pub use issuing::known_letter;
pub use sealing::seal_letters;
