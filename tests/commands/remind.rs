use super::Place;
use crate::place_on_both;
use crate::support::Engine;

place_on_both! {
    fn the_rehearsal_says_what_would_go_out_and_the_round_sends_it_on_its_way(place: Place) {
        place.load_demo();
        for _ in 0..2 {
            let said = place.run(&["remind", "--dry-run", "--days", "3"]);
            assert!(said.ok && said.out.contains("if nobody does anything") && said.out.contains("SMS charged"), "{}{}", said.out, said.err);
        }
        assert!(!place.run(&["remind", "--dry-run"]).out.contains("yuan"), "the sandbox costs nothing that could be known");
        let done = place.run(&["remind"]);
        assert!(done.ok && done.out.contains("reminders for"), "{}{}", done.out, done.err);
        let again = place.run(&["remind"]);
        assert!(again.out.starts_with("0 reminders for 0 duties"), "{}", again.out);
    }
}

#[test]
fn the_rehearsal_says_what_the_sms_may_be_expected_to_cost() {
    let place = Place::new(Engine::Sqlite);
    assert!(place.run(&["demo"]).ok);
    let file = place.file("gateways.toml");
    let text = r#"
[messages.channels]
sms = "gateways"
[[messages.http_sms]]
name = "operator"
url = "http://127.0.0.1:9/"
terms = { price_hao = 450 }
"#;
    std::fs::write(&file, text).unwrap();
    let said = place.run(&["--config", file.to_str().unwrap(), "remind", "--dry-run", "--days", "7"]);
    assert!(said.ok, "{}", said.err);
    let number = |text: &str, before: &str| -> f64 {
        let head = text.split(before).next().unwrap().trim_end();
        head.rsplit([' ', '\n']).next().unwrap().parse().unwrap()
    };
    let sums = said.out.split("messages on").nth(1).unwrap();
    let (segments, yuan) = (number(sums, "SMS charged"), number(sums, "yuan"));
    assert!(segments > 0.0 && (yuan - segments * 0.045).abs() < 0.011, "{segments} {yuan}");
    assert!(sums.contains("expected cost") && sums.contains("terms.price_hao"), "{sums}");
}

#[test]
fn a_moment_or_an_area_that_is_none_is_refused() {
    let place = Place::new(Engine::Sqlite);
    assert!(!place.run(&["remind", "--as-of", "tomorrow", "--dry-run"]).ok);
    let refused = place.run(&["remind", "--dry-run", "--area", "12"]);
    assert!(!refused.ok && refused.err.contains("12-digit"), "{}", refused.err);
    assert!(!place.run(&["remind", "--area", "990101100000"]).ok, "an area is for the rehearsal");
}
