use actix_web::http::Method;
use serde_json::Value;
use xiangban::contact;
use xiangban::identity::TieKind;

use super::{EVERYONE, Prepared, Role::*, Row, Scene};

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("list_contact_obligations", Method::GET, "/contact-obligations", EVERYONE),
        Row::new("list_my_contact_obligations", Method::GET, "/me/contact-obligations", EVERYONE),
        Row::new(
            "rest_contact_obligation",
            Method::PUT,
            "/contact-obligations/{obligation}/rest",
            &[Director, Cadre, Father, Grandmother],
        )
        .body(r#"{"from": "2026-03-05", "until": "2026-03-12"}"#)
        .scene(OWED),
        Row::new(
            "lift_contact_rest",
            Method::DELETE,
            "/contact-obligations/{obligation}/rest",
            &[Director, Cadre, Father, Grandmother],
        )
        .scene(OWED),
        Row::new(
            "set_contact_cadence",
            Method::PUT,
            "/households/{household}/contact-cadence",
            &[Director, Supervisor],
        )
        .body(r#"{"days": 10, "reason": "上夜班"}"#),
        Row::new(
            "clear_contact_cadence",
            Method::DELETE,
            "/households/{household}/contact-cadence",
            &[Director, Supervisor],
        ),
        Row::new("record_contact", Method::POST, "/contacts", &[Director, Cadre, Father, Grandmother])
            .body(
                r#"{"client_uuid": "018f0000-0000-7000-8000-000000000002", "obligation_id": {obligation}, "kind": "call",
                "with_child": true, "with_carer": true, "happened_on": "{today}"}"#,
            )
            .scene(OWED),
        Row::new(
            "list_contacts",
            Method::GET,
            "/contacts?child_id={child}",
            &[Director, Cadre, Supervisor, Father, Grandmother],
        )
        .scene(OWED),
        Row::new("state_contact", Method::POST, "/contacts/{contact}/statements", &[Director, Cadre, Grandmother])
            .body(r#"{"client_uuid": "018f0000-0000-7000-8000-000000000003", "says": "confirms"}"#)
            .scene(OWED),
        Row::new(
            "list_missed_contacts",
            Method::GET,
            "/missed-contacts",
            &[Director, DirectorB, Cadre, Supervisor],
        ),
        Row::new(
            "settle_missed_contact",
            Method::PUT,
            "/missed-contacts/{missed}/settlement",
            &[Director, Cadre, Supervisor],
        )
        .body(r#"{"outcome": "could_not_reach"}"#)
        .scene(SILENT),
        Row::new("list_number_searches", Method::GET, "/number-searches", &[Director, DirectorB, Cadre, Supervisor]),
        Row::new("list_my_number_searches", Method::GET, "/me/number-searches", EVERYONE),
        Row::new("answer_number_search", Method::PUT, "/number-searches/{search}/answer", &[Grandmother])
            .body(r#"{"phone": "13900009999"}"#)
            .scene(LOST),
        Row::new("set_found_number", Method::PUT, "/number-searches/{search}/number", &[Director, Cadre, Supervisor])
            .body(r#"{"phone": "13900009999"}"#)
            .scene(LOST),
        Row::new(
            "give_up_number_search",
            Method::PUT,
            "/number-searches/{search}/giving-up",
            &[Director, Cadre, Supervisor],
        )
        .scene(LOST),
        Row::new("get_my_phone", Method::GET, "/me/phone", EVERYONE),
        Row::new("request_phone_code", Method::POST, "/me/phone/verification-codes", EVERYONE),
        Row::new("request_new_phone_code", Method::POST, "/me/phone/change-codes", EVERYONE)
            .body(r#"{"phone": "13900009998"}"#),
        Row::new("change_my_phone", Method::PUT, "/me/phone", EVERYONE)
            .body(r#"{"phone": "13900009998", "code": "000000"}"#),
        Row::new("verify_my_phone", Method::PUT, "/me/phone/verification", EVERYONE).body(r#"{"code": "000000"}"#),
    ]
}

const OWED: Scene = |t, c| {
    Box::pin(async move {
        let now = t.now();
        t.app
            .store
            .write(|tx| {
                xiangban::children::tie_person(tx, now, c.child, TieKind::Carer, c.grandmother)?;
                contact::reconcile_child(tx, &t.app.config.contact, now, c.child)
            })
            .unwrap();
        let father = t.as_person(c.father);
        let owed: Value = t.get(&father, "/me/contact-obligations").await.expect(200);
        let body = serde_json::json!({
            "client_uuid": uuid::Uuid::new_v4(), "obligation_id": owed[0]["id"], "kind": "call",
            "with_child": true, "with_carer": true, "happened_on": t.today()
        });
        let contact = t.post(&father, "/contacts", body).await.expect(201);
        Prepared::from([("{obligation}", owed[0]["id"].to_string()), ("{contact}", contact["id"].to_string())])
    })
};

const SILENT: Scene = |t, c| {
    Box::pin(async move {
        let prepared = OWED(t, c).await;
        t.pass_days(40);
        contact::night::run(&t.app, t.now()).unwrap();
        let items = t.get(&t.as_person(c.director), "/missed-contacts").await.expect(200);
        let mut all = prepared;
        all.push(("{missed}", items["items"][0]["id"].to_string()));
        all
    })
};

const LOST: Scene = |t, c| {
    Box::pin(async move {
        let mut prepared = OWED(t, c).await;
        let now = t.now();
        t.app
            .store
            .write(|tx| {
                use diesel::prelude::*;
                use xiangban::storage::schema::people;
                // The mother has no number, so the grandmother is asked first.
                diesel::update(people::table.find(c.mother)).set(people::phone_state.eq("none")).execute(tx)?;
                contact::number_failed(tx, &t.app, now, c.father)?;
                contact::number_failed(tx, &t.app, now, c.father)
            })
            .unwrap();
        let items = t.get(&t.as_person(c.director), "/number-searches").await.expect(200);
        prepared.push(("{search}", items["items"][0]["id"].to_string()));
        prepared
    })
};
