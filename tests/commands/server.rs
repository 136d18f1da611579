use std::time::{Duration, Instant};

use serde_json::json;

use crate::place_on_both;

place_on_both! {
    fn the_server_starts_with_a_demo_county_and_says_who_can_sign_in(place: Place) {
        let running = place.serve();
        let token = place.run(&["admin", "token", "village"]);
        assert!(token.ok, "{}", token.err);
        let me = running.get("/api/v1/me", Some(token.out.trim()));
        assert_eq!(me.status, 200, "{}", me.body);
        assert!(me.body.contains("village_director"), "{}", me.body);
        assert_eq!(running.get("/api/v1/me", None).status, 401);

        let digits = place.run(&["admin", "totp", "county"]).out;
        let credentials =
            json!({ "method": "password", "login": "county", "password": "xiangban-demo-2026", "totp": digits.trim() });
        let signed_in = running.post("/api/v1/sessions", &credentials).unwrap();
        assert_eq!(signed_in.status, 201, "{}", signed_in.body);

        running.terminate();
        assert!(running.wait(), "{}", place.log());
        let said = place.log();
        for text in ["/sandbox", "county_administrator", "xiangban-demo-2026", "admin totp LOGIN"] {
            assert!(said.contains(text), "{text} is missing in {said}");
        }
    }

    fn sigterm_finishes_what_is_in_flight(place: Place) {
        const ASKED: usize = 24;
        place.found_a_county();
        let running = place.serve();
        let answers = std::sync::Mutex::new(Vec::new());
        let stopped_at = std::thread::scope(|scope| {
            for number in 0..ASKED {
                let (running, answers) = (&running, &answers);
                scope.spawn(move || {
                    // Hashing makes it slow; a login of its own keeps it from being told to wait.
                    let credentials =
                        json!({ "method": "password", "login": format!("login{number}"), "password": "not-this-one" });
                    let status = running.post("/api/v1/sessions", &credentials).map(|answer| answer.status);
                    answers.lock().unwrap().push((status, Instant::now()));
                });
            }
            std::thread::sleep(Duration::from_millis(100));
            let now = Instant::now();
            running.terminate();
            now
        });
        let answers = answers.into_inner().unwrap();
        assert!(answers.iter().all(|(status, _)| *status == Some(401)), "{answers:?}");
        assert!(answers.iter().any(|(_, at)| *at > stopped_at), "nothing was in flight when it was told to stop");
        assert!(running.wait(), "{}", place.log());
    }
}
