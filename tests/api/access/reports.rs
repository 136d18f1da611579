use actix_web::http::Method;
use serde_json::json;

use super::{EVERYONE, Prepared, Role::*, Row, Scene};

const DESKS: &[super::Role] = &[Administrator, Supervisor, Police];

pub fn rows() -> Vec<Row> {
    const BODY: &str = r#"{"client_uuid": "018f0000-0000-7000-8000-000000000001", "situations": ["other_danger"],
        "narrative": "孩子独自在家", "area_code": "{village}", "reporter_role": "neighbour"}"#;
    vec![
        Row::new("file_report", Method::POST, "/reports", EVERYONE).body(BODY),
        Row::new("file_public_report", Method::POST, "/public/reports", EVERYONE).body(BODY).public(),
        Row::new("get_report_progress", Method::GET, "/public/reports/{receipt}", EVERYONE).scene(FILED).public(),
        Row::new("list_my_reports", Method::GET, "/me/reports", EVERYONE),
        Row::new("list_reports", Method::GET, "/reports", DESKS),
        Row::new("get_report", Method::GET, "/reports/{report}", DESKS).scene(FILED),
        Row::new("accept_report", Method::PUT, "/reports/{report}/acceptance", DESKS).scene(FILED),
        Row::new("open_reporter", Method::POST, "/reports/{report}/reporter-openings", &[Supervisor, Police])
            .body(r#"{"reason": "核实孩子的位置"}"#)
            .scene(FILED),
    ]
}

const FILED: Scene = |t, c| {
    Box::pin(async move {
        let body = json!({
            "client_uuid": uuid::Uuid::new_v4(), "situations": ["other_danger"], "narrative": "孩子独自在家",
            "area_code": crate::support::VILLAGE, "reporter_role": "village"
        });
        let receipt = t.post(&t.as_person(c.director), "/reports", body).await.expect(201);
        let listed = t.get(&t.as_person(c.supervisor), "/reports").await.expect(200);
        Prepared::from([
            ("{receipt}", receipt["receipt_number"].as_str().unwrap().to_owned()),
            ("{report}", listed["items"][0]["id"].to_string()),
        ])
    })
};
