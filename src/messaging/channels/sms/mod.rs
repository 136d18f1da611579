//! SMS: the vendors a county may have a contract with, and the operator's gateway that is described by configuration.
//!
//! A vendor takes no free text: it has a template of ours under its own id and wants the variables, so each section
//! maps our templates to the vendor's ([`Forms`]). What its codes mean stands beside it as data (`vendor.toml`), what all
//! vendors have in common in `VendorChannel`. Where an account is shared by several deployments, the reference that
//! returns in receipts carries our [`Mark`].

mod account;
pub mod aliyun;
pub(super) mod exchange;
mod form;
pub mod http;
pub mod huawei;
mod mark;
pub(super) mod meaning;
pub mod news;
pub mod tencent;
mod terms;

pub(in crate::messaging) use account::{Account, VendorChannel};
pub use exchange::{Exchange, VendorError};
pub use form::{Form, Forms, Params, SHORT_NAMES};
pub use mark::Mark;
pub use meaning::{CodeTable, Meaning, Vendor};
pub use news::{Fields, Malformed, News, Part, Receipt, Reply};
pub use terms::{Per, Quota, Terms, Traffic, Window};

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    // HMAC takes keys of any length; the error cannot happen and would make a signature that no server accepts.
    Hmac::<sha2::Sha256>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(data);
            mac.finalize().into_bytes().into()
        })
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// RFC 3986: everything but letters, digits and `-._~` is escaped.
fn percent_encoded(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
