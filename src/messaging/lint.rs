//! What no message may say, and how long it may be. Run over every template at start and in the tests, and over the
//! finished text of every SMS and WeChat message before it leaves.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::messaging::segments;
use crate::messaging::templates::{Facts, TemplateError, Templates};
use crate::messaging::ticket::CHARS;
use crate::text_enum;

/// SMS one message may cost when every fact is as long as it plausibly gets.
const MOST_SEGMENTS: usize = 2;
const LONGEST_VARIABLE_CHARS: usize = 35;
/// Longest run of digits that is a phone number or a code; more looks like an identity number.
const IDENTITY_DIGITS: [usize; 2] = [15, 18];

text_enum! {
    /// What is wrong with a text.
    pub enum Rule {
        IdentityNumber = "identity_number",
        ChildName = "child_name",
        SensitiveWord = "sensitive_word",
        GuardianshipTransferred = "guardianship_transferred",
        Ranking = "ranking",
        LinkInSms = "link_in_sms",
        TooLong = "too_long",
        TooManySegments = "too_many_segments",
        VariableTooLong = "variable_too_long",
        VariableEmpty = "variable_empty",
        NoNextStep = "no_next_step",
        SeveralSentences = "several_sentences",
        WechatFieldTooLong = "wechat_field_too_long",
        DoesNotRender = "does_not_render",
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The message template.
    pub template: String,
    pub rule: Rule,
    /// What was found, for the person who edits the template.
    pub detail: String,
}

/// Judges a finished SMS or WeChat text; `child_names` are full names that must not stand in it.
pub fn check_text(text: &str, child_names: &[&str]) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    found.extend(identity_number(text).map(|digits| (Rule::IdentityNumber, digits)));
    found.extend(child_names.iter().filter(|name| text.contains(**name)).map(|_| (Rule::ChildName, String::new())));
    let words = &*WORDS;
    for (rule, list) in [
        (Rule::SensitiveWord, &words.sensitive),
        (Rule::GuardianshipTransferred, &words.transferred),
        (Rule::Ranking, &words.ranking),
    ] {
        found.extend(list.iter().filter(|word| text.contains(word.as_str())).map(|word| (rule, word.clone())));
    }
    found
}

/// Judges a finished SMS body under its signature. The only links are short ones of our own, which begin with `links`.
pub fn check_sms(signature: &str, links: &str, body: &str, child_names: &[&str]) -> Vec<(Rule, String)> {
    let said = without_own_links(body, links);
    let mut found = check_text(&said, child_names);
    found.extend(link(&said).map(|link| (Rule::LinkInSms, link)));
    let size = segments::size_of(signature, body);
    if !size.fits() {
        found.push((Rule::TooLong, format!("{} units", size.units)));
    }
    found
}

/// A text without short links of our own: what is left is what is said. A ticket is chance and says nothing.
pub fn without_own_links<'a>(text: &'a str, links: &str) -> Cow<'a, str> {
    if links.is_empty() || !text.contains(links) {
        return text.into();
    }
    let mut parts = text.split(links);
    let first = parts.next().unwrap_or_default().to_owned();
    // What follows is a ticket and then the text goes on; anything else after our address is no link of ours.
    parts
        .fold(first, |said, part| {
            let ticket = part.chars().take_while(char::is_ascii_alphanumeric).count();
            let goes_on = part.get(ticket..).unwrap_or_default();
            let is_ours =
                ticket == CHARS && !goes_on.starts_with(['/', '?', '#', '.', '-', '_', '%', '&', '=', ':', '@']);
            if is_ours { said + goes_on } else { said + links + part }
        })
        .into()
}

/// Judges every template with the longest plausible facts, and with the beginning of this deployment's short links.
pub fn check_all(templates: &Templates, links: &str) -> Vec<Finding> {
    let mut facts = Templates::longest_facts();
    facts.insert("links".to_owned(), links.into());
    templates.names().flat_map(|name| check_template(templates, name, &facts)).collect()
}

/// As [`check_all`], one message.
pub fn check_one(templates: &Templates, name: &str, links: &str) -> Vec<Finding> {
    let mut facts = Templates::longest_facts();
    facts.insert("links".to_owned(), links.into());
    check_template(templates, name, &facts)
}

fn check_template(templates: &Templates, name: &str, facts: &Facts) -> Vec<Finding> {
    let found = [
        check_sms_form(templates, name, facts),
        check_wechat_form(templates, name, facts),
        check_long_forms(templates, name, facts),
        check_next_step(templates, name, facts),
        check_variables(templates, name, facts),
    ];
    let finding = |(rule, detail)| Finding { template: name.to_owned(), rule, detail };
    found.into_iter().flat_map(|part| part.unwrap_or_else(does_not_render)).map(finding).collect()
}

type Found = Result<Vec<(Rule, String)>, TemplateError>;

fn does_not_render(error: TemplateError) -> Vec<(Rule, String)> {
    vec![(Rule::DoesNotRender, error.to_string())]
}

fn check_sms_form(templates: &Templates, name: &str, facts: &Facts) -> Found {
    let body = templates.sms(name, facts)?;
    let links = facts.get("links").and_then(serde_json::Value::as_str).unwrap_or_default();
    let mut found = check_sms(templates.signature(), links, &body, &[]);
    let size = segments::size_of(templates.signature(), &body);
    if size.segments > MOST_SEGMENTS {
        found.push((Rule::TooManySegments, format!("{} segments, {} units: {body}", size.segments, size.units)));
    }
    Ok(found)
}

fn check_wechat_form(templates: &Templates, name: &str, facts: &Facts) -> Found {
    let message = templates.wechat(name, facts)?;
    let mut found = Vec::new();
    for (field, value) in &message.data {
        found.extend(check_text(value, &[]));
        let limit = wechat_limit(field);
        if value.chars().count() > limit {
            found.push((Rule::WechatFieldTooLong, format!("{field} over {limit}: {value}")));
        }
    }
    Ok(found)
}

/// E-mail and the words for a call: only what is forbidden everywhere.
fn check_long_forms(templates: &Templates, name: &str, facts: &Facts) -> Found {
    let email = templates.email(name, facts)?;
    let call = templates.call(name, facts)?;
    let texts = [email.subject, email.text, email.html, call];
    Ok(texts.iter().flat_map(|text| check_text(text, &[])).collect())
}

fn check_next_step(templates: &Templates, name: &str, facts: &Facts) -> Found {
    let parts = templates.parts(name, facts)?;
    let mut found = Vec::new();
    let asks = ["请", "不用", "不要", "回复"].iter().any(|word| parts.next.contains(word));
    if !asks || !parts.next.ends_with('。') {
        found.push((Rule::NoNextStep, parts.next.clone()));
    }
    if parts.next.matches('。').count() > 1 || parts.next.contains(['；', '！', '？']) {
        found.push((Rule::SeveralSentences, parts.next));
    }
    Ok(found)
}

fn check_variables(templates: &Templates, name: &str, facts: &Facts) -> Found {
    let lengths = templates.sms_variables(name)?.into_iter().filter_map(|fact| {
        let value = facts.get(&fact)?.as_str()?;
        match value.chars().count() {
            0 => Some((Rule::VariableEmpty, fact)),
            n if n > LONGEST_VARIABLE_CHARS => Some((Rule::VariableTooLong, format!("{fact}: {n} characters"))),
            _ => None,
        }
    });
    Ok(lengths.collect())
}

fn wechat_limit(field: &str) -> usize {
    match field.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" => 20,
        "phrase" => 5,
        "name" => 10,
        "character_string" | "number" | "letter" => 32,
        _ => 40,
    }
}

/// A run of 15 or 18 digits (the last may be X), as identity numbers have.
fn identity_number(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit() && !matches!(c, 'x' | 'X'))
        .find(|run| {
            let body = run.trim_end_matches(['x', 'X']);
            IDENTITY_DIGITS.contains(&run.len())
                && body.len() + 1 >= run.len()
                && body.bytes().all(|b| b.is_ascii_digit())
        })
        .map(|run| format!("{}…", run.chars().take(6).collect::<String>()))
}

fn link(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let marked =
        ["http://", "https://", "www."].iter().find(|mark| lower.contains(**mark)).map(|mark| (*mark).to_owned());
    marked.or_else(|| {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-')
            .find(|w| is_host(w))
            .map(str::to_owned)
    })
}

fn is_host(word: &str) -> bool {
    let Some((name, top)) = word.rsplit_once('.') else {
        return false;
    };
    !name.is_empty() && ["cn", "com", "net", "org", "gov", "io", "top", "vip", "link"].contains(&top)
}

#[derive(Deserialize)]
struct Words {
    sensitive: Vec<String>,
    transferred: Vec<String>,
    ranking: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("templates/texts/_lint/words.toml"))
        .unwrap_or_else(|error| unreachable!("words.toml is read by a test: {error}"))
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINKS: &str = "https://xiangban.example.gov.cn/l/";

    fn rules(found: Vec<(Rule, String)>) -> Vec<Rule> {
        found.into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn every_template_that_comes_with_the_program_is_clean() {
        let findings = check_all(&Templates::embedded("相伴").unwrap(), LINKS);
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn an_identity_number_is_seen_in_any_company() {
        assert_eq!(rules(check_text("证号11010519491231002X。", &[])), [Rule::IdentityNumber]);
        assert_eq!(rules(check_text("证号110105491231002。", &[])), [Rule::IdentityNumber]);
        assert_eq!(rules(check_text("请打13800138000或0371-65501234", &[])), []);
    }

    #[test]
    fn neither_names_nor_troubles_of_a_child_leave_by_sms() {
        assert_eq!(rules(check_text("王小明今天没到校", &["王小明"])), [Rule::ChildName]);
        assert_eq!(rules(check_text("王家孩子被虐待", &[])), [Rule::SensitiveWord]);
    }

    #[test]
    fn guardianship_is_never_said_to_be_transferred() {
        assert_eq!(rules(check_text("监护权转移协议", &[])), [Rule::GuardianshipTransferred]);
    }

    #[test]
    fn an_sms_carries_no_link_but_a_short_one_of_ours_and_stays_in_the_limit() {
        let judged = |text: &str| rules(check_sms("相伴", LINKS, text, &[]));
        let ticket = "AAAAAAAXAAAAEQnbAa1b2c3d4HIV";
        let ticket = &ticket[..CHARS];
        for text in ["看 https://a.cn/x", "看www.example.com", "看xiangban.gov.cn/a"] {
            assert_eq!(judged(text), [Rule::LinkInSms], "{text}");
        }
        assert_eq!(judged(&format!("请点开{LINKS}{ticket} ，不懂请问村里。")), []);
        assert_eq!(judged(&format!("请点开{LINKS}{ticket}")), []);
        for after in ["/x", "?next=http", ".evil.cn", "@a.cn", "AA"] {
            assert_eq!(judged(&format!("请点开{LINKS}{ticket}{after}")), [Rule::LinkInSms], "{after}");
        }
        assert_eq!(judged(&format!("请点开{LINKS}short")), [Rule::LinkInSms]);
        assert_eq!(judged(&format!("请点开https://a.cn/l/{ticket}")), [Rule::LinkInSms]);
        assert_eq!(judged(&"字".repeat(497)), [Rule::TooLong]);
        assert_eq!(judged("好了回1，要帮忙回2。"), []);
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_harm(text in "\\PC{0,200}") {
            check_sms("相伴", LINKS, &text, &["王小明"]);
        }
    }
}
