use crate::place_on_both;

place_on_both! {
    fn the_log_is_verified_and_the_yearly_audit_written(place: Place) {
        place.load_demo();
        let whole = place.run(&["audit", "verify"]);
        assert!(whole.ok && whole.out.contains("Nothing is missing"), "{} {}", whole.out, whole.err);
        let anchor = whole.out.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
        assert!(place.run(&["audit", "verify", "--anchor", &anchor]).ok);
        let other = place.run(&["audit", "verify", "--anchor", "7:AAAA"]);
        assert!(!other.ok && other.out.contains("does not hold the anchor"), "{}", other.out);

        let year = place.run(&["audit", "report", "--year", "2026", "--out", "audit.xlsx"]);
        assert!(year.ok, "{}", year.err);
        assert!(std::fs::read(place.file("audit.xlsx")).unwrap().starts_with(b"PK"));
        assert!(!place.run(&["audit", "report", "--year", "2026", "--out", "audit.xlsx"]).ok, "never over another file");
        assert!(!place.run(&["audit", "report", "--year", "1999", "--out", "old.xlsx"]).ok);
    }
}
