//! Access tokens: JWT, HS256, with a key id so that keys can change.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::{Actor, ActorPost, Only};
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::problem::{Fault, Outcome, Problem};

const AUDIENCE: &str = "xiangban-api";

/// Signs and reads access tokens.
pub struct Tokens {
    key_id: String,
    signing: EncodingKey,
    reading: BTreeMap<String, DecodingKey>,
    validation: Validation,
    minutes: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: i64,
    sid: i64,
    aud: String,
    iat: i64,
    exp: i64,
    posts: Vec<ActorPost>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Only>,
}

impl Tokens {
    /// The signing key is derived from the vault's current master key.
    pub fn new(vault: &Vault, key_id: &str, minutes: i64) -> Outcome<Self> {
        let key = vault.derive(Purpose::Token, "access")?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        // Expiry is judged by our own clock, below.
        validation.validate_exp = false;
        Ok(Self {
            key_id: key_id.to_owned(),
            signing: EncodingKey::from_secret(key.as_slice()),
            reading: BTreeMap::from([(key_id.to_owned(), DecodingKey::from_secret(key.as_slice()))]),
            validation,
            minutes,
        })
    }

    /// A token for `actor`, good from `now` for the configured minutes; returns it with its end.
    pub fn sign(&self, actor: &Actor, now: Instant) -> Outcome<(String, Instant)> {
        self.sign_for(actor, now, self.minutes)
    }

    /// As [`Tokens::sign`], for as many minutes.
    pub fn sign_for(&self, actor: &Actor, now: Instant, minutes: i64) -> Outcome<(String, Instant)> {
        let expires = now.plus_minutes(minutes);
        let claims = Claims {
            sub: actor.person_id,
            sid: actor.session_id,
            aud: AUDIENCE.into(),
            iat: now.seconds(),
            exp: expires.seconds(),
            posts: actor.posts.clone(),
            only: actor.only.clone(),
        };
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.key_id.clone());
        let token = encode(&header, &claims, &self.signing).map_err(Fault::internal)?;
        Ok((token, expires))
    }

    /// # Errors
    /// 401 for a token that is forged, for somebody else, or over.
    pub fn read(&self, token: &str, now: Instant) -> Outcome<Actor> {
        let refused = || Fault::from(Problem::of("unauthorized"));
        let header = decode_header(token).map_err(|_| refused())?;
        let key = header.kid.as_ref().and_then(|id| self.reading.get(id)).ok_or_else(refused)?;
        let claims = decode::<Claims>(token, key, &self.validation).map_err(|_| refused())?.claims;
        if claims.exp <= now.seconds() {
            return Err(Problem::of("token_expired").into());
        }
        let only = claims.only;
        Ok(Actor { only, ..Actor::signed_in(claims.sub, claims.sid, claims.posts) })
    }
}
