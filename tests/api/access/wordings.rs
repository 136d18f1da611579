use actix_web::http::Method;

use super::Role::*;
use super::{Role, Row};

const OFFICES: &[Role] = &[Administrator, Supervisor];

pub fn rows() -> Vec<Row> {
    let row = |operation, method, path| Row::new(operation, method, path, OFFICES);
    vec![
        row("list_wordings", Method::GET, "/wordings"),
        row("get_wording", Method::GET, "/wordings/notice"),
        row("list_wording_versions", Method::GET, "/wordings/notice/versions"),
        row("try_wording", Method::POST, "/wordings/notice/trial").body(r#"{"text": "一"}"#),
        row("preview_wording", Method::POST, "/wordings/notice/preview.pdf").body(r#"{"text": "一"}"#),
        row("set_wording", Method::PUT, "/wordings/notice").body(r#"{"text": "一"}"#),
        row("withdraw_wording", Method::DELETE, "/wordings/notice"),
    ]
}
