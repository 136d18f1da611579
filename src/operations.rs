//! For whoever runs it: health, readiness, metrics.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use futures::future::{LocalBoxFuture, Ready, ready};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::http::Answer;
use crate::storage::schema::{duties, messages};

static METRICS: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| PrometheusBuilder::new().install_recorder().ok());

/// Begins to count. Called before the server starts, so that nothing is missed.
pub fn start_metrics() {
    LazyLock::force(&METRICS);
}

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics_page));
}

/// The process answers.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The database answers and has the tables of this version.
async fn readyz(app: web::Data<App>) -> Answer {
    let store = app.store.clone();
    let pending = web::block(move || crate::storage::pending(&store))
        .await
        .map_err(|_| crate::problem::Fault::Unavailable("stopping".into()))??;
    if pending.is_empty() {
        Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
    } else {
        Err(crate::problem::Fault::Unavailable(format!("{} migrations pending", pending.len())))
    }
}

async fn metrics_page(app: web::Data<App>) -> Answer {
    let now = app.clock.now();
    let (overdue, queued, oldest, unsettled, stops) = app
        .read(move |conn| {
            let overdue: i64 = duties::table
                .filter(duties::closed_at.is_null())
                .filter(duties::due_at.lt(now))
                .count()
                .get_result(conn)?;
            let (queued, oldest): (i64, Option<crate::clock::Instant>) = messages::table
                .filter(messages::state.eq("queued"))
                .filter(messages::not_before.le(now))
                .select((diesel::dsl::count_star(), diesel::dsl::min(messages::not_before)))
                .first(conn)?;
            let unsettled: i64 = messages::table
                .filter(messages::state.eq_any(vec!["dead", "unknown"]))
                .filter(messages::settled_at.is_null())
                .count()
                .get_result(conn)?;
            let stops = crate::messaging::gateways::standing(conn)?.len();
            Ok((overdue, queued, oldest, unsettled, i64::try_from(stops).unwrap_or(i64::MAX)))
        })
        .await?;
    metrics::gauge!("xiangban_duties_overdue").set(count(overdue));
    metrics::gauge!("xiangban_outbox_ready").set(count(queued));
    metrics::gauge!("xiangban_outbox_oldest_seconds").set(oldest.map_or(0.0, |at| count(now.since(at).num_seconds())));
    metrics::gauge!("xiangban_messages_unsettled").set(count(unsettled));
    metrics::gauge!("xiangban_gateway_stops").set(count(stops));
    let page = METRICS.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(page))
}

fn count(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Middleware that counts and times requests by route pattern, never by raw path.
pub fn measured() -> Measured {
    Measured
}

pub struct Measured;

impl<S, B> Transform<S, ServiceRequest> for Measured
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type InitError = ();
    type Transform = MeasuredService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(MeasuredService { service }))
    }
}

pub struct MeasuredService<S> {
    service: S,
}

impl<S, B> Service<ServiceRequest> for MeasuredService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let begin = std::time::Instant::now();
        let method = request.method().clone();
        let future = self.service.call(request);
        Box::pin(async move {
            let response = future.await?;
            let route = response.request().match_pattern().unwrap_or_else(|| "none".into());
            let labels =
                [("method", method.to_string()), ("route", route), ("status", response.status().as_u16().to_string())];
            metrics::counter!("xiangban_requests_total", &labels).increment(1);
            let spent: Duration = begin.elapsed();
            metrics::histogram!("xiangban_request_seconds", &labels).record(spent.as_secs_f64());
            Ok(response)
        })
    }
}
