//! Messages from the reminder to the phone and back, against a gateway that writes down what it received.

mod compose;
mod delivery;
pub mod gateway;
mod inbound;
mod unsubscribe;
mod vendors;
mod wechat;
