//! What a field of a subscribe message takes, by its kind: too much is refused by WeChat, so it is shortened sensibly.

use chrono::{Datelike, NaiveDate};

/// `value` as the field `thing1`, `date2`, `character_string3` … takes it.
pub fn fitted(field: &str, value: &str) -> String {
    let kind = field.trim_end_matches(|c: char| c.is_ascii_digit());
    let value: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let fitted = match kind {
        "thing" => shortened(&value, 20),
        "phrase" => value.chars().filter(|c| is_han(*c)).take(5).collect(),
        "name" => shortened_name(&value),
        "character_string" => value.chars().filter(char::is_ascii_graphic).take(32).collect(),
        "letter" => value.chars().filter(char::is_ascii_alphabetic).take(32).collect(),
        "number" => number(&value, 32),
        "amount" => amount(&value),
        "symbol" => value.chars().filter(|c| !c.is_alphanumeric()).take(5).collect(),
        "phone_number" => value.chars().filter(|c| c.is_ascii_digit() || "+-# ".contains(*c)).take(17).collect(),
        "car_number" => value.chars().take(8).collect(),
        "date" | "time" => in_chinese(&value),
        _ => shortened(&value, 20),
    };
    // An empty field makes WeChat refuse the whole message.
    if fitted.is_empty() { "-".to_owned() } else { fitted }
}

/// At most `limit` characters: to the last full clause when that is at least half of it, else cut with `…`.
fn shortened(value: &str, limit: usize) -> String {
    if value.chars().count() <= limit {
        return value.to_owned();
    }
    let head: Vec<char> = value.chars().take(limit).collect();
    let clause = head.iter().rposition(|c| "，。；、！？,;".contains(*c)).filter(|at| *at * 2 >= limit);
    match clause {
        Some(at) => head.iter().take(at).collect(),
        None => head.iter().take(limit - 1).chain(['…'].iter()).collect(),
    }
}

/// Ten characters of Chinese, or twenty letters; nothing but names has a place in it.
fn shortened_name(value: &str) -> String {
    let letters: String = value.chars().filter(|c| c.is_alphabetic() || "·• ".contains(*c)).collect();
    let limit = if letters.chars().any(is_han) { 10 } else { 20 };
    letters.trim().chars().take(limit).collect()
}

fn number(value: &str, limit: usize) -> String {
    value.chars().filter(|c| c.is_ascii_digit() || *c == '.').take(limit).collect()
}

/// One sign of a currency, ten digits with a decimal point, and 元.
fn amount(value: &str) -> String {
    let sign = value.chars().next().filter(|c| "¥￥$€".contains(*c));
    let unit = value.ends_with('元').then_some('元');
    sign.into_iter().chain(number(value, 10).chars()).chain(unit).collect()
}

fn in_chinese(value: &str) -> String {
    match value.parse::<NaiveDate>() {
        Ok(date) => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Err(_) => value.chars().take(40).collect(),
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_takes_its_own() {
        for (field, value, fitted_value) in [
            ("thing1", "给孩子打个电话", "给孩子打个电话"),
            ("thing1", "请在本周内给孩子打一个电话，问问孩子的学习和身体情况", "请在本周内给孩子打一个电话"),
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"),
            ("phrase2", "已经逾期三天了", "已经逾期三"),
            ("name3", "阿依古丽·买买提·吐尔逊江", "阿依古丽·买买提·吐"),
            ("name3", "Li Hong", "Li Hong"),
            ("character_string4", "编号B2026-001", "B2026-001"),
            ("number5", "3 次", "3"),
            ("amount6", "¥120.50元", "¥120.50元"),
            ("date7", "2026-03-02", "2026年3月2日"),
            ("time8", "2026年3月2日 09:00", "2026年3月2日 09:00"),
            ("phone_number9", "139 0000 0009", "139 0000 0009"),
            ("thing1", "  ", "-"),
            ("phrase2", "abc", "-"),
        ] {
            assert_eq!(fitted(field, value), fitted_value, "{field} {value}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_fits(value in "\\PC{0,80}") {
            for (kind, limit) in [("thing", 20), ("phrase", 5), ("name", 20), ("character_string", 32), ("number", 32), ("amount", 12)] {
                let count = fitted(&format!("{kind}1"), &value).chars().count();
                prop_assert!(count >= 1 && count <= limit, "{} {}", kind, count);
            }
        }
    }
}
