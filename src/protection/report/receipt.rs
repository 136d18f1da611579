//! The receipt number a reporter takes away: short enough to write on a hand, with a check digit against slips.

use chrono::{Datelike, NaiveDate};

const SERIAL_LIMIT: u64 = 100_000_000;

/// The receipt number for a report of `date`: `YYMMDD-SSSSSSSS-C`, where the serial comes from `random` so that a
/// number cannot be guessed from another.
pub fn number(date: NaiveDate, random: u64) -> String {
    let serial = random % SERIAL_LIMIT;
    let day = format!("{:02}{:02}{:02}", date.year().rem_euclid(100), date.month(), date.day());
    let digits = format!("{day}{serial:08}");
    format!("{day}-{serial:08}-{}", check_digit(&digits))
}

/// The number in its one written form when `text` is a receipt number, whatever dashes and spaces were typed.
pub fn parse(text: &str) -> Option<String> {
    let digits: String = text.chars().filter_map(as_digit).collect();
    let foreign = text.chars().any(|c| as_digit(c).is_none() && !matches!(c, '-' | ' ' | '　' | '－' | '—'));
    let (day, rest) = digits.split_at_checked(6)?;
    let (serial, check) = rest.split_at_checked(8)?;
    let sound = !foreign && check.len() == 1 && check_digit(&format!("{day}{serial}")).to_string() == check;
    sound.then(|| format!("{day}-{serial}-{check}"))
}

fn as_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

/// ISO 7064 MOD 11,10: finds every single wrong digit and nearly every swap of neighbours.
fn check_digit(digits: &str) -> u32 {
    let product = digits.chars().filter_map(|c| c.to_digit(10)).fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_number() -> impl Strategy<Value = String> {
        (any::<u64>(), 0i64..20_000).prop_map(|(random, days)| {
            number(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Duration::days(days), random)
        })
    }

    #[test]
    fn a_number_starts_with_the_day() {
        insta::assert_snapshot!(number(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), 4_827), @"261123-00004827-8");
    }

    #[test]
    fn full_width_digits_and_missing_dashes_are_read() {
        let number = number(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), 12_345_678);
        let typed: String = number
            .chars()
            .filter(char::is_ascii_digit)
            .filter_map(|c| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')))
            .collect();
        assert_eq!(parse(&typed), Some(number));
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number in any_number()) {
            prop_assert_eq!(parse(&number), Some(number));
        }

        #[test]
        fn one_wrong_digit_is_noticed(number in any_number(), place in 0usize..17, by in 1u32..10) {
            let wrong: String = number.chars().enumerate().map(|(at, c)| match c.to_digit(10) {
                Some(d) if at == place => char::from_digit((d + by) % 10, 10).unwrap(),
                _ => c,
            }).collect();
            prop_assume!(wrong != number);
            prop_assert_eq!(parse(&wrong), None);
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
