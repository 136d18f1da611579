//! How many SMS a text costs: the signature `【…】` counts, 70 characters fit one, 67 each when there are several,
//! 500 are the limit. Characters are UTF-16 code units, so a rare Han character outside the basic plane counts twice.

/// The most code units an SMS may have, signature included.
pub const UNIT_LIMIT: usize = 500;
const SINGLE_UNITS: usize = 70;
const PART_UNITS: usize = 67;

/// The size of one SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// UTF-16 code units, signature included.
    pub units: usize,
    /// SMS that are charged.
    pub segments: usize,
}

impl Size {
    /// Whether a gateway would take the text at all.
    pub fn fits(self) -> bool {
        self.units <= UNIT_LIMIT
    }
}

/// The text as it reaches the phone: the signature in its brackets, then the body; an empty signature adds nothing.
pub fn signed(signature: &str, body: &str) -> String {
    if signature.is_empty() { body.to_owned() } else { format!("【{signature}】{body}") }
}

/// The size of `body` under `signature`.
pub fn size_of(signature: &str, body: &str) -> Size {
    let units = signed(signature, body).encode_utf16().count();
    let segments = if units <= SINGLE_UNITS { 1 } else { units.div_ceil(PART_UNITS) };
    Size { units, segments }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segments(units: usize) -> usize {
        size_of("", &"字".repeat(units)).segments
    }

    #[test]
    fn the_boundaries_stand_where_vendors_count_them() {
        assert_eq!([0, 1, 70, 71, 134, 135, 201, 202].map(segments), [1, 1, 1, 2, 2, 3, 3, 4]);
        assert!(size_of("", &"字".repeat(500)).fits());
        assert!(!size_of("", &"字".repeat(501)).fits());
    }

    #[test]
    fn the_signature_counts_with_its_brackets() {
        assert_eq!(size_of("相伴", &"字".repeat(66)), Size { units: 70, segments: 1 });
        assert_eq!(size_of("相伴", &"字".repeat(67)), Size { units: 71, segments: 2 });
    }

    #[test]
    fn a_rare_han_character_counts_twice() {
        assert_eq!(size_of("", "𠮷").units, 2);
        assert_eq!(size_of("", &"𠮷".repeat(35)).segments, 1);
        assert_eq!(size_of("", &"𠮷".repeat(36)).segments, 2);
    }

    proptest! {
        #[test]
        fn a_longer_text_never_costs_less(text in "\\PC{0,300}", more in "\\PC{0,50}") {
            let (short, long) = (size_of("相伴", &text), size_of("相伴", &format!("{text}{more}")));
            prop_assert!(long.segments >= short.segments);
            prop_assert!(long.segments * SINGLE_UNITS >= long.units);
        }
    }
}
