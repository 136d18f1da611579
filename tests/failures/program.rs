//! The program as a process: started with a test's database and keys, killed by its id.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::TestApp;

pub struct Program {
    child: Child,
}

impl Program {
    /// `xiangban <arguments>` on the test's database, with more settings as `NAME=value` of the environment.
    pub fn start(t: &TestApp, arguments: &[&str], settings: &[(&str, String)]) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_xiangban")).args(arguments), t, settings)
    }

    pub fn of(command: &mut Command, t: &TestApp, settings: &[(&str, String)]) -> Self {
        let child = command
            .env("DATABASE_URL", t.app.store.url())
            .env("XIANGBAN__KEYS__FILE", t.folder().join("keys"))
            .env("XIANGBAN__DEPLOYMENT__MODE", "demo")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> bool {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        for _ in 0..300 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration file that sends SMS to a gateway on loopback.
pub fn gateway_file(t: &TestApp, port: u16) -> PathBuf {
    let file = t.folder().join("gateway.toml");
    let text = format!(
        r#"
[messages]
lease_seconds = 2
batch = 20
in_flight = 20

[messages.channels]
sms = "gateways"

[[messages.http_sms]]
name = "recording"
method = "GET"
url = "http://127.0.0.1:{port}/send"
query = {{ to = "{{to}}", reference = "{{reference}}", text = "{{text}}" }}
timeout_seconds = 5
"#
    );
    std::fs::write(&file, text).unwrap();
    file
}
