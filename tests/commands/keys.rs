use std::io::Write;

use xiangban::storage::Store;
use xiangban::storage::transfer::fingerprints;

use super::Place;
use crate::place_on_both;
use crate::support::database_config;

fn add_key(place: &Place, id: &str, letter: char) {
    let key: String = std::iter::repeat_n(letter, 43).chain(['=']).collect();
    let mut file = std::fs::OpenOptions::new().append(true).open(place.file("keys")).unwrap();
    writeln!(file, "{id} {key}").unwrap();
}

place_on_both! {
    fn every_value_is_sealed_anew_and_still_read_when_the_key_changes(place: Place) {
        place.load_demo();
        add_key(&place, "k2", 'A');
        let today = [("XIANGBAN__KEYS__CURRENT", "k2"), ("XIANGBAN__KEYS__ALGORITHM", "sm4-gcm")];
        let first = place.run_with(&["keys", "rotate"], &today, "");
        assert!(first.ok && first.out.contains("sealed anew with key k2"), "{} {}", first.out, first.err);
        let again = place.run_with(&["keys", "rotate"], &today, "");
        assert!(again.out.starts_with("0 values"), "{}", again.out);
        let listed = place.run_with(&["keys", "list"], &today, "");
        assert!(listed.out.contains("s1.k2") && !listed.out.contains("a1.k1"), "{}", listed.out);
        // Who was started before the change reads what the new key sealed: the key file names both.
        let digits = place.run(&["admin", "totp", "county"]);
        assert!(digits.ok && digits.out.trim().len() == 6, "{} {}", digits.out, digits.err);
    }

    fn a_value_that_no_key_opens_stops_the_work_and_is_named(place: Place) {
        place.load_demo();
        let text = std::fs::read_to_string(place.file("keys")).unwrap();
        let without: String = text.lines().filter(|line| !line.starts_with("k1")).map(|line| format!("{line}\n")).collect();
        std::fs::write(place.file("keys"), without).unwrap();
        add_key(&place, "k2", 'E');
        let contents = || fingerprints(&Store::open(&database_config(place.url())).unwrap()).unwrap();
        let before = contents();
        let refused = place.run_with(&["keys", "rotate"], &[("XIANGBAN__KEYS__CURRENT", "k2")], "");
        assert!(!refused.ok && refused.err.contains("no key opens it"), "{}", refused.err);
        assert_eq!(contents(), before);
    }
}
