use actix_web::http::Method;

use super::{Row, STAFF};

pub fn rows() -> Vec<Row> {
    vec![Row::new("list_areas", Method::GET, "/areas", STAFF)]
}
