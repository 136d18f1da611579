use diesel::connection::SimpleConnection;
use xiangban::storage::{Conn, Store};

use super::{Place, Said};
use crate::place_on_both;
use crate::support::database_config;

fn change(place: &Place, sql: &str) {
    let store = Store::open(&database_config(place.url())).unwrap();
    store
        .write(|tx| {
            match tx {
                Conn::Sqlite(inner) => inner.batch_execute(sql)?,
                Conn::Postgres(inner) => inner.batch_execute(sql)?,
            }
            Ok(())
        })
        .unwrap();
}

fn verify(place: &Place, anchor: Option<&str>) -> Said {
    let mut arguments = vec!["audit", "verify"];
    arguments.extend(anchor.map(|anchor| ["--anchor", anchor]).into_iter().flatten());
    place.run(&arguments)
}

/// A demo county whose children somebody has looked at, and the anchor.
fn looked_at(place: &Place) -> String {
    assert!(place.run(&["demo"]).ok);
    let token = place.run(&["admin", "token", "village"]).out;
    let running = place.serve();
    for _ in 0..2 {
        assert_eq!(running.get("/api/v1/children?limit=5", Some(token.trim())).status, 200);
    }
    let whole = verify(place, None);
    assert!(whole.ok, "{} {}", whole.out, whole.err);
    whole.out.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
}

place_on_both! {
    fn an_entry_that_was_removed_altered_or_slipped_in_is_found(place: Place) {
        let anchor = looked_at(&place);
        assert!(verify(&place, Some(&anchor)).ok);
        change(&place, "UPDATE access_log SET person_id = person_id + 1 WHERE place = 4");
        let altered = verify(&place, None);
        assert!(!altered.ok && altered.out.contains("entry 4 was altered"), "{}", altered.out);
        change(&place, "DELETE FROM access_log WHERE place = 4");
        let missing = verify(&place, None);
        assert!(!missing.ok && missing.out.contains("entry 4 is missing"), "{}", missing.out);
        change(&place, "INSERT INTO access_log (at, person_id, child_id, what, purpose) SELECT at, person_id, child_id, what, purpose FROM access_log WHERE place = 5");
        let slipped = verify(&place, None);
        assert!(slipped.out.contains("outside the chain"), "{}", slipped.out);
    }

    fn entries_cut_off_the_end_are_found_with_the_anchor(place: Place) {
        let anchor = looked_at(&place);
        change(&place, "DELETE FROM access_log WHERE place > 8");
        assert!(!verify(&place, None).ok);
        change(&place, "UPDATE chains SET length = 8, head = (SELECT hash FROM access_log WHERE place = 8)");
        assert!(verify(&place, None).ok, "the chain alone does not tell");
        let cut = verify(&place, Some(&anchor));
        assert!(!cut.ok && cut.out.contains("does not hold the anchor"), "{}", cut.out);
    }

    fn two_servers_write_one_chain(place: Place) {
        assert!(place.run(&["demo"]).ok);
        let token = place.run(&["admin", "token", "village"]).out;
        let servers = [place.serve(), place.serve()];
        std::thread::scope(|scope| {
            for running in &servers {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..10 {
                            assert_eq!(running.get("/api/v1/children?limit=3", Some(token.trim())).status, 200);
                        }
                    });
                }
            }
        });
        let whole = verify(&place, None);
        assert!(whole.ok && whole.out.starts_with("240 entries"), "{} {}", whole.out, whole.err);
    }
}
