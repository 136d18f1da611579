//! What a message would say: as it stands, or with other words.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::App;
use crate::messaging::lint::{self, Rule};
use crate::messaging::segments;
use crate::messaging::templates::{Facts, TemplateError, Templates, Words};
use crate::messaging::ticket;
use crate::problem::{Fault, Outcome, Problem};
use crate::text_enum;

text_enum! {
    /// Which facts stand in for those of a real message.
    pub enum ExampleFacts {
        /// As they usually are.
        Usual = "usual",
        /// Each as long as it plausibly gets: what may become one SMS more.
        Longest = "longest",
    }
}

/// A message in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateSummary {
    #[schema(example = "duty/contact_child/owed")]
    pub name: String,
    /// The matter in a few words, with usual facts.
    pub line: String,
    /// A reply `1` means something.
    pub answerable: bool,
    /// The SMS carries a short link.
    pub opens: bool,
    /// SMS that it costs with usual facts, and at most.
    pub segments: usize,
    pub most_segments: usize,
}

/// Words to try, and with which facts.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    #[validate(length(min = 1, max = 100, code = "length"))]
    #[schema(example = "duty/contact_child/owed")]
    pub template: String,
    pub facts: ExampleFacts,
    /// Other words than those in force.
    #[validate(nested)]
    pub words: Option<WordsBody>,
}

/// The sentences of a message; `{{ name }}` is filled in.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordsBody {
    /// The matter in a few words.
    #[validate(length(min = 1, max = 60, code = "length"))]
    #[schema(example = "和{{ child }}通话")]
    pub line: String,
    /// What it is about.
    #[validate(length(min = 1, max = 300, code = "length"))]
    #[schema(example = "这周该和{{ child }}通个话了（{{ when }}）。")]
    pub what: String,
    /// The one sentence that says what to do.
    #[validate(length(min = 1, max = 300, code = "length"))]
    #[schema(example = "请抽空打个电话，也和照护人说几句。")]
    pub next: String,
    /// What a reply `1` means; empty for nothing.
    #[serde(default)]
    #[validate(length(max = 20, code = "length"))]
    pub done: String,
    /// Whether a reply `2` calls for help.
    #[serde(default)]
    pub help: bool,
    /// What one does behind the link in the SMS, in a word; empty for no link.
    #[serde(default)]
    #[validate(length(max = 20, code = "length"))]
    pub opens: String,
}

/// What would be said on each channel, and what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// The words it was made with.
    pub words: WordsBody,
    pub sms: SmsPreview,
    pub email_subject: String,
    pub email: String,
    pub wechat: Vec<WechatField>,
    /// What is said on the phone.
    pub call: String,
    /// What may not be sent like this.
    pub findings: Vec<PreviewFinding>,
    /// Where these words belong, below the deployment's folder of words, and what the file holds.
    #[schema(example = "duty/contact_child/owed/message.toml")]
    pub file: String,
    pub content: String,
}

/// An SMS with its cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct SmsPreview {
    /// With its signature.
    pub text: String,
    /// UTF-16 units, as vendors count.
    pub units: usize,
    pub segments: usize,
}

/// A field of the WeChat message.
#[derive(Debug, Serialize, ToSchema)]
pub struct WechatField {
    #[schema(example = "thing1")]
    pub name: String,
    pub value: String,
}

/// A broken rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewFinding {
    pub rule: Rule,
    pub detail: String,
}

/// Every message with its length.
pub(super) fn list(app: &App) -> Outcome<Vec<TemplateSummary>> {
    let templates = &app.office.templates;
    let (usual, longest) = (facts(app, ExampleFacts::Usual), facts(app, ExampleFacts::Longest));
    let size = |name: &str, facts: &Facts| -> Result<usize, TemplateError> {
        Ok(segments::size_of(templates.signature(), &templates.sms(name, facts)?).segments)
    };
    let summary = |name: &str| -> Result<TemplateSummary, TemplateError> {
        Ok(TemplateSummary {
            name: name.to_owned(),
            line: templates.parts(name, &usual)?.line,
            answerable: templates.is_answerable(name),
            opens: !templates.opens(name, &longest)?.is_empty(),
            segments: size(name, &usual)?,
            most_segments: size(name, &longest)?,
        })
    };
    templates.names().map(summary).collect::<Result<_, _>>().map_err(Fault::internal)
}

/// What a message would say.
///
/// # Errors
/// *Not found* for a message that does not exist; a field for words that cannot be filled in.
pub(super) fn preview(app: &App, body: PreviewBody) -> Outcome<PreviewView> {
    let name = body.template.as_str();
    let in_force = &app.office.templates;
    let Some(now) = in_force.words(name) else { return Err(Problem::not_found().into()) };
    let words = match body.words {
        Some(words) => {
            check_syntax(&words)?;
            Words::from(words)
        }
        None => now.clone(),
    };
    let templates = in_force.with_words(name, &words).map_err(|_| Problem::field("words", "template_syntax"))?;
    let facts = facts(app, body.facts);
    let said = |error: TemplateError| match error {
        // A name between braces that no message has.
        TemplateError::Broken { .. } => Fault::from(Problem::field("words", "template_fact")),
        other => Fault::internal(other),
    };
    let sms = templates.sms(name, &facts).map_err(said)?;
    let email = templates.email(name, &facts).map_err(said)?;
    let wechat = templates.wechat(name, &facts).map_err(said)?;
    let call = templates.call(name, &facts).map_err(said)?;
    let size = segments::size_of(templates.signature(), &sms);
    let links = ticket::links(&app.config.deployment.public_url);
    let findings = lint::check_one(&templates, name, &links)
        .into_iter()
        .map(|finding| PreviewFinding { rule: finding.rule, detail: finding.detail })
        .collect();
    Ok(PreviewView {
        sms: SmsPreview {
            text: segments::signed(templates.signature(), &sms),
            units: size.units,
            segments: size.segments,
        },
        email_subject: email.subject,
        email: email.text,
        wechat: wechat.data.into_iter().map(|(name, value)| WechatField { name, value }).collect(),
        call,
        findings,
        file: format!("{name}/message.toml"),
        content: toml::to_string(&words).map_err(Fault::internal)?,
        words: words.into(),
    })
}

fn facts(app: &App, which: ExampleFacts) -> Facts {
    let mut facts = match which {
        ExampleFacts::Usual => Templates::usual_facts(),
        ExampleFacts::Longest => Templates::longest_facts(),
    };
    facts.insert("links".to_owned(), ticket::links(&app.config.deployment.public_url).into());
    facts
}

/// Only plain `{{ name }}`: words that come by a request must not compute.
fn check_syntax(words: &WordsBody) -> Outcome<()> {
    let fields = [
        ("words.line", &words.line),
        ("words.what", &words.what),
        ("words.next", &words.next),
        ("words.done", &words.done),
        ("words.opens", &words.opens),
    ];
    match fields.into_iter().find(|(_, text)| !is_plain(text)) {
        Some((field, _)) => Err(Problem::field(field, "template_syntax").into()),
        None => Ok(()),
    }
}

fn is_plain(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { return false };
        let name = name.trim();
        if before.contains(['{', '}']) || name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            return false;
        }
        rest = after;
    }
    !rest.contains(['{', '}'])
}

impl From<WordsBody> for Words {
    fn from(body: WordsBody) -> Self {
        let WordsBody { line, what, next, done, help, opens } = body;
        Self { line, what, next, done, help, opens }
    }
}

impl From<Words> for WordsBody {
    fn from(words: Words) -> Self {
        let Words { line, what, next, done, help, opens } = words;
        Self { line, what, next, done, help, opens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_between_braces_are_filled_in() {
        for text in ["", "和{{ child }}通话", "{{child}}，{{ when }}"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "{% for i in range(9) %}",
            "{{ 9 ** 9 }}",
            "{{ child | upper }}",
            "{# #}",
            "{{",
            "}}",
            "{{ }}",
            "{{ a.b }}",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
