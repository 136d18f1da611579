//! Permission as an argument: a handler that does not name one does not compile into a reachable route.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};

use super::{Actor, Only, PostKind, Scope, TieKind};
use crate::app::App;
use crate::http::client_address;
use crate::problem::{Fault, Problem};

/// A power: which posts hold it in their area, and which ties to a child give it for that child.
pub trait Permission: 'static {
    /// Stable name: `children.read`.
    const NAME: &'static str;
    const POSTS: &'static [PostKind];
    const TIES: &'static [TieKind];
}

/// Declares a slice's table of permissions.
///
/// ```ignore
/// permissions! {
///     /// See a child's record.
///     ReadChild = "children.read": posts [VillageDirector, TownshipSupervisor], ties [Parent, Carer];
/// }
/// ```
#[macro_export]
macro_rules! permissions {
    ($($(#[$meta:meta])* $name:ident = $text:literal: posts [$($post:ident),* $(,)?], ties [$($tie:ident),* $(,)?];)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub struct $name;
            impl $crate::identity::Permission for $name {
                const NAME: &'static str = $text;
                const POSTS: &'static [$crate::identity::PostKind] = &[$($crate::identity::PostKind::$post),*];
                const TIES: &'static [$crate::identity::TieKind] = &[$($crate::identity::TieKind::$tie),*];
            }
        )+
    };
}

/// Anybody with a valid token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub actor: Actor,
}

impl FromRequest for SignedIn {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).map(|actor| Self { actor }))
    }
}

/// A caller who holds permission `P`, and how far it reaches for them.
pub struct May<P> {
    pub actor: Actor,
    pub scope: Scope,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> May<P> {
    /// The name of the permission, as the purpose in the access log.
    pub fn purpose(&self) -> &'static str {
        P::NAME
    }

    /// # Errors
    /// 403 when no post and no tie can give `P` to `actor`.
    pub fn of(actor: Actor) -> Result<Self, Fault> {
        let granting: Vec<_> = actor.posts.iter().filter(|post| P::POSTS.contains(&post.kind)).collect();
        if granting.is_empty() && P::TIES.is_empty() {
            return Err(Problem::of("forbidden").into());
        }
        let scope = Scope {
            person_id: actor.person_id,
            areas: granting.iter().map(|post| post.area_prefix().to_owned()).collect(),
            organisations: if P::TIES.contains(&TieKind::School) {
                actor
                    .posts
                    .iter()
                    .filter(|post| matches!(post.kind, PostKind::SchoolHead))
                    .filter_map(|post| post.organisation_id)
                    .collect()
            } else {
                Vec::new()
            },
            ties: P::TIES,
        };
        Ok(Self { actor, scope, permission: PhantomData })
    }
}

impl<P: Permission> FromRequest for May<P> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).and_then(Self::of))
    }
}

fn caller(request: &HttpRequest) -> Result<Actor, Fault> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Fault::internal("no app"))?;
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(|| Problem::of("unauthorized"))?;
    let mut actor = app.tokens.read(token, app.clock.now())?;
    let beyond = |only: &Only| !only.allows(request.method().as_str(), request.path(), request.query_string());
    if actor.only.as_ref().is_some_and(beyond) {
        return Err(Problem::of("only_one_thing").into());
    }
    actor.from_address = client_address(request, app.config.server.trust_forwarded_for);
    Ok(actor)
}
