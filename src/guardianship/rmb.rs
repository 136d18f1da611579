//! Amounts as contracts write them: `1200.00`, and in capital numerals `壹仟贰佰元整`, which nobody can alter by a stroke.

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

/// `amount_fen` in yuan with two decimals.
pub fn yuan(amount_fen: i64) -> String {
    let sign = if amount_fen < 0 { "-" } else { "" };
    let fen = amount_fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// `amount_fen` in capital numerals, as on cheques.
pub fn words(amount_fen: i64) -> String {
    let fen = amount_fen.unsigned_abs();
    let (yuan, jiao, cent) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::from(if amount_fen < 0 { "负" } else { "" });
    if yuan > 0 || (jiao == 0 && cent == 0) {
        text += &whole(yuan);
        text.push('元');
    }
    match (jiao, cent) {
        (0, 0) => text.push('整'),
        (0, cent) => {
            text.extend((yuan > 0).then_some('零'));
            text.extend([digit(cent), '分']);
        }
        (jiao, 0) => text.extend([digit(jiao), '角', '整']),
        (jiao, cent) => text.extend([digit(jiao), '角', digit(cent), '分']),
    }
    text
}

fn digit(value: u64) -> char {
    usize::try_from(value).ok().and_then(|index| DIGITS.get(index)).copied().unwrap_or('零')
}

/// A whole number: groups of four digits, a single 零 wherever zeros stand between digits.
fn whole(mut number: u64) -> String {
    if number == 0 {
        return digit(0).into();
    }
    let mut groups = Vec::new();
    while number > 0 {
        groups.push(number % 10_000);
        number /= 10_000;
    }
    let mut text = String::new();
    let mut zero_pending = false;
    for (index, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            zero_pending = !text.is_empty();
            continue;
        }
        if !text.is_empty() && (zero_pending || *group < 1_000) {
            text.push('零');
        }
        zero_pending = false;
        text += &four(*group);
        text += GROUPS.get(index).copied().unwrap_or_default();
    }
    text
}

fn four(group: u64) -> String {
    let mut text = String::new();
    let mut zero_pending = false;
    for (place, name) in PLACES.iter().enumerate().rev() {
        let value = group / 10_u64.pow(u32::try_from(place).unwrap_or_default()) % 10;
        if value == 0 {
            zero_pending = !text.is_empty();
            continue;
        }
        text.extend(zero_pending.then_some('零'));
        zero_pending = false;
        text.push(digit(value));
        text += name;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_as_on_a_cheque() {
        for (fen, expected) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (105, "壹元零伍分"),
            (30_000, "叁佰元整"),
            (120_000, "壹仟贰佰元整"),
            (100_500, "壹仟零伍元整"),
            (1_005_000, "壹万零伍拾元整"),
            (10_000_000, "壹拾万元整"),
            (10_001_000_050, "壹亿零壹万元伍角整"),
            (1_234_567, "壹万贰仟叁佰肆拾伍元陆角柒分"),
            (1_000_000_000_000, "壹佰亿元整"),
        ] {
            assert_eq!(words(fen), expected, "{fen}");
        }
    }

    #[test]
    fn yuan_has_two_decimals() {
        assert_eq!((yuan(120_000), yuan(5), yuan(-150)), ("1200.00".into(), "0.05".into(), "-1.50".into()));
    }

    proptest! {
        #[test]
        fn different_amounts_read_differently(a in 0i64..10_000_000_000, b in 0i64..10_000_000_000) {
            prop_assert_eq!(words(a) == words(b), a == b);
            prop_assert!(!words(a).contains("零零"));
        }

        #[test]
        fn no_amount_fails(fen in any::<i64>()) {
            prop_assert!(!words(fen).is_empty());
            prop_assert!(!yuan(fen).is_empty());
        }
    }
}
