//! The ledger: records, labels, history, moves, exits.

use actix_web::http::Method;
use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::children::{Occasion, ledger};
use xiangban::duties::DutyKind;
use xiangban::storage::schema::{access_log, child_health, child_labels, child_ties, child_versions, children, duties};

use crate::on_both;
use crate::support::{Caller, County, TOWNSHIP, TestApp, VILLAGE, VILLAGE_B};

/// Calls with the version that the record (or household) has now.
pub async fn change(
    t: &TestApp,
    caller: &Caller,
    method: Method,
    path: &str,
    body: Option<Value>,
    version: i64,
) -> crate::support::Reply {
    t.call(caller, method, path, body, &[("if-match", &format!("\"{version}\""))]).await
}

async fn record(t: &TestApp, c: &County) -> Value {
    t.get(&t.as_person(c.director), &format!("/children/{}", c.child)).await.expect(200)
}

fn version(value: &Value) -> i64 {
    value["version"].as_i64().unwrap()
}

fn kinds(record: &Value) -> Vec<String> {
    record["labels"].as_array().unwrap().iter().map(|label| label["kind"].as_str().unwrap().to_owned()).collect()
}

/// Confirms the record once, so that it has labels, duties and history.
async fn confirmed(t: &TestApp, c: &County) -> Value {
    let path = format!("/children/{}/confirmation", c.child);
    let version = version(&record(t, c).await);
    change(t, &t.as_person(c.director), Method::PUT, &path, None, version).await.expect(200)
}

fn open_duties(t: &TestApp, kind: DutyKind) -> Vec<(i64, String, xiangban::clock::Instant)> {
    t.app
        .store
        .read(|conn| {
            Ok(duties::table
                .filter(duties::kind.eq(kind))
                .filter(duties::closed_at.is_null())
                .select((duties::subject_id, duties::area_code, duties::due_at))
                .order(duties::id)
                .load(conn)?)
        })
        .unwrap()
}

fn differences(t: &TestApp) -> Vec<xiangban::duties::Difference> {
    t.app
        .store
        .read(|conn| {
            let expected = xiangban::children::duties::expected(conn)?;
            xiangban::duties::differences(conn, &xiangban::children::duties::KINDS, expected)
        })
        .unwrap()
}

fn relabel(t: &TestApp) -> ledger::Relabelled {
    ledger::relabel_due(&t.app.store, &Occasion::of(&t.app, t.now(), None)).unwrap()
}

on_both! {
    async fn a_confirmed_child_has_its_labels_with_reasons_and_the_next_confirmation_is_owed(t: TestApp) {
        let c = t.county();
        let record = confirmed(&t, &c).await;
        assert_eq!(kinds(&record), ["left_behind"]);
        let label = &record["labels"][0];
        assert_eq!(label["since"], "2025-08-10");
        assert_eq!(label["until"], "2033-05-20");
        assert_eq!(label["reasons"][0]["code"], "both_away");
        let due = open_duties(&t, DutyKind::ReconfirmRecord);
        assert_eq!(due, [(c.child, VILLAGE.to_owned(), t.now().plus_days(90))]);
        let review = open_duties(&t, DutyKind::ReviewAgeOut);
        assert_eq!(review.len(), 1);
        assert_eq!(review[0].2.to_string(), "2033-05-20T00:00:00.000+08:00");
        assert_eq!(differences(&t), []);
        t.pass_days(90);
        let listed = t.get(&t.as_person(c.director), "/children").await.expect(200);
        assert_eq!(listed["items"][0]["stale"], true);
        confirmed(&t, &c).await;
        assert_eq!(open_duties(&t, DutyKind::ReconfirmRecord), [(c.child, VILLAGE.to_owned(), t.now().plus_days(90))]);
    }

    async fn a_family_sees_its_own_children_and_whom_to_telephone(t: TestApp) {
        let c = t.county();
        let father = t.as_person(c.father);
        let own = t.get(&father, "/me/children").await.expect(200);
        assert_eq!(own[0]["name"], "王小雨");
        assert_eq!(own[0]["tie"], "parent");
        assert_eq!(own[0]["age"], 8);
        assert_eq!(t.get(&t.as_person(c.passer), "/me/children").await.expect(200), json!([]));
        let path = format!("/children/{}/people-to-call", c.child);
        let told = t.get(&father, &path).await.expect(200);
        let names: Vec<_> = told.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["陈小梅", "李主任", "吴干部"]);
        assert_eq!(told[0]["phone"], "13900000010");
        let read: i64 = t
            .app
            .store
            .read(|conn| {
                Ok(access_log::table
                    .filter(access_log::child_id.eq(c.child))
                    .filter(access_log::purpose.eq("children.telephone"))
                    .count()
                    .get_result(conn)?)
            })
            .unwrap();
        assert_eq!(read, 1);
    }

    async fn while_a_harm_stands_the_family_is_told_only_the_numbers_of_the_village(t: TestApp) {
        let c = t.county();
        let path = format!("/children/{}/circumstances", c.child);
        let body = json!({"kind": "domestic_violence", "since": "2026-01-01"});
        change(&t, &t.as_person(c.director), Method::POST, &path, Some(body), 1).await.expect(200);
        let path = format!("/children/{}/people-to-call", c.child);
        let told = t.get(&t.as_person(c.father), &path).await.expect(200);
        let roles: Vec<_> = told.as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["village_director", "resident_cadre"]);
        let official = t.get(&t.as_person(c.director), &path).await.expect(200);
        assert_eq!(official.as_array().unwrap().len(), 4);
    }

    async fn a_child_is_added_with_its_family_and_the_numbers_stay_sealed(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let number = crate::support::made_up_number("20180520", 2);
        let body = json!({
            "village_code": VILLAGE, "address": "石板村三组12号",
            "child": {"name": "李 小雪", "sex": "female", "birth_date": "2018-05-20", "identity_number": number, "ethnicity": "苗族"},
            "members": [
                {"person": {"name": "李大柱", "sex": "male", "phone": "139 0000 7001"},
                 "member": {"kin": "father", "holds_guardianship": true}, "away": {"place": "浙江", "outside_county": true, "since": "2024-02-20"}},
                {"person": {"name": "罗秀英", "sex": "female", "phone": "13900007002"},
                 "member": {"kin": "mother", "holds_guardianship": true, "condition": "dead", "condition_since": "2023-01-01"}},
                {"person": {"name": "李大爷", "sex": "male"}, "member": {"kin": "paternal_grandfather", "holds_guardianship": false, "cares": true}}
            ],
            "schooling": {"school": "石桥镇中心小学", "grade": "二年级", "boarding": false, "enrolment": "enrolled"}
        });
        let made = t.post(&director, "/children", body.clone()).await.expect(201);
        assert_eq!(made["name"], "李小雪");
        assert_eq!(kinds(&made), ["left_behind"]);
        assert_eq!(made["labels"][0]["reasons"][0]["code"], "one_away_other_unable");
        assert_eq!(made["labels"][0]["reasons"][0]["about"][0]["condition"], "dead");
        assert_eq!(made["identity_number_masked"], format!("999999**********{}", &number[16..]));
        assert_eq!(made["household"]["members"][0]["phone_masked"], "139****7001");
        assert_eq!(made["gaps"], json!([]));
        let id = made["id"].as_i64().unwrap();
        let taken = t.post(&director, "/children", body).await;
        assert_eq!(taken.problem(409), "identity_number_taken");
        let shown = t.post(&director, &format!("/children/{id}/numbers"), json!({"purpose": "电话联系家长"})).await.expect(200);
        assert_eq!(shown["identity_number"], number);
        assert_eq!(shown["members"][0]["phone"], "13900007001");
        let tied: Vec<Option<i64>> = t.app.store.read(|conn| {
            Ok(child_ties::table.filter(child_ties::child_id.eq(id)).select(child_ties::person_id).load(conn)?)
        }).unwrap();
        assert_eq!(tied.len(), 1, "the living parent sees the child, the dead one and the carer without agreement do not");
        let (what, reason): (String, Option<String>) = t.app.store.read(|conn| {
            Ok(access_log::table.filter(access_log::child_id.eq(id)).select((access_log::what, access_log::reason_sealed)).first(conn)?)
        }).unwrap();
        let reason = t.app.vault.open(xiangban::crypto::Purpose::Narrative, &reason.unwrap()).unwrap();
        assert_eq!((what.as_str(), reason.as_str()), ("numbers", "电话联系家长"));
        assert_eq!(differences(&t).len(), 1, "only the child that the harness wrote by hand has no duty yet");
    }

    async fn what_a_phone_sends_twice_makes_one_child(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let body = json!({"village_code": VILLAGE, "child": {"name": "李小雪", "sex": "female", "birth_date": "2018-05-20"}});
        let send = async || t.call(&director, Method::POST, "/children", Some(body.clone()), &[("idempotency-key", "k-1")]).await.expect(201);
        let (first, second) = (send().await, send().await);
        assert_eq!(first["id"], second["id"]);
    }

    async fn bad_fields_are_named(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let body = json!({"village_code": VILLAGE, "child": {
            "name": "李2", "sex": "male", "birth_date": "2018-05-20", "identity_number": crate::support::made_up_number("20180521", 2)}});
        let reply = t.post(&director, "/children", body).await;
        assert_eq!(reply.problem(422), "invalid_input");
        let fields: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
        assert_eq!(fields, ["name_invalid", "birth_contradicts_identity", "sex_contradicts_identity"]);
        for village in [VILLAGE_B, "990101100999"] {
            let body = json!({"village_code": village, "child": {"name": "李小雪", "sex": "female", "birth_date": "2018-05-20"}});
            assert_eq!(t.post(&director, "/children", body).await.problem(404), "not_found");
        }
        let nul = json!({"village_code": "990101\u{0}00201", "child": {"name": "李小雪", "sex": "female", "birth_date": "2018-05-20"}});
        t.post(&director, "/children", nul).await.problem(422);
        let ancient = json!({"village_code": VILLAGE, "child": {"name": "李小雪", "sex": "female", "birth_date": "-9999-05-20"}});
        assert!(t.post(&director, "/children", ancient).await.status < 500);
        for path in ["/children?q=%00", "/ledger?as_of=-262143-01-01", "/children?confirmed_before=-262143-01-01", "/children?area_code=%27%20OR%201"] {
            assert!(t.get(&director, path).await.status < 500, "{path}");
        }
    }

    async fn two_who_change_the_same_version_do_not_overwrite_each_other(t: TestApp) {
        let c = t.county();
        let path = format!("/children/{}", c.child);
        let fields = |name: &str| Some(json!({"name": name, "sex": "female", "birth_date": "2017-05-20"}));
        let director = t.as_person(c.director);
        change(&t, &director, Method::PUT, &path, fields("王小雨"), 1).await.expect(200);
        let late = change(&t, &t.as_person(c.cadre), Method::PUT, &path, fields("王大雨"), 1).await;
        assert_eq!(late.problem(412), "version_changed");
        let blind = t.call(&director, Method::PUT, &path, fields("王大雨"), &[]).await;
        assert_eq!(blind.problem(428), "version_required");
        assert_eq!(record(&t, &c).await["name"], "王小雨");
    }

    async fn a_parent_who_comes_home_for_good_ends_the_label_and_a_visit_does_not(t: TestApp) {
        let c = t.county();
        let before = confirmed(&t, &c).await;
        let father = before["household"]["members"][0]["id"].as_i64().unwrap();
        let path = format!("/household-members/{father}/return");
        let director = t.as_person(c.director);
        let home = change(&t, &director, Method::PUT, &path, Some(json!({"on": "2026-03-01", "for_good": false})), 1).await.expect(200);
        assert_eq!(kinds(&record(&t, &c).await), ["left_behind"]);
        let away = json!({"place": "广东省深圳市", "outside_county": true, "since": "2026-03-02"});
        let path_away = format!("/household-members/{father}/away");
        let gone = change(&t, &director, Method::PUT, &path_away, Some(away), version(&home)).await.expect(200);
        let label = &record(&t, &c).await["labels"][0];
        assert_eq!(label["since"], "2025-08-10", "the visit did not break the absence");
        t.pass_days(30);
        let director = t.as_person(c.director);
        change(&t, &director, Method::PUT, &path, Some(json!({"on": "2026-03-31", "for_good": true})), version(&gone)).await.expect(200);
        let after = record(&t, &c).await;
        assert_eq!(kinds(&after), Vec::<String>::new());
        let history = t.get(&director, &format!("/children/{}/labels", c.child)).await.expect(200);
        let last = history.as_array().unwrap().last().unwrap();
        assert_eq!((last["kind"].as_str(), last["until"].as_str()), (Some("left_behind"), Some("2026-04-01")));
        assert!(open_duties(&t, DutyKind::ReviewAgeOut).is_empty());
        assert_eq!(differences(&t), []);
    }

    async fn the_ledger_is_shown_as_it_stood_on_a_day(t: TestApp) {
        let c = t.county();
        confirmed(&t, &c).await;
        t.pass_days(10);
        let director = t.as_person(c.director);
        let path = format!("/children/{}", c.child);
        let fields = json!({"name": "王晓雨", "sex": "female", "birth_date": "2017-05-20"});
        let changed = change(&t, &director, Method::PUT, &path, Some(fields), 2).await.expect(200);
        assert_eq!(changed["name"], "王晓雨");
        let then = t.get(&director, &format!("{path}?as_of=2026-03-05")).await.expect(200);
        assert_eq!((then["name"].as_str(), then["version"].as_i64()), (Some("王小雨"), Some(2)));
        let ledger = t.get(&director, "/ledger?as_of=2026-03-05").await.expect(200);
        assert_eq!(ledger["items"][0]["name"], "王小雨");
        assert_eq!(ledger["items"][0]["labels"], json!(["left_behind"]));
        assert_eq!(t.get(&director, "/ledger?as_of=2026-03-12").await.expect(200)["items"][0]["name"], "王晓雨");
        assert_eq!(t.get(&director, "/ledger?as_of=2026-03-01").await.expect(200)["items"], json!([]));
        assert_eq!(t.get(&t.as_person(c.director_b), "/ledger?as_of=2026-03-05").await.expect(200)["items"], json!([]));
        let versions = t.get(&director, &format!("{path}/versions")).await.expect(200);
        assert_eq!(versions["items"][0]["cause"], "child.edited");
        assert_eq!(versions["items"][0]["changed_by"], "李主任");
        let stored: Vec<String> = t.app.store.read(|conn| Ok(child_versions::table.select(child_versions::snapshot_sealed).load(conn)?)).unwrap();
        assert!(stored.iter().all(|text| text.starts_with("a1.")));
    }

    async fn a_child_moves_only_when_the_receiving_village_accepts(t: TestApp) {
        let c = t.county();
        let version = version(&confirmed(&t, &c).await);
        let (director, other) = (t.as_person(c.director), t.as_person(c.director_b));
        let path = format!("/children/{}/transfers", c.child);
        let wanted = json!({"to_village": VILLAGE_B, "reason": "随外婆到柳溪村居住"});
        let made = change(&t, &director, Method::POST, &path, Some(wanted.clone()), version).await.expect(201);
        let again = change(&t, &director, Method::POST, &path, Some(wanted), version).await;
        assert_eq!(again.problem(409), "transfer_open");
        let id = made["id"].as_i64().unwrap();
        assert_eq!(open_duties(&t, DutyKind::AcceptTransfer)[0].1, VILLAGE_B);
        assert_eq!(t.get(&other, &format!("/children/{}", c.child)).await.problem(404), "not_found");
        assert_eq!(t.get(&other, "/transfers?state=proposed").await.expect(200)["items"][0]["child_name"], "王小雨");
        let own = t.call(&director, Method::PUT, &format!("/transfers/{id}/acceptance"), None, &[]).await;
        assert_eq!(own.problem(404), "not_found");
        t.call(&other, Method::PUT, &format!("/transfers/{id}/acceptance"), None, &[]).await.expect(204);
        let twice = t.call(&other, Method::PUT, &format!("/transfers/{id}/acceptance"), None, &[]).await;
        assert_eq!(twice.problem(409), "transfer_decided");
        assert_eq!(t.get(&other, &format!("/children/{}", c.child)).await.expect(200)["village_code"], VILLAGE_B);
        assert_eq!(t.get(&director, &format!("/children/{}", c.child)).await.problem(404), "not_found");
        assert_eq!(open_duties(&t, DutyKind::ReconfirmRecord)[0].1, VILLAGE_B);
        assert!(open_duties(&t, DutyKind::AcceptTransfer).is_empty());
        assert_eq!(differences(&t), []);
    }

    async fn a_sibling_who_stays_keeps_the_household_and_the_one_who_moves_takes_the_same_people(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let sibling = json!({"village_code": VILLAGE, "household_id": c.household, "child": {"name": "王小雪", "sex": "female", "birth_date": "2019-05-20"}});
        let sibling = t.post(&director, "/children", sibling).await.expect(201);
        let wanted = json!({"to_village": VILLAGE_B, "reason": "转学"});
        let path = format!("/children/{}/transfers", c.child);
        let version = version(&record(&t, &c).await);
        let id = change(&t, &director, Method::POST, &path, Some(wanted), version).await.expect(201)["id"].as_i64().unwrap();
        let other = t.as_person(c.director_b);
        t.call(&other, Method::PUT, &format!("/transfers/{id}/acceptance"), None, &[]).await.expect(204);
        let moved = t.get(&other, &format!("/children/{}", c.child)).await.expect(200);
        assert_ne!(moved["household"]["id"], sibling["household"]["id"]);
        assert_eq!(moved["household"]["members"].as_array().unwrap().len(), 3);
        assert_eq!(kinds(&moved), ["left_behind"]);
        let stayed = t.get(&director, &format!("/children/{}", sibling["id"])).await.expect(200);
        assert_eq!(stayed["household"]["members"].as_array().unwrap().len(), 3);
        assert_eq!(differences(&t), []);
    }

    async fn an_exit_locks_the_record_and_the_township_can_restore_it(t: TestApp) {
        let c = t.county();
        let version = version(&confirmed(&t, &c).await);
        let director = t.as_person(c.director);
        let path = format!("/children/{}", c.child);
        let exit = format!("{path}/exit");
        change(&t, &director, Method::PUT, &exit, Some(json!({"reason": "moved_away"})), version).await.expect(204);
        let locked = record(&t, &c).await;
        assert_eq!((locked["state"].as_str(), kinds(&locked).len()), (Some("exited"), 0));
        let fields = json!({"name": "王小雨", "sex": "female", "birth_date": "2017-05-20"});
        let refused = change(&t, &director, Method::PUT, &path, Some(fields), version + 1).await;
        assert_eq!(refused.problem(409), "child_exited");
        assert!(open_duties(&t, DutyKind::ReconfirmRecord).is_empty());
        assert_eq!(t.get(&t.as_person(c.father), &path).await.problem(404), "not_found");
        assert_eq!(t.get(&director, "/children").await.expect(200)["items"], json!([]));
        assert_eq!(differences(&t), []);
        assert_eq!(change(&t, &director, Method::DELETE, &exit, None, version + 1).await.problem(403), "forbidden");
        change(&t, &t.as_person(c.supervisor), Method::DELETE, &exit, None, version + 1).await.expect(204);
        assert_eq!(kinds(&record(&t, &c).await), ["left_behind"]);
        assert_eq!(t.get(&t.as_person(c.father), &path).await.expect(200)["name"], "王小雨");
        assert_eq!(differences(&t), []);
    }

    async fn six_months_and_birthdays_change_labels_by_night_and_running_twice_changes_nothing(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        let body = json!({"village_code": VILLAGE, "child": {"name": "李小雪", "sex": "female", "birth_date": "2010-11-20"},
            "members": [
                {"person": {"name": "李大柱", "sex": "male"}, "member": {"kin": "father", "holds_guardianship": true},
                 "away": {"outside_county": true, "since": "2026-02-20"}},
                {"person": {"name": "罗秀英", "sex": "female"}, "member": {"kin": "mother", "holds_guardianship": true},
                 "away": {"outside_county": true, "since": "2026-01-20"}}]});
        let made = t.post(&director, "/children", body).await.expect(201);
        let path = format!("/children/{}", made["id"]);
        assert_eq!(kinds(&made), Vec::<String>::new());
        assert_eq!(relabel(&t).looked_at, 0);
        t.clock.set("2026-08-19T00:10:00+08:00".parse().unwrap());
        assert_eq!(relabel(&t).looked_at, 0);
        t.clock.set("2026-08-20T00:10:00+08:00".parse().unwrap());
        assert_eq!(relabel(&t), ledger::Relabelled { looked_at: 1, changed: 1 });
        assert_eq!(relabel(&t), ledger::Relabelled { looked_at: 0, changed: 0 });
        let child = t.get(&t.as_person(c.director), &path).await.expect(200);
        assert_eq!(kinds(&child), ["left_behind"]);
        assert_eq!(open_duties(&t, DutyKind::ReviewAgeOut).len(), 1);
        // A week of outage over the sixteenth birthday.
        t.clock.set("2026-11-27T00:10:00+08:00".parse().unwrap());
        assert_eq!(relabel(&t), ledger::Relabelled { looked_at: 1, changed: 1 });
        let child = t.get(&t.as_person(c.director), &path).await.expect(200);
        assert_eq!(kinds(&child), Vec::<String>::new());
        let history = t.get(&t.as_person(c.director), &format!("{path}/labels")).await.expect(200);
        assert_eq!(history[0]["until"], "2026-11-20");
        assert_eq!(open_duties(&t, DutyKind::ReviewAgeOut).len(), 1, "the review is owed until somebody makes it");
        let review = format!("{path}/age-reviews/16");
        change(&t, &t.as_person(c.director), Method::PUT, &review, Some(json!({"outcome": "stays", "note": "家庭仍有困难"})), version(&child)).await.expect(204);
        assert!(open_duties(&t, DutyKind::ReviewAgeOut).is_empty());
    }

    async fn a_review_too_early_is_refused_and_one_that_exits_waits_for_the_birthday(t: TestApp) {
        let c = t.county();
        let version = version(&confirmed(&t, &c).await);
        let path = format!("/children/{}/age-reviews", c.child);
        let director = t.as_person(c.director);
        let early = change(&t, &director, Method::PUT, &format!("{path}/16"), Some(json!({"outcome": "stays"})), version).await;
        assert_eq!(early.problem(409), "age_review_too_early");
        assert_eq!(change(&t, &director, Method::PUT, &format!("{path}/17"), Some(json!({"outcome": "stays"})), version).await.problem(404), "not_found");
        t.clock.set("2033-05-19T09:00:00+08:00".parse().unwrap());
        let exits = Some(json!({"outcome": "exits"}));
        let director = t.as_person(c.director);
        assert_eq!(change(&t, &director, Method::PUT, &format!("{path}/16"), exits.clone(), version).await.problem(409), "age_review_too_early");
        t.clock.set("2033-05-20T09:00:00+08:00".parse().unwrap());
        change(&t, &t.as_person(c.director), Method::PUT, &format!("{path}/16"), exits, version).await.expect(204);
        let record = record(&t, &c).await;
        assert_eq!((record["state"].as_str(), record["exit_reason"].as_str()), (Some("exited"), Some("aged_out")));
    }

    async fn health_gives_labels_and_hiv_leaves_no_trace(t: TestApp) {
        let c = t.county();
        confirmed(&t, &c).await;
        let (director, supervisor, admin) = (t.as_person(c.director), t.as_person(c.supervisor), t.as_person(c.administrator));
        let health = format!("/children/{}/health", c.child);
        let hiv = format!("/children/{}/hiv-status", c.child);
        assert_eq!(t.get(&supervisor, &hiv).await.problem(403), "not_named_reader");
        t.post(&admin, "/hiv-readers", json!({"person_id": c.supervisor, "area_code": TOWNSHIP})).await.expect(201);
        let before = record(&t, &c).await;
        t.put(&supervisor, &hiv, json!({"status": "positive", "since": "2025-01-01"})).await.expect(204);
        assert_eq!(record(&t, &c).await, before, "no version, no label, no list shows it");
        assert_eq!(t.get(&supervisor, &hiv).await.expect(200)["status"], "positive");
        assert_eq!(t.get(&director, &hiv).await.problem(403), "forbidden");
        let body = json!({"disability": {"grade": 2, "kind": "body", "since": "2024-01-01"}, "illness": "脑瘫"});
        change(&t, &director, Method::PUT, &health, Some(body), version(&before)).await.expect(200);
        let after = record(&t, &c).await;
        assert_eq!(kinds(&after), ["left_behind", "own_condition"]);
        assert_eq!(after["labels"][1]["reasons"].as_array().unwrap().len(), 1);
        assert_eq!(t.get(&supervisor, &hiv).await.expect(200)["status"], "positive");
        let stored: Vec<(String, String)> = t.app.store.read(|conn| {
            Ok(child_health::table.select((child_health::health_sealed, child_health::hiv_sealed)).load(conn)?)
        }).unwrap();
        assert!(stored.iter().all(|(health, hiv)| health.starts_with("a1.") && hiv.starts_with("a1.")));
        let reasons: Vec<String> = t.app.store.read(|conn| Ok(child_labels::table.select(child_labels::reasons_sealed).load(conn)?)).unwrap();
        for sealed in reasons {
            assert!(!t.app.vault.open(xiangban::crypto::Purpose::Narrative, &sealed).unwrap().contains("hiv"));
        }
        let change_on: Option<chrono::NaiveDate> = t.app.store.read(|conn| Ok(children::table.find(c.child).select(children::labels_change_on).first(conn)?)).unwrap();
        assert_eq!(change_on.unwrap().to_string(), "2033-05-20");
    }

    async fn the_family_sees_its_child_and_nothing_about_harm_or_the_others_whereabouts(t: TestApp) {
        let c = t.county();
        let version = version(&confirmed(&t, &c).await);
        let path = format!("/children/{}", c.child);
        let fact = json!({"kind": "abuse", "since": "2026-02-01", "evidence": "邻居反映"});
        let told = change(&t, &t.as_person(c.director), Method::POST, &format!("{path}/circumstances"), Some(fact), version).await.expect(200);
        assert_eq!(kinds(&told), ["left_behind", "safety"]);
        let seen = t.get(&t.as_person(c.father), &path).await.expect(200);
        assert_eq!(kinds(&seen), ["left_behind"]);
        assert_eq!(seen["circumstances"], json!([]));
        let members = seen["household"]["members"].as_array().unwrap();
        let (own, other) = (&members[0], &members[1]);
        assert_eq!((own["phone_masked"].is_string(), other["phone_masked"].is_string()), (true, false));
        assert_eq!((own["away"].is_object(), other["away"].is_object()), (true, false));
        let listed = t.get(&t.as_person(c.father), "/children").await.expect(200);
        assert_eq!(listed["items"][0]["labels"], json!(["left_behind"]));
        assert_eq!(t.get(&t.as_person(c.passer), "/children").await.expect(200)["items"], json!([]));
    }

    async fn children_are_found_by_name_label_village_freshness_number_and_phone(t: TestApp) {
        let c = t.county();
        let number = crate::support::made_up_number("20170520", 2);
        let fields = json!({"name": "王小雨", "sex": "female", "birth_date": "2017-05-20", "identity_number": number});
        let director = t.as_person(c.director);
        change(&t, &director, Method::PUT, &format!("/children/{}", c.child), Some(fields), 1).await.expect(200);
        for n in 0..3 {
            let body = json!({"village_code": VILLAGE, "child": {"name": format!("李小{}", ["甲", "乙", "丙"][n]), "sex": "male", "birth_date": "2018-05-20"}});
            t.post(&director, "/children", body).await.expect(201);
        }
        let found = async |query: &str| {
            let path = format!("/children?{query}");
            t.get(&director, &path).await.expect(200)["items"].as_array().unwrap().len()
        };
        assert_eq!(found("").await, 4);
        assert_eq!(found("q=%E5%B0%8F%E9%9B%A8").await, 1);
        assert_eq!(found("q=%25").await, 4, "a wildcard finds what an empty search finds");
        assert_eq!(found(&format!("q={number}")).await, 1);
        assert_eq!(found("q=13900000009").await, 1, "the father's phone");
        assert_eq!(found("label=left_behind").await, 1);
        assert_eq!(found("area_code=990101100202").await, 0);
        assert_eq!(found("confirmed_before=2026-03-02").await, 0);
        assert_eq!(found("confirmed_before=2026-03-03").await, 4);
        let first = t.get(&director, "/children?limit=3").await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = t.get(&director, &format!("/children?limit=3&cursor={cursor}")).await.expect(200);
        assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (3, 1));
        assert!(second["next_cursor"].is_null());
    }

    async fn the_school_sees_its_pupil_and_the_former_school_no_more(t: TestApp) {
        let c = t.county();
        let head = t.as_person(c.school_head);
        assert_eq!(t.get(&head, "/children").await.expect(200)["items"], json!([]));
        let path = format!("/children/{}/schooling", c.child);
        let body = json!({"schooling": {"school": "石桥镇中心小学", "enrolment": "enrolled"}, "school_id": c.school});
        let director = t.as_person(c.director);
        change(&t, &director, Method::PUT, &path, Some(body), 1).await.expect(200);
        assert_eq!(t.get(&head, "/children").await.expect(200)["items"][0]["name"], "王小雨");
        let body = json!({"schooling": {"enrolment": "dropped_out"}, "school_id": null});
        change(&t, &director, Method::PUT, &path, Some(body), 2).await.expect(200);
        assert_eq!(t.get(&head, "/children").await.expect(200)["items"], json!([]));
        let body = json!({"schooling": {}, "school_id": c.police_station});
        assert_eq!(change(&t, &director, Method::PUT, &path, Some(body), 3).await.problem(422), "invalid_input");
    }

    async fn a_parent_whose_guardianship_was_revoked_loses_sight_of_the_child(t: TestApp) {
        let c = t.county();
        let father = confirmed(&t, &c).await["household"]["members"][0]["id"].as_i64().unwrap();
        let fields = json!({"kin": "father", "holds_guardianship": false, "condition": "guardianship_revoked", "condition_since": "2026-03-01"});
        change(&t, &t.as_person(c.director), Method::PUT, &format!("/household-members/{father}"), Some(fields), 1).await.expect(200);
        assert_eq!(t.get(&t.as_person(c.father), &format!("/children/{}", c.child)).await.problem(404), "not_found");
        assert_eq!(t.get(&t.as_person(c.mother), &format!("/children/{}", c.child)).await.expect(200)["name"], "王小雨");
    }
}
