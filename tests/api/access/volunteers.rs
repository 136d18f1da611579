use actix_web::http::Method;

use super::{EVERYONE, Prepared, Role::*, Row, Scene};
use crate::api::volunteers::{admitted, applied, paired, proposed};

const OFFER: &str = r#"{"area_code": "{village}", "skills": ["company"], "load_wish": 2}"#;
const OFFICE: &[super::Role] = &[Coordinator, Supervisor];
const READERS: &[super::Role] = &[Coordinator, Supervisor, Director, Cadre, Father, Grandmother, Volunteer];
const CHECK_IN: &str = r#"{"client_uuid": "018f0000-0000-7000-8000-000000000004", "meeting": "phone", "made_at": "{now}",
    "children": [{"child_id": {child}, "scales": {"mood": 4}}]}"#;

pub fn rows() -> Vec<Row> {
    people().into_iter().chain(pairings()).chain(check_ins()).collect()
}

fn people() -> Vec<Row> {
    vec![
        Row::new("apply_as_volunteer", Method::POST, "/me/volunteer-application", EVERYONE).body(OFFER),
        Row::new("enter_volunteer", Method::POST, "/volunteers", OFFICE).body(
            r#"{"name": "田大姐", "sex": "female", "birth_date": "1975-08-08", "phone": "13900007777",
            "offer": {"area_code": "{village}", "skills": ["company"], "load_wish": 2}}"#,
        ),
        Row::new(
            "list_volunteers",
            Method::GET,
            "/volunteers",
            &[Administrator, Supervisor, Coordinator, Director, DirectorB],
        ),
        Row::new("list_volunteer_silences", Method::GET, "/volunteer-silences", OFFICE),
        Row::new("get_my_volunteering", Method::GET, "/me/volunteering", &[Volunteer]).scene(APPLIED),
        Row::new("get_volunteer", Method::GET, "/volunteers/{applicant}", OFFICE).scene(APPLIED),
        Row::new("change_volunteer", Method::PUT, "/volunteers/{applicant}", OFFICE)
            .body(OFFER)
            .headers(&[("if-match", "\"1\"")])
            .scene(APPLIED),
        Row::new("record_volunteer_proof", Method::POST, "/volunteers/{applicant}/proofs", OFFICE)
            .body(r#"{"kind": "training", "done_on": "{today}"}"#)
            .scene(APPLIED),
        Row::new("decide_on_volunteer", Method::PUT, "/volunteers/{applicant}/decision", OFFICE)
            .body(r#"{"action": "decline"}"#)
            .scene(APPLIED),
    ]
}

fn pairings() -> Vec<Row> {
    const PROPOSERS: &[super::Role] = &[Coordinator, Supervisor, Director];
    vec![
        Row::new("suggest_volunteers", Method::GET, "/children/{child}/pairing-suggestions", PROPOSERS),
        Row::new("propose_pairing", Method::POST, "/pairings", PROPOSERS)
            .body(r#"{"child_id": {child}, "volunteer_id": {fit}, "kind": "tutor", "service_forms": []}"#)
            .scene(ADMITTED),
        Row::new("list_pairings", Method::GET, "/pairings", EVERYONE),
        Row::new("list_my_paired_children", Method::GET, "/me/paired-children", EVERYONE),
        Row::new(
            "agree_pairing",
            Method::PUT,
            "/pairings/{proposal}/agreement",
            &[Director, Supervisor, Father, Grandmother],
        )
        .scene(PROPOSED),
        Row::new(
            "decline_pairing",
            Method::DELETE,
            "/pairings/{proposal}/agreement",
            &[Director, Supervisor, Father, Grandmother],
        )
        .scene(PROPOSED),
        Row::new("rest_pairing", Method::PUT, "/pairings/{pairing}/rest", PROPOSERS).scene(PAIRED),
        Row::new("resume_pairing", Method::DELETE, "/pairings/{pairing}/rest", PROPOSERS).scene(PAIRED),
        Row::new(
            "end_pairing",
            Method::PUT,
            "/pairings/{pairing}/ending",
            &[Coordinator, Supervisor, Director, Father, Grandmother, Volunteer],
        )
        .body(r#"{"reason": "family_asked"}"#)
        .scene(PAIRED),
    ]
}

fn check_ins() -> Vec<Row> {
    vec![
        Row::new("log_check_in", Method::POST, "/check-ins", &[Volunteer]).body(CHECK_IN).scene(PAIRED),
        Row::new("list_check_ins", Method::GET, "/check-ins?child_id={child}", READERS).scene(PAIRED),
        Row::new("get_check_in", Method::GET, "/check-ins/{check_in}", READERS).scene(VISITED),
        Row::new("list_check_in_revisions", Method::GET, "/check-ins/{check_in}/revisions", READERS).scene(VISITED),
        Row::new("revise_check_in", Method::PUT, "/check-ins/{check_in}", &[Volunteer])
            .body(CHECK_IN)
            .headers(&[("if-match", "\"1\"")])
            .scene(VISITED),
    ]
}

/// The grandmother is the carer, so that she has sight of the child.
fn tie_grandmother(t: &crate::support::TestApp, c: &crate::support::County) {
    use xiangban::identity::TieKind;
    let now = t.now();
    t.app.store.write(|tx| xiangban::children::tie_person(tx, now, c.child, TieKind::Carer, c.grandmother)).unwrap();
}

const APPLIED: Scene =
    |t, c| Box::pin(async move { Prepared::from([("{applicant}", applied(t, c).await.to_string())]) });

const ADMITTED: Scene = |t, c| Box::pin(async move { Prepared::from([("{fit}", admitted(t, c).await.to_string())]) });

const PROPOSED: Scene = |t, c| {
    Box::pin(async move {
        tie_grandmother(t, c);
        let volunteer = admitted(t, c).await;
        Prepared::from([("{proposal}", proposed(t, c, volunteer).await.to_string())])
    })
};

const PAIRED: Scene = |t, c| {
    Box::pin(async move {
        tie_grandmother(t, c);
        Prepared::from([("{pairing}", paired(t, c).await.1.to_string())])
    })
};

const VISITED: Scene = |t, c| {
    Box::pin(async move {
        let mut prepared = PAIRED(t, c).await;
        let body = serde_json::json!({
            "client_uuid": uuid::Uuid::new_v4(), "meeting": "phone", "made_at": t.now(),
            "children": [{ "child_id": c.child, "scales": { "mood": 4 } }]
        });
        let stored = t.post(&t.as_person(c.volunteer), "/check-ins", body).await.expect(201);
        prepared.push(("{check_in}", stored["id"].to_string()));
        prepared
    })
};
