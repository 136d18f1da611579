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

/// Screens show the Chinese of a code, and take it from the contract.
#[test]
fn every_enumeration_of_the_contract_has_chinese_words_and_every_word_a_value() {
    let document = serde_json::to_value(contract()).unwrap();
    let mut wrong = Vec::new();
    let mut named = std::collections::BTreeSet::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let Some(values) = schema["enum"].as_array() else { continue };
        let values: std::collections::BTreeSet<&str> = values.iter().map(|value| value.as_str().unwrap()).collect();
        let words = xiangban::words::of(name);
        let worded = words.iter().flat_map(|words| words.keys().map(String::as_str)).collect();
        wrong.extend(values.symmetric_difference(&worded).map(|value| format!("[{name}] {value}")));
        named.insert(name.as_str());
    }
    wrong.extend(xiangban::words::enumerations().filter(|name| !named.contains(name)).map(|name| format!("[{name}]")));
    assert!(wrong.is_empty(), "missing in src/words.toml, or not in the contract: {wrong:#?}");
}
