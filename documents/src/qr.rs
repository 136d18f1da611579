//! A QR code as a small picture.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The empty margin around a code, in modules.
const MARGIN: i32 = 2;

/// `text` as an SVG picture; none when it is too long for a code.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * MARGIN;
    let mut dots = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(dots, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    Some(format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{dots}"/></svg>"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_picture_and_a_book_does_not() {
        assert!(svg("https://example.test/check/WT-2026-000017/ab12cd34").is_some_and(|svg| svg.starts_with("<svg")));
        assert_eq!(svg(&"长".repeat(3000)), None);
    }
}
