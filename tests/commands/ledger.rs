use super::Place;
use crate::place_on_both;

const VILLAGE: &str = "990101100201";

place_on_both! {
    fn a_ledger_kept_by_hand_is_rehearsed_taken_in_and_handed_out(place: Place) {
        place.load_demo();
        let written = place.run(&["demo", "--ledger", "hand.xlsx"]);
        assert!(written.ok && written.out.contains(VILLAGE), "{}{}", written.out, written.err);
        let rehearsed = place.run(&["import", "hand.xlsx", "--village", VILLAGE, "--dry-run"]);
        assert!(rehearsed.ok, "{}", rehearsed.err);
        assert!(rehearsed.out.contains("needs_person 待核对") && rehearsed.out.contains("nothing was written"), "{}", rehearsed.out);
        let counts = |out: &str| out.lines().find(|line| line.starts_with("created 新增")).unwrap().to_owned();
        let taken = place.run(&["import", "hand.xlsx", "--village", VILLAGE]);
        assert!(taken.ok, "{}", taken.err);
        assert_eq!(counts(&taken.out), counts(&rehearsed.out));
        let again = place.run(&["import", "hand.xlsx", "--village", VILLAGE]);
        assert!(counts(&again.out).starts_with("created 新增 0   updated 更新 0 "), "{}", again.out);
        let out = place.run(&["export", "--village", VILLAGE, "out.xlsx", "--full-numbers"]);
        assert!(out.ok, "{}", out.err);
        let back = place.run(&["import", "out.xlsx", "--village", VILLAGE, "--all"]);
        assert!(back.ok, "{}", back.err);
        assert!(counts(&back.out).starts_with("created 新增 0   updated 更新 0 "), "{}", back.out);
        let twice = place.run(&["export", "--village", VILLAGE, "out.xlsx"]);
        assert!(!twice.ok && twice.err.contains("out.xlsx"), "{}", twice.err);
    }
}

#[test]
fn a_file_or_village_that_cannot_be_is_refused_with_the_reason() {
    let place = Place::new(crate::support::Engine::Sqlite);
    let missing = place.run(&["import", "nowhere.csv", "--village", VILLAGE]);
    assert!(!missing.ok && missing.err.contains("nowhere.csv"), "{}", missing.err);
    std::fs::write(place.file("a.csv"), "姓名,出生日期\n张小满,2015.3.8\n").unwrap();
    let nowhere = place.run(&["import", "a.csv", "--village", "1"]);
    assert!(!nowhere.ok && nowhere.err.contains("village_code"), "{}", nowhere.err);
}
