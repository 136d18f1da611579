//! Limits per address, and headers that every answer carries.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::{client_address, render};
use crate::app::App;
use crate::config::IdentityConfig;
use crate::problem::{Fault, Problem};

/// How fast one address may ask.
#[derive(Clone)]
pub struct RateLimits(Arc<DefaultKeyedRateLimiter<String>>);

impl RateLimits {
    pub fn new(config: &IdentityConfig) -> Self {
        let rate = NonZeroU32::new(config.requests_per_second).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(config.request_burst).unwrap_or(NonZeroU32::MIN);
        Self(Arc::new(DefaultKeyedRateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))))
    }

    /// Forgets addresses that have not asked for a while.
    pub fn tidy(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }

    fn check(&self, address: String) -> Result<(), Fault> {
        self.0.check_key(&address).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::of("too_many_requests").with("seconds", wait.as_secs() + 1).into()
        })
    }
}

/// Refuses with 429 what comes too fast from one address.
pub async fn limit_rate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    // Gateways bring receipts as fast as we send; their paths cannot be guessed.
    let limited = !request.path().starts_with("/callbacks/");
    let refusal = request.app_data::<web::Data<App>>().filter(|_| limited).and_then(|app| {
        let address = client_address(request.request(), app.config.server.trust_forwarded_for).unwrap_or_default();
        app.rate_limits.check(address).err()
    });
    match refusal {
        Some(fault) => {
            drop(request.extensions());
            Ok(request.into_response(render(&fault)).map_into_right_body())
        }
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

/// Gives up on a request whose body trickles in, or whose work hangs: nobody holds a connection for ever. What is larger
/// than a usual body (an upload on a bad line) is given ten times as long.
pub async fn limit_time<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let Some(server) = request.app_data::<web::Data<App>>().map(|app| app.config.server.clone()) else {
        return next.call(request).await;
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let patience = if length.unwrap_or(0usize) > server.max_body_bytes { 10 } else { 1 };
    let limit = Duration::from_secs(server.request_timeout_seconds.saturating_mul(patience));
    match tokio::time::timeout(limit, next.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Err(Fault::from(Problem::of("too_slow")).into()),
    }
}

/// Nothing of an answer is guessed, framed or kept by others. Behind TLS, browsers are told to stay there.
pub fn security_headers(public_url: &str) -> actix_web::middleware::DefaultHeaders {
    let headers = actix_web::middleware::DefaultHeaders::new();
    let headers = if public_url.starts_with("https://") {
        headers.add(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    } else {
        headers
    };
    headers
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"))
        .add(("Cache-Control", "no-store"))
}
