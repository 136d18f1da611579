//! Calling the API as somebody.

use actix_web::http::{Method, StatusCode};
use actix_web::test;
use serde_json::Value;
use xiangban::identity::Actor;
use xiangban::routes::application;

use super::TestApp;

/// Somebody who calls: with a token, or without.
#[derive(Clone, Debug)]
pub struct Caller {
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub bytes: Vec<u8>,
    pub content_type: String,
}

impl TestApp {
    /// Somebody without a token.
    pub fn stranger(&self) -> Caller {
        Caller { token: None }
    }

    /// The person, signed in with the posts they hold now (the token lasts 15 minutes of the test's clock).
    pub fn as_person(&self, person_id: i64) -> Caller {
        let today = self.today();
        let posts = self.app.store.read(|conn| xiangban::identity::posts_of(conn, person_id, today)).unwrap();
        let actor = Actor::signed_in(person_id, 0, posts);
        Caller { token: Some(self.app.tokens.sign(&actor, self.now()).unwrap().0) }
    }

    pub fn with_token(&self, token: &str) -> Caller {
        Caller { token: Some(token.to_owned()) }
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Reply {
        self.call(caller, Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, caller: &Caller, path: &str, body: Value) -> Reply {
        self.call(caller, Method::POST, path, Some(body), &[]).await
    }

    pub async fn put(&self, caller: &Caller, path: &str, body: Value) -> Reply {
        self.call(caller, Method::PUT, path, Some(body), &[]).await
    }

    pub async fn delete(&self, caller: &Caller, path: &str) -> Reply {
        self.call(caller, Method::DELETE, path, None, &[]).await
    }

    /// Any request; `path` without `/api/v1` unless it begins with `//` (then one slash is cut and it is taken as it is).
    pub async fn call(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let bytes = body.map(|body| serde_json::to_vec(&body).unwrap());
        let mut all = headers.to_vec();
        if bytes.is_some() {
            all.push(("content-type", "application/json"));
        }
        self.call_raw(caller, method, path, bytes.unwrap_or_default(), &all).await
    }

    /// Any request with any bytes.
    pub async fn call_raw(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let uri = path.strip_prefix("//").map_or_else(|| format!("/api/v1{path}"), |rest| format!("/{rest}"));
        let service = test::init_service(application(self.app.clone())).await;
        let mut request =
            test::TestRequest::default().method(method).uri(&uri).peer_addr("127.0.0.1:40000".parse().unwrap());
        if let Some(token) = &caller.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.set_payload(body).to_request();
        let response = match test::try_call_service(&service, request).await {
            Ok(response) => response.map_into_boxed_body().into_parts().1,
            Err(error) => error.error_response(),
        };
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (etag, location, content_type) =
            (header("etag"), header("location"), header("content-type").unwrap_or_default());
        let status = response.status();
        let bytes = actix_web::body::to_bytes(response.into_body()).await.map_err(|_| "body").unwrap().to_vec();
        let reply = Reply {
            status: status.as_u16(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            etag,
            location,
            bytes,
            content_type,
        };
        assert!(
            status != StatusCode::INTERNAL_SERVER_ERROR,
            "{uri} answered 500: {}",
            String::from_utf8_lossy(&reply.bytes)
        );
        reply
    }
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }

    /// The code of a problem with this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        assert!(self.content_type.starts_with("application/problem+json"), "{}", self.content_type);
        assert!(
            self.body["title"].as_str().is_some_and(|title| !title.is_empty()),
            "a problem without words: {}",
            self.body
        );
        self.body["code"].as_str().unwrap_or_default()
    }
}
