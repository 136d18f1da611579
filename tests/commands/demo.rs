use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use xiangban::storage::Store;
use xiangban::storage::schema::{
    agreements, calls, child_transfers, children, contacts, duties, messages, missed_contacts, number_searches,
    pairings, remuneration_payments, reports, sandbox_texts, volunteers,
};
use xiangban::storage::transfer::fingerprints;

use super::Place;
use crate::place_on_both;
use crate::support::database_config;

/// What every table holds.
fn contents(place: &Place) -> BTreeMap<String, (u64, String)> {
    let store = Store::open(&database_config(place.url())).unwrap();
    fingerprints(&store).unwrap().into_iter().map(|found| (found.table, (found.rows, found.fingerprint))).collect()
}

/// The different values of a column.
macro_rules! seen {
    ($conn:expr, $column:expr, $table:expr) => {
        $table.select($column).distinct().load::<String>($conn)?.into_iter().collect::<BTreeSet<String>>()
    };
}

/// The county lives: every state that a person may have to deal with is there, in both townships.
fn assert_alive(place: &Place) {
    let store = Store::open(&database_config(place.url())).unwrap();
    store
        .read(|conn| {
            let has = |found: BTreeSet<String>, wanted: &[&str]| {
                let missing: Vec<_> = wanted.iter().filter(|state| !found.contains(**state)).collect();
                assert!(missing.is_empty(), "{missing:?} missing among {found:?}");
            };
            assert_eq!(children::table.count().get_result::<i64>(conn)?, 300);
            let states =
                ["draft", "assessed", "consented", "awaiting_signatures", "in_force", "ended", "declined", "lapsed"];
            has(seen!(conn, agreements::state, agreements::table), &states);
            has(
                seen!(conn, volunteers::state, volunteers::table),
                &["applied", "admitted", "paused", "declined", "ended"],
            );
            has(seen!(conn, pairings::state, pairings::table), &["proposed", "active", "paused", "declined", "ended"]);
            has(seen!(conn, contacts::standing, contacts::table), &["recorded", "confirmed", "contradicted"]);
            has(
                seen!(conn, number_searches::state, number_searches::table),
                &["asking", "with_village", "found", "given_up"],
            );
            has(seen!(conn, child_transfers::state, child_transfers::table), &["proposed", "accepted", "refused"]);
            has(seen!(conn, reports::state, reports::table), &["received", "accepted"]);
            has(
                seen!(conn, messages::state, messages::table),
                &["delivered", "accepted", "unknown", "dead", "expired"],
            );
            assert!(remuneration_payments::table.count().get_result::<i64>(conn)? > 0);
            assert!(missed_contacts::table.count().get_result::<i64>(conn)? > 0);
            assert!(calls::table.count().get_result::<i64>(conn)? > 0);
            assert!(sandbox_texts::table.count().get_result::<i64>(conn)? > 100);
            for township in ["990101100%", "990101101%"] {
                let open = duties::table.filter(duties::closed_at.is_null()).filter(duties::area_code.like(township));
                let kinds = [
                    "sign_agreement",
                    "renew_agreement",
                    "close_guardianship_gap",
                    "contact_child",
                    "check_in",
                    "reconfirm_record",
                    "verify_phone",
                    "review_missed_contact",
                ];
                has(seen!(conn, duties::kind, open), &kinds);
            }
            Ok(())
        })
        .unwrap();
}

place_on_both! {
    fn loading_the_demo_twice_changes_nothing(place: Place) {
        let first = place.run(&["demo"]);
        assert!(first.ok, "{}", first.err);
        assert_alive(&place);
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
    place.load_demo();
    let production = [
        ("XIANGBAN__DEPLOYMENT__MODE", "production"),
        // Past the refusal of the sandbox, to the refusals of the demo itself.
        ("XIANGBAN__MESSAGES__SANDBOX_IN_PRODUCTION", "true"),
    ];
    let keys = place.run_with(&["serve"], &production, "");
    assert!(!keys.ok && keys.err.contains("made in demo mode"), "{}", keys.err);
    let text = std::fs::read_to_string(place.file("keys")).unwrap();
    let bare: String = text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    std::fs::write(place.file("keys"), bare).unwrap();
    let loaded = place.run_with(&["demo"], &production, "");
    assert!(!loaded.ok && loaded.err.contains("production"), "{}", loaded.err);
    let served = place.run_with(&["serve"], &production, "");
    assert!(!served.ok && served.err.contains("passwords everybody knows"), "{}", served.err);
    let digits = place.run_with(&["admin", "totp", "county"], &production, "");
    assert!(!digits.ok && digits.err.contains("only in demo mode"), "{}", digits.err);
}
