//! Requests a second, beside a bare handler that runs the same single SELECT and nothing else.

use std::time::Duration;

use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use diesel::prelude::*;
use uuid::Uuid;
use xiangban::app::App;
use xiangban::identity::{Actor, posts_of};
use xiangban::routes::application;
use xiangban::storage::schema::{areas, audit_events};

use crate::database::{Fresh, Kind, VOLUNTEERS, county, families, now};
use crate::load::{self, Figures};

const SPAN: Duration = Duration::from_secs(4);
const CONNECTIONS: usize = 32;

pub fn measure(kind: Kind) {
    let fresh = Fresh::new(kind);
    county(&fresh, 5_000);
    families(&fresh, 1_000);
    let (port, bare_port) = serve(&fresh.app, kind);
    let token = token_of(&fresh.app, 1);
    let volunteers: Vec<String> = (1..=VOLUNTEERS).map(|id| token_of(&fresh.app, id as i64)).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let request = load::get("/bare", &token);
        report("bare SELECT", &load::run(bare_port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::get("/api/v1/areas", &token);
        report("areas of the caller", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::get("/api/v1/todo", &token);
        report("to-do list", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::get("/api/v1/children", &token);
        report("children, a page", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        // Household 10 is in the director's village, with children 19 and 20.
        let request = load::get("/api/v1/children/19", &token);
        report("a child's record", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::post("/bare", &token, "{}");
        report("bare INSERT", &load::run(bare_port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let check_in = move |n: usize| {
            let volunteer = n % VOLUNTEERS;
            load::post("/api/v1/check-ins", &volunteers[volunteer], &check_in(volunteer * 5 + 1 + n / VOLUNTEERS % 5))
        };
        report("check-in", &load::run(port, CONNECTIONS, SPAN, check_in).await);
    });
}

fn report(what: &str, figures: &Figures) {
    println!(
        "{what}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} failed",
        figures.per_second, figures.p50_ms, figures.p99_ms, figures.failures
    );
}

/// A visit to one child, just now.
fn check_in(child: usize) -> String {
    serde_json::json!({
        "client_uuid": Uuid::new_v4(), "meeting": "home_visit", "made_at": now(),
        "children": [{ "child_id": child, "scales": { "mood": 4, "health": 5, "daily_care": 4 }, "note": "homework" }]
    })
    .to_string()
}

fn token_of(app: &App, person_id: i64) -> String {
    let posts = app.store.read(|conn| posts_of(conn, person_id, now().date())).unwrap();
    let actor = Actor::signed_in(person_id, 0, posts);
    app.tokens.sign(&actor, now()).unwrap().0
}

/// The program on one free port, the bare handler on another, with the same number of threads.
fn serve(app: &App, kind: Kind) -> (u16, u16) {
    let blocking = if kind == Kind::Sqlite { 2 } else { 6 };
    let (program, bare) = (app.clone(), app.clone());
    let program_port = on_free_port(move |listener| {
        HttpServer::new(move || application(program.clone()))
            .workers(2)
            .worker_max_blocking_threads(blocking)
            .listen(listener)
            .unwrap()
            .run()
    });
    let bare_port = on_free_port(move |listener| {
        HttpServer::new(move || {
            ActixApp::new()
                .app_data(web::Data::new(bare.clone()))
                .route("/bare", web::get().to(select))
                .route("/bare", web::post().to(insert))
        })
        .workers(2)
        .worker_max_blocking_threads(blocking)
        .listen(listener)
        .unwrap()
        .run()
    });
    (program_port, bare_port)
}

async fn select(app: web::Data<App>) -> HttpResponse {
    let rows: Vec<(String, String)> = app
        .read(|conn| {
            Ok(areas::table.select((areas::code, areas::name)).filter(areas::code.eq("990101100201")).load(conn)?)
        })
        .await
        .unwrap();
    HttpResponse::Ok().json(rows)
}

async fn insert(app: web::Data<App>) -> HttpResponse {
    app.write(|tx| {
        diesel::insert_into(audit_events::table)
            .values((
                audit_events::at.eq(now()),
                audit_events::action.eq("bare"),
                audit_events::subject_kind.eq("bare"),
                audit_events::subject_id.eq(1),
                audit_events::detail.eq("{}"),
            ))
            .execute(tx)?;
        Ok(())
    })
    .await
    .unwrap();
    HttpResponse::Created().finish()
}

pub fn on_free_port(start: impl FnOnce(std::net::TcpListener) -> actix_web::dev::Server + Send + 'static) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || actix_web::rt::System::new().block_on(async move { start(listener).await }).unwrap());
    port
}
