//! Telling people: messages, the channels that carry them, and what comes back.

mod bars;
mod breaker;
pub mod callbacks;
pub mod channels;
mod compose;
pub mod credits;
mod deliver;
pub mod desk;
pub mod gateways;
pub mod inbound;
pub mod journey;
pub mod limits;
pub mod lint;
mod office;
mod outbox;
pub mod phone;
pub mod quiet;
pub mod reply;
pub mod retry;
pub mod route;
mod rows;
pub mod sandbox;
pub mod segments;
mod sweep;
pub mod templates;
pub mod unsubscribe;
pub mod wording;
mod work;

pub use bars::{bar, lift_bar};
pub use compose::compose;
pub use deliver::{deliver, pretend_to_deliver};
pub use office::{PostOffice, Settings};
pub use outbox::{NewMessage, Recipient, post};
pub use quiet::Urgency;
pub use sweep::{Swept, sweep};
pub use work::{Round, round};
