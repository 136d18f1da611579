use std::future::Future;
use std::pin::Pin;

use actix_web::http::Method;
use serde_json::json;

use super::Role::*;
use super::{EVERYONE, Prepared, Role, Row, Scene};
use crate::support::{County, TestApp, VILLAGE, VILLAGE_B};

const VILLAGE_STAFF: &[Role] = &[Supervisor, Director, Cadre];
const IF_1: &[(&str, &str)] = &[("if-match", "\"1\"")];
const IF_2: &[(&str, &str)] = &[("if-match", "\"2\"")];
const CSV: &[(&str, &str)] = &[("content-type", "text/csv")];
/// One child whose sex nobody wrote.
const LEDGER: &str = "姓名,出生日期\n张小满,2015.3.8\n";
const FIELDS: &str = r#"{"name": "王小雨", "sex": "female", "birth_date": "2017-05-20"}"#;

type Scenery<'a> = Pin<Box<dyn Future<Output = Prepared> + 'a>>;

fn waiting<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let path = format!("/children/{}/transfers", county.child);
        let body = json!({"to_village": VILLAGE_B, "reason": "随外婆居住"});
        let director = t.as_person(county.director);
        let reply = t.call(&director, Method::POST, &path, Some(body), &[("if-match", "\"1\"")]).await.expect(201);
        vec![("{transfer}", reply["id"].to_string())]
    })
}

fn exited<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let path = format!("/children/{}/exit", county.child);
        let director = t.as_person(county.director);
        t.call(&director, Method::PUT, &path, Some(json!({"reason": "other"})), &[("if-match", "\"1\"")])
            .await
            .expect(204);
        Vec::new()
    })
}

fn members<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let record = t.get(&t.as_person(county.director), &format!("/children/{}", county.child)).await.expect(200);
        vec![("{member}", record["household"]["members"][0]["id"].to_string())]
    })
}

fn poor<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let path = format!("/children/{}/circumstances", county.child);
        let body = json!({"kind": "special_hardship_support", "since": "2025-01-01"});
        let director = t.as_person(county.director);
        let record = t.call(&director, Method::POST, &path, Some(body), &[("if-match", "\"1\"")]).await.expect(200);
        vec![("{circumstance}", record["circumstances"][0]["id"].to_string())]
    })
}

fn named<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let body = json!({"person_id": county.supervisor, "area_code": crate::support::TOWNSHIP});
        let reply = t.post(&t.as_person(county.administrator), "/hiv-readers", body).await.expect(201);
        vec![("{reader}", reply["id"].to_string())]
    })
}

fn rehearsed<'a>(t: &'a TestApp, county: &'a County) -> Scenery<'a> {
    Box::pin(async move {
        let director = t.as_person(county.director);
        let path = format!("/imports?village_code={VILLAGE}&dry_run=true");
        let reply = t.call_raw(&director, Method::POST, &path, LEDGER.into(), CSV).await.expect(201);
        vec![("{import}", reply["id"].to_string())]
    })
}

fn scene(row: Row, scene: Scene) -> Row {
    row.scene(scene)
}

pub fn rows() -> Vec<Row> {
    let staff = |operation, method, path| Row::new(operation, method, path, VILLAGE_STAFF);
    vec![
        Row::new("list_children", Method::GET, "/children", EVERYONE),
        Row::new("list_my_children", Method::GET, "/me/children", EVERYONE),
        Row::new(
            "list_people_to_call",
            Method::GET,
            "/children/{child}/people-to-call",
            &[Supervisor, Director, Cadre, Father],
        ),
        Row::new("get_child", Method::GET, "/children/{child}", &[Supervisor, Director, Cadre, Father]),
        staff("create_child", Method::POST, "/children")
            .body(r#"{"village_code": "{village}", "child": {"name": "李小雪", "sex": "female", "birth_date": "2018-05-20"}}"#),
        staff("update_child", Method::PUT, "/children/{child}").body(FIELDS).headers(IF_1),
        staff("confirm_child", Method::PUT, "/children/{child}/confirmation").headers(IF_1),
        staff("set_schooling", Method::PUT, "/children/{child}/schooling")
            .body(r#"{"schooling": {"school": "石桥镇中心小学"}, "school_id": {school}}"#)
            .headers(IF_1),
        staff("reveal_numbers", Method::POST, "/children/{child}/numbers").body(r#"{"purpose": "电话联系家长"}"#),
        staff("record_circumstance", Method::POST, "/children/{child}/circumstances")
            .body(r#"{"kind": "minimum_living_allowance", "since": "2025-01-01"}"#)
            .headers(IF_1),
        scene(staff("end_circumstance", Method::PUT, "/children/{child}/circumstances/{circumstance}/end"), poor)
            .body(r#"{"until": "{today}"}"#)
            .headers(IF_2),
        Row::new("get_health", Method::GET, "/children/{child}/health", &[Supervisor, Director]),
        Row::new("set_health", Method::PUT, "/children/{child}/health", &[Supervisor, Director]).body("{}").headers(IF_1),
        scene(Row::new("get_hiv_status", Method::GET, "/children/{child}/hiv-status", &[Supervisor]), named),
        scene(Row::new("set_hiv_status", Method::PUT, "/children/{child}/hiv-status", &[Supervisor]), named)
            .body(r#"{"status": "negative", "since": null}"#),
        Row::new("list_hiv_readers", Method::GET, "/hiv-readers", &[Administrator]),
        Row::new("name_hiv_reader", Method::POST, "/hiv-readers", &[Administrator])
            .body(r#"{"person_id": {father}, "area_code": "{township}"}"#),
        scene(Row::new("dismiss_hiv_reader", Method::DELETE, "/hiv-readers/{reader}", &[Administrator]), named),
        staff("set_household_address", Method::PUT, "/households/{household}/address")
            .body(r#"{"address": "石板村三组"}"#)
            .headers(IF_1),
        staff("add_household_member", Method::POST, "/households/{household}/members")
            .body(r#"{"person": {"name": "王大伯", "sex": "male"}, "member": {"kin": "uncle_or_aunt", "holds_guardianship": false}}"#)
            .headers(IF_1),
        scene(staff("update_household_member", Method::PUT, "/household-members/{member}"), members)
            .body(r#"{"kin": "father", "holds_guardianship": true}"#)
            .headers(IF_1),
        scene(staff("set_away", Method::PUT, "/household-members/{member}/away"), members)
            .body(r#"{"place": "福建", "outside_county": true, "since": "2026-01-05"}"#)
            .headers(IF_1),
        scene(staff("set_returned", Method::PUT, "/household-members/{member}/return"), members)
            .body(r#"{"on": "{today}", "for_good": true}"#)
            .headers(IF_1),
        scene(staff("end_household_member", Method::DELETE, "/household-members/{member}"), members).headers(IF_1),
        staff("list_child_versions", Method::GET, "/children/{child}/versions"),
        staff("list_child_labels", Method::GET, "/children/{child}/labels"),
        Row::new("get_ledger", Method::GET, "/ledger", &[Supervisor, Director, DirectorB, Cadre]),
        Row::new("export_ledger", Method::GET, "/ledger/export?village_code={village}", &[Supervisor, Director]),
        Row::new("import_ledger", Method::POST, "/imports?village_code={village}", &[Supervisor, Director])
            .body(LEDGER)
            .headers(CSV),
        Row::new("list_imports", Method::GET, "/imports", &[Supervisor, Director, DirectorB]),
        scene(Row::new("get_import", Method::GET, "/imports/{import}", &[Supervisor, Director]), rehearsed),
        scene(Row::new("get_import_row", Method::GET, "/imports/{import}/rows/1", &[Supervisor, Director]), rehearsed),
        scene(Row::new("correct_import_row", Method::POST, "/imports/{import}/rows/1", &[Supervisor, Director]), rehearsed)
            .body(r#"{"cells": {"性别": "女"}}"#),
        scene(Row::new("apply_import", Method::PUT, "/imports/{import}/application", &[Supervisor, Director]), rehearsed)
            .body(r#"{"mode": "good"}"#),
        Row::new("propose_transfer", Method::POST, "/children/{child}/transfers", &[Supervisor, Director])
            .body(r#"{"to_village": "{village_b}", "reason": "随外婆居住"}"#)
            .headers(IF_1),
        Row::new("list_transfers", Method::GET, "/transfers", &[Supervisor, Director, DirectorB]),
        scene(Row::new("accept_transfer", Method::PUT, "/transfers/{transfer}/acceptance", &[Supervisor, DirectorB]), waiting),
        scene(Row::new("refuse_transfer", Method::PUT, "/transfers/{transfer}/refusal", &[Supervisor, DirectorB]), waiting)
            .body(r#"{"why": "查无此户"}"#),
        scene(Row::new("withdraw_transfer", Method::DELETE, "/transfers/{transfer}", &[Supervisor, Director]), waiting),
        Row::new("exit_child", Method::PUT, "/children/{child}/exit", &[Supervisor, Director])
            .body(r#"{"reason": "other"}"#)
            .headers(IF_1),
        scene(Row::new("restore_child", Method::DELETE, "/children/{child}/exit", &[Supervisor]), exited).headers(IF_2),
        staff("review_age", Method::PUT, "/children/{child}/age-reviews/16").body(r#"{"outcome": "stays"}"#).headers(IF_1),
    ]
}
