//! Values to try a wording with: a case in which everything is said, and one in which as little as possible is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::WordingKind;

/// Two cases of a paper.
#[derive(Deserialize, Default)]
pub(super) struct Samples {
    pub full: Value,
    pub sparse: Value,
}

/// The samples of a paper.
pub(super) fn of(kind: WordingKind) -> &'static Samples {
    static ALL: LazyLock<BTreeMap<String, Samples>> =
        LazyLock::new(|| serde_json::from_str(include_str!("samples.json")).unwrap_or_default());
    static NONE: LazyLock<Samples> = LazyLock::new(Samples::default);
    ALL.get(kind.as_str()).unwrap_or(&NONE)
}

/// Every place in `value`, as a text names it (`child.name`; a list's places as those of its first), and what is there.
pub(super) fn places(value: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    collect("", value, &mut all);
    all
}

fn collect(name: &str, value: &Value, all: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                collect(&name, value, all);
            }
        }
        Value::Array(items) => items.iter().take(1).for_each(|item| collect(&format!("{name}[]"), item, all)),
        Value::Null => {}
        _ => all.push((name.to_owned(), super::render::shown(value))),
    }
}

/// Whether `name` (`child.name`, `parents`) is a place in one of the samples, or one that every text has.
pub(super) fn knows(samples: &Samples, name: &str) -> bool {
    let pointer = format!("/{}", name.replace('.', "/"));
    let root = name.split('.').next().unwrap_or(name);
    let of_every_text = root == "labels" || name == "template_version" || root == "range";
    of_every_text || [&samples.full, &samples.sparse].iter().any(|sample| sample.pointer(&pointer).is_some())
}
