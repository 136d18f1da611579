use xiangban::storage::Store;
use xiangban::storage::transfer::fingerprints;

use super::Place;
use crate::place_on_both;
use crate::support::{Engine, database_config};

fn contents(place: &Place) -> Vec<xiangban::storage::transfer::Copied> {
    fingerprints(&Store::open(&database_config(place.url())).unwrap()).unwrap()
}

place_on_both! {
    fn what_was_backed_up_comes_back(place: Place) {
        assert!(place.run(&["demo"]).ok);
        let before = contents(&place);
        let made = place.run(&["backup", "county.backup"]);
        assert!(made.ok, "{}", made.err);
        assert!(place.run_with(&["admin", "reset-password", "county"], &[], "another-password-1").ok);
        assert_ne!(contents(&place), before);

        let refused = place.run(&["restore", "county.backup"]);
        assert!(!refused.ok, "{}", refused.out);
        let restored = place.run(&["restore", "county.backup", "--replace"]);
        assert!(restored.ok, "{}", restored.err);
        assert_eq!(contents(&place), before);
    }

    fn a_backup_is_never_written_over_another(place: Place) {
        std::fs::write(place.file("county.backup"), "precious").unwrap();
        assert!(!place.run(&["backup", "county.backup"]).ok);
        assert_eq!(std::fs::read_to_string(place.file("county.backup")).unwrap(), "precious");
    }

    fn a_damaged_backup_is_refused_and_the_database_stays(place: Place) {
        assert!(place.run(&["demo"]).ok);
        assert!(place.run(&["backup", "county.backup"]).ok);
        let before = contents(&place);
        let mut bytes = std::fs::read(place.file("county.backup")).unwrap();
        for byte in bytes.iter_mut().skip(4096).take(20_000) {
            *byte = 0xa5;
        }
        std::fs::write(place.file("damaged.backup"), bytes).unwrap();
        let refused = place.run(&["restore", "damaged.backup", "--replace"]);
        assert!(!refused.ok, "{}", refused.out);
        assert_eq!(contents(&place), before);
    }
}

#[test]
fn a_backup_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(Engine::Sqlite);
    assert!(place.run(&["backup", "county.backup"]).ok);
    let mode = std::fs::metadata(place.file("county.backup")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_sqlite_database_in_use_is_not_replaced() {
    let place = Place::new(Engine::Sqlite);
    assert!(place.run(&["demo"]).ok);
    assert!(place.run(&["backup", "county.backup"]).ok);
    let running = place.serve();
    let refused = place.run(&["restore", "county.backup", "--replace"]);
    assert!(!refused.ok && refused.err.contains("in use"), "{}", refused.err);
    assert_eq!(running.get("/readyz", None).status, 200);
}
