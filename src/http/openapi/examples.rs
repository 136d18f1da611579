//! An example of every request body, put together from the examples of its fields.

use serde_json::{Map, Value, json};
use utoipa::openapi::{OpenApi, RefOr};

/// Schemas nest no deeper than this in an example.
const DEEPEST: usize = 8;

/// Gives every request body that has none an example.
pub fn add(document: &mut OpenApi) {
    let schemas = serde_json::to_value(&document.components).unwrap_or_default();
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        let bodies = operations.into_iter().flatten().filter_map(|operation| match &mut operation.request_body {
            Some(RefOr::T(body)) => Some(body),
            _ => None,
        });
        let contents = bodies.flat_map(|body| body.content.values_mut());
        for content in contents {
            let RefOr::T(content) = content else { continue };
            if content.example.is_none() && content.examples.is_empty() {
                let schema = serde_json::to_value(&content.schema).unwrap_or_default();
                content.example = example(&schema, &schemas, 0);
            }
        }
    }
}

/// What a value of this schema could be; `None` where nothing better than null is known.
fn example(schema: &Value, schemas: &Value, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    for given in ["example", "default"] {
        if let Some(value) = schema.get(given) {
            return Some(value.clone());
        }
    }
    if let Some(first) = first_of(schema, "examples").or_else(|| first_of(schema, "enum")) {
        return Some(first.clone());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return example(schemas.get("schemas")?.get(name)?, schemas, depth + 1);
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            if let Some(Value::Object(fields)) = example(part, schemas, depth + 1) {
                whole.extend(fields);
            }
        }
        return Some(Value::Object(whole));
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
            return choices.iter().filter(|one| !is_null(one)).find_map(|one| example(one, schemas, depth + 1));
        }
    }
    of_type(schema, schemas, depth)
}

fn of_type(schema: &Value, schemas: &Value, depth: usize) -> Option<Value> {
    match kind(schema)? {
        "object" => {
            let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let filled = fields.filter_map(|(name, field)| Some((name.clone(), example(field, schemas, depth + 1)?)));
            Some(Value::Object(filled.collect()))
        }
        "array" => Some(Value::Array(example(schema.get("items")?, schemas, depth + 1).into_iter().collect())),
        "boolean" => Some(json!(false)),
        "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or(json!(1))),
        "string" => Some(json!(match schema.get("format").and_then(Value::as_str) {
            Some("date") => "2026-03-02",
            Some("date-time") => "2026-03-02T09:00:00+08:00",
            Some("uuid") => "0195565c-8c20-7d3e-a1f0-6a3f0c1d2e3f",
            _ => "…",
        })),
        _ => None,
    }
}

/// The type of a schema, or the first that is not null.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn first_of<'a>(schema: &'a Value, list: &str) -> Option<&'a Value> {
    schema.get(list)?.as_array()?.first()
}
