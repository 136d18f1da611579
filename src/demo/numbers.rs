//! Identity and phone numbers that are right in shape and belong to nobody.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::children::identity_number::check_digit;
use crate::identity::Sex;

/// No county of GB/T 2260 begins with 99.
const REGION: &str = "990101";
/// Numbers beginning with 154 are handed out by no carrier.
const PHONES_FROM: u64 = 15_410_000_000;

/// Hands out numbers, each once.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    identity: u32,
    given: BTreeSet<String>,
    phones: u64,
}

impl Numbers {
    /// A resident identity number with a right check digit.
    pub fn identity(&mut self, born: NaiveDate, sex: Sex) -> String {
        loop {
            self.identity += 1;
            let order = (self.identity % 499 + 1) * 2 - u32::from(sex == Sex::Male);
            let body = format!("{REGION}{}{order:03}", born.format("%Y%m%d"));
            let check = check_digit(&body).map_or('0', char::from);
            let number = format!("{body}{check}");
            if self.given.insert(number.clone()) {
                return number;
            }
        }
    }

    /// A mobile number, in its normal form.
    pub fn phone(&mut self) -> String {
        self.phones += 1;
        (PHONES_FROM + self.phones).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::identity_number::IdentityNumber;
    use crate::messaging::phone::Mobile;

    #[test]
    fn every_number_is_valid_and_tells_birth_date_and_sex() {
        let mut numbers = Numbers::default();
        let born = NaiveDate::from_ymd_opt(2015, 3, 8).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for round in 0..499 {
            let sex = if round % 2 == 0 { Sex::Male } else { Sex::Female };
            let text = numbers.identity(born, sex);
            let number = IdentityNumber::parse(&text, born).unwrap();
            assert_eq!(number.birth_date(), born);
            assert_eq!(number.sex().as_str(), sex.as_str());
            assert_eq!(number.region(), "990101");
            assert!(seen.insert(text));
            assert!(Mobile::parse(&numbers.phone()).unwrap().digits().starts_with("1541"));
        }
    }
}
