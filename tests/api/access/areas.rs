use actix_web::http::Method;

use super::{EVERYONE, Row, STAFF};

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("list_areas", Method::GET, "/areas", STAFF),
        Row::new("list_public_areas", Method::GET, "/public/areas", EVERYONE).public(),
    ]
}
