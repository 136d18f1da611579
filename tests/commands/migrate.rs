use xiangban::storage::Store;
use xiangban::storage::transfer::fingerprints;

use super::Place;
use crate::support::{Engine, database_config};

fn contents(place: &Place) -> Vec<xiangban::storage::transfer::Copied> {
    fingerprints(&Store::open(&database_config(place.url())).unwrap()).unwrap()
}

fn moves(from: Engine, to: Engine) {
    let old = Place::new(from);
    old.load_demo();
    let new = Place::new(to);
    let said = old.run(&["migrate", "--from", old.url(), "--to", new.url()]);
    assert!(said.ok, "{}", said.err);
    assert!(said.out.contains("counts and fingerprints are equal"), "{}", said.out);
    let moved = contents(&new);
    assert_eq!(moved, contents(&old));
    assert!(moved.iter().any(|table| table.table == "people" && table.rows > 40));

    // The new place goes on: ids continue after those that came along, and the keys open what they sealed.
    std::fs::copy(old.file("keys"), new.file("keys")).unwrap();
    let account = ["admin", "create-account", "newcomer", "--name", "Lu", "--sex", "female", "--phone", "15400009999"];
    let said = new.run_with(&[account.as_slice(), &["--area", "990101000000"]].concat(), &[], "a-long-password");
    assert!(said.ok, "{}", said.err);
    assert!(new.run(&["admin", "totp", "county"]).ok);

    let again = old.run(&["migrate", "--from", old.url(), "--to", new.url()]);
    assert!(!again.ok && again.err.contains("not empty"), "{}", again.err);
}

#[test]
fn a_county_moves_from_sqlite_to_postgresql() {
    moves(Engine::Sqlite, Engine::Postgresql);
}

#[test]
fn a_county_moves_from_postgresql_to_sqlite() {
    moves(Engine::Postgresql, Engine::Sqlite);
}
