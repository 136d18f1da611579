use std::collections::BTreeMap;

use xiangban::storage::Store;
use xiangban::storage::transfer::fingerprints;

use super::Place;
use crate::place_on_both;
use crate::support::database_config;

/// What every table holds.
fn contents(place: &Place) -> BTreeMap<String, (u64, String)> {
    let store = Store::open(&database_config(place.url())).unwrap();
    fingerprints(&store).unwrap().into_iter().map(|found| (found.table, (found.rows, found.fingerprint))).collect()
}

place_on_both! {
    fn loading_the_demo_twice_changes_nothing(place: Place) {
        let first = place.run(&["demo"]);
        assert!(first.ok, "{}", first.err);
        let before = contents(&place);
        let second = place.run(&["demo"]);
        assert!(second.ok, "{}", second.err);
        assert!(second.out.contains("0 steps loaded"), "{}", second.out);
        assert_eq!(contents(&place), before);
    }

    fn the_demo_refuses_a_database_with_another_county(place: Place) {
        place.found_a_county();
        let refused = place.run(&["demo"]);
        assert!(!refused.ok && refused.err.contains("holds a county already"), "{}", refused.err);
    }
}

#[test]
fn a_production_deployment_refuses_the_demo_and_its_database() {
    let place = Place::new(crate::support::Engine::Sqlite);
    assert!(place.run(&["demo"]).ok);
    let production = [
        ("XIANGBAN__DEPLOYMENT__MODE", "production"),
        // Past the refusal of the sandbox, to the refusals of the demo itself.
        ("XIANGBAN__MESSAGES__SANDBOX_IN_PRODUCTION", "true"),
    ];
    let loaded = place.run_with(&["demo"], &production, "");
    assert!(!loaded.ok && loaded.err.contains("production"), "{}", loaded.err);
    let served = place.run_with(&["serve"], &production, "");
    assert!(!served.ok && served.err.contains("passwords everybody knows"), "{}", served.err);
    let digits = place.run_with(&["admin", "totp", "county"], &production, "");
    assert!(!digits.ok && digits.err.contains("only in demo mode"), "{}", digits.err);
}
