//! Another algorithm from one day to the next: what was made before is still read and checked by its own.

use serde_json::{Value, json};
use xiangban::app::App;
use xiangban::crypto::DigestAlgorithm;
use xiangban::guardianship::seal_papers;

use super::papers::{t_check, weight};
use super::{Village, path, village_of};
use crate::on_both;
use crate::support::TestApp;

/// The same deployment with the national algorithms from now on.
fn with_national_algorithms(t: &mut TestApp) {
    let mut config = (*t.app.config).clone();
    config.keys.algorithm = "sm4-gcm".parse().unwrap();
    config.keys.digest = DigestAlgorithm::Sm3;
    t.app = App::new(config, t.clock.clone()).unwrap();
}

async fn seal(t: &TestApp) -> usize {
    let (app, now) = (t.app.clone(), t.now());
    actix_web::web::block(move || seal_papers(&app, now)).await.unwrap().unwrap().sealed
}

async fn bundle(v: &Village<'_>, agreement: &Value) -> Value {
    let bundle = v.t.get(&v.director(), &path(agreement, "evidence-bundle")).await.bytes;
    t_check(v.t, bundle).await
}

on_both! {
    async fn what_was_made_before_a_switch_is_read_and_checked_after_it(t: TestApp) {
        let mut t = t;
        let county = t.county();
        let old = village_of(&t, &county).in_force().await;
        assert_eq!(seal(&t).await, 1);
        let before = t.get(&t.as_person(county.director), &path(&old, "document.pdf?form=sealed")).await.bytes;
        with_national_algorithms(&mut t);
        let v = Village { t: &t, c: county.clone() };
        // The old one: opened under AES, its chain and digests by SHA-256, its paper the same to the byte.
        let shown = t.get(&v.director(), &format!("/agreements/{}", old["id"])).await.expect(200);
        assert_eq!(shown["document_hash"], old["document_hash"]);
        assert!(t.get(&v.director(), &path(&old, "document.pdf?form=sealed")).await.bytes == before);
        assert_eq!(t_check(&t, before).await["holds"], true);
        let verdict = bundle(&v, &old).await;
        assert_eq!(verdict["holds"], true, "{verdict}");
        // What happens to it from now on goes on in the same chain by SM3.
        t.put(&v.director(), &path(&old, "ending"), json!({"reason": "placed"})).await.expect(200);
        let evidence = t.get(&v.director(), &path(&old, "evidence")).await.expect(200);
        let verified = t.get(&v.director(), &path(&old, "evidence/verification")).await.expect(200);
        assert_eq!(verified["holds"], true, "{evidence}");
        assert!(evidence["events"][0]["hash"].as_str().unwrap().len() == 64);
        assert_eq!(evidence["algorithm"], "sm3");
        // A new one is digested by SM3 throughout.
        t.pass_minutes(2);
        let renewed = v.in_force().await;
        let document = t.get(&v.director(), &path(&renewed, "document")).await.expect(200);
        assert_eq!(document["algorithm"], "sm3");
        assert!(document["hash"].as_str().unwrap().starts_with("sm3:"));
        assert_eq!(document["short_hash"].as_str().unwrap().len(), 8);
        assert_eq!(seal(&t).await, 1);
        let paper = t.get(&v.director(), &path(&renewed, "document.pdf?form=sealed")).await.bytes;
        let verdict = t_check(&t, paper).await;
        assert_eq!((verdict["holds"].as_bool(), weight(&verdict, "known")), (Some(true), "ok"), "{verdict}");
        let verdict = bundle(&v, &renewed).await;
        assert_eq!(verdict["holds"], true, "{verdict}");
        let check = format!("/public/agreement-checks/{}/{}", renewed["number"].as_str().unwrap(), document["short_hash"].as_str().unwrap());
        assert_eq!(t.get(&t.stranger(), &check).await.expect(200)["algorithm"], "sm3");
    }
}
