use std::future::Future;
use std::pin::Pin;

use actix_web::http::Method;
use serde_json::json;

use super::Role::*;
use super::{Prepared, Row};
use crate::support::{County, TestApp};

const REASON: &str = r#"{"reason": "孩子走失，请求核对家庭情况"}"#;

fn opened<'a>(t: &'a TestApp, county: &'a County) -> Pin<Box<dyn Future<Output = Prepared> + 'a>> {
    Box::pin(async move {
        let path = format!("/children/{}/openings", county.child);
        let body = json!({"reason": "孩子走失，请求核对家庭情况"});
        let reply = t.post(&t.as_person(county.administrator), &path, body).await.expect(201);
        vec![("{opening}", reply["id"].to_string())]
    })
}

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("list_readers", Method::GET, "/children/{child}/access-log", &[Father]),
        Row::new("open_record", Method::POST, "/children/{child}/openings", &[Administrator, Supervisor]).body(REASON),
        Row::new("list_openings", Method::GET, "/openings", &[Administrator, Supervisor]),
        Row::new("list_handed_out_files", Method::GET, "/handed-out-files", &[Administrator, Supervisor]),
        Row::new("review_opening", Method::PUT, "/openings/{opening}/review", &[Administrator, Supervisor])
            .body(r#"{"verdict": "justified"}"#)
            .scene(opened),
        Row::new("take_audit_report", Method::GET, "/audit-reports/2026", &[Administrator]),
    ]
}
