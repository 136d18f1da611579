//! A change of keys: everything is sealed anew, and reads as before.

use std::io::Write;

use actix_web::http::Method;
use xiangban::app::App;
use xiangban::config::SealingAlgorithm;
use xiangban::storage::reseal::{marks, reseal};

use super::leaks::plant;
use crate::on_both;

on_both! {
    async fn all_that_was_planted_bears_the_new_key_and_reads_as_before(t: TestApp) {
        let mut t = t;
        let c = t.county();
        plant(&t, &c).await;
        let paths: Vec<String> = {
            let children = t.get(&t.as_person(c.director), "/children").await.expect(200);
            let ids = children["items"].as_array().unwrap().iter().map(|child| child["id"].clone());
            ids.flat_map(|id| {
                ["", "?as_of=2026-03-02", "/health", "/versions", "/labels"].map(|part| format!("/children/{id}{part}"))
            }).collect()
        };
        let mut before = Vec::new();
        for path in &paths {
            before.push(t.call(&t.as_person(c.director), Method::GET, path, None, &[]).await.bytes);
        }
        let mut file = std::fs::OpenOptions::new().append(true).open(t.folder().join("keys")).unwrap();
        writeln!(file, "k2 {}=", "A".repeat(43)).unwrap();
        let mut config = (*t.app.config).clone();
        config.keys.current = "k2".into();
        config.keys.algorithm = SealingAlgorithm::Sm4Gcm;
        t.app = App::new(config, t.clock.clone()).unwrap();

        let old = marks(&t.app.store, &t.app.vault).unwrap();
        assert!(old["a1.k1"] > 30 && old["a1.hiv1"] > 0, "{old:?}");
        assert!(reseal(&t.app.store, &t.app.vault, |_| {}).unwrap() > 30);
        let new = marks(&t.app.store, &t.app.vault).unwrap();
        assert_eq!(new.keys().collect::<Vec<_>>(), ["s1.hiv1", "s1.k2"]);
        assert_eq!(new.values().sum::<u64>(), old.values().sum::<u64>());
        assert_eq!(reseal(&t.app.store, &t.app.vault, |_| {}).unwrap(), 0, "twice changes nothing");
        for (path, before) in paths.iter().zip(before) {
            let after = t.call(&t.as_person(c.director), Method::GET, path, None, &[]).await.bytes;
            assert_eq!(String::from_utf8(after), String::from_utf8(before), "{path}");
        }
        assert_eq!(xiangban::audit::verify(&t.app.store, &t.app.vault, None, |_| {}).unwrap().tampering, []);
    }
}
