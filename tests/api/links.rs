//! Short links: from a message to the one thing, with a code and nothing else.

use actix_web::http::Method;
use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::contact;
use xiangban::crypto::Purpose;
use xiangban::duties::DutyKind;
use xiangban::identity::TieKind;
use xiangban::messaging::ticket::Ticket;
use xiangban::storage::schema::{audit_events, duties, messages, sessions};

use super::guardianship::{Village, party_of, path, signature, signing, village};
use crate::on_both;
use crate::support::{Caller, County, Engine, TestApp};

/// The link to a person's open duty of a kind, as a message of today would carry it.
fn link_to(t: &TestApp, kind: DutyKind, person: i64) -> String {
    let duty_id = t
        .app
        .store
        .read(|conn| {
            Ok(duties::table
                .filter(duties::kind.eq(kind))
                .filter(duties::owed_by_person_id.eq(person))
                .select(duties::id)
                .order(duties::id.desc())
                .first(conn)?)
        })
        .unwrap();
    let until = t.now().plus_days(t.app.config.identity.link_days).date();
    Ticket { duty_id, person_id: person, until }.write(&t.app.vault).unwrap()
}

fn last_code(t: &TestApp, template: &str) -> (String, Value) {
    let (sealed, to): (String, Option<String>) = t
        .app
        .store
        .read(|conn| {
            Ok(messages::table
                .filter(messages::template.eq(template))
                .order(messages::id.desc())
                .select((messages::data_sealed, messages::to_sealed))
                .first(conn)?)
        })
        .unwrap();
    let data: Value = serde_json::from_str(&t.app.vault.open(Purpose::Message, &sealed).unwrap()).unwrap();
    (t.app.vault.open(Purpose::Phone, &to.unwrap()).unwrap(), data["code"].clone())
}

async fn session(t: &TestApp, link: &str, template: &str) -> (Value, String) {
    t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await.expect(201);
    let code = last_code(t, template).1.as_str().unwrap().to_owned();
    let opened = t.post(&t.stranger(), &format!("/links/{link}/session"), json!({"code": code})).await.expect(201);
    (opened, code)
}

fn holder(t: &TestApp, session: &Value) -> Caller {
    t.with_token(session["access_token"].as_str().unwrap())
}

/// A family whose parents owe a call.
fn owing(t: &TestApp) -> County {
    let c = t.county();
    let now = t.now();
    t.app
        .store
        .write(|tx| {
            xiangban::children::tie_person(tx, now, c.child, TieKind::Carer, c.grandmother)?;
            contact::reconcile_child(tx, &t.app.config.contact, now, c.child)
        })
        .unwrap();
    c
}

async fn obligation_of(t: &TestApp, person: i64) -> i64 {
    t.get(&t.as_person(person), "/me/contact-obligations").await.expect(200)[0]["id"].as_i64().unwrap()
}

fn call_home(t: &TestApp, obligation: i64) -> Value {
    json!({"client_uuid": uuid::Uuid::now_v7(), "obligation_id": obligation, "kind": "call", "with_child": true,
        "with_carer": true, "happened_on": t.today()})
}

/// Every call of the contract, its places filled with the ids at hand.
fn every_call(ids: &[(&str, String)]) -> Vec<(Method, String)> {
    let document = xiangban::routes::contract();
    let mut calls = Vec::new();
    for (path, item) in &document.paths.paths {
        let path = path.trim_start_matches("/api/v1");
        let path = ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        for (method, operation) in [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::DELETE, &item.delete),
        ] {
            // What needs no token asks nobody who they are.
            let open = operation.as_ref().and_then(|operation| operation.security.as_ref()).is_some();
            if operation.is_some() && !open {
                calls.push((method, path.clone()));
            }
        }
    }
    assert!(calls.len() > 100);
    calls
}

async fn sent(v: &Village<'_>) -> (Value, i64) {
    let agreement = v.sent("grandparent", v.c.grandmother).await;
    let party = party_of(&agreement, "parent", Some(v.c.father));
    (agreement, party)
}

on_both! {
    async fn a_father_opens_the_link_types_one_code_and_signs(t: TestApp) {
        let v = village(&t);
        let (agreement, party) = sent(&v).await;
        let link = link_to(&t, DutyKind::SignAgreement, v.c.father);
        let shown = t.get(&t.stranger(), &format!("/links/{link}")).await.expect(200);
        assert_eq!(shown, json!({"purpose": "sign_agreement", "to": "139****0009"}));

        let (opened, code) = session(&t, &link, "code/signing").await;
        assert_eq!(opened["subject_id"], agreement["id"]);
        assert_eq!((&opened["person_id"], &opened["child_id"]), (&json!(v.c.father), &json!(v.c.child)));
        let father = holder(&t, &opened);
        let seen = t.get(&father, &format!("/agreements/{}", agreement["id"])).await.expect(200);
        assert!(seen["parties"].as_array().unwrap().iter().any(|one| one["mine"] == true && one["id"] == party));
        t.get(&father, &path(&agreement, "document")).await.expect(200);
        // The code of the link is the code of the signature: bound to signer and text, used up now.
        t.put(&father, &signing(&agreement, party), signature(&agreement, Some(&code), 1)).await.expect(200);
        assert_eq!(t.get(&t.stranger(), &format!("/links/{link}")).await.problem(410), "link_used");
        assert_eq!(t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await.problem(410), "link_used");
        let opened: i64 = t.app.store.read(|conn| {
            Ok(audit_events::table.filter(audit_events::action.eq("link.opened")).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(opened, 1);
        let kept: i64 = t.app.store.read(|conn| {
            Ok(sessions::table.filter(sessions::method.eq("link")).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(kept, 1, "it stands in the list of signed-in devices");
    }

    async fn a_father_tells_of_his_call_and_sees_the_childs_week(t: TestApp) {
        let c = owing(&t);
        t.pass_days(8);
        let obligation = obligation_of(&t, c.father).await;
        let others = obligation_of(&t, c.mother).await;
        let link = link_to(&t, DutyKind::ContactChild, c.father);
        let (opened, code) = session(&t, &link, "code/open_link").await;
        assert_eq!((&opened["purpose"], &opened["subject_id"]), (&json!("confirm_contact"), &json!(obligation)));
        // Once used, the code opens nothing more.
        let again = t.post(&t.stranger(), &format!("/links/{link}/session"), json!({"code": code})).await;
        assert_eq!(again.problem(422), "code_wrong");
        let father = holder(&t, &opened);
        for seen in [format!("/children/{}", c.child), format!("/contacts?child_id={}", c.child), format!("/check-ins?child_id={}&limit=5", c.child)] {
            t.get(&father, &seen).await.expect(200);
        }
        let reply = t.post(&father, "/contacts", call_home(&t, others)).await;
        assert_eq!(reply.problem(403), "only_one_thing");
        t.post(&father, "/contacts", call_home(&t, obligation)).await.expect(201);
        assert_eq!(t.get(&t.stranger(), &format!("/links/{link}")).await.problem(410), "link_used");
    }

    async fn a_link_is_over_when_its_days_or_its_matter_are(t: TestApp) {
        let v = village(&t);
        let (agreement, _) = sent(&v).await;
        let link = link_to(&t, DutyKind::SignAgreement, v.c.father);
        t.pass_days(t.app.config.identity.link_days);
        t.get(&t.stranger(), &format!("/links/{link}")).await.expect(200);
        t.pass_days(1);
        let over = t.get(&t.stranger(), &format!("/links/{link}")).await;
        assert_eq!(over.problem(410), "link_expired");
        assert!(over.body["detail"].as_str().unwrap().contains("登录"), "it says what to do next");
        let link = link_to(&t, DutyKind::SignAgreement, v.c.father);
        t.put(&v.director(), &path(&agreement, "taking-back"), json!({})).await.expect(200);
        assert_eq!(t.get(&t.stranger(), &format!("/links/{link}")).await.problem(410), "link_withdrawn");
        let forged = t.get(&t.stranger(), "/links/AAAAAAAXAAAAEQnbAa1b2c3d4e5").await;
        assert_eq!(forged.problem(404), "link_unknown");
    }

    async fn a_forwarded_link_shows_nothing_and_its_code_goes_to_the_addressees_number_of_today(t: TestApp) {
        let v = village(&t);
        sent(&v).await;
        let link = link_to(&t, DutyKind::SignAgreement, v.c.father);
        v.new_phone(v.c.father, "13900001234");
        let shown = t.get(&t.stranger(), &format!("/links/{link}")).await;
        let asked = t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await;
        for reply in [&shown, &asked] {
            let text = String::from_utf8(reply.bytes.clone()).unwrap();
            assert!(!["王", "陈小梅", "赵", "石板", "13900001234"].iter().any(|word| text.contains(word)), "{text}");
        }
        assert_eq!(last_code(&t, "code/signing").0, "13900001234");
    }

    async fn codes_of_links_are_limited_and_wrong_ones_are_counted(t: TestApp) {
        let c = owing(&t);
        let link = link_to(&t, DutyKind::ContactChild, c.father);
        t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await.expect(201);
        let soon = t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await;
        assert_eq!(soon.problem(429), "too_many_requests");
        let right = last_code(&t, "code/open_link").1;
        let wrong = if right == "111111" { "222222" } else { "111111" };
        for _ in 0..5 {
            let reply = t.post(&t.stranger(), &format!("/links/{link}/session"), json!({"code": wrong})).await;
            assert_eq!(reply.problem(422), "code_wrong");
        }
        let late = t.post(&t.stranger(), &format!("/links/{link}/session"), json!({"code": right})).await;
        assert_eq!(late.problem(422), "code_wrong", "the right one comes too late");
        // The mother's link does not take the father's code.
        t.pass_minutes(2);
        t.post(&t.stranger(), &format!("/links/{link}/codes"), json!(null)).await.expect(201);
        let his = last_code(&t, "code/open_link").1;
        let hers = link_to(&t, DutyKind::ContactChild, c.mother);
        let reply = t.post(&t.stranger(), &format!("/links/{hers}/session"), json!({"code": his})).await;
        assert_eq!(reply.problem(422), "code_wrong");
    }

    async fn a_session_of_a_link_ends_by_itself(t: TestApp) {
        let c = owing(&t);
        let (opened, _) = session(&t, &link_to(&t, DutyKind::ContactChild, c.father), "code/open_link").await;
        let father = holder(&t, &opened);
        t.pass_minutes(t.app.config.identity.link_session_minutes - 1);
        t.get(&father, &format!("/children/{}", c.child)).await.expect(200);
        t.pass_minutes(1);
        assert_eq!(t.get(&father, &format!("/children/{}", c.child)).await.problem(401), "token_expired");
    }
}

#[actix_web::test]
async fn a_narrow_session_gets_no_further_than_its_thing() {
    let t = TestApp::new(Engine::Sqlite);
    let v = village(&t);
    let (agreement, party) = sent(&v).await;
    let (opened, _) = session(&t, &link_to(&t, DutyKind::SignAgreement, v.c.father), "code/signing").await;
    let father = holder(&t, &opened);
    let id = agreement["id"].to_string();
    let own = [
        format!("GET /agreements/{id}"),
        format!("GET /agreements/{id}/document"),
        format!("POST /agreements/{id}/signing-codes"),
        format!("PUT /agreements/{id}/signatures/{party}"),
        format!("PUT /agreements/{id}/refusals/{party}"),
    ];
    let ids = [("{id}", id), ("{party}", party.to_string()), ("{turn}", "1".to_owned())];
    let mut wrong = Vec::new();
    for (method, path) in every_call(&ids) {
        let reply = t.call(&father, method.clone(), &path, Some(json!({})), &[]).await;
        let refused = reply.status == 403 && reply.body["code"] == "only_one_thing";
        if refused == own.contains(&format!("{method} {path}")) {
            wrong.push(format!("{method} {path}: {}", reply.status));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[actix_web::test]
async fn the_address_in_a_message_leads_to_the_page_and_says_nothing() {
    let t = TestApp::new(Engine::Sqlite);
    let reply = t.get(&t.stranger(), "//l/AAAAAAAXAAAAEQnbAa1b2c3d4e5").await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.location.as_deref(), Some("/m/#/pages/link/link?t=AAAAAAAXAAAAEQnbAa1b2c3d4e5"));
    assert_eq!(t.get(&t.stranger(), "//l/a%2Fb").await.status, 404);
}
