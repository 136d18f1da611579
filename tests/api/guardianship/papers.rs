//! Papers: what stands without the press, and, in a build with documents, everything from typesetting to the check.

use serde_json::json;

use super::{path, village};
use crate::on_both;

on_both! {
    async fn whoever_holds_a_paper_sees_its_state_by_number_and_short_hash_and_nothing_personal(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let (number, short) = (agreement["number"].as_str().unwrap(), agreement["short_hash"].as_str().unwrap());
        let place = format!("/public/agreement-checks/{number}/{short}");
        let reply = t.get(&t.stranger(), &place).await;
        let text = String::from_utf8(reply.bytes.clone()).unwrap();
        let found = reply.expect(200);
        assert_eq!((&found["state"], &found["signed"], &found["parties"]), (&json!("in_force"), &json!(5), &json!(5)));
        assert_eq!(found["document_hash"], agreement["document_hash"]);
        for personal in ["王", "赵桂兰", "1390000", "石板村"] {
            assert!(!text.contains(personal), "{personal}");
        }
        let wrong = format!("/public/agreement-checks/{number}/00000000");
        assert_eq!(t.get(&t.stranger(), &wrong).await.problem(404), "check_not_found");
        let other = format!("/public/agreement-checks/WT-2025-{:06}/{short}", agreement["id"].as_i64().unwrap());
        assert_eq!(t.get(&t.stranger(), &other).await.problem(404), "check_not_found");
    }

    async fn the_page_behind_the_qr_code_is_there_without_an_account(t: TestApp) {
        let page = t.get(&t.stranger(), "//check/WT-2026-000017/ab12cd34").await;
        assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
        assert!(String::from_utf8(page.bytes).unwrap().contains("核对委托照护协议"));
        assert_eq!(t.get(&t.stranger(), "//check/check.js").await.status, 200);
    }

    async fn an_agreement_in_force_waits_for_its_paper(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        assert_eq!(agreement["paper"]["state"], "due");
        let asked = t.get(&v.director(), &path(&agreement, "document.pdf?form=sealed")).await;
        assert_eq!(asked.problem(409), "paper_not_ready");
    }

    async fn a_file_that_is_neither_paper_nor_bundle_is_refused(t: TestApp) {
        let sent = t.call_raw(&t.stranger(), actix_web::http::Method::POST, "/public/document-checks", b"hello".to_vec(), &[]).await;
        assert_eq!(sent.problem(422), "not_a_bundle");
    }

    async fn a_bundle_holds_and_every_changed_file_in_it_is_noticed(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let bundle = t.get(&t.as_person(v.c.father), &path(&agreement, "evidence-bundle")).await;
        assert_eq!((bundle.status, bundle.content_type.as_str()), (200, "application/zip"));
        let check = |bytes: Vec<u8>| t_check(&t, bytes);
        let verdict = check(bundle.bytes.clone()).await;
        assert_eq!(verdict["holds"], true, "{verdict}");
        assert_eq!(verdict["number"], agreement["number"]);
        for code in ["files", "document", "chain", "strokes", "notices", "known"] {
            assert_eq!(weight(&verdict, code), "ok", "{code}: {verdict}");
        }
        for name in names(&bundle.bytes) {
            let verdict = check(rewritten(&bundle.bytes, &name, |content| {
                let middle = content.len() / 2;
                content[middle] ^= 1;
            })).await;
            assert_ne!(verdict["holds"], true, "{name}: {verdict}");
        }
        // An event taken out together with its place in the manifest: the head still tells.
        let shorter = check(rewritten(&bundle.bytes, "events.json", |content| {
            let mut events: Vec<serde_json::Value> = serde_json::from_slice(content).unwrap();
            events.remove(3);
            *content = serde_json::to_vec(&events).unwrap();
        })).await;
        assert_eq!(weight(&shorter, "chain"), "bad");
    }
}

#[cfg(not(feature = "documents"))]
on_both! {
    async fn a_build_without_documents_says_so_and_lets_everything_else_go_on(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let father = t.as_person(v.c.father);
        assert_eq!(t.get(&father, &path(&agreement, "document.pdf")).await.problem(503), "documents_not_built");
        let body = json!({"text": "{{ addressee }}"});
        let trial = t.post(&t.as_person(v.c.supervisor), "/wordings/notice/trial", body).await.expect(200);
        assert_eq!(trial["holds"], false);
    }
}

/// Checks a file as anybody can.
pub async fn t_check(t: &crate::support::TestApp, bytes: Vec<u8>) -> serde_json::Value {
    let headers = [("content-type", "application/octet-stream")];
    let path = "/public/document-checks";
    t.call_raw(&t.stranger(), actix_web::http::Method::POST, path, bytes, &headers).await.body
}

pub fn weight<'a>(verdict: &'a serde_json::Value, code: &str) -> &'a str {
    let checked = verdict["checked"].as_array().unwrap();
    checked.iter().find(|one| one["code"] == code).map_or("", |one| one["weight"].as_str().unwrap())
}

fn names(zip: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

/// The archive with one file changed.
fn rewritten(zip: &[u8], name: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut file = old.by_index(index).unwrap();
        let (held, mut content) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut content).unwrap();
        if held == name {
            change(&mut content);
        }
        new.start_file(held, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(&content).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[cfg(feature = "documents")]
mod with_press {
    use actix_web::http::Method;
    use serde_json::{Value, json};
    use xiangban::config::SigningMode;
    use xiangban::guardianship::seal_papers;

    use super::super::{Village, party_of, path, terms, village};
    use super::{t_check, weight};
    use crate::on_both;
    use crate::support::{Engine, TestApp};

    /// Runs the job as the worker does: on a thread where waiting is allowed.
    async fn run(t: &TestApp) -> xiangban::papers::Sealing {
        let (app, now) = (t.app.clone(), t.now());
        actix_web::web::block(move || seal_papers(&app, now)).await.unwrap().unwrap()
    }

    async fn chain(v: &Village<'_>, agreement: &Value, kind: &str) -> usize {
        let evidence = v.t.get(&v.director(), &path(agreement, "evidence")).await.expect(200);
        evidence["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind).count()
    }

    on_both! {
        async fn the_frozen_twin_is_a_pdf_and_the_same_each_time(t: TestApp) {
            let v = village(&t);
            let agreement = v.sent("grandparent", v.c.grandmother).await;
            let father = t.as_person(v.c.father);
            let first = t.get(&father, &path(&agreement, "document.pdf")).await;
            assert_eq!((first.status, first.content_type.as_str()), (200, "application/pdf"));
            assert!(first.bytes.starts_with(b"%PDF-"));
            t.pass_days(2);
            let father = t.as_person(v.c.father);
            let again = t.get(&father, &path(&agreement, "document.pdf?form=frozen")).await;
            assert!(first.bytes == again.bytes);
        }

        async fn a_name_that_cannot_be_printed_is_refused_when_the_agreement_is_drafted(t: TestApp) {
            let v = village(&t);
            let mut wanted = terms("2026-03-10", "2027-03-09");
            wanted["reason"] = json!("外出务工\u{F8FE}");
            let body = json!({"child_id": v.c.child, "kind": "grandparent", "carer": {"person_id": v.c.grandmother}, "terms": wanted});
            let reply = t.post(&v.director(), "/agreements", body).await;
            assert_eq!(reply.problem(422), "rare_characters");
            assert!(reply.body["detail"].as_str().unwrap().contains('\u{F8FE}'), "{}", reply.body);
        }

        async fn an_agreement_ends_sealed_exactly_once_however_often_the_job_runs(t: TestApp) {
            let v = village(&t);
            let agreement = v.in_force().await;
            let (app, other, now) = (t.app.clone(), t.app.clone(), t.now());
            let one = actix_web::web::block(move || seal_papers(&app, now).unwrap().sealed);
            let two = actix_web::web::block(move || seal_papers(&other, now).unwrap().sealed);
            let (one, two) = futures::future::join(one, two).await;
            assert_eq!(one.unwrap() + two.unwrap(), 1);
            assert_eq!(run(&t).await.sealed, 0);
            assert_eq!(chain(&v, &agreement, "sealed").await, 1);
            let shown = t.get(&v.director(), &format!("/agreements/{}", agreement["id"])).await.expect(200);
            assert_eq!((&shown["paper"]["state"], &shown["paper"]["stamped_at"]), (&json!("sealed"), &json!(null)));
            let paper = t.get(&t.as_person(v.c.father), &path(&agreement, "document.pdf")).await;
            assert_eq!(json!(xiangban::crypto::sha256_hex(&paper.bytes)), shown["paper"]["hash"]);
        }

        async fn the_sealed_paper_holds_and_a_changed_byte_is_noticed_by_anybody(t: TestApp) {
            let v = village(&t);
            let agreement = v.in_force().await;
            run(&t).await;
            let paper = t.get(&t.as_person(v.c.father), &path(&agreement, "document.pdf")).await.bytes;
            let verdict = t_check(&t, paper.clone()).await;
            assert_eq!((&verdict["holds"], &verdict["number"]), (&json!(true), &agreement["number"]), "{verdict}");
            assert_eq!((weight(&verdict, "seal"), weight(&verdict, "known")), ("ok", "ok"));
            assert_eq!(weight(&verdict, "not_stamped"), "note");
            let mut other = paper.clone();
            other[5_000] ^= 1;
            assert_eq!(t_check(&t, other).await["holds"], false);
            let bundle = t.get(&t.as_person(v.c.father), &path(&agreement, "evidence-bundle")).await.bytes;
            let verdict = t_check(&t, bundle).await;
            assert_eq!(verdict["holds"], true, "{verdict}");
            for code in ["paper", "seal", "sealed_head", "strokes"] {
                assert_eq!(weight(&verdict, code), "ok", "{code}: {verdict}");
            }
        }

        async fn notices_judgements_and_hand_over_lists_are_papers(t: TestApp) {
            let v = village(&t);
            let agreement = v.in_force().await;
            let head = t.as_person(v.c.school_head);
            let notices = t.get(&head, "/care-notices").await.expect(200);
            let notice = t.get(&head, &format!("/care-notices/{}/notice.pdf", notices["items"][0]["id"])).await;
            assert!(notice.bytes.starts_with(b"%PDF-"));
            let made = t.get(&v.director(), &format!("/children/{}/capacity-assessments", v.c.child)).await.expect(200);
            let place = format!("/capacity-assessments/{}/assessment.pdf", made[0]["id"]);
            assert!(t.get(&v.director(), &place).await.bytes.starts_with(b"%PDF-"));
            assert_eq!(t.get(&v.director(), &path(&agreement, "hand-over.pdf")).await.problem(409), "agreement_state");
            t.put(&v.director(), &path(&agreement, "ending"), json!({"reason": "carer_withdrew"})).await.expect(200);
            assert!(t.get(&v.director(), &path(&agreement, "hand-over.pdf")).await.bytes.starts_with(b"%PDF-"));
        }

        async fn an_authority_that_does_not_answer_leaves_it_sealed_and_it_is_tried_again(t: TestApp) {
            let v = village(&t);
            let agreement = v.in_force().await;
            let mut config = (*t.app.config).clone();
            // Nothing listens there.
            config.papers.timestamp_authorities = vec!["http://127.0.0.1:1/".into()];
            let mut app = t.app.clone();
            app.config = std::sync::Arc::new(config);
            let now = t.now();
            let done = actix_web::web::block(move || seal_papers(&app, now)).await.unwrap().unwrap();
            assert_eq!((done.sealed, done.stamped, done.troubled), (1, 0, 1));
            let shown = t.get(&v.director(), &format!("/agreements/{}", agreement["id"])).await.expect(200);
            assert_eq!(shown["paper"]["state"], "sealed");
            assert!(!shown["paper"]["trouble"].is_null());
        }
    }

    async fn on_paper(engine: Engine) {
        let t = TestApp::with(engine, |config| {
            config.guardianship.signing_mode = SigningMode::PaperOriginal;
        });
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let place = path(&agreement, "paper-original");
        let send = |bytes: Vec<u8>| async { t.call_raw(&v.director(), Method::PUT, &place, bytes, &[]).await };
        assert_eq!(send(b"MZ not a scan".to_vec()).await.problem(415), "scan_type");
        assert_eq!(send(b"\x89PNG\r\n\x1a\n broken".to_vec()).await.problem(422), "scan_damaged");
        let twin = t.get(&v.director(), &path(&agreement, "document.pdf?form=frozen")).await.bytes;
        let kept = send(twin.clone()).await.expect(200);
        assert_eq!(
            (&kept["media_type"], &kept["document_hash"]),
            (&json!("application/pdf"), &agreement["document_hash"])
        );
        assert_ne!(kept["hash"], json!(xiangban::crypto::sha256_hex(&twin)), "it is written anew");
        let scan = t.get(&t.as_person(v.c.father), &place).await;
        assert_eq!(json!(xiangban::crypto::sha256_hex(&scan.bytes)), kept["hash"]);
        assert_eq!(chain(&v, &agreement, "original_received").await, 1);
        let bundle = t.get(&v.director(), &path(&agreement, "evidence-bundle")).await.bytes;
        assert_eq!(weight(&t_check(&t, bundle).await, "original"), "ok");
        let party = party_of(&agreement, "child", None);
        v.sign_before_village(&agreement, party, None).await;
    }

    #[actix_web::test]
    async fn the_scan_of_a_paper_original_is_linked_and_hashed_on_sqlite() {
        on_paper(Engine::Sqlite).await;
    }

    #[actix_web::test]
    async fn the_scan_of_a_paper_original_is_linked_and_hashed_on_postgresql() {
        on_paper(Engine::Postgresql).await;
    }
}
