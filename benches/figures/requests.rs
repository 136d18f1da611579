//! Requests a second, beside a bare handler that runs the same single SELECT and nothing else.

use std::time::Duration;

use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use diesel::prelude::*;
use xiangban::app::App;
use xiangban::identity::{Actor, posts_of};
use xiangban::routes::application;
use xiangban::storage::schema::areas;

use crate::database::{Fresh, Kind, county, now};
use crate::load::{self, Figures};

const SPAN: Duration = Duration::from_secs(4);
const CONNECTIONS: usize = 32;

pub fn measure(kind: Kind) {
    let fresh = Fresh::new(kind);
    county(&fresh, 1_000);
    let (port, bare_port) = serve(&fresh.app, kind);
    let token = director_token(&fresh.app);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let request = load::get("/bare", &token);
        report("bare SELECT", &load::run(bare_port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::get("/api/v1/areas", &token);
        report("areas of the caller", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
        let request = load::get("/api/v1/todo", &token);
        report("to-do list", &load::run(port, CONNECTIONS, SPAN, move |_| request.clone()).await);
    });
}

fn report(what: &str, figures: &Figures) {
    println!(
        "{what}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} failed",
        figures.per_second, figures.p50_ms, figures.p99_ms, figures.failures
    );
}

fn director_token(app: &App) -> String {
    let posts = app.store.read(|conn| posts_of(conn, 1, now().date())).unwrap();
    let actor = Actor { person_id: 1, session_id: 0, posts, from_address: None };
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
            ActixApp::new().app_data(web::Data::new(bare.clone())).route("/bare", web::get().to(select))
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

fn on_free_port(start: impl FnOnce(std::net::TcpListener) -> actix_web::dev::Server + Send + 'static) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || actix_web::rt::System::new().block_on(async move { start(listener).await }).unwrap());
    port
}
