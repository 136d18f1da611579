//! Reading template files, embedded or from a directory, and compiling them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rust_embed::Embed;
use serde::de::DeserializeOwned;

use super::{Folder, TemplateError, Templates, WechatFile, Words, broken, environment};

/// Path below the template folder, with `/`, to content.
pub(super) type Files = BTreeMap<String, String>;

const FORMS: [&str; 6] = ["sms.txt", "call.txt", "email_subject.txt", "email.txt", "email.html", "wechat.toml"];
const SHARED: &str = "_shared";
const DEEPEST: usize = 4;

#[derive(Embed)]
#[folder = "src/messaging/templates/texts/"]
struct Embedded;

pub(super) fn embedded() -> Files {
    Embedded::iter()
        .filter_map(|path| {
            let file = Embedded::get(&path)?;
            Some((path.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

pub(super) fn embedded_file(path: &str) -> Option<String> {
    Embedded::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

pub(super) fn directory(root: &Path) -> Result<Files, TemplateError> {
    let mut files = Files::new();
    collect(root, "", DEEPEST, &mut files)
        .map_err(|source| TemplateError::Unreadable { path: root.display().to_string(), source })?;
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Files) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            if depth > 0 {
                collect(&entry.path(), &format!("{path}/"), depth - 1, files)?;
            }
        } else if path.ends_with(".txt") || path.ends_with(".html") || path.ends_with(".toml") {
            files.insert(path, std::fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

impl Templates {
    pub(super) fn compile(files: Files, signature: &str) -> Result<Self, TemplateError> {
        let files = Arc::new(files);
        let mut templates = Self {
            env: environment(),
            messages: BTreeMap::new(),
            signature: signature.to_owned(),
            files: Arc::clone(&files),
        };
        for (path, content) in files.iter() {
            if path.ends_with("wechat.toml") {
                templates.add_wechat(path, content)?;
            } else if !path.ends_with(".toml") {
                templates.add(path, content)?;
            }
        }
        for (path, content) in files.iter() {
            if let Some(name) = path.strip_suffix("/message.toml") {
                templates.add_message(name, content, &files)?;
            }
        }
        Ok(templates)
    }

    fn add_message(&mut self, name: &str, content: &str, files: &Files) -> Result<(), TemplateError> {
        let file: Words = parse(name, content)?;
        for (key, part) in [
            ("line", &file.line),
            ("what", &file.what),
            ("next", &file.next),
            ("done", &file.done),
            ("opens", &file.opens),
        ] {
            self.add(&format!("{name}#{key}"), part)?;
        }
        let forms: BTreeMap<&'static str, String> =
            FORMS.iter().map(|form| (*form, source(name, form, files))).collect();
        let wechat = forms.get("wechat.toml").and_then(|path| Some((path, files.get(path)?)));
        let wechat_fields = match wechat {
            Some((path, content)) => parse::<WechatFile>(path, content)?.data.into_keys().collect(),
            None => Vec::new(),
        };
        let folder = Folder {
            answerable: !file.done.is_empty(),
            offers_help: file.help,
            opens: !file.opens.is_empty(),
            wechat_fields,
            forms,
            words: file,
        };
        self.messages.insert(name.to_owned(), folder);
        Ok(())
    }

    fn add_wechat(&mut self, path: &str, content: &str) -> Result<(), TemplateError> {
        let file: WechatFile = parse(path, content)?;
        self.add(&format!("{path}#page"), &file.page)?;
        for (field, value) in &file.data {
            self.add(&format!("{path}#{field}"), value)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, content: &str) -> Result<(), TemplateError> {
        self.env.add_template_owned(name.to_owned(), content.to_owned()).map_err(|error| broken(name, &error))
    }
}

fn source(name: &str, form: &str, files: &Files) -> String {
    let own = format!("{name}/{form}");
    if files.contains_key(&own) { own } else { format!("{SHARED}/{form}") }
}

fn parse<T: DeserializeOwned>(path: &str, content: &str) -> Result<T, TemplateError> {
    toml::from_str(content).map_err(|error| broken(path, &error))
}
