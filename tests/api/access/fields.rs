//! What each role gets to see: every GET as every role that may, and no sensitive field that `fields.toml` does not grant.
//! (That the others get nothing at all is tried by the table.)

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{EVERYONE, Role, person, set, table};

/// A field is sensitive when a part of its name begins with one of `signs`; `grants` says who may get a value of it.
#[derive(Deserialize)]
struct Sheet {
    signs: Vec<String>,
    harmless: BTreeSet<String>,
    grants: BTreeMap<String, Vec<String>>,
}

fn sheet() -> Sheet {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/access/fields.toml");
    toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn filled<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let empty = matches!(field, Value::Null | Value::Bool(false))
                    || field.as_array().is_some_and(Vec::is_empty)
                    || field.as_str() == Some("");
                if !empty {
                    into.insert(name);
                }
                filled(field, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| filled(item, into)),
        _ => {}
    }
}

#[actix_web::test]
async fn no_role_gets_a_sensitive_field_that_the_sheet_does_not_grant() {
    let sheet = sheet();
    let mut wrong: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for row in table().iter().filter(|row| row.method == Method::GET) {
        let (app, county, prepared) = set(row).await;
        let path = prepared.iter().fold(row.path.to_owned(), |path, (name, value)| path.replace(name, value));
        for role in row.may {
            let reply = app.get(&app.as_person(person(&county, *role)), &path).await;
            let mut names = BTreeSet::new();
            if reply.status == 200 {
                filled(&reply.body, &mut names);
            }
            for name in names {
                let sensitive = !sheet.harmless.contains(name)
                    && name.split('_').any(|part| sheet.signs.iter().any(|sign| part.starts_with(sign.as_str())));
                let granted = sheet.grants.get(name).is_some_and(|roles| roles.contains(&format!("{role:?}")));
                if sensitive {
                    seen.insert(name.to_owned());
                    if !granted {
                        wrong.entry(format!("{name} in {}", row.operation)).or_default().insert(format!("{role:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong:#?}");
    assert!(seen.len() > 5, "hardly anything was looked at: {seen:?}");
}

#[test]
fn every_role_of_the_sheet_exists() {
    let known: BTreeSet<String> = EVERYONE.iter().map(|role: &Role| format!("{role:?}")).collect();
    for (field, roles) in sheet().grants {
        assert!(roles.iter().all(|role| known.contains(role)), "{field}: {roles:?}");
    }
}
