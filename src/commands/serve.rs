//! `serve` and `work`.

use std::time::Duration;

use actix_web::HttpServer;
use tokio::sync::watch;

use crate::app::App;
use crate::papers::Press;
use crate::problem::{Fault, Outcome};
use crate::storage::Engine;
use crate::{operations, routes, storage, worker};

/// Migrates, then answers requests (and works) until Ctrl-C or SIGTERM.
pub fn serve(app: App, with_worker: bool) -> Outcome<()> {
    operations::start_metrics();
    storage::migrate(&app.store)?;
    actix_web::rt::System::new().block_on(async move {
        let (stop, stopped) = watch::channel(false);
        let worker = with_worker.then(|| tokio::spawn(worker::work(app.clone(), holder(), stopped)));
        let server_config = app.config.server.clone();
        let workers = match server_config.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            configured => configured,
        };
        let blocking = match app.store.engine() {
            Engine::Sqlite => 2,
            Engine::Postgres => (app.config.database.pool as usize / workers).max(1),
        };
        let shared = app.clone();
        let server = HttpServer::new(move || routes::application(shared.clone()))
            .workers(workers)
            .worker_max_blocking_threads(blocking)
            .client_request_timeout(Duration::from_secs(server_config.request_timeout_seconds))
            .shutdown_timeout(server_config.request_timeout_seconds)
            .bind((server_config.host.as_str(), server_config.port))
            .map_err(|error| Fault::Unavailable(format!("{}:{}: {error}", server_config.host, server_config.port)))?;
        look_at_press(&app);
        tracing::info!(address = %format!("http://{}:{}", server_config.host, server_config.port), "serving");
        server.run().await.map_err(Fault::internal)?;
        stop.send_replace(true);
        if let Some(worker) = worker {
            worker.await.map_err(Fault::internal)?;
        }
        Ok(())
    })
}

/// Says at the start what papers are made with, or what is missing for them; nothing waits for it.
fn look_at_press(app: &App) {
    if !Press::is_built() {
        return tracing::info!("built without documents: papers are not made here");
    }
    let press = app.press.clone();
    std::thread::spawn(move || match press.get_ready() {
        Ok(found) => tracing::info!(found, "papers can be made"),
        Err(fault) => tracing::warn!(%fault, "papers cannot be made"),
    });
}

/// Works until Ctrl-C or SIGTERM.
pub fn work(app: App) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Fault::internal)?;
    runtime.block_on(async move {
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(worker::work(app, holder(), stopped));
        let mut term =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(Fault::internal)?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
        stop.send_replace(true);
        worker.await.map_err(Fault::internal)
    })
}

/// A name for this process among those that share a database.
fn holder() -> String {
    format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple())
}
