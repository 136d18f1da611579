//! The small words in messages: how a person is addressed, what a child is called without its name, when something is due.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::Datelike;
use serde::Deserialize;

use crate::clock::Instant;
use crate::identity::{PostKind, Sex};

/// Longest value that a vendor takes for one variable, characters.
const LONGEST_CHARS: usize = 35;

/// `王女士`; staff by their post: `李主任`.
pub fn salutation(name: &str, sex: Sex, post: Option<PostKind>) -> String {
    let title = post.map_or(sex.as_str(), PostKind::as_str);
    format!("{}{}", surname(name), word(&words().title, title))
}

/// The surname; of a name in two parts (`阿依古丽·买买提`) the first.
pub fn surname(name: &str) -> &str {
    let name = name.trim();
    if let Some((first, _)) = name.split_once(['·', '•']) {
        return first;
    }
    let compound = words().compound_surnames.iter().find(|compound| name.starts_with(compound.as_str()));
    let length = compound.map_or_else(|| name.chars().next().map_or(0, char::len_utf8), String::len);
    name.get(..length).unwrap_or(name)
}

/// What a child is called where its name must not stand: by its family, and by its place among its siblings if it has any.
pub fn child_label(name: &str, place: usize, siblings: usize, to_family: bool) -> String {
    let rank = match (siblings, place) {
        (0 | 1, _) => "only",
        (_, 0) => "oldest",
        (_, 1) => "second",
        (_, 2) => "third",
        _ => "other",
    };
    // The first part of a two-part name is the child's own.
    let own = to_family || name.contains(['·', '•']);
    let key = format!("{}_{rank}", if own { "own" } else { "other" });
    fill(word(&words().child, &key), &[("surname", surname(name))])
}

/// What is said when a matter is about all children of a family.
pub fn some_child() -> String {
    word(&words().child, "own_only").to_owned()
}

/// `11月25日前`, `今天到期`, `已过3天`; by the minute for duties that run by the minute.
pub fn when(due: Instant, now: Instant, by_the_minute: bool) -> String {
    let phrases = &words().when;
    if by_the_minute {
        let late = now.since(due).num_minutes();
        return match late {
            ..0 => fill(word(phrases, "before_time"), &[("time", &due.local().format("%H:%M").to_string())]),
            0..120 => fill(word(phrases, "overdue_minutes"), &[("minutes", &late.to_string())]),
            _ => fill(word(phrases, "overdue_hours"), &[("hours", &(late / 60).to_string())]),
        };
    }
    let days = (due.date() - now.date()).num_days();
    match days {
        ..0 => fill(word(phrases, "overdue_days"), &[("days", &(-days).to_string())]),
        0 => word(phrases, "today").to_owned(),
        _ => dated(
            word(phrases, if due.date().year() == now.date().year() { "before" } else { "before_next_year" }),
            due,
        ),
    }
}

/// `2026年11月25日`.
pub fn day(at: Instant) -> String {
    dated(word(&words().when, "day"), at)
}

/// Whom a family may ask: the village director with a number, as far as they are known.
pub fn helper(director: Option<(&str, Sex)>, phone: Option<&str>) -> String {
    let places = &words().place;
    match director {
        Some((name, sex)) => {
            let name = salutation(name, sex, Some(PostKind::VillageDirector));
            fill(word(places, "helper"), &[("name", &name), ("phone", phone.unwrap_or_default())])
        }
        None => word(places, "helper_unknown").to_owned(),
    }
}

/// The office that signs an e-mail.
pub fn office(township: Option<&str>) -> String {
    match township {
        Some(name) => fill(word(&words().place, "office"), &[("township", name)]),
        None => word(&words().place, "office_unknown").to_owned(),
    }
}

/// Whoever owes a duty, when it is a post: `石板村儿童主任`.
pub fn post_holder(area: &str, post: PostKind) -> String {
    cut(&format!("{area}{}", word(&words().post, post.as_str())))
}

/// Whoever owes a duty, when nobody knows.
pub fn somebody() -> String {
    word(&words().place, "who_unknown").to_owned()
}

/// Several matters in one SMS: as many as fit a vendor's variable, numbered.
pub fn short_list(lines: &[String]) -> String {
    let digest = &words().digest;
    let mut list = String::new();
    for (line, number) in lines.iter().zip(&digest.numbers) {
        let longer = list.chars().count() + line.chars().count() + 1 + digest.more.chars().count() > LONGEST_CHARS;
        if longer && !list.is_empty() {
            list.push_str(&digest.more);
            break;
        }
        list.push_str(number);
        list.push_str(line);
    }
    list
}

/// A matter with the answer that settles it: `和孩子通话回1#4827`.
pub fn with_answer(line: &str, one: &str) -> String {
    fill(&words().digest.answer, &[("line", line), ("one", one)])
}

/// A matter with its day, for the list in an e-mail.
pub fn with_day(line: &str, when: &str) -> String {
    fill(&words().digest.item, &[("line", line), ("when", when)])
}

/// `text` in at most the characters a vendor takes.
pub fn cut(text: &str) -> String {
    text.chars().take(LONGEST_CHARS).collect()
}

fn dated(phrase: &str, at: Instant) -> String {
    let date = at.date();
    let number = |n: u32| n.to_string();
    fill(phrase, &[("year", &date.year().to_string()), ("month", &number(date.month())), ("day", &number(date.day()))])
}

fn fill(phrase: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(phrase.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn word<'a>(list: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    list.get(key).map_or("", String::as_str)
}

#[derive(Deserialize)]
struct Words {
    compound_surnames: Vec<String>,
    title: BTreeMap<String, String>,
    post: BTreeMap<String, String>,
    child: BTreeMap<String, String>,
    when: BTreeMap<String, String>,
    place: BTreeMap<String, String>,
    digest: Digest,
}

#[derive(Deserialize)]
struct Digest {
    numbers: Vec<String>,
    answer: String,
    more: String,
    item: String,
}

fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        toml::from_str(include_str!("templates/texts/_words/words.toml"))
            .unwrap_or_else(|error| unreachable!("words.toml is read by a test: {error}"))
    });
    &WORDS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}:00+08:00").parse().unwrap()
    }

    #[test]
    fn people_are_addressed_by_surname_and_title() {
        assert_eq!(salutation("王大山", Sex::Male, None), "王先生");
        assert_eq!(salutation("欧阳静", Sex::Female, None), "欧阳女士");
        assert_eq!(salutation("李红", Sex::Female, Some(PostKind::VillageDirector)), "李主任");
        assert_eq!(salutation("阿依古丽·买买提", Sex::Female, None), "阿依古丽女士");
    }

    #[test]
    fn every_post_and_sex_has_its_words() {
        for post in PostKind::ALL {
            assert!(!word(&words().title, post.as_str()).is_empty(), "{post}");
            assert!(!word(&words().post, post.as_str()).is_empty(), "{post}");
        }
        assert!(Sex::ALL.iter().all(|sex| !word(&words().title, sex.as_str()).is_empty()));
    }

    #[test]
    fn a_child_is_called_by_its_family_and_its_place_in_it() {
        assert_eq!(child_label("王小雨", 0, 1, false), "王家孩子");
        assert_eq!(child_label("王小雨", 1, 2, false), "王家老二");
        assert_eq!(child_label("王小雨", 0, 1, true), "孩子");
        assert_eq!(child_label("王小雨", 0, 3, true), "老大");
        assert_eq!(child_label("古丽·买买提", 0, 1, false), "孩子");
    }

    #[test]
    fn a_due_day_is_said_as_people_say_it() {
        let due = at("2026-11-25T12:00");
        assert_eq!(when(due, at("2026-11-23T09:00"), false), "11月25日前");
        assert_eq!(when(due, at("2026-11-25T23:00"), false), "今天到期");
        assert_eq!(when(due, at("2026-11-28T00:01"), false), "已过3天");
        assert_eq!(when(at("2027-01-02T00:00"), at("2026-12-30T09:00"), false), "2027年1月2日前");
        assert_eq!(when(due, at("2026-11-25T11:45"), true), "12:00前");
        assert_eq!(when(due, at("2026-11-25T12:40"), true), "已过40分钟");
        assert_eq!(when(due, at("2026-11-25T16:00"), true), "已过4小时");
    }

    #[test]
    fn a_list_ends_before_it_is_too_long_for_a_variable() {
        let lines: Vec<String> =
            ["和老大通话回1#4827", "和老二通话回1#5190", "续签委托照护协议"].map(str::to_owned).into();
        assert_eq!(short_list(&lines), "①和老大通话回1#4827②和老二通话回1#5190等");
        assert_eq!(short_list(&lines[2..]), "①续签委托照护协议");
    }

    proptest! {
        #[test]
        fn a_label_never_holds_the_given_name(given in "[\u{4e00}-\u{9fa5}]{2}", place in 0usize..5, count in 0usize..5) {
            prop_assume!(!"王家孩子老大老二老三小的孩子".contains(&given));
            let name = format!("王{given}");
            prop_assert!(!child_label(&name, place, count, false).contains(&given));
        }

        #[test]
        fn any_name_has_a_surname(name in "\\PC{0,20}") {
            prop_assert!(name.trim().starts_with(surname(&name)));
        }
    }
}
