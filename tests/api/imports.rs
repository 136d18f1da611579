//! A village's ledger coming in as a file and going out again.

use actix_web::http::Method;
use diesel::prelude::*;
use encoding_rs::GB18030;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Value, json};
use xiangban::children::Occasion;
use xiangban::children::export::{self, Numbers};
use xiangban::children::import::{self, Counts, Mode, Report, RunOutcome, Verdict};
use xiangban::storage::schema::{access_log, child_versions, children, household_members, people};

use crate::on_both;
use crate::support::{Engine, Reply, TestApp, VILLAGE, VILLAGE_B, made_up_number};

fn take(t: &TestApp, bytes: impl AsRef<[u8]>, mode: Mode, dry_run: bool) -> Report {
    let wanted = import::Wanted {
        village_code: VILLAGE.into(),
        file_name: "台账.csv".into(),
        bytes: bytes.as_ref().to_vec(),
        mode,
        dry_run,
    };
    import::run(&t.app.store, &Occasion::of(&t.app, t.now(), None), &wanted, |_, _| {}).unwrap()
}

fn verdicts(report: &Report) -> Vec<&'static str> {
    report.rows.iter().map(|row| row.verdict.as_str()).collect()
}

/// The codes of a row with the cells they stand at.
fn codes(report: &Report, row: usize) -> Vec<String> {
    let cell = |cell: &Option<String>| cell.as_ref().map_or_else(String::new, |cell| format!("{cell} "));
    report.rows[row].findings.iter().map(|finding| format!("{}{}", cell(&finding.cell), finding.code)).collect()
}

fn touched(report: &Report, row: usize) -> Vec<&str> {
    report.rows[row].touched.iter().map(|touched| touched.field.as_str()).collect()
}

fn versions(t: &TestApp) -> i64 {
    t.app.store.read(|conn| Ok(child_versions::table.count().get_result(conn)?)).unwrap()
}

fn count_children(t: &TestApp) -> i64 {
    t.app.store.read(|conn| Ok(children::table.count().get_result(conn)?)).unwrap()
}

/// Chinese in an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn upload(t: &TestApp, person: i64, query: &str, bytes: impl AsRef<[u8]>) -> Reply {
    let path = format!("/imports?village_code={VILLAGE}&{query}");
    let headers = [("content-type", "application/octet-stream")];
    t.call_raw(&t.as_person(person), Method::POST, &path, bytes.as_ref().to_vec(), &headers).await
}

const HEADINGS: &str = "姓名,性别,出生日期,身份证号,家庭住址,就读学校,年级,父亲姓名,父亲电话,父亲务工地点,父亲外出时间,父亲状况,母亲姓名,母亲电话,母亲状况,监护人姓名,与儿童关系,监护人电话,儿童类别,残疾情况,备注";

/// A ledger of two siblings and an orphan.
fn ledger() -> String {
    let [one, two, three] =
        [("20150308", 21), ("20170909", 22), ("20140202", 23)].map(|(date, order)| made_up_number(date, order));
    format!(
        "石板村留守儿童台账\n{HEADINGS}\n\
         张小满,男,2015.3.8,{one},石板村一组,石桥镇中心小学,五年级,张大山,13800000001,广东东莞,2023年3月,,李春花,13800000002,无监护能力,王桂兰,奶奶,13900000102,留守儿童/低保户,肢体三级,\n\
         张小雪,女,2017年9月9日,{two},石板村一组,石桥镇中心小学,三年级,张大山,13800000001,广东东莞,2023年3月,,李春花,13800000002,无监护能力,王桂兰,奶奶,13900000102,低保户,,喜欢画画\n\
         \n\
         赵小冬,男,20140202,{three},石板村二组,,,,,,,去世,,,去世,赵老汉,爷爷,,孤儿,,\n\
         合计,3人\n"
    )
}

on_both! {
    async fn a_ledger_comes_in_once_and_a_second_time_changes_nothing(t: TestApp) {
        let c = t.county();
        let made = upload(&t, c.director, &format!("file_name={}", encoded("a/b/台账.csv")), ledger()).await;
        assert!(made.location.as_deref().is_some_and(|location| location.starts_with("/api/v1/imports/")));
        let made = made.expect(201);
        assert_eq!(made["counts"], json!({"created": 3, "updated": 0, "unchanged": 0, "needs_person": 0}));
        assert_eq!((&made["outcome"], &made["file_name"], &made["imported_by"]), (&json!("applied"), &json!("台账.csv"), &json!("李主任")));
        let director = t.as_person(c.director);
        let found = t.get(&director, &format!("/children?area_code={VILLAGE}&q={}", encoded("张小满"))).await.expect(200);
        let record = t.get(&director, &format!("/children/{}", found["items"][0]["id"])).await.expect(200);
        assert_eq!(record["labels"][0]["kind"], "left_behind", "{record}");
        assert_eq!(record["household"]["members"].as_array().unwrap().len(), 3);
        assert_eq!(record["household"]["members"][0]["away"], json!({"place": "广东东莞", "outside_county": true, "since": "2023-03-01"}));
        assert_eq!(record["schooling"]["enrolment"], "enrolled");
        assert_eq!(record["school_id"], c.school, "the school is one of the county's, and sees its pupil");
        assert_eq!(record["circumstances"][0]["kind"], "minimum_living_allowance");
        let siblings = t.get(&director, &format!("/children?household_id={}", record["household"]["id"])).await.expect(200);
        assert_eq!(siblings["items"].as_array().unwrap().len(), 2, "one household for both");
        let orphan = t.get(&director, &format!("/children?q={}", encoded("赵小冬"))).await.expect(200);
        assert_eq!(orphan["items"][0]["labels"], json!(["orphan"]));
        let (before, people_before) = (versions(&t), t.app.store.read(|conn| Ok(people::table.count().get_result::<i64>(conn)?)).unwrap());
        t.pass_days(1);
        let again = upload(&t, c.director, "", ledger()).await.expect(201);
        assert_eq!(again["counts"], json!({"created": 0, "updated": 0, "unchanged": 3, "needs_person": 0}));
        assert_eq!(versions(&t), before, "no new version");
        assert_eq!(t.app.store.read(|conn| Ok(people::table.count().get_result::<i64>(conn)?)).unwrap(), people_before);
        let runs = t.get(&t.as_person(c.director), "/imports").await.expect(200);
        assert_eq!(runs["items"].as_array().unwrap().len(), 2);
        let expected = t.app.store.read(xiangban::children::duties::expected).unwrap();
        let differences = t.app.store.read(|conn| xiangban::duties::differences(conn, &xiangban::children::duties::KINDS, expected)).unwrap();
        assert_eq!(differences.len(), 1, "only the child that the harness wrote by hand has no duty: {differences:?}");
    }

    async fn news_in_a_row_become_one_version_and_the_verdict_names_the_cells(t: TestApp) {
        t.county();
        take(&t, ledger(), Mode::Good, false);
        let news = ledger().replace("五年级", "六年级").replace("13900000102", "13900000103").replace("喜欢画画", "喜欢唱歌");
        let before = versions(&t);
        let report = take(&t, &news, Mode::Good, false);
        assert_eq!(verdicts(&report), ["updated", "updated", "unchanged"]);
        assert_eq!(touched(&report, 0), ["child.grade", "carer.phone"]);
        assert_eq!(report.rows[0].touched[0].cell.as_deref(), Some("G3"));
        assert_eq!(report.rows[0].touched[0].heading.as_deref(), Some("年级"));
        assert_eq!(touched(&report, 1), ["child.remark"], "the carer of both is the same person");
        // Each child once for itself, and the sibling once for the household.
        assert_eq!(versions(&t) - before, 3);
        assert_eq!(verdicts(&take(&t, &news, Mode::Good, false)), ["unchanged"; 3]);
    }

    async fn siblings_whose_rows_contradict_each_other_do_not_change_the_ledger_to_and_fro(t: TestApp) {
        t.county();
        let file = ledger().replacen("石板村一组", "石板村五组", 1);
        let first = take(&t, &file, Mode::Good, false);
        assert_eq!(verdicts(&first), ["created"; 3]);
        assert!(codes(&first, 1).contains(&"E4 differs_from_row".to_owned()), "{:?}", codes(&first, 1));
        let second = take(&t, &file, Mode::Good, false);
        assert_eq!(verdicts(&second), ["unchanged"; 3]);
        assert!(codes(&second, 1).contains(&"E4 differs_from_row".to_owned()));
    }

    async fn what_needs_a_person_is_named_by_cell_and_the_good_rows_are_taken(t: TestApp) {
        let c = t.county();
        take(&t, ledger(), Mode::Good, false);
        let other = made_up_number("20150308", 41);
        let twin = made_up_number("20160606", 43);
        let broken = format!("{}{}", &twin[..17], if twin.ends_with('1') { '2' } else { '1' });
        let rows = [
            format!("张小满,男,2015.3.8,{other}"),                        // another number for a child of the ledger
            format!("钱小一,男,2016.6.6,{broken}"),                       // failed check digit
            "钱小二,男,2016.6.6,9.99999E+17".to_owned(),                  // lost digits
            "王小雨,女,2017-05-20,".to_owned(),                           // the county's own child, without number
            format!("孙小三,男,2016.6.6,{twin}"),
            format!("孙小三,男,2016.6.6,{twin},二组"),                    // twice, with another address
            "孙小四,,,".to_owned(),                                       // neither birth date nor sex
        ];
        let file = format!("姓名,性别,出生日期,身份证号,住址\n{}\n", rows.join("\n"));
        let refused = take(&t, &file, Mode::All, false);
        assert_eq!(refused.outcome, RunOutcome::Refused);
        assert_eq!(count_children(&t), 4, "nothing of a refused file stays");
        assert!(refused.rows.iter().all(|row| row.verdict != Verdict::Created || row.child_id.is_none()));
        let taken = take(&t, &file, Mode::Good, false);
        assert_eq!(verdicts(&taken), verdicts(&refused));
        assert_eq!(verdicts(&taken), ["needs_person", "needs_person", "needs_person", "unchanged", "created", "needs_person", "needs_person"]);
        assert_eq!(codes(&taken, 0), ["D2 identity_differs_from_ledger"]);
        assert_eq!(codes(&taken, 1), ["D3 identity_checksum"]);
        assert_eq!(codes(&taken, 2), ["D4 identity_scientific_notation"]);
        assert_eq!(taken.rows[3].child_id, Some(c.child));
        assert!(codes(&taken, 5).contains(&"duplicate_conflict".to_owned()));
        assert!(codes(&taken, 6).contains(&"birth_unknown".to_owned()));
        assert_eq!(count_children(&t), 5);
    }

    async fn a_child_of_another_village_or_off_the_ledger_is_not_taken(t: TestApp) {
        let c = t.county();
        take(&t, ledger(), Mode::Good, false);
        let wanted = import::Wanted {
            village_code: VILLAGE_B.into(), file_name: "b.csv".into(), bytes: ledger().into_bytes(), mode: Mode::Good, dry_run: false,
        };
        let report = import::run(&t.app.store, &Occasion::of(&t.app, t.now(), None), &wanted, |_, _| {}).unwrap();
        assert_eq!(verdicts(&report), ["needs_person"; 3]);
        assert!(codes(&report, 0).contains(&"D3 child_elsewhere".to_owned()), "{:?}", codes(&report, 0));
        let unnumbered = "姓名,性别,出生日期\n王小雨,女,2017.5.20\n";
        let wanted = import::Wanted { bytes: unnumbered.into(), ..wanted };
        let report = import::run(&t.app.store, &Occasion::of(&t.app, t.now(), None), &wanted, |_, _| {}).unwrap();
        assert_eq!(codes(&report, 0), ["identity_empty", "A2 child_may_be_elsewhere"]);
        let exit = format!("/children/{}/exit", c.child);
        t.call(&t.as_person(c.director), Method::PUT, &exit, Some(json!({"reason": "other"})), &[("if-match", "\"1\"")]).await.expect(204);
        let report = take(&t, unnumbered, Mode::Good, false);
        assert_eq!(codes(&report, 0), ["identity_empty", "A2 child_has_left"]);
        let stray = take(&t, "姓名,性别,出生日期,村\n周小一,女,2017.5.20,柳溪村\n周小二,女,2017.5.21,石桥镇石板村\n", Mode::Good, false);
        assert_eq!(verdicts(&stray), ["needs_person", "created"]);
        assert_eq!(codes(&stray, 0)[1], "D2 village_unknown");
    }

    async fn another_father_needs_a_person_and_a_verified_phone_a_death_and_a_return_stand(t: TestApp) {
        let c = t.county();
        let row = |father: &str| format!("姓名,性别,出生日期,{father}\n");
        let file = row("父亲姓名") + "王小雨,女,2017.5.20,陈别人\n";
        let report = take(&t, &file, Mode::Good, false);
        assert_eq!(codes(&report, 0), ["identity_empty", "D2 parent_differs_from_ledger"]);
        let set = |state: &'static str, condition: &'static str| {
            t.app.store.write(|tx| {
                diesel::update(people::table.find(c.father)).set(people::phone_state.eq(state)).execute(tx)?;
                diesel::update(household_members::table.filter(household_members::person_id.eq(c.mother)))
                    .set(household_members::condition.eq(condition))
                    .execute(tx)?;
                Ok(())
            }).unwrap();
        };
        set("verified", "dead");
        let file = row("父亲姓名,父亲电话,母亲姓名,母亲状况,母亲务工地点") + "王小雨,女,2017.5.20,王大山,13700000007,陈小梅,重病,\n";
        let report = take(&t, &file, Mode::Good, false);
        assert_eq!(codes(&report, 0), ["identity_empty", "E2 phone_differs_from_verified", "G2 condition_better_than_ledger"]);
        assert_eq!(verdicts(&report), ["unchanged"]);
        let file = row("父亲姓名,父亲务工地点,父亲外出时间") + "王小雨,女,2017.5.20,王大山,在家务农,\n";
        assert_eq!(codes(&take(&t, &file, Mode::Good, false), 0), ["identity_empty", "E2 home_needs_date"]);
        set("unverified", "able");
        let file = row("父亲姓名,父亲电话,母亲姓名,母亲状况") + "王小雨,女,2017.5.20,王大山,13700000007,陈小梅,去世\n";
        let report = take(&t, &file, Mode::Good, false);
        assert_eq!(touched(&report, 0), ["father.phone", "mother.condition"]);
    }

    async fn a_row_is_put_right_and_taken_and_then_it_is_settled(t: TestApp) {
        let c = t.county();
        let number = made_up_number("20160606", 43);
        let file = format!("姓名,性别,身份证号,父亲姓名,父亲电话\n钱小一,男,{}0,钱大,13800000009\n钱小二,,,钱大,13800000009\n", &number[..16]);
        let made = upload(&t, c.director, "", &file).await.expect(201);
        assert_eq!(made["counts"]["needs_person"], 2);
        let path = format!("/imports/{}", made["id"]);
        let director = t.as_person(c.director);
        let rows = t.get(&director, &format!("{path}?verdict=needs_person&limit=1")).await.expect(200);
        assert_eq!(rows["rows"]["items"][0]["place"], 1);
        assert!(rows["rows"]["next_cursor"].is_string());
        let cells = t.get(&director, &format!("{path}/rows/1")).await.expect(200);
        let cell = cells["cells"].as_array().unwrap().iter().find(|cell| cell["field"] == "child.identity_number").unwrap();
        assert_eq!((&cell["cell"], &cell["heading"]), (&json!("C2"), &json!("身份证号")));
        let correct = async |place: i64, body: Value| t.post(&director, &format!("{path}/rows/{place}"), body).await;
        assert_eq!(correct(1, json!({"cells": {"天气": "晴"}})).await.problem(422), "invalid_input");
        let still = correct(1, json!({"cells": {"C2": "123"}})).await.expect(200);
        assert_eq!((&still["verdict"], &still["findings"][0]["code"]), (&json!("needs_person"), &json!("identity_wrong_length")));
        let taken = correct(1, json!({"cells": {"C2": number}})).await.expect(200);
        assert_eq!(taken["verdict"], "created", "{taken}");
        assert_eq!(correct(1, json!({})).await.problem(409), "import_row_settled");
        // A column that the file lacks is named as villages name it.
        let taken = correct(2, json!({"cells": {"性别": "女", "出生日期": "2018.1.2"}})).await.expect(200);
        assert_eq!(taken["verdict"], "created", "{taken}");
        let siblings: Vec<i64> = t.app.store.read(|conn| {
            Ok(children::table.filter(children::name.like("钱小%")).select(children::household_id).load(conn)?)
        }).unwrap();
        assert_eq!(siblings[0], siblings[1]);
        assert_eq!(t.get(&t.as_person(c.director_b), &path).await.problem(404), "not_found");
        assert_eq!(t.get(&director, &path).await.expect(200)["import"]["counts"]["created"], 2);
    }

    async fn a_person_decides_whom_a_row_means(t: TestApp) {
        let c = t.county();
        take(&t, ledger(), Mode::Good, false);
        let other = made_up_number("20150308", 41);
        let file = format!("姓名,性别,出生日期,身份证号\n张小满,男,2015.3.8,{other}\n张小满,男,2015.3.8,{}\n", made_up_number("20150308", 43));
        let made = upload(&t, c.director, "", &file).await.expect(201);
        let path = format!("/imports/{}/rows", made["id"]);
        let director = t.as_person(c.director);
        let held: i64 = t.app.store.read(|conn| {
            Ok(children::table.filter(children::name.eq("张小满")).select(children::id).first(conn)?)
        }).unwrap();
        let wrong = t.post(&director, &format!("{path}/1"), json!({"child_id": 999_999})).await;
        assert_eq!(wrong.problem(404), "not_found");
        let both = t.post(&director, &format!("{path}/1"), json!({"child_id": held, "new_child": true})).await;
        assert_eq!(both.problem(422), "invalid_input");
        let is = t.post(&director, &format!("{path}/1"), json!({"child_id": held})).await.expect(200);
        assert_eq!((&is["verdict"], &is["touched"][0]["field"]), (&json!("updated"), &json!("child.identity_number")));
        let new = t.post(&director, &format!("{path}/2"), json!({"new_child": true})).await.expect(200);
        assert_eq!(new["verdict"], "created");
        assert_eq!(count_children(&t), 5);
    }

    async fn a_rehearsal_is_put_right_and_then_applied_without_another_upload(t: TestApp) {
        let c = t.county();
        let number = made_up_number("20160606", 43);
        let file = format!("{}\n钱小一,男,,{}\n", ledger().trim_end().replace("合计,3人", ""), &number[..17]);
        let made = upload(&t, c.director, "dry_run=true&mode=all", &file).await.expect(201);
        assert_eq!((&made["outcome"], count_children(&t)), (&json!("rehearsed"), 1));
        let director = t.as_person(c.director);
        let path = format!("/imports/{}", made["id"]);
        let all = json!({"mode": "all"});
        let refused = t.put(&director, &format!("{path}/application"), all.clone()).await.expect(200);
        assert_eq!((&refused["outcome"], count_children(&t)), (&json!("refused"), 1));
        let row = t.post(&director, &format!("{path}/rows/4"), json!({"cells": {"身份证号": number}})).await.expect(200);
        assert_eq!((&row["verdict"], &row["child_id"]), (&json!("created"), &Value::Null));
        let applied = t.put(&director, &format!("{path}/application"), all.clone()).await.expect(200);
        assert_eq!((&applied["outcome"], &applied["counts"]["created"], count_children(&t)), (&json!("applied"), &json!(4), 5));
        assert_eq!(t.put(&director, &format!("{path}/application"), all).await.problem(409), "import_applied");
        let rows = t.get(&director, &path).await.expect(200);
        assert!(rows["rows"]["items"][3]["child_id"].is_i64());
    }

    async fn what_goes_out_comes_in_again_unchanged(t: TestApp) {
        let c = t.county();
        take(&t, ledger(), Mode::Good, false);
        t.call(&t.as_person(c.director), Method::PUT, &format!("/children/{}/confirmation", c.child), None, &[("if-match", "\"1\"")])
            .await
            .expect(200);
        let before = versions(&t);
        for (query, notes) in [(format!("numbers=full&purpose={}", encoded("报送镇民政办")), false), (String::new(), true)] {
            let out = t.get(&t.as_person(c.director), &format!("/ledger/export?village_code={VILLAGE}&{query}")).await;
            assert_eq!(out.status, 200);
            let report = take(&t, &out.bytes, Mode::All, false);
            assert_eq!(verdicts(&report), ["unchanged"; 4], "{:?}", report.rows.iter().map(|row| (&row.findings, &row.touched)).collect::<Vec<_>>());
            let said: Vec<_> = report.rows.iter().flat_map(|row| &row.findings).map(|finding| finding.code.as_str()).collect();
            let expected = if notes { vec!["identity_masked", "phone_masked", "identity_empty"] } else { vec!["identity_empty"] };
            assert!(said.iter().all(|code| expected.contains(code)), "{said:?}");
        }
        assert_eq!(versions(&t), before);
        let logged: Vec<(String, Option<String>)> = t.app.store.read(|conn| {
            Ok(access_log::table
                .filter(access_log::child_id.eq(c.child))
                .filter(access_log::what.eq("export"))
                .select((access_log::purpose, access_log::reason_sealed))
                .order(access_log::id)
                .load(conn)?)
        }).unwrap();
        let reasons: Vec<_> = logged.iter().map(|(purpose, reason)| {
            let reason = t.app.vault.open_option(xiangban::crypto::Purpose::Narrative, reason.as_deref()).unwrap();
            (purpose.as_str(), reason)
        }).collect();
        assert_eq!(reasons, [("children.export", Some("报送镇民政办".to_owned())), ("children.export", None)]);
        // Each file bears the number under which it is on record, so that it leads back to whoever took it.
        let out = t.get(&t.as_person(c.director), &format!("/ledger/export?village_code={VILLAGE}")).await;
        let taken = t.get(&t.as_person(c.supervisor), "/handed-out-files").await.expect(200);
        let newest = &taken["items"][0];
        assert_eq!(taken["items"].as_array().unwrap().len(), 3);
        assert_eq!((&newest["kind"], &newest["person_id"], &newest["rows"]), (&json!("ledger.exported"), &json!(c.director), &json!(4)));
        let full: Vec<_> = taken["items"].as_array().unwrap().iter().map(|file| file["full_numbers"].as_bool().unwrap()).collect();
        assert_eq!(full, [false, false, true]);
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(out.bytes.to_vec())).unwrap();
        let title = calamine::Reader::worksheet_range_at(&mut book, 0).unwrap().unwrap().get((0, 0)).unwrap().to_string();
        let number = newest["number"].as_str().unwrap();
        assert!(title.contains(&format!("编号{number}　村（居）儿童主任 ")) && title.contains("不得转发"), "{title}");
    }

    async fn an_export_masks_numbers_unless_a_purpose_is_given_and_holds_no_formula(t: TestApp) {
        let c = t.county();
        let number = made_up_number("20150308", 21);
        let file = ledger().replace("喜欢画画", "=1+1").replace("石板村二组", "@SUM(A1)");
        take(&t, &file, Mode::Good, false);
        let path = format!("/ledger/export?village_code={VILLAGE}");
        let director = t.as_person(c.director);
        assert_eq!(t.get(&director, &format!("{path}&numbers=full")).await.problem(422), "invalid_input");
        assert_eq!(t.get(&director, "/ledger/export?village_code=5").await.problem(404), "not_found");
        let cells = |bytes: &[u8]| {
            use calamine::{Data, Reader, Xlsx};
            let mut book = Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
            let sheet = book.worksheet_range_at(0).unwrap().unwrap();
            assert!(sheet.used_cells().all(|(_, _, cell)| matches!(cell, Data::String(_))), "text cells only");
            assert_eq!(book.worksheet_formula(&book.sheet_names()[0].clone()).unwrap().used_cells().count(), 0);
            sheet.used_cells().map(|(_, _, cell)| cell.to_string()).collect::<Vec<_>>()
        };
        let masked = cells(&t.get(&director, &path).await.bytes);
        assert!(!masked.contains(&number) && masked.iter().any(|cell| cell.starts_with("999999****")));
        assert!(masked.contains(&"138****0001".to_owned()) && masked.contains(&"=1+1".to_owned()));
        let full = cells(&t.get(&director, &format!("{path}&numbers=full&purpose={}", encoded("核对身份"))).await.bytes);
        assert!(full.contains(&number) && full.contains(&"13800000001".to_owned()));
    }
}

/// The ledger of a village with a merged title, two rows of headings in an order of its own, dates as text and as
/// dates, numbers that the spreadsheet damaged, blank rows and sums.
fn messy_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let plain = Format::new();
    let dated = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 10, "石板村留守儿童花名册", &plain).unwrap();
    sheet.merge_range(1, 0, 1, 10, "填报单位：石板村村民委员会", &plain).unwrap();
    for (column, heading) in
        [(0u16, "序号"), (1, "与儿童关系"), (2, "身份证号码"), (3, "儿童姓名"), (4, "出生年月日"), (5, "性 别")]
    {
        sheet.merge_range(2, column, 3, column, heading, &plain).unwrap();
    }
    sheet.merge_range(2, 6, 2, 8, "父亲情况", &plain).unwrap();
    for (column, heading) in [(6u16, "姓名"), (7, "联系电话"), (8, "外出时间")] {
        sheet.write_string(3, column, heading).unwrap();
    }
    sheet.merge_range(2, 9, 3, 9, "监护人姓名", &plain).unwrap();
    let child = |sheet: &mut rust_xlsxwriter::Worksheet, row: u32, name: &str, sex: &str| {
        sheet.write_string(row, 3, name).unwrap().write_string(row, 5, sex).unwrap();
        sheet.write_string(row, 1, "奶奶").unwrap().write_string(row, 9, "王桂兰").unwrap();
    };
    child(sheet, 4, "张小满", "男");
    sheet.write_string(4, 4, "2015.3.8").unwrap().write_string(4, 2, made_up_number("20150308", 21)).unwrap();
    child(sheet, 5, "张小雪", "女");
    sheet
        .write_datetime_with_format(5, 4, rust_xlsxwriter::ExcelDateTime::from_ymd(2017, 9, 9).unwrap(), &dated)
        .unwrap();
    sheet.write_string(5, 2, made_up_number("20170909", 22)).unwrap();
    sheet.merge_range(4, 6, 5, 6, "张大山", &plain).unwrap();
    sheet.merge_range(4, 7, 5, 7, "", &plain).unwrap();
    sheet.write_number(4, 7, 13_800_000_001.0).unwrap();
    sheet.write_string(4, 8, "2023年3月").unwrap();
    sheet.write_string(7, 0, "小计").unwrap().write_string(7, 1, "2").unwrap();
    child(sheet, 8, "李小三", "男");
    sheet.write_number(8, 2, 999_999_201_601_010_001.0).unwrap();
    child(sheet, 9, "张小满", "男");
    sheet.write_string(9, 4, "2015-03-08").unwrap().write_string(9, 2, made_up_number("20150308", 21)).unwrap();
    sheet.write_string(11, 0, "填表人：赵某").unwrap();
    book.save_to_buffer().unwrap()
}

on_both! {
    async fn a_messy_workbook_gets_a_verdict_for_every_row(t: TestApp) {
        t.county();
        let report = take(&t, messy_workbook(), Mode::Good, true);
        assert_eq!((report.outcome, count_children(&t)), (RunOutcome::Rehearsed, 1));
        assert_eq!(verdicts(&report), ["created", "created", "needs_person", "needs_person"]);
        assert_eq!(report.rows.iter().map(|row| row.row.number).collect::<Vec<_>>(), [5, 6, 9, 10]);
        assert!(codes(&report, 2).iter().any(|code| code == "C9 identity_lost_digits"), "{:?}", codes(&report, 2));
        assert_eq!(codes(&report, 3), ["duplicate_conflict"]);
        let real = take(&t, messy_workbook(), Mode::Good, false);
        assert_eq!(verdicts(&real), verdicts(&report));
        let households: Vec<i64> = t.app.store.read(|conn| {
            Ok(children::table.filter(children::name.like("张小%")).select(children::household_id).load(conn)?)
        }).unwrap();
        assert_eq!((households.len(), households[0] == households[1]), (2, true), "the father's merged cell makes them siblings");
        // What the rest waits for stays the same when the file is read again.
        assert_eq!(verdicts(&take(&t, messy_workbook(), Mode::Good, false)), ["unchanged", "unchanged", "needs_person", "needs_person"]);
    }
}

#[actix_web::test]
async fn a_ledger_in_the_old_encoding_is_the_same_ledger() {
    let t = TestApp::new(Engine::Sqlite);
    t.county();
    let text = ledger();
    let (legacy, _, _) = GB18030.encode(&text);
    assert_eq!(verdicts(&take(&t, &legacy, Mode::All, false)), ["created"; 3]);
    assert_eq!(verdicts(&take(&t, ledger(), Mode::All, false)), ["unchanged"; 3]);
}

#[actix_web::test]
async fn a_file_that_is_no_ledger_is_refused_with_the_reason() {
    let t = TestApp::with(Engine::Sqlite, |config| config.server.max_upload_bytes = 4_000);
    let c = t.county();
    for (bytes, why) in [(b"".as_slice(), ""), (b"PK\x03\x04 no zip", ""), ("姓名,年龄\n一,2\n".as_bytes(), "")] {
        let refused = upload(&t, c.director, "", bytes).await;
        assert_eq!(refused.problem(422), "sheet_refused");
        assert!(refused.body["detail"].as_str().is_some_and(|text| text.contains(why) && !text.is_empty()));
    }
    assert_eq!(upload(&t, c.director, "", vec![b'x'; 5_000]).await.problem(413), "too_large");
    let township = format!("/imports?village_code={}", crate::support::TOWNSHIP);
    assert_eq!(
        t.call_raw(&t.as_person(c.supervisor), Method::POST, &township, ledger().into_bytes(), &[]).await.problem(422),
        "invalid_input"
    );
}

fn a_word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["张小满", "张小雪", "李小三", "王小雨", "去世", "张大山", "陈小梅", "王大山", "无", ""])
}

fn a_row() -> impl Strategy<Value = String> {
    let numbers = vec![
        made_up_number("20150308", 21),
        made_up_number("20170909", 22),
        made_up_number("20150308", 25),
        "99999920150308".to_owned(),
        String::new(),
    ];
    let dates = prop::sample::select(vec!["2015.3.8", "2017年9月9日", "20150308", "2015年3月", ""]);
    let phones = prop::sample::select(vec!["13800000001", "138 0000 0002", "13900000009/13800000003", ""]);
    let since = prop::sample::select(vec!["2023年3月", "3年", "2024.5.6", ""]);
    let facts = prop::sample::select(vec!["留守儿童", "低保户", "孤儿、脱贫户", "外星人", ""]);
    (
        a_word(),
        prop::sample::select(vec!["男", "女", ""]),
        dates,
        prop::sample::select(numbers),
        a_word(),
        phones,
        since,
        a_word(),
        a_word(),
        facts,
    )
        .prop_map(|(name, sex, born, number, father, phone, since, mother, carer, facts)| {
            format!("{name},{sex},{born},{number},{father},{phone},{since},{mother},{carer},奶奶,{facts}")
        })
}

/// On one ledger that grows from file to file, so that every kind of match comes up.
#[actix_web::test]
async fn a_rehearsal_promises_exactly_what_the_run_does_and_a_second_run_does_nothing() {
    let t = TestApp::new(Engine::Sqlite);
    t.county();
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let files = (prop::collection::vec(a_row(), 1..9), prop::bool::ANY);
    let heading =
        "姓名,性别,出生日期,身份证号,父亲姓名,父亲电话,父亲外出时间,母亲姓名,监护人姓名,与儿童关系,儿童类别\n";
    runner
        .run(&files, |(rows, all)| {
            let file = format!("{heading}{}\n", rows.join("\n"));
            let mode = if all { Mode::All } else { Mode::Good };
            if rows.iter().all(|row| row.starts_with(",,,,,,,,")) {
                return Ok(());
            }
            let said = |report: &Report| -> Vec<_> {
                report.rows.iter().map(|row| (row.verdict, row.touched.clone(), row.findings.clone())).collect()
            };
            let before = versions(&t);
            let rehearsed = take(&t, &file, mode, true);
            prop_assert_eq!(versions(&t), before);
            let real = take(&t, &file, mode, false);
            prop_assert_eq!(said(&rehearsed), said(&real));
            let after = versions(&t);
            if real.outcome == RunOutcome::Refused {
                prop_assert_eq!(after, before);
            }
            let again = take(&t, &file, mode, false);
            if real.outcome == RunOutcome::Applied {
                let counts = Counts::of(&again.rows);
                prop_assert_eq!((counts.created, counts.updated), (0, 0), "{}", file);
                prop_assert_eq!(versions(&t), after);
            }
            Ok(())
        })
        .unwrap();
}

#[actix_web::test]
async fn the_whole_demo_county_goes_out_and_comes_in_unchanged() {
    let t = TestApp::new(Engine::Sqlite);
    let began = std::time::Instant::now();
    xiangban::demo::load_ledgers(&t.app, t.now()).unwrap();
    eprintln!("demo loaded in {:?}", began.elapsed());
    let ground = xiangban::demo::Ground::read().unwrap();
    let occasion = Occasion::of(&t.app, t.now(), None);
    let before = versions(&t);
    for village in ground.county.villages() {
        let out = export::of_village(&occasion, &village.code, Numbers::Full).unwrap();
        let wanted = import::Wanted {
            village_code: village.code.clone(),
            file_name: out.file_name,
            bytes: out.bytes,
            mode: Mode::All,
            dry_run: false,
        };
        let report = import::run(&t.app.store, &occasion, &wanted, |_, _| {}).unwrap();
        assert_eq!(
            report.counts.unchanged,
            30,
            "{}: {:?}",
            village.code,
            report.rows.iter().map(|row| (&row.touched, &row.findings)).collect::<Vec<_>>()
        );
    }
    assert_eq!(versions(&t), before);
}

#[actix_web::test]
async fn a_ledger_kept_by_hand_is_taken_but_for_the_rows_that_need_a_person() {
    let t = TestApp::new(Engine::Sqlite);
    xiangban::demo::load_ledgers(&t.app, t.now()).unwrap();
    let ground = xiangban::demo::Ground::read().unwrap();
    let (village, bytes) = xiangban::demo::ledger_by_hand(&ground, t.today()).unwrap();
    let occasion = Occasion::of(&t.app, t.now(), None);
    let wanted = import::Wanted {
        village_code: village.code,
        file_name: "手工.xlsx".into(),
        bytes,
        mode: Mode::Good,
        dry_run: false,
    };
    let began = std::time::Instant::now();
    let report = import::run(&t.app.store, &occasion, &wanted, |_, _| {}).unwrap();
    eprintln!("{} rows in {:?}: {:?}", report.rows.len(), began.elapsed(), report.counts);
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for finding in report.rows.iter().flat_map(|row| &row.findings) {
        *codes.entry(format!("{} {}", finding.weight, finding.code)).or_default() += 1;
    }
    assert!(
        report.rows.len() > 295 && report.counts.created > 200 && report.counts.updated > 0,
        "{:?} {codes:#?}",
        report.counts
    );
    assert!((20..60).contains(&report.counts.needs_person), "{:?} {codes:#?}", report.counts);
    let again = import::run(&t.app.store, &occasion, &wanted, |_, _| {}).unwrap();
    assert_eq!(
        (again.counts.created, again.counts.updated),
        (0, 0),
        "{:?}",
        again.rows.iter().filter(|row| row.verdict == Verdict::Updated).map(|row| &row.touched).collect::<Vec<_>>()
    );
    assert_eq!(again.counts.needs_person, report.counts.needs_person);
}
