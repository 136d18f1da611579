//! What each line of a written text is: title, article, numbered item, point, place for a signature.
//!
//! The paper of a text is made of its lines, each in its place; nobody writes markup.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::render::LABELS_TOML;

#[derive(Deserialize, Default)]
struct Layout {
    signatures: String,
    article: [String; 2],
    item: [String; 2],
    signer: String,
    colon: String,
    date_label: String,
}

#[derive(Deserialize, Default)]
struct Marks {
    layout: Layout,
}

static MARKS: LazyLock<Layout> = LazyLock::new(|| toml::from_str::<Marks>(LABELS_TOML).unwrap_or_default().layout);

/// A text with articles and places for signatures, taken apart.
#[derive(Debug, Default)]
pub struct Contract<'a> {
    pub title: &'a str,
    pub head: Vec<&'a str>,
    pub preamble: Vec<&'a str>,
    pub articles: Vec<Article<'a>>,
    /// Role and name of each who signs.
    pub signers: Vec<(&'a str, &'a str)>,
    pub notes: Vec<&'a str>,
}

#[derive(Debug)]
pub struct Article<'a> {
    pub title: &'a str,
    /// 1: a numbered item; 2: a point of it; 0: anything else.
    pub paragraphs: Vec<(u8, &'a str)>,
}

impl<'a> Contract<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let mut found = Self { title: lines.next().unwrap_or_default().trim(), ..Self::default() };
        let mut signing = false;
        for line in lines {
            if line.trim() == MARKS.signatures {
                signing = true;
            } else if signing {
                match signer(line) {
                    Some(who) => found.signers.push(who),
                    None => found.notes.push(line.trim()),
                }
            } else if is_article(line) {
                found.articles.push(Article { title: line.trim(), paragraphs: Vec::new() });
            } else if let Some(article) = found.articles.last_mut() {
                article.paragraphs.push((level(line), line.trim()));
            } else if found.preamble.is_empty() && line.contains(&MARKS.colon) {
                found.head.push(line.trim());
            } else {
                found.preamble.push(line.trim());
            }
        }
        found
    }
}

impl Article<'_> {
    /// An article in which each item is a label and what belongs to it, as the rows of a table; none where it is not.
    pub fn rows(&self) -> Option<Vec<Value>> {
        rows(&self.paragraphs)
    }
}

fn rows(paragraphs: &[(u8, &str)]) -> Option<Vec<Value>> {
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for (level, text) in paragraphs {
        if *level == 1 {
            let (label, rest) = text.split_once(MARKS.colon.as_str())?;
            rows.push((label, Some(rest).filter(|rest| !rest.is_empty()).into_iter().collect()));
        } else {
            rows.last_mut()?.1.push(text);
        }
    }
    Some(rows.into_iter().map(|(label, lines)| json!({ "label": label, "lines": lines })).collect())
}

/// A letter, taken apart.
#[derive(Debug, Default)]
pub struct Letter<'a> {
    pub title: &'a str,
    pub addressee: &'a str,
    /// Level and text, as in [`Article`].
    pub paragraphs: Vec<(u8, &'a str)>,
}

impl<'a> Letter<'a> {
    /// The line with number and date is left out: the paper has both at its foot and at its end.
    pub fn of(text: &'a str) -> Self {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !is_dated(line));
        let title = lines.next().unwrap_or_default().trim();
        let addressee = lines.next().unwrap_or_default().trim();
        Self { title, addressee, paragraphs: lines.map(|line| (level(line), line.trim())).collect() }
    }

    /// The paragraphs for the press; numbered items with a label each, one after the other, become a table.
    pub fn data(&self) -> Vec<Value> {
        let mut data: Vec<Value> = Vec::new();
        for run in self.paragraphs.chunk_by(|(one, _), (other, _)| one == other) {
            match run.first().filter(|(level, _)| *level == 1).and_then(|_| rows(run)) {
                Some(rows) => data.push(json!({ "rows": rows, "level": 1, "text": "" })),
                None => {
                    data.extend(run.iter().map(|(level, text)| json!({ "rows": null, "level": level, "text": text })))
                }
            }
        }
        data
    }
}

fn is_dated(line: &str) -> bool {
    line.contains(&MARKS.date_label) && line.matches(MARKS.colon.as_str()).count() == 2 && line.contains("    ")
}

/// A form: its title, what stands above it, and the points to be filled in.
#[derive(Debug, Default)]
pub struct Form<'a> {
    pub title: &'a str,
    pub preamble: Vec<&'a str>,
    pub points: Vec<&'a str>,
}

impl<'a> Form<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut form = Self { title: lines.next().unwrap_or_default(), ..Self::default() };
        for line in lines {
            let point = line.split_once(". ").filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit()));
            match point {
                Some((_, point)) => form.points.push(point),
                None => form.preamble.push(line),
            }
        }
        form
    }
}

fn is_article(line: &str) -> bool {
    let [begin, end] = &MARKS.article;
    let number = line.strip_prefix(begin.as_str()).and_then(|rest| rest.split_once(end.as_str()));
    number.is_some_and(|(number, _)| (1..=4).contains(&number.chars().count()))
}

fn level(line: &str) -> u8 {
    let [begin, end] = &MARKS.item;
    let numbered = line.strip_prefix(begin.as_str()).and_then(|rest| rest.split_once(end.as_str()));
    if line.starts_with("    ") { 2 } else { u8::from(numbered.is_some_and(|(number, _)| number.chars().count() <= 3)) }
}

/// `1. 委托人（王大山）：签字____` → who signs in which role. The role may hold brackets of its own.
fn signer(line: &str) -> Option<(&str, &str)> {
    let (who, _) = line.split_once(MARKS.signer.as_str())?;
    let (_, who) = who.split_once(". ")?;
    let [open, close] = &MARKS.item;
    let (title, name) = who.strip_suffix(close.as_str())?.rsplit_once(open.as_str())?;
    Some((title, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_an_article_makes_none() {
        assert!(is_article("第十八条 生效和文本"));
        assert!(!is_article("第三者在场时也由委托人决定，条 件不变"));
        assert_eq!(
            signer("5. 见证人（村（居）民委员会）（李主任）：签字____ 指印____"),
            Some(("见证人（村（居）民委员会）", "李主任"))
        );
    }

    #[test]
    fn a_letter_has_its_number_and_date_once() {
        let letter = Letter::of(
            "督促书\n\n文号：DC-2026-000001    日期：2026年3月2日\n王大山：\n\n经了解，某事。\n（一）标准：每月。\n（二）期限：一年。\n完。",
        );
        assert_eq!((letter.title, letter.addressee), ("督促书", "王大山："));
        let data = letter.data();
        assert_eq!(data.len(), 3, "{data:?}");
        assert_eq!(data[1]["rows"][1]["label"], "（二）期限");
    }

    #[test]
    fn a_form_has_points_to_fill_in() {
        let form = Form::of("交接清单\n\n当面清点。\n\n1. 衣物\n2. 证件\n");
        assert_eq!((form.title, form.preamble, form.points), ("交接清单", vec!["当面清点。"], vec!["衣物", "证件"]));
    }
}
