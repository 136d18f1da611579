//! The Chinese words of the API's codes: what people read for `in_force` or `contact_child`.
//!
//! Stated once, in `words.toml`. The contract carries them beside each enumeration (`x-chinese`), from where the screens
//! take them when they are built; a test fails while an enumeration of the contract has no words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).unwrap_or_default());

/// The words of an enumeration by its name in the contract: value → Chinese.
pub fn of(enumeration: &str) -> Option<&'static BTreeMap<String, String>> {
    WORDS.get(enumeration)
}
