//! All SQL of entrusted care, a file per noun.

pub(super) mod agreement;
pub(super) mod capacity;
pub(super) mod cover;
pub(super) mod document;
pub(super) mod evidence;
pub(super) mod family;
pub(super) mod following;
pub(super) mod notice;
pub(super) mod paper;
pub(super) mod party;
pub(super) mod payment;
pub(super) mod signature;
