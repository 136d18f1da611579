//! Which column tells what: headings in any order, in the words of the village, in one row or in two.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::words::plain;
use crate::text_enum;

text_enum! {
    /// Whom a column speaks of.
    pub enum Person {
        Child = "child",
        Parents = "parents",
        Father = "father",
        Mother = "mother",
        Carer = "carer",
    }
}

text_enum! {
    /// What a column tells.
    #[schema(as = SheetAbout)]
    pub enum About {
        Name = "name",
        Sex = "sex",
        BirthDate = "birth_date",
        IdentityNumber = "identity_number",
        Phone = "phone",
        Ethnicity = "ethnicity",
        Village = "village",
        Address = "address",
        RuralRegistration = "rural_registration",
        School = "school",
        Grade = "grade",
        Boarding = "boarding",
        Enrolment = "enrolment",
        LeftBehind = "left_behind",
        Labels = "labels",
        MinimumLiving = "minimum_living",
        RegisteredPoor = "registered_poor",
        SpecialHardship = "special_hardship",
        Disability = "disability",
        Illness = "illness",
        Remark = "remark",
        Place = "place",
        Since = "since",
        Ability = "ability",
        Condition = "condition",
        Situation = "situation",
        Kin = "kin",
    }
}

/// What a column holds; a phone may belong to nobody in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Column {
    pub person: Option<Person>,
    pub about: About,
}

impl Column {
    /// What somebody's column tells.
    pub const fn of(person: Person, about: About) -> Self {
        Self { person: Some(person), about }
    }
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.person {
            Some(person) => write!(f, "{person}.{}", self.about),
            None => write!(f, "{}", self.about),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Read(Column),
    PassedOver,
    Refused,
    Unknown,
}

/// The heading of a sheet: where the records begin and what each column means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Index into the rows of the grid of the first row below the heading.
    pub first_record: usize,
    /// Column, heading as written, meaning; columns without heading are left out.
    pub columns: Vec<(usize, String, Meaning)>,
}

#[derive(Default, Deserialize)]
struct Lexicon {
    neutral: Vec<String>,
    filler: Vec<String>,
    passed_over: Vec<String>,
    refused: Vec<String>,
    person: BTreeMap<Person, Vec<String>>,
    about: BTreeMap<About, Vec<String>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| toml::from_str(include_str!("headings.toml")).unwrap_or_default());

/// What a word tells, in the order of [`About`]; looked up for every cell that might be a heading.
static TELLS: LazyLock<BTreeMap<String, Vec<About>>> = LazyLock::new(|| {
    let mut tells: BTreeMap<String, Vec<About>> = BTreeMap::new();
    for (about, words) in &LEXICON.about {
        for word in words {
            let entry = tells.entry(plain(word)).or_default();
            if entry.last() != Some(about) {
                entry.push(*about);
            }
        }
    }
    tells
});

static REFUSED: LazyLock<Vec<String>> = LazyLock::new(|| LEXICON.refused.iter().map(|word| plain(word)).collect());

/// How many rows from the top a heading is looked for: titles, units and instructions may stand above it.
const SEARCHED_ROWS: usize = 30;

/// The heading of `grid`, in one row or two, when one names the child and enough beside.
pub fn find(grid: &Grid) -> Option<Heading> {
    let candidates = (0..grid.rows.len().min(SEARCHED_ROWS)).flat_map(|top| [1, 2].map(|height| at(grid, top, height)));
    let mut best: Option<(usize, Heading)> = None;
    for heading in candidates {
        let score = score(&heading);
        if score > best.as_ref().map_or(0, |(other, _)| *other) {
            best = Some((score, heading));
        }
    }
    best.map(|(_, heading)| heading)
}

/// What one heading means under the group heading above it.
pub fn meaning(group: &str, own: &str) -> Meaning {
    let (group, own) = (stripped(group), stripped(own));
    if own.is_empty() || group == own {
        return alone(if own.is_empty() { &group } else { &own });
    }
    if group.is_empty() || LEXICON.neutral.contains(&group) {
        return alone(&own);
    }
    let together = format!("{}{own}", without_filler(&group));
    match (alone(&together), alone(&own)) {
        (Meaning::Unknown, Meaning::Read(column)) if !belongs_to_somebody(&own, column) => Meaning::Read(column),
        (Meaning::Unknown, Meaning::Refused) => Meaning::Refused,
        (Meaning::Unknown, Meaning::PassedOver) => Meaning::PassedOver,
        (meaning, _) => meaning,
    }
}

/// What a heading that stands alone means, when it is one that is read.
pub fn meaning_of(heading: &str) -> Option<Column> {
    match meaning("", heading) {
        Meaning::Read(column) => Some(column),
        Meaning::PassedOver | Meaning::Refused | Meaning::Unknown => None,
    }
}

fn at(grid: &Grid, top: usize, height: usize) -> Heading {
    let upper = if height == 2 { grid.heading_row(top) } else { Vec::new() };
    let lower = grid.heading_row(top + height - 1);
    let mut columns = Vec::new();
    let mut group = String::new();
    for column in 0..upper.len().max(lower.len()) {
        let text = |row: &[String]| row.get(column).cloned().unwrap_or_default();
        let (above, own) = (text(&upper), text(&lower));
        if !above.is_empty() || own.is_empty() {
            group.clone_from(&above);
        }
        let written = if own.is_empty() { above } else { own.clone() };
        if !written.is_empty() {
            columns.push((column, written, meaning(&group, &own)));
        }
    }
    Heading { first_record: top + height, columns }
}

/// How many different things the heading tells; nothing without a child's name and a way to know the age.
fn score(heading: &Heading) -> usize {
    let read: std::collections::BTreeSet<Column> = heading
        .columns
        .iter()
        .filter_map(|(_, _, meaning)| if let Meaning::Read(column) = meaning { Some(*column) } else { None })
        .collect();
    let child = |about| read.contains(&Column { person: Some(Person::Child), about });
    let usable = child(About::Name) && (child(About::BirthDate) || child(About::IdentityNumber));
    if usable { read.len() } else { 0 }
}

fn alone(text: &str) -> Meaning {
    if REFUSED.iter().any(|word| text.contains(word)) {
        return Meaning::Refused;
    }
    let (person, rest) = person_of(text);
    match about(person, &rest) {
        Some(about) => Meaning::Read(Column { person: whose(person, about), about }),
        None if LEXICON.passed_over.contains(&rest) => Meaning::PassedOver,
        None => Meaning::Unknown,
    }
}

/// The person a heading begins with, or names in brackets behind: 父亲电话, 电话(父亲).
fn person_of(text: &str) -> (Option<Person>, String) {
    if about(None, text).is_some() {
        return (None, text.to_owned());
    }
    if let Some((own, bracket)) = text.split_once('(') {
        let named = bracket.trim_end_matches(')');
        let person = persons().find(|(_, word)| *word == named).map(|(person, _)| person);
        return if person.is_some() { (person, own.to_owned()) } else { person_of(own) };
    }
    let mut persons: Vec<_> = persons().filter(|(_, word)| text.starts_with(word)).collect();
    persons.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
    match persons.first() {
        Some((person, word)) => {
            (Some(*person), text.get(word.len()..).unwrap_or_default().trim_start_matches(['的', '方']).to_owned())
        }
        None => (None, text.to_owned()),
    }
}

fn persons() -> impl Iterator<Item = (Person, &'static str)> {
    LEXICON.person.iter().flat_map(|(person, words)| words.iter().map(move |word| (*person, word.as_str())))
}

/// What is told, when it can be told of this person.
fn about(person: Option<Person>, text: &str) -> Option<About> {
    let meant = |about: &About| person.is_none_or(|person| can_be_told(person, *about));
    // 父亲, 监护人 as a whole heading: the name is meant.
    let bare_person = text.is_empty() && matches!(person, Some(Person::Father | Person::Mother | Person::Carer));
    TELLS.get(text).into_iter().flatten().copied().find(meant).or(bare_person.then_some(About::Name))
}

fn can_be_told(person: Person, about: About) -> bool {
    use About as A;
    match person {
        Person::Child => !matches!(about, A::Place | A::Since | A::Ability | A::Condition | A::Situation | A::Kin),
        Person::Parents => matches!(about, A::Place | A::Since | A::Situation | A::Phone),
        Person::Father | Person::Mother => {
            matches!(
                about,
                A::Name
                    | A::IdentityNumber
                    | A::BirthDate
                    | A::Phone
                    | A::Place
                    | A::Since
                    | A::Ability
                    | A::Condition
                    | A::Situation
            )
        }
        Person::Carer => matches!(
            about,
            A::Name
                | A::Sex
                | A::IdentityNumber
                | A::BirthDate
                | A::Phone
                | A::Kin
                | A::Ability
                | A::Condition
                | A::Address
        ),
    }
}

/// Whom a heading means that names nobody.
fn whose(person: Option<Person>, about: About) -> Option<Person> {
    person.or(match about {
        About::Phone => None,
        About::Kin => Some(Person::Carer),
        About::Place | About::Since | About::Situation => Some(Person::Parents),
        _ => Some(Person::Child),
    })
}

/// Whether under the heading of an unknown group the words could speak of somebody we do not know (班主任 · 电话).
fn belongs_to_somebody(own: &str, column: Column) -> bool {
    use About as A;
    let personal = matches!(
        column.about,
        A::Name | A::Sex | A::BirthDate | A::IdentityNumber | A::Phone | A::Condition | A::Remark
    );
    personal && person_of(own).0.is_none()
}

fn stripped(text: &str) -> String {
    let mut text: String =
        plain(text).chars().filter(|c| !matches!(c, '*' | ':' | '?' | '※' | '☆' | '、' | '\'' | '"')).collect();
    for bracket in ["(必填)", "(选填)", "(是/否)", "(有/无)", "(男/女)"] {
        text = text.replace(bracket, "");
    }
    text
}

fn without_filler(group: &str) -> String {
    let mut bare = group.to_owned();
    for word in &LEXICON.filler {
        bare = bare.strip_suffix(word.as_str()).unwrap_or(&bare).to_owned();
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(group: &str, own: &str) -> Option<(Option<Person>, About)> {
        match meaning(group, own) {
            Meaning::Read(column) => Some((column.person, column.about)),
            _ => None,
        }
    }

    #[test]
    fn headings_are_understood_in_many_words() {
        use {About as A, Person as P};
        let cases = [
            ("", "姓 名", Some(P::Child), A::Name),
            ("", "儿童姓名*", Some(P::Child), A::Name),
            ("", "身份证号码（必填）", Some(P::Child), A::IdentityNumber),
            ("", "父亲姓名", Some(P::Father), A::Name),
            ("", "父亲", Some(P::Father), A::Name),
            ("", "联系电话（母亲）", Some(P::Mother), A::Phone),
            ("", "联系电话", None, A::Phone),
            ("", "实际监护人联系方式", Some(P::Carer), A::Phone),
            ("", "与儿童关系", Some(P::Carer), A::Kin),
            ("", "监护人与儿童关系", Some(P::Carer), A::Kin),
            ("", "父亲外出务工地点", Some(P::Father), A::Place),
            ("", "务工地点", Some(P::Parents), A::Place),
            ("", "父母外出务工情况", Some(P::Parents), A::Situation),
            ("", "村（居）", Some(P::Child), A::Village),
            ("", "母亲健康状况", Some(P::Mother), A::Condition),
            ("", "健康状况", Some(P::Child), A::Illness),
            ("父亲情况", "姓名", Some(P::Father), A::Name),
            ("父亲基本信息", "务工时间", Some(P::Father), A::Since),
            ("儿童基本情况", "姓名", Some(P::Child), A::Name),
            ("监护人信息", "身份证号", Some(P::Carer), A::IdentityNumber),
            ("家庭成员外出情况", "母亲姓名", Some(P::Mother), A::Name),
            ("就学情况", "学校", Some(P::Child), A::School),
            ("姓名", "", Some(P::Child), A::Name),
        ];
        for (group, own, person, about) in cases {
            assert_eq!(read(group, own), Some((person, about)), "{group} / {own}");
        }
    }

    #[test]
    fn a_strangers_phone_is_not_the_childs() {
        assert_eq!(meaning("班主任", "电话"), Meaning::Unknown);
        assert_eq!(meaning("班主任", "姓名"), Meaning::Unknown);
        assert_eq!(meaning("", "帮扶教师电话"), Meaning::Unknown);
    }

    #[test]
    fn confidential_columns_are_refused_and_counters_passed_over() {
        assert_eq!(meaning("健康状况", "是否感染艾滋病"), Meaning::Refused);
        assert_eq!(meaning("", "HIV"), Meaning::Refused);
        assert_eq!(meaning("", "序号"), Meaning::PassedOver);
        assert_eq!(meaning("", "今日天气"), Meaning::Unknown);
    }

    #[test]
    fn the_lexicon_is_readable_and_names_everything_the_code_knows() {
        for about in About::ALL {
            assert!(LEXICON.about.contains_key(about), "{about}");
        }
        assert_eq!(LEXICON.person.len(), Person::ALL.len());
    }
}
