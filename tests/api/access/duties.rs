use actix_web::http::Method;

use super::{EVERYONE, Row};

pub fn rows() -> Vec<Row> {
    vec![Row::new("list_todo", Method::GET, "/todo", EVERYONE)]
}
