use actix_web::http::Method;

use super::Role::{Administrator, Cadre, Director, DirectorB, Supervisor};
use super::Row;

pub fn rows() -> Vec<Row> {
    vec![
        Row::new(
            "list_village_figures",
            Method::GET,
            "/insight/villages",
            &[Administrator, Supervisor, Director, DirectorB, Cadre],
        ),
        Row::new("list_standing_duties", Method::GET, "/insight/duties", &[Supervisor, Director, DirectorB, Cadre]),
    ]
}
