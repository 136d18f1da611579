//! The commands, as whoever runs the program types them: the real binary in a folder of its own.

mod admin;
mod audit;
mod backup;
mod demo;
mod gateway;
mod keys;
mod ledger;
mod migrate;
mod remind;
mod server;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Engine, TestDatabase};

/// A folder with a database in which commands are run.
pub struct Place {
    database: TestDatabase,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Place {
    /// An empty, migrated database of this kind.
    pub fn new(engine: Engine) -> Self {
        Self { database: TestDatabase::create(engine) }
    }

    pub fn url(&self) -> &str {
        &self.database.url
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.database.folder.join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[], "")
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Said {
        let mut child = self
            .command(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xiangban"));
        command
            .args(arguments)
            .current_dir(&self.database.folder)
            .env_remove("XIANGBAN_CONFIG")
            .env("DATABASE_URL", &self.database.url)
            .env("XIANGBAN__KEYS__FILE", self.file("keys"));
        command
    }

    /// Puts the demo county in: a copy of one that the program loads once for all tests on an engine.
    pub fn load_demo(&self) {
        static SQLITE: LazyLock<Place> = LazyLock::new(|| loaded(Engine::Sqlite));
        static POSTGRESQL: LazyLock<Place> = LazyLock::new(|| loaded(Engine::Postgresql));
        let demo = match self.database.engine() {
            Engine::Sqlite => &*SQLITE,
            Engine::Postgresql => &*POSTGRESQL,
        };
        self.database.become_copy_of(&demo.database);
        std::fs::copy(demo.file("keys"), self.file("keys")).unwrap();
    }

    /// Puts a county of its own in, which the demo leaves alone.
    pub fn found_a_county(&self) {
        std::fs::write(self.file("areas.csv"), "520000000000,A\n520300000000,B\n520381000000,C\n").unwrap();
        let added = self.run(&["admin", "add-areas", "areas.csv"]);
        assert!(added.ok, "{}", added.err);
    }

    /// Starts the server on a free port and waits until it is ready.
    pub fn serve(&self) -> Running {
        self.serve_with(&[])
    }

    /// As [`Place::serve`], with more settings.
    pub fn serve_with(&self, settings: &[(&str, &str)]) -> Running {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = self
            .command(&["serve"])
            .env("XIANGBAN__SERVER__PORT", port.to_string())
            .envs(settings.iter().copied())
            .stdout(std::fs::File::create(self.file("serve.out")).unwrap())
            .stderr(std::fs::File::create(self.file("serve.err")).unwrap())
            .spawn()
            .unwrap();
        let mut running = Running { child, port };
        let begin = Instant::now();
        while running.try_get("/readyz", None).map(|answer| answer.status) != Some(200) {
            assert!(running.child.try_wait().unwrap().is_none(), "{}", self.log());
            assert!(begin.elapsed() < Duration::from_secs(300), "not ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        running
    }

    /// What the server wrote.
    pub fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.file(name)).unwrap_or_default();
        read("serve.out") + &read("serve.err")
    }
}

fn loaded(engine: Engine) -> Place {
    let place = Place::new(engine);
    let said = place.run(&["demo"]);
    assert!(said.ok, "{}", said.err);
    place
}

/// A server that runs; stopped at the latest with the test.
pub struct Running {
    child: Child,
    pub port: u16,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Running {
    pub fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.try_get(path, token).unwrap()
    }

    pub fn try_get(&self, path: &str, token: Option<&str>) -> Option<Answer> {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: here\r\n{authorization}Connection: close\r\n\r\n"))
    }

    pub fn post(&self, path: &str, body: &Value) -> Option<Answer> {
        let body = body.to_string();
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Sends these bytes and reads until the server closes.
    pub fn exchange(&self, request: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
    }

    /// Asks the server to stop as a service manager does.
    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it has stopped; whether it stopped of its own accord.
    pub fn wait(mut self) -> bool {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Declares a test that runs on both databases.
#[macro_export]
macro_rules! place_on_both {
    ($($(#[$meta:meta])* fn $name:ident($place:ident: Place) $body:block)+) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                fn story($place: $crate::commands::Place) $body

                #[test]
                fn sqlite() {
                    story($crate::commands::Place::new($crate::support::Engine::Sqlite));
                }

                #[test]
                fn postgresql() {
                    story($crate::commands::Place::new($crate::support::Engine::Postgresql));
                }
            }
        )+
    };
}
