use super::Place;
use crate::place_on_both;

place_on_both! {
    fn the_first_account_of_a_county_is_made_on_the_command_line(place: Place) {
        let account = |area| {
            ["admin", "create-account", "zhou", "--name", "Zhou", "--sex", "male", "--phone", "154 0000 8888", "--area", area]
        };
        let without_areas = place.run_with(&account("520381000000"), &[], "a-long-password");
        assert!(!without_areas.ok && without_areas.err.contains("add-areas"), "{}", without_areas.err);
        std::fs::write(place.file("areas.csv"), "520381000000,C\n520000000000,A\n520300000000,B\n").unwrap();
        let areas = place.run(&["admin", "add-areas", "areas.csv"]);
        assert!(areas.ok && areas.out.contains("3 areas added"), "{}{}", areas.out, areas.err);
        let areas = place.run(&["admin", "add-areas", "areas.csv"]);
        assert!(areas.ok && areas.out.contains("0 areas added, 3 were there"), "{}{}", areas.out, areas.err);

        let weak = place.run_with(&account("520381000000"), &[], "short");
        assert!(!weak.ok && weak.err.contains("password_weak"), "{}", weak.err);
        let made = place.run_with(&account("520381000000"), &[], "a-long-password\n");
        assert!(made.ok, "{}", made.err);
        let token = place.run(&["admin", "token", "zhou"]);
        assert!(token.ok && token.out.trim().split('.').count() == 3, "{}", token.out);
        assert!(!place.run(&["admin", "token", "nobody"]).ok);
    }
}

#[test]
fn an_area_that_lies_nowhere_is_refused() {
    let place = Place::new(crate::support::Engine::Sqlite);
    std::fs::write(place.file("areas.csv"), "520381000000,C\n").unwrap();
    let refused = place.run(&["admin", "add-areas", "areas.csv"]);
    assert!(!refused.ok && refused.err.contains("520300000000"), "{}", refused.err);
    std::fs::write(place.file("areas.csv"), "52038100000,C\n").unwrap();
    let refused = place.run(&["admin", "add-areas", "areas.csv"]);
    assert!(!refused.ok && refused.err.contains(":1:"), "{}", refused.err);
}

#[test]
fn every_command_explains_itself() {
    let place = Place::new(crate::support::Engine::Sqlite);
    let help = place.run(&["--help"]);
    for command in ["serve", "work", "migrate", "demo", "admin", "backup", "restore", "openapi"] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command} is missing in {}", help.out);
        let own = place.run(&[command, "--help"]);
        assert!(own.ok && own.out.len() > 200, "{}", own.out);
    }
}
