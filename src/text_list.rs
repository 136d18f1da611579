//! Short lists of codes kept in one text column, separated by commas.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

/// The items as one text; none of them may hold a comma.
pub fn write<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

/// The items of a text; what is no longer known is left out.
pub fn read<T: FromStr + Ord>(text: &str) -> BTreeSet<T> {
    text.split(',').filter(|item| !item.is_empty()).filter_map(|item| item.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_back_and_an_unknown_item_is_left_out() {
        assert_eq!(read::<i64>(&write([3, 1])), BTreeSet::from([1, 3]));
        assert_eq!(read::<i64>("1,?,2"), BTreeSet::from([1, 2]));
        assert!(read::<i64>("").is_empty());
    }
}
