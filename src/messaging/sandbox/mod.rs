//! The sandbox: keeps what would be sent and shows it in the browser as phones with their inboxes, where one can answer.
//!
//! It stands in for the SMS gateway, the mail server and WeChat alike. What it accepts it also delivers: a receipt comes
//! in as from any gateway, and what is typed on a phone comes in as a reply. Production refuses to start with it unless
//! told so, and even then shows no phones.

mod channel;
mod phones;
mod routes;
mod wechat;

pub use channel::{Direction, SANDBOX, SandboxChannel};
pub use routes::configure;
