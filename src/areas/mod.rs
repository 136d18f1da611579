//! Areas 行政区划: the tree of 12-digit statistical codes (province 2, city 2, county 2, township 3, village 3 digits).
//!
//! An area's code begins with the significant digits of the area it lies in, so "within" is a prefix.

mod access;
pub mod routes;
mod store;

pub use store::{add, add_or_rename, exists, name_of, names_within, villages_within};

use crate::text_enum;

text_enum! {
    pub enum AreaLevel {
        Province = "province",
        City = "city",
        County = "county",
        Township = "township",
        Village = "village",
    }
}

/// The significant digits of a code: 2, 4, 6, 9 or 12 of them.
pub fn significant(code: &str) -> &str {
    for (digits, zeros) in [(2, "0000000000"), (4, "00000000"), (6, "000000"), (9, "000")] {
        if let Some((head, tail)) = code.split_at_checked(digits)
            && tail == zeros
        {
            return head;
        }
    }
    code
}

/// The level of an area, by the length of its significant digits.
pub fn level_of(code: &str) -> AreaLevel {
    match significant(code).len() {
        ..=2 => AreaLevel::Province,
        3..=4 => AreaLevel::City,
        5..=6 => AreaLevel::County,
        7..=9 => AreaLevel::Township,
        _ => AreaLevel::Village,
    }
}

/// The code of the area that another lies in; `None` for a province.
pub fn parent_of(code: &str) -> Option<String> {
    let digits = match level_of(code) {
        AreaLevel::Province => return None,
        AreaLevel::City => 2,
        AreaLevel::County => 4,
        AreaLevel::Township => 6,
        AreaLevel::Village => 9,
    };
    code.get(..digits).map(|head| format!("{head:0<12}"))
}

/// SQL for "this area code lies within the area with these significant digits": a range, which an index serves on
/// both engines (a pattern would not).
pub fn within(column: &str, prefix: &str) -> String {
    let digits: String = prefix.chars().filter(char::is_ascii_digit).take(12).collect();
    // Digits sort alike in every collation; a bound made of anything else would not.
    match digits.parse::<u64>() {
        Ok(number) if (number + 1).to_string().len() <= digits.len() => {
            format!("({column} >= '{digits}' AND {column} < '{next:0width$}')", next = number + 1, width = digits.len())
        }
        Ok(_) => format!("({column} >= '{digits}')"),
        Err(_) => "1 = 0".to_owned(),
    }
}

/// The code of the township that a village lies in.
pub fn township_of(village_code: &str) -> String {
    format!("{}000", village_code.get(..9).unwrap_or(village_code))
}

/// The code of the county that an area lies in.
pub fn county_of(code: &str) -> String {
    format!("{}000000", code.get(..6).unwrap_or(code))
}

/// Whether `code` is twelve digits.
pub fn is_code(code: &str) -> bool {
    code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// # Errors
/// 422 on `field` for what cannot be a code.
pub fn require_code(code: &str, field: &'static str) -> crate::problem::Outcome<()> {
    if is_code(code) { Ok(()) } else { Err(crate::problem::Problem::field(field, "unknown_area").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_is_a_range_of_digits_only() {
        assert_eq!(within("code", "5203' OR 1=1"), "(code >= '520311' AND code < '520312')");
    }

    #[test]
    fn the_significant_digits_follow_the_level() {
        assert_eq!(significant("520000000000"), "52");
        assert_eq!(significant("520300000000"), "5203");
        assert_eq!(significant("520381000000"), "520381");
        assert_eq!(significant("520381102000"), "520381102");
        assert_eq!(significant("520381102201"), "520381102201");
        assert_eq!(significant("五"), "五");
    }
}
