//! Who may: a table of role × operation × own or foreign village. An operation without a row fails the suite.
//!
//! A row names the roles that may; for every other signed-in role the answer must be 403 or 404, and 401 without a
//! token. "May" means that the answer is none of these (a 409 or 422 came after the permission).
//! Add the rows of a room in a file named after it. `{child}` and the like in path and body are filled from the county,
//! and from what the row's scene prepared.

mod areas;
mod children;
mod consent;
mod contact;
mod duties;
mod fields;
mod gateways;
mod guardianship;
mod identity;
mod insight;
mod letters;
mod links;
mod messages;
mod oversight;
mod reports;
mod settings;
mod volunteers;
mod wordings;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use actix_web::http::Method;

use crate::support::{COUNTY, County, Engine, TOWNSHIP, TestApp, VILLAGE, VILLAGE_B};

/// Who calls. `DirectorB` is another village's director; `Passer` is signed in and has nothing to do with the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Administrator,
    Supervisor,
    Coordinator,
    Police,
    Director,
    DirectorB,
    Cadre,
    SchoolHead,
    Father,
    Grandmother,
    Volunteer,
    Passer,
}
use Role::*;

pub const EVERYONE: &[Role] = &[
    Administrator,
    Supervisor,
    Coordinator,
    Police,
    Director,
    DirectorB,
    Cadre,
    SchoolHead,
    Father,
    Grandmother,
    Volunteer,
    Passer,
];
pub const STAFF: &[Role] = &[Administrator, Supervisor, Coordinator, Police, Director, DirectorB, Cadre, SchoolHead];

/// What a scene prepared: placeholder and value.
pub type Prepared = Vec<(&'static str, String)>;
pub type Scene = for<'a> fn(&'a TestApp, &'a County) -> Pin<Box<dyn Future<Output = Prepared> + 'a>>;

pub struct Row {
    pub operation: &'static str,
    pub method: Method,
    pub path: &'static str,
    /// JSON with placeholders; empty for none.
    pub body: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub scene: Option<Scene>,
    pub may: &'static [Role],
    /// Needs no token at all.
    pub public: bool,
}

impl Row {
    pub fn new(operation: &'static str, method: Method, path: &'static str, may: &'static [Role]) -> Self {
        Self { operation, method, path, body: "", headers: &[], scene: None, may, public: false }
    }

    pub fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    pub fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    pub fn scene(mut self, scene: Scene) -> Self {
        self.scene = Some(scene);
        self
    }

    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }
}

fn table() -> Vec<Row> {
    [
        areas::rows(),
        insight::rows(),
        letters::rows(),
        links::rows(),
        children::rows(),
        consent::rows(),
        contact::rows(),
        duties::rows(),
        gateways::rows(),
        guardianship::rows(),
        identity::rows(),
        messages::rows(),
        oversight::rows(),
        reports::rows(),
        settings::rows(),
        volunteers::rows(),
        wordings::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn person(county: &County, role: Role) -> i64 {
    match role {
        Administrator => county.administrator,
        Supervisor => county.supervisor,
        Coordinator => county.coordinator,
        Police => county.police,
        Director => county.director,
        DirectorB => county.director_b,
        Cadre => county.cadre,
        SchoolHead => county.school_head,
        Father => county.father,
        Grandmother => county.grandmother,
        Volunteer => county.volunteer,
        Passer => county.passer,
    }
}

async fn set(row: &Row) -> (TestApp, County, Prepared) {
    let app = TestApp::new(Engine::Sqlite);
    let county = app.county();
    let mut prepared: Prepared = vec![
        ("{child}", county.child.to_string()),
        ("{household}", county.household.to_string()),
        ("{father}", county.father.to_string()),
        ("{mother}", county.mother.to_string()),
        ("{grandmother}", county.grandmother.to_string()),
        ("{volunteer}", county.volunteer.to_string()),
        ("{school}", county.school.to_string()),
        ("{village}", VILLAGE.into()),
        ("{village_b}", VILLAGE_B.into()),
        ("{township}", TOWNSHIP.into()),
        ("{county}", COUNTY.into()),
        ("{today}", app.today().to_string()),
        ("{now}", app.now().to_string()),
    ];
    if let Some(scene) = row.scene {
        prepared.extend(scene(&app, &county).await);
    }
    (app, county, prepared)
}

async fn call(app: &TestApp, row: &Row, prepared: &Prepared, caller: &crate::support::Caller) -> u16 {
    let fill = |text: &str| prepared.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    let (path, body) = (fill(row.path), fill(row.body));
    let mut headers = row.headers.to_vec();
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
        headers.push(("content-type", "application/json"));
    }
    app.call_raw(caller, row.method.clone(), &path, body.into_bytes(), &headers).await.status
}

#[actix_web::test]
async fn only_those_whom_the_table_names_may() {
    let mut wrong = Vec::new();
    for row in table() {
        let (app, county, prepared) = set(&row).await;
        let status = call(&app, &row, &prepared, &app.stranger()).await;
        if (status == 401) == row.public {
            wrong.push(format!("{}: a stranger without token got {status}", row.operation));
        }
        if row.public {
            continue;
        }
        for role in EVERYONE.iter().filter(|role| !row.may.contains(role)) {
            let status = call(&app, &row, &prepared, &app.as_person(person(&county, *role))).await;
            if status != 403 && status != 404 {
                wrong.push(format!("{}: {role:?} must not, and got {status}", row.operation));
            }
        }
        for role in row.may {
            let (app, county, prepared) = set(&row).await;
            let status = call(&app, &row, &prepared, &app.as_person(person(&county, *role))).await;
            if matches!(status, 401 | 403 | 404 | 405) {
                wrong.push(format!("{}: {role:?} may, and got {status}", row.operation));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_operation_has_a_row() {
    let rows: BTreeSet<&str> = table().iter().map(|row| row.operation).collect();
    let document = xiangban::routes::contract();
    let mut missing = Vec::new();
    for item in document.paths.paths.values() {
        for operation in [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten() {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if !rows.contains(id) {
                missing.push(id.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "operations without a row in tests/api/access: {missing:?}");
}
