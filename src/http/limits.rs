//! Limits per address, and headers that every answer carries.

use std::num::NonZeroU32;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
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

/// Nothing of an answer is guessed, framed or kept by others.
pub fn security_headers() -> actix_web::middleware::DefaultHeaders {
    actix_web::middleware::DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"))
        .add(("Cache-Control", "no-store"))
}
