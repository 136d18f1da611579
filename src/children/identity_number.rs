//! Resident identity numbers (GB 11643): eighteen digits with region, birth date, sex and check digit.
//!
//! Ledgers pass through spreadsheets, which keep fifteen significant digits and turn the rest into zeros or
//! into `5.00E+17`; a verdict therefore says *what happened* to the number, so that a person knows where to look.
//! A number never appears in `Debug` output; the digits leave only by [`IdentityNumber::digits`].

use std::fmt;

use chrono::NaiveDate;

use crate::identity::Sex;
use crate::messaging::phone::half_width;
use crate::text_enum;

/// A valid eighteen-digit resident identity number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityNumber(String);

text_enum! {
    /// Why a text is not a resident identity number.
    pub enum IdentityFault {
        Empty = "identity_empty",
        Masked = "identity_masked",
        ScientificNotation = "identity_scientific_notation",
        LostDigits = "identity_lost_digits",
        FifteenDigits = "identity_fifteen_digits",
        WrongLength = "identity_wrong_length",
        ForeignCharacter = "identity_foreign_character",
        UnknownRegion = "identity_unknown_region",
        ImpossibleDate = "identity_impossible_date",
        FutureDate = "identity_future_date",
        Checksum = "identity_checksum",
    }
}

const LENGTH: usize = 18;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS: &[u8; 11] = b"10X98765432";
/// Provinces of GB/T 2260, residence permits of 2018 (81–83), and 99 for made-up numbers of demonstrations.
const PROVINCES: [&str; 36] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83", "99",
];

impl IdentityNumber {
    /// Reads a number as people write it (full-width, spaces, dashes, a leading apostrophe, lower-case x), as of `today`.
    ///
    /// # Errors
    /// The [`IdentityFault`] that names what is wrong.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, IdentityFault> {
        let plain = plain(text)?;
        judge_shape(&plain)?;
        let number = Self(plain);
        number.judge_region()?;
        let born = number.written_date().ok_or(number.lost_or(IdentityFault::ImpossibleDate))?;
        if born > today {
            return Err(IdentityFault::FutureDate);
        }
        if number.checks_out() { Ok(number) } else { Err(number.lost_or(IdentityFault::Checksum)) }
    }

    /// The eighteen characters, the last one possibly `X`.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The birth date written in the number.
    pub fn birth_date(&self) -> NaiveDate {
        self.written_date().unwrap_or(NaiveDate::MIN)
    }

    /// The sex written in the number (seventeenth digit odd: male).
    pub fn sex(&self) -> Sex {
        if self.value_at(16) % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// The six digits of the county that issued the number first.
    pub fn region(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The number as it may be shown: region and last two characters.
    pub fn masked(&self) -> String {
        format!("{}**********{}", self.region(), self.0.get(16..).unwrap_or_default())
    }

    /// Whether the number ends in the zeros that a spreadsheet leaves behind; one damaged number in eleven still
    /// passes the check digit, so such an ending is suspect where its neighbours are damaged.
    pub fn ends_like_a_damaged_one(&self) -> bool {
        self.0.ends_with("000")
    }

    fn lost_or(&self, fault: IdentityFault) -> IdentityFault {
        if self.ends_like_a_damaged_one() { IdentityFault::LostDigits } else { fault }
    }

    fn judge_region(&self) -> Result<(), IdentityFault> {
        let province = self.0.get(..2).unwrap_or_default();
        PROVINCES.contains(&province).then_some(()).ok_or(IdentityFault::UnknownRegion)
    }

    fn written_date(&self) -> Option<NaiveDate> {
        let number = |range| self.0.get(range).and_then(|digits: &str| digits.parse::<u32>().ok());
        let year = i32::try_from(number(6..10)?).ok().filter(|year| *year >= 1900)?;
        NaiveDate::from_ymd_opt(year, number(10..12)?, number(12..14)?)
    }

    fn checks_out(&self) -> bool {
        check_digit(&self.0) == self.0.bytes().last()
    }

    fn value_at(&self, place: usize) -> u32 {
        self.0.as_bytes().get(place).map_or(0, |digit| u32::from(digit.wrapping_sub(b'0')))
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The check character for the first seventeen digits of `number`, when there are so many.
pub fn check_digit(number: &str) -> Option<u8> {
    let mut sum = 0;
    let mut digits = number.bytes();
    for weight in WEIGHTS {
        let digit = digits.next().filter(u8::is_ascii_digit)?;
        sum += u32::from(digit - b'0') * weight;
    }
    CHECK_DIGITS.get((sum % 11) as usize).copied()
}

fn plain(text: &str) -> Result<String, IdentityFault> {
    let mut plain = String::with_capacity(LENGTH);
    for c in text.chars().map(half_width) {
        match c {
            '0'..='9' | '+' | '.' => plain.push(c),
            'x' | 'X' | '×' | 'х' | 'Х' => plain.push('X'),
            'e' | 'E' => plain.push('E'),
            '*' => return Err(IdentityFault::Masked),
            '-' | '\'' | '`' | '‘' | '’' | '"' | '=' => {}
            c if c.is_whitespace() || c.is_control() || is_invisible(c) => {}
            _ => return Err(IdentityFault::ForeignCharacter),
        }
        if plain.len() > 2 * LENGTH {
            return Err(IdentityFault::WrongLength);
        }
    }
    Ok(plain)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

fn judge_shape(plain: &str) -> Result<(), IdentityFault> {
    let (body, last) = plain.split_at_checked(plain.len().saturating_sub(1)).unwrap_or_default();
    let digits_only = body.bytes().all(|c| c.is_ascii_digit());
    let last_fits = last.bytes().all(|c| c.is_ascii_digit() || c == b'X');
    if plain.is_empty() {
        Err(IdentityFault::Empty)
    } else if plain.contains('E') && plain.starts_with(|c: char| c.is_ascii_digit()) && body.contains(['.', '+']) {
        Err(IdentityFault::ScientificNotation)
    } else if !digits_only || !last_fits {
        Err(IdentityFault::ForeignCharacter)
    } else {
        match plain.len() {
            LENGTH => Ok(()),
            15 if last != "X" => Err(IdentityFault::FifteenDigits),
            _ => Err(IdentityFault::WrongLength),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }

    fn parse(text: &str) -> Result<IdentityNumber, IdentityFault> {
        IdentityNumber::parse(text, today())
    }

    /// A number with the right check digit; region 999999 belongs to nobody.
    fn made_up(date: &str, order: u32) -> String {
        let body = format!("999999{date}{order:03}");
        let check = check_digit(&body).unwrap();
        format!("{body}{}", char::from(check))
    }

    #[test]
    fn the_worked_example_of_the_standard_is_valid() {
        let number = parse("11010519491231002X").unwrap();
        assert_eq!(number.birth_date(), NaiveDate::from_ymd_opt(1949, 12, 31).unwrap());
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(number.region(), "110105");
        assert_eq!(format!("{number:?}"), "110105**********2X");
    }

    #[test]
    fn handwriting_habits_are_forgiven() {
        for text in [
            "'11010519491231002x",
            " 110105 19491231 002x ",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105-19491231-002X",
            "=\"11010519491231002X\"",
        ] {
            assert_eq!(parse(text).unwrap().digits(), "11010519491231002X", "{text}");
        }
    }

    #[test]
    fn a_verdict_says_what_happened_to_the_number() {
        let cases = [
            ("", IdentityFault::Empty),
            ("5.00234E+17", IdentityFault::ScientificNotation),
            ("1.10105194912310E+17", IdentityFault::ScientificNotation),
            ("110105194912310000", IdentityFault::LostDigits),
            ("110105491231002", IdentityFault::FifteenDigits),
            ("11010519491231002", IdentityFault::WrongLength),
            ("110105194912310021X", IdentityFault::WrongLength),
            ("110105********002X", IdentityFault::Masked),
            ("无", IdentityFault::ForeignCharacter),
            ("1101051949123100XX", IdentityFault::ForeignCharacter),
            ("00010519491231002X", IdentityFault::UnknownRegion),
            ("110105194902310021", IdentityFault::ImpossibleDate),
            ("110105189912310021", IdentityFault::ImpossibleDate),
            ("110105202612310021", IdentityFault::FutureDate),
            ("110105194912310020", IdentityFault::Checksum),
        ];
        for (text, fault) in cases {
            assert_eq!(parse(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_cut_may_pass_the_check_and_is_recognisable() {
        let survivors: Vec<_> =
            (1..=28).map(|day| format!("999999201503{day:02}0000")).filter_map(|text| parse(&text).ok()).collect();
        assert!(!survivors.is_empty());
        assert!(survivors.iter().all(IdentityNumber::ends_like_a_damaged_one));
    }

    proptest! {
        #[test]
        fn any_text_gets_a_verdict(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn any_string_of_number_characters_gets_a_verdict(text in "[0-9xX.E+ ]{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_made_up_number_is_read_back(year in 1950i32..2026, month in 1u32..=12, day in 1u32..=28, order in 1u32..999) {
            let number = parse(&made_up(&format!("{year}{month:02}{day:02}"), order)).unwrap();
            prop_assert_eq!(number.birth_date(), NaiveDate::from_ymd_opt(year, month, day).unwrap());
            prop_assert_eq!(number.sex() == Sex::Male, order % 2 == 1);
        }

        #[test]
        fn one_wrong_digit_is_always_found(place in 0usize..17, add in 1u8..10, order in 1u32..999) {
            let good = made_up("20150308", order);
            let mut bytes = good.into_bytes();
            bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
            prop_assert!(parse(&String::from_utf8(bytes).unwrap()).is_err());
        }
    }
}
