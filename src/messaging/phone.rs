//! Mainland mobile numbers: one canonical form, a verdict on what is wrong, and a mask for every place that shows one.

use std::fmt;

use crate::text_enum;

/// A mainland mobile number as its eleven digits; `Debug` shows it masked, the digits leave only by [`Mobile::digits`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mobile(String);

text_enum! {
    /// Why a text is not a mainland mobile number.
    pub enum PhoneFault {
        Empty = "phone_empty",
        Letters = "phone_has_letters",
        TooShort = "phone_too_short",
        TooLong = "phone_too_long",
        Landline = "phone_is_landline",
        Foreign = "phone_is_foreign",
        NotMobile = "phone_not_mobile",
    }
}

impl Mobile {
    /// Reads a number as people write it: full-width digits, spaces, dashes, brackets, `+86`, `0086` and `86` in front.
    ///
    /// # Errors
    /// The [`PhoneFault`] that names what is wrong.
    pub fn parse(text: &str) -> Result<Self, PhoneFault> {
        let plain = plain_digits(text)?;
        let national = without_country(&plain)?;
        judge(national)?;
        Ok(Self(national.to_owned()))
    }

    /// The eleven digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The number with country code, `+86…`.
    pub fn international(&self) -> String {
        format!("+86{}", self.0)
    }

    /// The number as it may be shown: `138****1234`.
    pub fn masked(&self) -> String {
        let mut shown = self.0.clone();
        shown.replace_range(3..7, "****");
        shown
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The ASCII form of a full-width digit, letter, sign or space; other characters stay.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

fn plain_digits(text: &str) -> Result<String, PhoneFault> {
    let mut plain = String::with_capacity(16);
    for c in text.chars().map(half_width) {
        match c {
            '0'..='9' => plain.push(c),
            '+' if plain.is_empty() => plain.push('+'),
            '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2015}' => {}
            c if c.is_whitespace() || is_invisible(c) => {}
            _ => return Err(PhoneFault::Letters),
        }
        if plain.len() > 24 {
            return Err(PhoneFault::TooLong);
        }
    }
    if plain.trim_start_matches('+').is_empty() { Err(PhoneFault::Empty) } else { Ok(plain) }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

fn without_country(plain: &str) -> Result<&str, PhoneFault> {
    let abroad = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"));
    match abroad {
        Some(rest) => rest.strip_prefix("86").ok_or(PhoneFault::Foreign),
        None => Ok(plain.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(plain)),
    }
}

fn judge(national: &str) -> Result<(), PhoneFault> {
    if national.starts_with('0') && (10..=12).contains(&national.len()) {
        return Err(PhoneFault::Landline);
    }
    match (national.len(), national.as_bytes()) {
        (..=10, _) => Err(PhoneFault::TooShort),
        (12.., _) => Err(PhoneFault::TooLong),
        (_, [b'1', b'3'..=b'9', ..]) => Ok(()),
        _ => Err(PhoneFault::NotMobile),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_however_people_write_it() {
        for written in [
            "13800138000",
            " 138 0013 8000 ",
            "138-0013-8000",
            "+8613800138000",
            "+86 138 0013 8000",
            "0086-13800138000",
            "8613800138000",
            "(+86)13800138000",
            "１３８００１３８０００",
            "＋８６　１３８００１３８０００",
            "\u{202a}13800138000\u{202c}",
        ] {
            assert_eq!(Mobile::parse(written).map(|m| m.digits().to_owned()), Ok("13800138000".into()), "{written}");
        }
    }

    #[test]
    fn a_verdict_names_what_is_wrong() {
        for (written, fault) in [
            ("", PhoneFault::Empty),
            (" - ", PhoneFault::Empty),
            ("1380013800", PhoneFault::TooShort),
            ("138001380001", PhoneFault::TooLong),
            ("0371-65501234", PhoneFault::Landline),
            ("+1 415 555 0100", PhoneFault::Foreign),
            ("00852 9123 4567", PhoneFault::Foreign),
            ("12800138000", PhoneFault::NotMobile),
            ("23800138000", PhoneFault::NotMobile),
            ("1380013800x", PhoneFault::Letters),
            ("妈妈13800138000", PhoneFault::Letters),
        ] {
            assert_eq!(Mobile::parse(written), Err(fault), "{written}");
        }
    }

    #[test]
    fn nobody_sees_the_middle_of_a_number_by_accident() {
        let mobile = Mobile::parse("13800138000").unwrap();
        assert_eq!(mobile.masked(), "138****8000");
        assert_eq!(format!("{mobile:?}"), "138****8000");
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer_and_a_read_number_reads_again(text in "\\PC{0,40}") {
            if let Ok(mobile) = Mobile::parse(&text) {
                prop_assert_eq!(mobile.digits().len(), 11);
                prop_assert_eq!(Mobile::parse(&mobile.international()), Ok(mobile));
            }
        }

        #[test]
        fn decoration_does_not_change_the_number(digits in "1[3-9][0-9]{9}", at in 0usize..11, mark in "[ \\-　]{0,3}") {
            let mut written = digits.clone();
            written.insert_str(at, &mark);
            prop_assert_eq!(Mobile::parse(&written).map(|m| m.digits().to_owned()), Ok(digits));
        }
    }
}
