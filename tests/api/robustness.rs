//! Every operation, with rubbish: never a 5xx, always a problem with a code. (The harness fails on any 500.)

use actix_web::http::Method;

use crate::support::{Engine, TestApp};

const RUBBISH: &[&[u8]] = &[
    b"",
    b"{}",
    b"[]",
    b"null",
    b"{\"",
    b"\xff\xfe\x00",
    b"{\"id\": 99999999999999999999999999}",
    "{\"name\": \"\u{0}\u{202e}'; DROP TABLE children; --\"}".as_bytes(),
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

#[actix_web::test]
async fn rubbish_never_breaks_any_operation() {
    let t = TestApp::new(Engine::Sqlite);
    let county = t.county();
    let caller = t.as_person(county.administrator);
    let document = xiangban::routes::contract();
    let mut asked = 0;
    for (path, item) in &document.paths.paths {
        let path = path.strip_prefix("/api/v1").unwrap();
        for (method, operation) in [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ] {
            if operation.is_none() {
                continue;
            }
            for id in ["0", "-1", "9223372036854775807", "99999999999999999999", "x", "%00", "%2e%2e%2f"] {
                let mut parts: Vec<String> = Vec::new();
                for part in path.split('/') {
                    parts.push(if part.starts_with('{') { id.to_owned() } else { part.to_owned() });
                }
                let path = parts.join("/");
                for query in ["", "?limit=-1&cursor=%00", "?limit=x", "?cursor=AAAA", "?as_on=2026-02-30&kind=nothing"]
                {
                    let bodies: &[&[u8]] = if method == Method::GET { &[b""] } else { RUBBISH };
                    for body in bodies {
                        if !query.is_empty() && method != Method::GET {
                            continue;
                        }
                        let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
                        let reply = t
                            .call_raw(&caller, method.clone(), &format!("{path}{query}"), body.to_vec(), &headers)
                            .await;
                        asked += 1;
                        assert!(reply.status < 500, "{method} {path}{query}: {}", reply.status);
                        if reply.status >= 400 {
                            assert!(
                                reply.content_type.starts_with("application/problem+json"),
                                "{method} {path}{query}: {} as {}",
                                reply.status,
                                reply.content_type
                            );
                            assert!(reply.body["code"].is_string());
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 100);
}

#[actix_web::test]
async fn an_unknown_address_is_a_problem_too() {
    let t = TestApp::new(Engine::Sqlite);
    assert_eq!(t.get(&t.stranger(), "/nothing-here").await.problem(404), "not_found");
    assert_eq!(t.get(&t.stranger(), "//nor-here").await.problem(404), "not_found");
}
