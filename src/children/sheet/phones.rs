//! Phone numbers in a cell: as a number, with spaces, several in one cell, with a word behind (13812345678父).

use super::grid::{Cell, plain_number};
use crate::messaging::phone::{Mobile, PhoneFault};

/// The mobile numbers of a cell in the order they stand, each once; an empty answer says why.
///
/// # Errors
/// The [`PhoneFault`] of what stands there, when not one mobile number does.
pub fn read(cell: &Cell) -> Result<Vec<Mobile>, PhoneFault> {
    let text = match cell {
        Cell::Number(number) => plain_number(*number),
        Cell::Text(text) => text.clone(),
        Cell::Empty | Cell::Date(_) | Cell::Answer(_) | Cell::Failed(_) | Cell::TooLong => {
            return Err(PhoneFault::Empty);
        }
    };
    match Mobile::parse(&text) {
        Ok(mobile) => Ok(vec![mobile]),
        Err(fault) => several(&text).ok_or(fault),
    }
}

fn several(text: &str) -> Option<Vec<Mobile>> {
    let mut found: Vec<Mobile> = Vec::new();
    let strong =
        |c: char| !(c.is_ascii_digit() || ('０'..='９').contains(&c) || matches!(c, ' ' | '-' | '+' | '－' | '　'));
    for piece in text.split(strong) {
        for mobile in in_piece(piece) {
            if !found.contains(&mobile) {
                found.push(mobile);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// One number with blanks inside, or several between blanks.
fn in_piece(piece: &str) -> Vec<Mobile> {
    match Mobile::parse(piece) {
        Ok(mobile) => vec![mobile],
        Err(_) => piece.split_whitespace().filter_map(|word| Mobile::parse(word).ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(text: &str) -> Vec<String> {
        read(&Cell::Text(text.to_owned())).unwrap_or_default().iter().map(|mobile| mobile.digits().to_owned()).collect()
    }

    #[test]
    fn one_number_however_it_is_written() {
        for text in [
            "13800000001",
            "138 0000 0001",
            "138-0000-0001",
            "+86 13800000001",
            "１３８００００００１".replace("１３８００００００１", "１３８０００００００１").as_str(),
            "13800000001（父）",
            "电话:13800000001",
            "父13800000001",
        ] {
            assert_eq!(digits(text), ["13800000001"], "{text}");
        }
        assert_eq!(read(&Cell::Number(13_800_000_001.0)).unwrap()[0].digits(), "13800000001");
    }

    #[test]
    fn several_numbers_in_one_cell_are_told_apart() {
        for text in [
            "13800000001/13900000002",
            "13800000001、13900000002",
            "13800000001 13900000002",
            "13800000001\n13900000002",
            "父13800000001 母13900000002",
            "13800000001或13900000002;13800000001",
        ] {
            assert_eq!(digits(text), ["13800000001", "13900000002"], "{text}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_says_so() {
        assert_eq!(read(&Cell::Text("023-68001234".into())), Err(PhoneFault::Landline));
        assert_eq!(read(&Cell::Number(1_380_000_000.0)), Err(PhoneFault::TooShort));
        assert!(read(&Cell::Text("无".into())).is_err());
    }

    proptest! {
        #[test]
        fn any_cell_gets_a_verdict(words in "\\PC{0,40}", number in any::<f64>()) {
            let _ = read(&Cell::Text(words));
            let _ = read(&Cell::Number(number));
        }
    }
}
