use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

/// The codes given to `Problem::of`, `Problem::field` and `.and_field` as literals.
fn codes_used() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in files("src", ".rs") {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("Problem::of(\"").skip(1) {
            codes.insert(part.split('"').next().unwrap().to_owned());
        }
        for call in ["Problem::field(\"", ".and_field(\""] {
            for part in text.split(call).skip(1) {
                if let Some(code) = part.split(')').next().and_then(|arguments| arguments.split('"').nth(2)) {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
    codes
}

#[test]
fn every_problem_has_words() {
    let used = codes_used();
    assert!(used.len() > 10);
    let silent: Vec<_> = used.iter().filter(|code| !xiangban::problem::has_words(code)).collect();
    assert!(silent.is_empty(), "problems without words: {silent:?}");
}

#[test]
fn migrations_of_the_same_names_stand_on_both_sides() {
    let names = |side: &str| -> BTreeSet<String> {
        std::fs::read_dir(Path::new(ROOT).join("migrations").join(side))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgresql"));
}

/// utoipa does not see what a handler's arguments read; the screens' types would lack it.
#[test]
fn every_handler_that_reads_a_body_says_so_in_the_contract() {
    let mut silent = Vec::new();
    for file in files("src", ".rs") {
        let source = std::fs::read_to_string(&file).unwrap();
        for operation in source.split("#[utoipa::path(").skip(1) {
            let (attribute, rest) = operation.split_once("pub async fn ").unwrap_or((operation, ""));
            let (signature, _) = rest.split_once(" -> ").unwrap_or((rest, ""));
            if signature.contains("Body<") && !attribute.contains("request_body") {
                let name = signature.split('(').next().unwrap_or_default();
                silent.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(silent.is_empty(), "add `request_body = …`: {silent:#?}");
}
