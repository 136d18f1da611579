//! The words of every message: a folder per message under `texts/`, embedded, replaceable file by file from a
//! directory in the configuration.
//!
//! A folder holds `message.toml`: the matter in a few words (`line`), what it is about (`what`), the one sentence that
//! says what to do (`next`), what a reply `1` means (`done`), whether `2` is offered (`help`), and, where the SMS
//! carries a link that opens just this matter, what one does there in a word (`opens`). The forms of the channels (`sms.txt`, `email_subject.txt`, `email.txt`, `email.html`, `wechat.toml`, `call.txt`) stand in `_shared`;
//! a folder that needs its own form has a file of that name. An undefined fact is an error, never a gap in a sentence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::{Deserialize, Serialize};
use thiserror::Error;

mod load;

/// Facts by name: texts, or lists of texts.
pub type Facts = serde_json::Map<String, serde_json::Value>;

/// All messages, compiled.
pub struct Templates {
    env: Environment<'static>,
    messages: BTreeMap<String, Folder>,
    signature: String,
    /// What it was compiled of, so that one message can be tried with other words.
    files: Arc<load::Files>,
}

struct Folder {
    words: Words,
    answerable: bool,
    offers_help: bool,
    opens: bool,
    wechat_fields: Vec<String>,
    forms: BTreeMap<&'static str, String>,
}

/// The sentences every form is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The matter in a few words, for lists and subjects.
    pub line: String,
    /// What it is about.
    pub what: String,
    /// The one sentence that says what to do next.
    pub next: String,
    /// What a reply `1` stands for; empty when it stands for nothing.
    pub done: String,
}

/// An e-mail without its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailText {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A WeChat subscribe message without its addressee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatText {
    /// The mini-program page that opens.
    pub page: String,
    /// Field name (`thing1`, `date2`, …) to value.
    pub data: BTreeMap<String, String>,
}

/// Why a message has no words.
#[derive(Debug, Error)]
pub enum TemplateError {
    #[error("no message template called {0}")]
    Unknown(String),
    #[error("message template {name}: {detail}")]
    Broken { name: String, detail: String },
    #[error("message templates in {path}: {source}")]
    Unreadable { path: String, source: std::io::Error },
}

impl Templates {
    /// The templates that come with the program.
    ///
    /// # Errors
    /// When one of them does not compile.
    pub fn embedded(signature: &str) -> Result<Self, TemplateError> {
        Self::compile(load::embedded(), signature)
    }

    /// As [`Templates::embedded`], compiled once in this process.
    ///
    /// # Errors
    /// When one of them does not compile.
    pub fn shared(signature: &str) -> Result<Arc<Self>, TemplateError> {
        static SHARED: Mutex<BTreeMap<String, Arc<Templates>>> = Mutex::new(BTreeMap::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(templates) = shared.get(signature) {
            return Ok(Arc::clone(templates));
        }
        let templates = Arc::new(Self::embedded(signature)?);
        shared.insert(signature.to_owned(), Arc::clone(&templates));
        Ok(templates)
    }

    /// The same, with every file found under `directory` in place of the embedded one of that path.
    ///
    /// # Errors
    /// When the directory cannot be read or a file does not compile.
    pub fn with_overrides(directory: &Path, signature: &str) -> Result<Self, TemplateError> {
        let mut files = load::embedded();
        files.extend(load::directory(directory)?);
        Self::compile(files, signature)
    }

    /// The words of a message as they stand.
    pub fn words(&self, name: &str) -> Option<&Words> {
        Some(&self.messages.get(name)?.words)
    }

    /// The message called `name` alone, with other words.
    ///
    /// # Errors
    /// When they do not compile.
    pub fn with_words(&self, name: &str, words: &Words) -> Result<Self, TemplateError> {
        let own = format!("{name}/");
        let needed = |path: &&String| path.starts_with("_shared/") || path.starts_with(&own);
        let mut files: load::Files = self
            .files
            .iter()
            .filter(|(path, _)| needed(path))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let text = toml::to_string(words).map_err(|error| broken(name, &error))?;
        files.insert(format!("{name}/message.toml"), text);
        Self::compile(files, &self.signature)
    }

    /// The usual value of every fact, for a preview.
    pub fn usual_facts() -> Facts {
        load::embedded_file("_lint/usual.toml").and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }

    /// The longest plausible value of every fact, for the linter and the rehearsal.
    pub fn longest_facts() -> Facts {
        load::embedded_file("_lint/longest.toml").and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }

    /// The names of all messages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.messages.contains_key(name)
    }

    /// The message that tells `role` about a duty of `kind`; a desk without words of its own hears what the desk below does.
    pub fn for_duty(&self, kind: &str, role: &str) -> String {
        let below: &[&str] = match role {
            "county" => &["county", "township", "village", "owed"],
            "township" => &["township", "village", "owed"],
            own => &[own, "owed"],
        };
        let name = |role: &&str| format!("duty/{kind}/{role}");
        below.iter().map(name).find(|name| self.contains(name)).unwrap_or_else(|| format!("duty/{kind}/{role}"))
    }

    /// Whether a reply `1` to this message means something.
    pub fn is_answerable(&self, name: &str) -> bool {
        self.messages.get(name).is_some_and(|folder| folder.answerable)
    }

    /// What the link in its SMS is for, in a word; empty when it carries none.
    ///
    /// # Errors
    /// As [`Templates::parts`].
    pub fn opens(&self, name: &str, facts: &Facts) -> Result<String, TemplateError> {
        self.folder(name)?;
        self.render(&format!("{name}#opens"), &context(facts, &self.signature))
    }

    /// The signature that stands before every SMS.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The sentences of a message.
    ///
    /// # Errors
    /// When there is no such message or a fact is missing.
    pub fn parts(&self, name: &str, facts: &Facts) -> Result<Parts, TemplateError> {
        self.folder(name)?;
        let context = context(facts, &self.signature);
        let part = |key: &str| self.render(&format!("{name}#{key}"), &context);
        Ok(Parts { line: part("line")?, what: part("what")?, next: part("next")?, done: part("done")? })
    }

    /// The SMS body, without the signature.
    ///
    /// # Errors
    /// As [`Templates::parts`].
    pub fn sms(&self, name: &str, facts: &Facts) -> Result<String, TemplateError> {
        self.form(name, "sms.txt", facts)
    }

    /// What to say on the phone.
    ///
    /// # Errors
    /// As [`Templates::parts`].
    pub fn call(&self, name: &str, facts: &Facts) -> Result<String, TemplateError> {
        self.form(name, "call.txt", facts)
    }

    /// The e-mail.
    ///
    /// # Errors
    /// As [`Templates::parts`].
    pub fn email(&self, name: &str, facts: &Facts) -> Result<EmailText, TemplateError> {
        Ok(EmailText {
            subject: self.form(name, "email_subject.txt", facts)?,
            text: self.form(name, "email.txt", facts)?,
            html: self.form(name, "email.html", facts)?,
        })
    }

    /// The WeChat subscribe message.
    ///
    /// # Errors
    /// As [`Templates::parts`].
    pub fn wechat(&self, name: &str, facts: &Facts) -> Result<WechatText, TemplateError> {
        let folder = self.folder(name)?;
        let context = self.whole_context(name, facts)?;
        let base = folder.forms.get("wechat.toml").map_or("", String::as_str);
        let page = self.render(&format!("{base}#page"), &context)?;
        let field = |key: &String| Ok((key.clone(), self.render(&format!("{base}#{key}"), &context)?));
        let data = folder.wechat_fields.iter().map(field).collect::<Result<_, TemplateError>>()?;
        Ok(WechatText { page, data })
    }

    /// The facts that stand as they are in the SMS: what a vendor's template would have as its variables.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn sms_variables(&self, name: &str) -> Result<Vec<String>, TemplateError> {
        let folder = self.folder(name)?;
        let sources = ["what", "next", "done"].map(|key| format!("{name}#{key}"));
        let unused = |fact: &str| match fact {
            "what" | "next" | "done" | "help" | "line" => true,
            "one" => !folder.answerable,
            "two" => !folder.offers_help,
            "ticket" => !folder.opens,
            // The same in every message of a deployment, like the signature.
            "links" | "opens" | "opened" => true,
            _ => false,
        };
        let found: BTreeSet<String> = sources
            .into_iter()
            .chain(folder.forms.get("sms.txt").cloned())
            .filter_map(|source| self.env.get_template(&source).ok())
            .flat_map(|template| template.undeclared_variables(false))
            .filter(|fact| !unused(fact))
            .collect();
        Ok(found.into_iter().collect())
    }

    fn form(&self, name: &str, form: &'static str, facts: &Facts) -> Result<String, TemplateError> {
        let folder = self.folder(name)?;
        let context = self.whole_context(name, facts)?;
        let source = folder.forms.get(form).map_or(form, String::as_str);
        Ok(self.render(source, &context)?.trim_end().to_owned())
    }

    fn whole_context(&self, name: &str, facts: &Facts) -> Result<BTreeMap<String, Value>, TemplateError> {
        let parts = self.parts(name, facts)?;
        let mut context = context(facts, &self.signature);
        for (key, part) in [("line", parts.line), ("what", parts.what), ("next", parts.next), ("done", parts.done)] {
            context.insert(key.to_owned(), part.into());
        }
        let folder = self.folder(name)?;
        context.insert("help".to_owned(), folder.offers_help.into());
        context.insert("opens".to_owned(), self.opens(name, facts)?.into());
        Ok(context)
    }

    fn folder(&self, name: &str) -> Result<&Folder, TemplateError> {
        self.messages.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))
    }

    fn render(&self, source: &str, context: &BTreeMap<String, Value>) -> Result<String, TemplateError> {
        self.env
            .get_template(source)
            .and_then(|template| template.render(context.clone()))
            .map_err(|error| broken(source, &error))
    }
}

fn context(facts: &Facts, signature: &str) -> BTreeMap<String, Value> {
    let mut context = BTreeMap::from([
        ("to".to_owned(), Value::from("")),
        ("items".to_owned(), Value::from(Vec::<String>::new())),
        ("links".to_owned(), Value::from("")),
        ("ticket".to_owned(), Value::from("")),
        ("opened".to_owned(), Value::from("")),
        ("signature".to_owned(), Value::from(signature)),
    ]);
    context.extend(facts.iter().map(|(key, value)| (key.clone(), value_of(value))));
    context
}

fn value_of(fact: &serde_json::Value) -> Value {
    match fact {
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Bool(yes) => Value::from(*yes),
        serde_json::Value::Number(number) => Value::from(number.to_string()),
        serde_json::Value::Array(items) => items.iter().map(value_of).collect(),
        serde_json::Value::Null | serde_json::Value::Object(_) => Value::UNDEFINED,
    }
}

fn broken(name: &str, error: &dyn std::fmt::Display) -> TemplateError {
    TemplateError::Broken { name: name.to_owned(), detail: error.to_string() }
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    env.add_filter("fit", fit);
    env
}

/// `text` in at most `limit` characters, the last of them `…` when something was cut.
fn fit(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// The words of one message, as its `message.toml` holds them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub line: String,
    pub what: String,
    pub next: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub done: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub help: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opens: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WechatFile {
    page: String,
    data: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests;
