use actix_web::http::Method;
use serde_json::json;

use super::Role::*;
use super::{Role, Row, Scene};
use crate::api::guardianship::village_of;

const OFFICES: &[Role] = &[Supervisor, Director, Cadre];
const ADMONITION: &str = r#"{"addressee_ids": [{father}], "found": "没有与孩子联系", "demands": ["每周联系一次"],
    "until": "2026-03-20", "contact": "镇民政办"}"#;
const DECISION: &str =
    r#"{"applicant_id": {father}, "applied_on": "2026-03-01", "found": "收入较高", "reason": "不符合条件"}"#;

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("admonish", Method::POST, "/children/{child}/admonitions", &[Supervisor, Director]).body(ADMONITION),
        Row::new("decide_subsidy", Method::POST, "/agreements/{agreement}/subsidy-decisions", &[Supervisor])
            .body(DECISION)
            .scene(DRAFTED),
        Row::new("list_letters", Method::GET, "/children/{child}/letters", OFFICES).scene(WRITTEN),
        Row::new("get_letter", Method::GET, "/letters/{letter}", OFFICES).scene(WRITTEN),
        Row::new("get_letter_paper", Method::GET, "/letters/{letter}/letter.pdf", OFFICES).scene(WRITTEN),
        Row::new("serve_letter", Method::PUT, "/letters/{letter}/service", OFFICES)
            .body(r#"{"served_on": "{today}", "served_how": "in_person"}"#)
            .scene(WRITTEN),
    ]
}

const DRAFTED: Scene = |t, c| {
    Box::pin(async move {
        let agreement = village_of(t, c).draft("grandparent", c.grandmother).await;
        vec![("{agreement}", agreement["id"].to_string())]
    })
};

const WRITTEN: Scene = |t, c| {
    Box::pin(async move {
        let body = json!({
            "addressee_ids": [c.father], "found": "没有与孩子联系", "demands": ["每周联系一次"], "until": "2026-03-20",
            "contact": "镇民政办",
        });
        let place = format!("/children/{}/admonitions", c.child);
        let letter = t.post(&t.as_person(c.director), &place, body).await.expect(201);
        vec![("{letter}", letter["id"].to_string())]
    })
};
