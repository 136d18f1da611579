use actix_web::http::Method;

use super::{EVERYONE, Row};

/// A link proves itself; what its session may is tested with the links.
pub fn rows() -> Vec<Row> {
    vec![
        Row::new("get_link", Method::GET, "/links/nobodys", EVERYONE).public(),
        Row::new("request_link_code", Method::POST, "/links/nobodys/codes", EVERYONE).public(),
        Row::new("open_link_session", Method::POST, "/links/nobodys/session", EVERYONE)
            .body(r#"{"code": "000000"}"#)
            .public(),
    ]
}
