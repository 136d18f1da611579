use serde_json::Value;
use xiangban::routes::contract;

#[test]
fn openapi_yaml_is_what_the_routes_say() {
    let fresh = contract().to_yaml().unwrap();
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.yaml")).unwrap_or_default();
    assert!(fresh == committed, "openapi.yaml is stale: run `make openapi`");
}

#[test]
fn every_operation_has_an_id_a_summary_and_a_tag() {
    let document = contract();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in &document.paths.paths {
        for operation in [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten() {
            let id = operation.operation_id.clone().unwrap_or_default();
            assert!(!id.is_empty() && ids.insert(id.clone()), "{path}: operation id {id:?}");
            assert!(operation.summary.as_ref().is_some_and(|text| !text.is_empty()), "{id} has no summary");
            assert!(operation.tags.as_ref().is_some_and(|tags| tags.len() == 1), "{id} has no tag");
        }
    }
    assert!(!ids.is_empty());
}

#[test]
fn every_body_has_an_example_and_what_was_created_leads_on() {
    let document = serde_json::to_value(contract()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            for content in operation["requestBody"]["content"].as_object().into_iter().flatten().map(|(_, body)| body) {
                let example = &content["example"];
                assert!(!example.is_null() || content["examples"].is_object(), "{path} {id} shows no example");
            }
        }
    }
    let created = &document["paths"]["/api/v1/children"]["post"]["responses"]["201"]["links"]["get_child"];
    assert_eq!(created["parameters"]["id"], "$response.body#/id");
    let read = &document["paths"]["/api/v1/children/{id}"]["get"]["responses"]["200"]["links"]["list_child_versions"];
    assert_eq!(read["parameters"]["id"], "$request.path.id");
}

/// Screens show the Chinese of a code, and take it from the contract.
#[test]
fn every_enumeration_of_the_contract_has_chinese_words() {
    let document = serde_json::to_value(contract()).unwrap();
    let mut silent = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if schema["x-chinese"][value].as_str().is_none_or(str::is_empty) {
                silent.push(format!("[{name}] {value}"));
            }
        }
    }
    assert!(silent.is_empty(), "missing in src/words.toml: {silent:#?}");
}

/// The contract has one namespace: of two types with one name it would keep one, and say something false of the other.
#[test]
fn no_two_types_of_the_contract_share_a_name() {
    let document = serde_json::to_value(contract()).unwrap();
    let declared = regex::Regex::new(
        r"(?s)(?:derive\([^)]*ToSchema[^)]*\)\]|text_enum! \{)((?:\s*(?:#\[[^\n]*\]|///[^\n]*)\n?)*)\s*pub (?:struct|enum) (\w+)",
    )
    .unwrap();
    let renamed = regex::Regex::new(r"#\[schema\(as = (\w+)").unwrap();
    let mut homes: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for file in super::sources::files("src", ".rs") {
        let source = std::fs::read_to_string(&file).unwrap();
        for found in declared.captures_iter(&source) {
            let name = renamed.captures(&found[1]).map_or(&found[2], |name| name.get(1).unwrap().as_str()).to_owned();
            homes.entry(name).or_default().push(file.display().to_string());
        }
    }
    assert!(homes.len() > 100, "the declarations were not found");
    homes.retain(|name, files| files.len() > 1 && !document["components"]["schemas"][name.as_str()].is_null());
    assert!(homes.is_empty(), "give one of each a name of its own with #[schema(as = …)]: {homes:#?}");
}

#[test]
fn every_reference_of_the_contract_leads_somewhere() {
    let document = serde_json::to_value(contract()).unwrap();
    let text = document.to_string();
    let mut lost: Vec<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| document["components"]["schemas"][name].is_null())
        .collect();
    lost.dedup();
    assert!(lost.is_empty(), "{lost:?}");
}
