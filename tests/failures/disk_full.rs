//! The disk fills up under the embedded database: what was acknowledged stays, reading goes on, nothing crashes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use diesel::prelude::*;
use xiangban::clock::Clock;
use xiangban::identity::{Actor, posts_of};
use xiangban::storage::schema::organisations;

use super::program::Program;
use crate::support::{Engine, TestApp};

fn request(port: u16, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let text = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the server did not start");
}

#[test]
fn a_full_disk_loses_no_acknowledged_write() {
    let t = TestApp::new(Engine::Sqlite);
    let county = t.county();
    let now = Clock::System.now();
    let posts = t.app.store.read(|conn| posts_of(conn, county.administrator, now.date())).unwrap();
    let actor = Actor::signed_in(county.administrator, 0, posts);
    let token = t.app.tokens.sign(&actor, now).unwrap().0;
    let port = free_port();
    // No file may grow beyond this; the signal that would end the process is ignored, so that writing fails instead.
    let size = std::fs::metadata(t.app.store.url()).unwrap().len() / 512 + 512;
    let line =
        format!("trap '' XFSZ; ulimit -f {size}; exec {} serve --without-worker", env!("CARGO_BIN_EXE_xiangban"));
    let settings = [
        ("XIANGBAN__SERVER__PORT", port.to_string()),
        ("XIANGBAN__IDENTITY__REQUESTS_PER_SECOND", "100000".to_owned()),
        ("XIANGBAN__IDENTITY__REQUEST_BURST", "100000".to_owned()),
    ];
    let mut server = Program::of(Command::new("bash").args(["-c", &line]), &t, &settings);
    wait_for(port);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    let long = "长".repeat(55);
    for n in 0..4_000 {
        let body = format!(r#"{{"kind": "school", "name": "{long}{n}", "area_code": "990101000000"}}"#);
        match request(port, "POST", "/organisations", &token, &body).0 {
            201 => acknowledged.push(format!("{long}{n}")),
            503 => refused += 1,
            other => panic!("answered {other}"),
        }
        if refused >= 5 {
            break;
        }
    }
    assert!(refused >= 5, "the disk never filled up: {} written", acknowledged.len());
    assert!(!acknowledged.is_empty());
    assert!(server.is_running());
    assert_eq!(request(port, "GET", "/organisations", &token, "").0, 200, "reading goes on");
    server.kill();
    let kept: Vec<String> =
        t.app.store.read(|conn| Ok(organisations::table.select(organisations::name).load(conn)?)).unwrap();
    let lost: Vec<_> = acknowledged.iter().filter(|name| !kept.contains(name)).collect();
    assert!(lost.is_empty(), "{} acknowledged and lost", lost.len());
}
