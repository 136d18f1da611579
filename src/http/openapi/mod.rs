//! The contract: `openapi.yaml` from the handlers' own types, with what all operations share added in one place.

mod examples;
mod links;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};

use crate::problem::{FieldError, ProblemDocument};
use crate::words;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Xiangban 相伴",
        version = "1.0.0",
        description = "Looking after left-behind children and children in difficulty: ledger, guardianship agreements, volunteers, contact with parents, duties and reminders. Errors are RFC 9457 problem details with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemDocument, FieldError)),
    security(("bearer" = []))
)]
struct Base;

/// The document to which the routes add themselves.
pub fn base() -> OpenApi {
    let mut document = Base::openapi();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    document
}

/// Adds what all operations share: the error answers each can give, an example of each body, links to
/// what comes next, the Chinese words of every enumeration.
pub fn finish(mut document: OpenApi) -> OpenApi {
    add_problems(&mut document);
    examples::add(&mut document);
    links::add(&mut document);
    add_words(&mut document);
    document
}

fn add_words(document: &mut OpenApi) {
    for (name, schema) in document.components.iter_mut().flat_map(|components| components.schemas.iter_mut()) {
        if let (RefOr::T(Schema::Object(enumeration)), Some(words)) = (schema, words::of(name)) {
            let values: Vec<_> = enumeration.enum_values.iter().flatten().filter_map(|value| value.as_str()).collect();
            let own = words.iter().filter(|(value, _)| values.contains(&value.as_str()));
            let own: serde_json::Value = own.map(|(value, word)| (value.as_str(), word.as_str())).collect();
            let extension = Extensions::from_iter([("x-chinese", own)]);
            enumeration.extensions.get_or_insert_default().merge(extension);
        }
    }
}

fn add_problems(document: &mut OpenApi) {
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            if makes_a_paper(operation) {
                let what = "`documents_not_built`: this program was built without documents; `fonts_missing`: no Chinese \
                            font is installed; else try again";
                operation.responses.responses.insert("503".to_owned(), RefOr::T(problem_response(what)));
            }
            for (status, what) in [
                ("400", "Unreadable request"),
                ("401", "Not signed in"),
                ("403", "Not among the caller's powers"),
                ("404", "Not found, or not the caller's to see"),
                ("408", "Took too long"),
                ("409", "The record's state does not allow it"),
                ("412", "The record has moved on from the version named"),
                ("413", "Too large"),
                ("415", "Not the content type that is read here"),
                ("422", "Invalid input, named by field"),
                ("428", "The version that a change is based on is missing"),
                ("429", "Too many requests"),
                ("503", "Cannot be done now; try again"),
            ] {
                operation
                    .responses
                    .responses
                    .entry(status.to_owned())
                    .or_insert_with(|| RefOr::T(problem_response(what)));
            }
        }
    }
}

fn makes_a_paper(operation: &Operation) -> bool {
    operation.responses.responses.values().any(|response| match response {
        RefOr::T(response) => response.content.keys().any(|kind| kind == "application/pdf"),
        RefOr::Ref(_) => false,
    })
}

fn problem_response(what: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name(ProblemDocument::name()));
    ResponseBuilder::new()
        .description(what)
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}
