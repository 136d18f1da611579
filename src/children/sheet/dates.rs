//! Dates as villages write them: 2015.3.8, 2015年3月8日, 20150308, 二〇一五年三月八日, 2015.03, the serial number
//! of a spreadsheet. What could mean two days is not guessed.

use chrono::{Days, NaiveDate};

use super::grid::{Cell, plain_number};
use super::words::plain;
use crate::text_enum;

/// A date as precise as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Day(NaiveDate),
    Month(i32, u32),
    Year(i32),
}

text_enum! {
    /// Why a cell is not a date.
    pub enum DateFault {
        Unreadable = "date_unreadable",
        Impossible = "date_impossible",
        Lunar = "date_lunar",
        TwoDigitYear = "date_two_digit_year",
        OrderUnclear = "date_order_unclear",
        MonthUnclear = "date_month_unclear",
    }
}

const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// Serial numbers of spreadsheets from 1954 to 2118; smaller ones are more likely something else.
const SERIALS: std::ops::RangeInclusive<u64> = 20_000..=80_000;

impl Written {
    /// The first day that fits what was written.
    pub fn earliest(self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) => Some(day),
            Self::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1),
            Self::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
        }
    }
}

/// Reads a cell as a date.
///
/// # Errors
/// The [`DateFault`] that names what is wrong.
pub fn read(cell: &Cell) -> Result<Written, DateFault> {
    match cell {
        Cell::Date(day) => Ok(Written::Day(*day)),
        Cell::Number(number) => from_number(*number),
        Cell::Text(text) => from_text(text),
        Cell::Empty | Cell::Answer(_) | Cell::Failed(_) | Cell::TooLong => Err(DateFault::Unreadable),
    }
}

fn from_number(number: f64) -> Result<Written, DateFault> {
    let whole = number.trunc();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the range beside it")]
    let days = (0.0..1e6).contains(&whole).then_some(whole as u64);
    if let Some(days) = days.filter(|days| SERIALS.contains(days)) {
        return serial(days);
    }
    if number.fract() == 0.0 {
        return from_text(&plain_number(number));
    }
    let text = number.to_string();
    match text.split_once('.') {
        // 2015.1 is what a spreadsheet leaves of both 2015.1 and 2015.10.
        Some((_, "1")) => Err(DateFault::MonthUnclear),
        Some((_, month)) if month.len() <= 2 => from_text(&text),
        _ => Err(DateFault::Unreadable),
    }
}

fn serial(days: u64) -> Result<Written, DateFault> {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30);
    epoch.and_then(|epoch| epoch.checked_add_days(Days::new(days))).map(Written::Day).ok_or(DateFault::Impossible)
}

fn from_text(text: &str) -> Result<Written, DateFault> {
    let text = arabic(&without_time(&plain(text)));
    if ["农历", "阴历", "旧历"].iter().any(|word| text.contains(word)) {
        return Err(DateFault::Lunar);
    }
    let groups = groups(&text).ok_or(DateFault::Unreadable)?;
    match groups.as_slice() {
        [one] => from_digits(one),
        [year, month] if year.len() == 4 && month.len() <= 2 => month_of(number(year)?, number(month)?),
        [year, rest] if year.len() == 4 && rest.len() == 4 => from_digits(&format!("{year}{rest}")),
        [year, month, day] if year.len() == 4 => day_of(number(year)?, number(month)?, number(day)?),
        [first, second, year] if year.len() == 4 => turned(number(year)?, number(first)?, number(second)?),
        [_, _, _] => Err(DateFault::TwoDigitYear),
        _ => Err(DateFault::Unreadable),
    }
}

/// `2015-03-08 00:00:00` and `2015-03-08t00:00:00` without the hour.
fn without_time(text: &str) -> String {
    match text.find(':') {
        Some(colon) => {
            let before = text.get(..colon).unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
            // Blanks are gone by now, so the hour stands directly behind the day: 2015-03-0800:00:00.
            let digits = text.get(before.len()..colon).unwrap_or_default();
            let day = digits.get(..digits.len().saturating_sub(2)).unwrap_or_default();
            format!("{before}{day}").trim_end_matches('t').to_owned()
        }
        None => text.to_owned(),
    }
}

/// Runs of digits between separators; `None` when anything else stands in the text.
fn groups(text: &str) -> Option<Vec<String>> {
    let mut bare = text.to_owned();
    for word in ["左右", "至今", "以来", "开始", "外出", "大约", "年初", "年底", "起", "约", "份", "生"]
    {
        bare = bare.replace(word, if word.starts_with('年') { "年" } else { "" });
    }
    let separator =
        |c: char| matches!(c, '.' | '-' | '/' | '\\' | '年' | '月' | '日' | '号' | '、' | ',' | '。' | '_' | '—' | '~');
    let known = bare.chars().all(|c| c.is_ascii_digit() || separator(c));
    let groups: Vec<String> = bare.split(separator).filter(|group| !group.is_empty()).map(str::to_owned).collect();
    (known && !groups.is_empty()).then_some(groups)
}

fn from_digits(digits: &str) -> Result<Written, DateFault> {
    let part = |range: std::ops::Range<usize>| number(digits.get(range).unwrap_or_default());
    match digits.len() {
        8 => day_of(part(0..4)?, part(4..6)?, part(6..8)?),
        6 => month_of(part(0..4)?, part(4..6)?).map_err(|_| DateFault::TwoDigitYear),
        5 => match digits.parse() {
            Ok(days) if SERIALS.contains(&days) => serial(days),
            _ => Err(DateFault::Unreadable),
        },
        4 => match i32::try_from(number(digits)?) {
            Ok(year) if YEARS.contains(&year) => Ok(Written::Year(year)),
            _ => Err(DateFault::Unreadable),
        },
        _ => Err(DateFault::Unreadable),
    }
}

/// Day and month before the year: only taken where they cannot be exchanged.
fn turned(year: u32, first: u32, second: u32) -> Result<Written, DateFault> {
    match (first > 12, second > 12) {
        (false, true) => day_of(year, first, second),
        (true, false) => day_of(year, second, first),
        (false, false) if first == second => day_of(year, first, second),
        (false, false) => Err(DateFault::OrderUnclear),
        (true, true) => Err(DateFault::Impossible),
    }
}

fn day_of(year: u32, month: u32, day: u32) -> Result<Written, DateFault> {
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year));
    year.and_then(|year| NaiveDate::from_ymd_opt(year, month, day)).map(Written::Day).ok_or(DateFault::Impossible)
}

fn month_of(year: u32, month: u32) -> Result<Written, DateFault> {
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year) && (1..=12).contains(&month));
    year.map(|year| Written::Month(year, month)).ok_or(DateFault::Impossible)
}

fn number(digits: &str) -> Result<u32, DateFault> {
    digits.parse().map_err(|_| DateFault::Unreadable)
}

/// Chinese numerals as digits: 二〇一五年十二月二十一日 is 2015年12月21日.
fn arabic(text: &str) -> String {
    let digit = |c: char| {
        "零一二三四五六七八九".chars().position(|d| d == c).or_else(|| matches!(c, '〇' | '○' | 'o').then_some(0))
    };
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|n| chars.get(n)).and_then(|c| digit(*c));
        let after = chars.get(at + 1).and_then(|c| digit(*c));
        match (digit(*c), *c) {
            (Some(value), _) => out.push_str(&value.to_string()),
            (None, '十') => out.push_str(match (before, after) {
                (None, None) => "10",
                (None, Some(_)) => "1",
                (Some(_), None) => "0",
                (Some(_), Some(_)) => "",
            }),
            (None, c) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Result<Written, DateFault> {
        read(&Cell::Text(text.to_owned()))
    }

    fn day(y: i32, m: u32, d: u32) -> Written {
        Written::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap())
    }

    #[test]
    fn many_ways_to_write_one_day() {
        for written in [
            "2015.3.8",
            "2015.03.08",
            "2015-3-8",
            "2015/03/08",
            "2015年3月8日",
            "2015年03月08号",
            " 2015 年 3 月 8 日 ",
            "20150308",
            "２０１５．３．８",
            "2015、3、8",
            "2015.0308",
            "二〇一五年三月八日",
            "二零一五年三月八日",
            "42071",
            "2015-03-08 00:00:00",
            "2015-03-08T00:00:00",
            "2015/3/8 0:00".replace(" 0:", " 00:").as_str(),
            "2015年3月8日生",
            "2015。3。8",
            "2015.3.8日",
        ] {
            assert_eq!(text(written), Ok(day(2015, 3, 8)), "{written}");
        }
        assert_eq!(read(&Cell::Number(42_071.0)), Ok(day(2015, 3, 8)));
        assert_eq!(read(&Cell::Number(20_150_308.0)), Ok(day(2015, 3, 8)));
        assert_eq!(text("二〇一五年十二月二十一日"), Ok(day(2015, 12, 21)));
        assert_eq!(text("二〇一五年十月三十日"), Ok(day(2015, 10, 30)));
        assert_eq!(text("12/31/2015"), Ok(day(2015, 12, 31)));
        assert_eq!(text("31.12.2015"), Ok(day(2015, 12, 31)));
    }

    #[test]
    fn months_and_years_stay_as_imprecise_as_they_are() {
        for written in ["2023.3", "2023年3月", "2023-03", "202303", "2023年3月份至今", "二〇二三年三月起"]
        {
            assert_eq!(text(written), Ok(Written::Month(2023, 3)), "{written}");
        }
        assert_eq!(text("2023年"), Ok(Written::Year(2023)));
        assert_eq!(text("2023年初"), Ok(Written::Year(2023)));
        assert_eq!(read(&Cell::Number(2023.0)), Ok(Written::Year(2023)));
        assert_eq!(read(&Cell::Number(2023.03)), Ok(Written::Month(2023, 3)));
        assert_eq!(read(&Cell::Number(2023.12)), Ok(Written::Month(2023, 12)));
    }

    #[test]
    fn what_could_mean_two_days_is_not_guessed() {
        assert_eq!(text("15.3.8"), Err(DateFault::TwoDigitYear));
        assert_eq!(text("150308"), Err(DateFault::TwoDigitYear));
        assert_eq!(text("3/8/2015"), Err(DateFault::OrderUnclear));
        assert_eq!(read(&Cell::Number(2015.1)), Err(DateFault::MonthUnclear));
        assert_eq!(text("农历2015年三月初八"), Err(DateFault::Lunar));
        assert_eq!(text("2015年2月30日"), Err(DateFault::Impossible));
        assert_eq!(text("2015.13.1"), Err(DateFault::Impossible));
        assert_eq!(text("春节后"), Err(DateFault::Unreadable));
        assert_eq!(read(&Cell::Answer(true)), Err(DateFault::Unreadable));
    }

    proptest! {
        #[test]
        fn any_cell_gets_a_verdict(words in "\\PC{0,30}", number in any::<f64>()) {
            let _ = text(&words);
            let _ = read(&Cell::Number(number));
        }

        #[test]
        fn dates_like_things_get_a_verdict(words in "[0-9二十〇年月日./:t -]{0,20}") {
            let _ = text(&words);
        }

        #[test]
        fn every_day_is_read_back_from_the_usual_forms(n in 0u64..40_000) {
            let date = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(n);
            for form in ["%Y.%-m.%-d", "%Y-%m-%d", "%Y年%-m月%-d日", "%Y%m%d", "%Y/%-m/%-d", "%Y-%m-%d 00:00:00"] {
                prop_assert_eq!(text(&date.format(form).to_string()), Ok(Written::Day(date)));
            }
        }
    }
}
