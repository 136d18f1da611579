//! Links between operations: whoever has the answer of one is told which others take its id.
//!
//! They follow from the addresses: what was created under `/children` is found under `/children/{id}`, and whatever
//! stands at `/children/{id}` has its parts below it.

use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

const ID: &str = "/{id}";

/// Adds the links.
pub fn add(document: &mut OpenApi) {
    let targets: Vec<(String, String)> = document
        .paths
        .paths
        .iter()
        .filter(|(path, _)| path.matches('{').count() == 1 && path.contains(ID))
        .flat_map(|(path, item)| ids(item).map(|id| (path.clone(), id)).collect::<Vec<_>>())
        .collect();
    for (path, item) in &mut document.paths.paths {
        let found = format!("{path}{ID}");
        if let Some(post) = &mut item.post {
            link(post, "201", "$response.body#/id", below(&targets, &found, true));
        }
        if let Some(get) = item.get.as_mut().filter(|_| path.ends_with(ID) && path.matches('{').count() == 1) {
            link(get, "200", "$request.path.id", below(&targets, path, false));
        }
    }
}

/// The operations at an address (when asked for) and under it.
fn below<'a>(targets: &'a [(String, String)], path: &str, itself: bool) -> impl Iterator<Item = &'a str> {
    let under = format!("{path}/");
    let path = path.to_owned();
    targets
        .iter()
        .filter(move |(target, _)| target.starts_with(&under) || (itself && *target == path))
        .map(|(_, id)| id.as_str())
}

fn link<'a>(operation: &mut Operation, status: &str, id: &str, targets: impl Iterator<Item = &'a str>) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) else { return };
    for target in targets {
        let link: Link = LinkBuilder::new().operation_id(target).parameter("id", id).build();
        response.links.insert(target.to_owned(), RefOr::T(link));
    }
}

fn ids(item: &PathItem) -> impl Iterator<Item = String> {
    let operations = [&item.get, &item.post, &item.put, &item.patch, &item.delete];
    operations.into_iter().flatten().filter_map(|operation| operation.operation_id.clone())
}
