//! Real counterparts, started by scripts on loopback: an SMS gateway with a phone network behind it, and a mail server.

mod kannel;
mod mail;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A counterpart that runs until this is dropped.
pub struct Counterpart {
    child: Child,
    /// What it said when it was ready.
    pub said: String,
}

impl Counterpart {
    /// Starts `scripts/<name>` and waits for its first line.
    pub fn start(name: &str, arguments: &[String]) -> Self {
        let script = format!("{}/scripts/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut child =
            Command::new(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert!(!said.is_empty(), "scripts/{name} did not start: see what it said above");
        Self { child, said: said.trim().to_owned() }
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        // The end of its input is the sign to stop.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
