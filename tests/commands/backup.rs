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
        place.load_demo();
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
        place.load_demo();
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
    place.load_demo();
    assert!(place.run(&["backup", "county.backup"]).ok);
    let running = place.serve();
    let refused = place.run(&["restore", "county.backup", "--replace"]);
    assert!(!refused.ok && refused.err.contains("in use"), "{}", refused.err);
    assert_eq!(running.get("/readyz", None).status, 200);
}

place_on_both! {
    fn a_backup_tells_nothing_without_its_lock(place: Place) {
        place.load_demo();
        assert!(place.run(&["backup", "county.backup"]).ok);
        let bytes = std::fs::read(place.file("county.backup")).unwrap();
        let readable = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        for text in ["people", "county_administrator", "SQLite format", "PGDMP", "云岭"] {
            assert!(!readable(text), "{text} is readable");
        }
        let other = place.file("other-keys");
        std::fs::write(&other, "").unwrap();
        std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let refused = place.run_with(
            &["restore", "county.backup", "--replace"],
            &[("XIANGBAN__KEYS__FILE", other.to_str().unwrap())],
            "",
        );
        assert!(!refused.ok, "{}", refused.out);
    }

    fn a_passphrase_opens_what_it_sealed_and_a_plain_backup_opens_by_itself(place: Place) {
        place.load_demo();
        let before = contents(&place);
        for (name, words) in [("right", "correct horse battery\n"), ("wrong", "another horse battery\n")] {
            std::fs::write(place.file(name), words).unwrap();
            std::fs::set_permissions(place.file(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        assert!(place.run(&["backup", "by-words.backup", "--passphrase-file", "right"]).ok);
        assert!(place.run(&["backup", "plain.backup", "--plain"]).ok);
        assert!(!place.run(&["restore", "by-words.backup", "--replace"]).ok);
        assert!(!place.run(&["restore", "by-words.backup", "--replace", "--passphrase-file", "wrong"]).ok);
        assert_eq!(contents(&place), before);
        for restore in [
            vec!["restore", "by-words.backup", "--replace", "--passphrase-file", "right"],
            vec!["restore", "plain.backup", "--replace"],
        ] {
            assert!(place.run_with(&["admin", "reset-password", "county"], &[], "another-password-1").ok);
            let restored = place.run(&restore);
            assert!(restored.ok, "{}", restored.err);
            assert_eq!(contents(&place), before);
        }
        let left: Vec<_> = std::fs::read_dir(place.file("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains(".copy-")), "{left:?}");
    }
}
