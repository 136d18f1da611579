use std::future::Future;
use std::pin::Pin;

use actix_web::http::Method;
use serde_json::json;

use super::Role::*;
use super::{EVERYONE, Prepared, Row};
use crate::support::{County, TestApp};

const AGREED: &str = r#"{"rules_version": "2026-11", "parent_person_id": {father}, "way": "paper"}"#;

fn agreed<'a>(t: &'a TestApp, county: &'a County) -> Pin<Box<dyn Future<Output = Prepared> + 'a>> {
    Box::pin(async move {
        let path = format!("/children/{}/consent", county.child);
        let body = json!({"rules_version": "2026-11", "way": "own_phone"});
        t.put(&t.as_person(county.father), &path, body).await.expect(200);
        Vec::new()
    })
}

pub fn rows() -> Vec<Row> {
    let path = "/children/{child}/consent";
    vec![
        Row::new("get_privacy_rules", Method::GET, "/privacy-rules", EVERYONE).public(),
        Row::new("get_consent", Method::GET, path, &[Supervisor, Director, Cadre, Father]),
        Row::new("give_consent", Method::PUT, path, &[Director, Cadre, Father]).body(AGREED),
        Row::new("withdraw_consent", Method::DELETE, path, &[Director, Cadre, Father]).body("{}").scene(agreed),
    ]
}
