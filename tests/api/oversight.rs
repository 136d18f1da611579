use actix_web::http::Method;
use calamine::{Reader, Xlsx, open_workbook_from_rs};
use diesel::prelude::*;
use serde_json::json;
use xiangban::audit::verify;
use xiangban::duties::{DutyKind, differences, remind};
use xiangban::storage::schema::{access_log, duties, record_openings, reminders};
use xiangban::{audit, oversight};

use crate::on_both;
use crate::support::{County, TestApp};

const REASON: &str = "孩子在县城走失，派出所请求核对家庭情况";

async fn open(t: &TestApp, c: &County) -> serde_json::Value {
    let path = format!("/children/{}/openings", c.child);
    t.post(&t.as_person(c.administrator), &path, json!({"reason": REASON})).await.expect(201)
}

fn unexpected(t: &TestApp) -> Vec<xiangban::duties::Difference> {
    t.app
        .store
        .read(|conn| {
            let expected = oversight::expected(conn)?;
            differences(conn, oversight::KINDS, expected)
        })
        .unwrap()
}

on_both! {
    async fn the_family_sees_which_office_looked_but_no_person_and_not_the_police(t: TestApp) {
        let c = t.county();
        let path = format!("/children/{}", c.child);
        for staff in [c.director, c.supervisor] {
            t.get(&t.as_person(staff), &path).await.expect(200);
            t.pass_minutes(1);
        }
        t.get(&t.as_person(c.father), &path).await.expect(200);
        let entry = audit::Access {
            at: t.now(), person_id: c.police, post: Some("police_contact@990101100000".into()), organisation_id: Some(c.police_station),
            child_id: c.child, what: "child", fields: None, purpose: "cases.read", reason: None, from_address: None,
        };
        t.app.access_log.record(vec![entry]).await.unwrap();
        let seen = t.get(&t.as_person(c.father), &format!("{path}/access-log")).await.expect(200);
        let offices: Vec<_> = seen["items"].as_array().unwrap().iter().map(|line| line["office"].as_str().unwrap()).collect();
        assert_eq!(offices, ["石桥镇人民政府", "石板村（居）委会"]);
        assert_eq!(seen["items"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["at", "office"]);
        let first = t.get(&t.as_person(c.father), &format!("{path}/access-log?limit=1")).await.expect(200);
        let next = format!("{path}/access-log?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(t.get(&t.as_person(c.father), &next).await.expect(200)["items"][0]["office"], "石板村（居）委会");
    }

    async fn a_look_beyond_reach_needs_a_reason_is_kept_and_has_to_be_reviewed_by_somebody_else(t: TestApp) {
        let c = t.county();
        let administrator = t.as_person(c.administrator);
        t.get(&administrator, &format!("/children/{}", c.child)).await.problem(404);
        let short = json!({"reason": "看看"});
        assert_eq!(t.post(&administrator, &format!("/children/{}/openings", c.child), short).await.problem(422), "invalid_input");
        let opened = open(&t, &c).await;
        assert_eq!((&opened["record"]["name"], &opened["record"]["ethnicity"]), (&json!("王小雨"), &json!(null)));
        let (sealed, fields, purpose): (Option<String>, Option<String>, String) = t.app.store.read(|conn| {
            Ok(access_log::table.select((access_log::reason_sealed, access_log::fields, access_log::purpose))
                .order(access_log::id.desc()).first(conn)?)
        }).unwrap();
        assert_eq!(t.app.vault.open(xiangban::crypto::Purpose::Narrative, &sealed.unwrap()).unwrap(), REASON);
        assert_eq!((fields.as_deref(), purpose.as_str()), (Some("opened"), "oversight.open"));
        assert!(unexpected(&t).is_empty());

        let review = format!("/openings/{}/review", opened["id"]);
        let verdict = json!({"verdict": "justified", "note": "与派出所核实过"});
        assert_eq!(t.put(&administrator, &review, verdict.clone()).await.problem(409), "opening_own");
        let supervisor = t.as_person(c.supervisor);
        let waiting = t.get(&supervisor, "/openings?unreviewed=true").await.expect(200);
        assert_eq!((&waiting["items"][0]["reason"], &waiting["items"][0]["person_name"]), (&json!(REASON), &json!("郑县管")));
        t.put(&supervisor, &review, verdict.clone()).await.expect(200);
        assert_eq!(t.put(&supervisor, &review, verdict).await.problem(409), "opening_reviewed");
        assert!(t.get(&supervisor, "/openings?unreviewed=true").await.expect(200)["items"].as_array().unwrap().is_empty());
        assert!(unexpected(&t).is_empty());
    }

    async fn a_review_that_nobody_makes_rises_to_the_county(t: TestApp) {
        let c = t.county();
        open(&t, &c).await;
        let told = || -> Vec<i64> {
            remind(&t.app.store, &t.app.config.ladders, t.now()).unwrap();
            t.app.store.read(|conn| {
                Ok(reminders::table.inner_join(duties::table).filter(duties::kind.eq(DutyKind::ReviewOpening))
                    .select(reminders::person_id).order(reminders::id).load(conn)?)
            }).unwrap()
        };
        assert_eq!(told(), [c.supervisor]);
        t.pass_days(7);
        assert!(told().contains(&c.administrator), "the county hears of it");
    }

    async fn a_supervisor_s_own_look_is_reviewed_by_the_county(t: TestApp) {
        let c = t.county();
        let path = format!("/children/{}/openings", c.child);
        let own = t.post(&t.as_person(c.supervisor), &path, json!({"reason": REASON})).await;
        assert_eq!(own.problem(409), "opening_not_needed");
        let now = t.now();
        t.app.store.write(|tx| {
            xiangban::areas::add(tx, "990101101000", "河口镇", xiangban::areas::AreaLevel::Township, Some(crate::support::COUNTY))?;
            diesel::update(xiangban::storage::schema::posts::table.filter(xiangban::storage::schema::posts::person_id.eq(c.supervisor)))
                .set(xiangban::storage::schema::posts::area_code.eq("990101101000")).execute(tx)?;
            Ok(())
        }).unwrap();
        let opened = t.post(&t.as_person(c.supervisor), &path, json!({"reason": REASON})).await.expect(201);
        let owed: Vec<(Option<String>, String)> = t.app.store.read(|conn| {
            Ok(duties::table.filter(duties::kind.eq(DutyKind::ReviewOpening)).select((duties::owed_by_post, duties::area_code)).load(conn)?)
        }).unwrap();
        assert_eq!(owed, [(Some("county_administrator".to_owned()), crate::support::COUNTY.to_owned())]);
        let verdict = json!({"verdict": "unjustified"});
        t.put(&t.as_person(c.administrator), &format!("/openings/{}/review", opened["id"]), verdict).await.expect(200);
        let kept: i64 = t.app.store.read(|conn| {
            Ok(record_openings::table.filter(record_openings::reviewed_at.ge(now)).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(kept, 1);
    }

    async fn the_yearly_audit_counts_reads_by_office_and_says_whether_the_log_is_whole(t: TestApp) {
        let c = t.county();
        let director = t.as_person(c.director);
        for _ in 0..3 {
            t.get(&director, &format!("/children/{}", c.child)).await.expect(200);
        }
        t.post(&director, &format!("/children/{}/numbers", c.child), json!({"purpose": "电话联系家长"})).await.expect(200);
        open(&t, &c).await;
        let administrator = t.as_person(c.administrator);
        assert_eq!(t.get(&administrator, "/audit-reports/2031").await.problem(422), "invalid_input");
        let reply = t.call(&administrator, Method::GET, "/audit-reports/2026", None, &[]).await;
        assert_eq!(reply.status, 200);
        let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(reply.bytes)).unwrap();
        let mut rows = |name: &str| -> Vec<Vec<String>> {
            book.worksheet_range(name).unwrap().rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
        };
        let summary = rows("概况");
        let fact = |name: &str| summary.iter().find(|row| row[0] == name).unwrap()[1].clone();
        assert_eq!((fact("查看次数"), fact("超范围查看次数"), fact("其中尚未复核")), ("5".into(), "1".into(), "1".into()));
        assert_eq!(fact("日志是否完整"), "完整，未发现缺失或改动");
        let offices = rows("各单位查看");
        assert!(offices.contains(&["石板村（居）委会", "儿童档案", "3", "1"].map(str::to_owned).to_vec()), "{offices:?}");
        assert_eq!(rows("超范围查看")[1][2], "测试县民政局");
        assert!(!format!("{offices:?}{summary:?}").contains("王小雨"));

        t.app.store.write(|tx| Ok(diesel::delete(access_log::table.filter(access_log::place.eq(2))).execute(tx)?)).unwrap();
        let verdict = verify(&t.app.store, &t.app.vault, None, |_| {}).unwrap();
        assert_eq!(verdict.tampering, [audit::Tampering::Missing { first: 2, last: 2 }]);
    }
}
