//! Words of villages for the terms of the code, from `words.toml`: the first word of a term is the one we write.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::messaging::phone::half_width;

type Section = BTreeMap<String, Vec<String>>;

static WORDS: LazyLock<BTreeMap<String, Section>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).unwrap_or_default());

/// The same, as texts are compared: each section's words in their plain form beside their terms.
static PLAIN: LazyLock<BTreeMap<&'static str, Vec<(&'static str, String)>>> = LazyLock::new(|| {
    let plain_words = |(section, terms): (&'static String, &'static Section)| {
        let words = terms.iter().flat_map(|(term, words)| words.iter().map(move |word| (term.as_str(), plain(word))));
        (section.as_str(), words.collect())
    };
    WORDS.iter().map(plain_words).collect()
});

/// The term that is written exactly as `text`.
pub fn exact<T: FromStr>(section: &str, text: &str) -> Option<T> {
    let text = plain(text);
    terms(section).find(|(_, word)| *word == text).and_then(|(term, _)| term.parse().ok())
}

/// The term whose longest word occurs in `text`; an exact one comes first. A word after 非, 不, 未, 无 does not count.
pub fn contained<T: FromStr>(section: &str, text: &str) -> Option<T> {
    exact(section, text).or_else(|| all_contained(section, text).into_iter().next())
}

/// Every term that occurs in `text`, longest words first; what one word has taken another cannot take.
pub fn all_contained<T: FromStr>(section: &str, text: &str) -> Vec<T> {
    let mut rest = plain(text);
    let mut words: Vec<_> = terms(section).filter(|(_, word)| word.chars().count() > 1).collect();
    words.sort_by_key(|(_, word)| std::cmp::Reverse(word.chars().count()));
    let mut found: Vec<&str> = Vec::new();
    for (term, word) in words {
        if let Some(at) = rest.find(word) {
            let negated = rest.get(..at).is_some_and(|before| before.ends_with(['非', '不', '未', '无', '否']));
            rest = rest.replace(word, "|");
            if !negated && !found.contains(&term) {
                found.push(term);
            }
        }
    }
    found.into_iter().filter_map(|term| term.parse().ok()).collect()
}

/// Yes or no, as villages tick it.
pub fn answer(section: &str, text: &str) -> Option<bool> {
    exact::<String>(section, text).and_then(|term| match term.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    })
}

/// Whether `text` fills a cell without saying anything (无, /, 不详).
pub fn says_nothing(text: &str) -> bool {
    exact::<String>("none", text).is_some()
}

/// Whether `text` begins with one of the words of a list.
pub fn begins(section: &str, text: &str) -> bool {
    let text = plain(text);
    terms(section).any(|(_, word)| text.starts_with(word))
}

/// Whether `text` is exactly one of the words of a list.
pub fn is_word_of(section: &str, text: &str) -> bool {
    exact::<String>(section, text).is_some()
}

/// Whether a word of `term` occurs in `text`.
pub fn has_word_of(section: &str, term: &str, text: &str) -> bool {
    let text = plain(text);
    terms(section).any(|(other, word)| other == term && text.contains(word))
}

/// Whether one of the words of a term occurs in `text`.
pub fn mentions(section: &str, text: &str) -> bool {
    let text = plain(text);
    terms(section).any(|(_, word)| text.contains(word))
}

/// `text` without the longest word of a list that it ends in.
pub fn without_ending<'a>(section: &str, text: &'a str) -> &'a str {
    let endings = terms(section).filter_map(|(_, word)| text.strip_suffix(word));
    endings.min_by_key(|rest| rest.len()).unwrap_or(text)
}

/// The word that stands for `term` in what we write.
pub fn word(section: &str, term: &str) -> &'static str {
    WORDS.get(section).and_then(|terms| terms.get(term)).and_then(|words| words.first()).map_or("", String::as_str)
}

/// Half-width, lower case, without blanks.
pub fn plain(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The terms of a section with the plain form of their words.
fn terms(section: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    PLAIN.get(section).into_iter().flatten().map(|(term, word)| (*term, word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::classification::LabelKind;
    use crate::children::classification::facts::{CircumstanceKind, Condition, DisabilityKind, Kin};
    use crate::identity::Sex;

    #[test]
    fn the_word_list_is_readable_and_every_term_in_it_is_one_of_the_code() {
        assert!(!WORDS.is_empty());
        fn known<T: FromStr>(section: &str) {
            for term in WORDS[section].keys() {
                assert!(term.parse::<T>().is_ok(), "{section}.{term}");
            }
        }
        known::<Condition>("condition");
        known::<Kin>("kin");
        known::<LabelKind>("label");
        known::<CircumstanceKind>("circumstance");
        known::<DisabilityKind>("disability");
        known::<Sex>("sex");
    }

    #[test]
    fn a_word_stands_for_one_term_only() {
        for (section, terms) in WORDS.iter() {
            let mut seen = BTreeMap::new();
            for (term, words) in terms {
                for word in words {
                    assert_eq!(seen.insert(plain(word), term), None, "{section}: {word}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for kin in Kin::ALL {
            assert_eq!(exact::<Kin>("kin", word("kin", kin.as_str())), Some(*kin));
        }
        for condition in Condition::ALL {
            assert_eq!(exact::<Condition>("condition", word("condition", condition.as_str())), Some(*condition));
        }
    }

    #[test]
    fn phrases_are_understood_and_denials_are_not_taken_for_the_thing() {
        assert_eq!(contained::<Condition>("condition", "2019年因病去世"), Some(Condition::Dead));
        assert_eq!(contained::<Condition>("condition", "无监护能力"), Some(Condition::WithoutAbility));
        assert_eq!(all_contained::<CircumstanceKind>("circumstance", "低保户、因病致贫").len(), 2);
        assert!(all_contained::<CircumstanceKind>("circumstance", "非低保户").is_empty());
        assert_eq!(
            all_contained::<LabelKind>("label", "留守儿童，事实无人抚养"),
            [LabelKind::DeFactoUnsupported, LabelKind::LeftBehind]
        );
        assert_eq!(answer("answer", " √ "), Some(true));
    }
}
