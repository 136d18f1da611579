//! Messages from the reminder to the phone and back, against a gateway that writes down what it received.

mod compose;
mod delivery;
mod desk;
pub mod gateway;
mod inbound;
mod rehearsal;
mod sandbox;
mod unsubscribe;
pub mod vendors;
mod wechat;
