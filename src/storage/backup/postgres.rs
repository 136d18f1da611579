//! PostgreSQL: its own tools, found on the path.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::Url;

use super::of_file;
use crate::problem::{Fault, Outcome};

/// Dumps the database into `file`, which is made readable by its owner only.
pub fn dump(url: &str, file: &Path) -> Outcome<()> {
    let place = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| of_file(file, &error))?;
    let mut tool = connected("pg_dump", url)?;
    tool.args(["--format=custom", "--no-owner", "--no-privileges"]).stdout(Stdio::from(place));
    run(tool).map(drop)
}

/// Reads the list of contents and returns how many tables have data in it.
///
/// # Errors
/// A dump that `pg_restore` cannot read.
pub fn check(file: &Path) -> Outcome<usize> {
    let mut tool = Command::new("pg_restore");
    tool.arg("--list").arg(file);
    let contents = run(tool)?;
    let tables = String::from_utf8_lossy(&contents.stdout).lines().filter(|line| line.contains(" TABLE DATA ")).count();
    if tables == 0 { Err(Fault::internal(format!("{} holds no tables", file.display()))) } else { Ok(tables) }
}

/// Restores in one transaction; with `replace` what the dump holds is dropped first.
pub fn put_back(url: &str, file: &Path, replace: bool) -> Outcome<()> {
    let mut tool = connected("pg_restore", url)?;
    tool.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    if replace {
        tool.args(["--clean", "--if-exists"]);
    }
    tool.arg(file);
    run(tool).map(drop)
}

/// The tool with the database as its argument and the password in its environment, where no list of processes shows it.
fn connected(tool: &'static str, url: &str) -> Outcome<Command> {
    let mut parsed = Url::parse(url).map_err(|error| Fault::internal(format!("database URL: {error}")))?;
    let mut command = Command::new(tool);
    if let Some(password) = parsed.password() {
        let plain = percent_decoded(password);
        command.env("PGPASSWORD", plain);
        let _ = parsed.set_password(None);
    }
    command.arg(format!("--dbname={parsed}"));
    Ok(command)
}

fn run(mut tool: Command) -> Outcome<Output> {
    let name = tool.get_program().to_string_lossy().into_owned();
    let child = tool.stderr(Stdio::piped()).stdin(Stdio::null());
    let output = child.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::Unavailable(format!(
            "{name} is not installed: it comes with the package postgresql-client, in the server's version or newer"
        )),
        _ => Fault::internal(format!("{name}: {error}")),
    })?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(Fault::internal(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(*first),
            },
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_stands_in_no_argument() {
        let command = connected("pg_dump", "postgres://xiang:p%40ss%25@db.example/county").unwrap();
        let shown: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(shown, ["--dbname=postgres://xiang@db.example/county"]);
        let envs: Vec<_> = command.get_envs().collect();
        assert_eq!(envs, [("PGPASSWORD".as_ref(), Some("p@ss%".as_ref()))]);
    }
}
