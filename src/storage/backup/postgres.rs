//! PostgreSQL: its own tools, found on the path.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use reqwest::Url;

use crate::problem::{Fault, Outcome};

/// Dumps the database into `place`.
pub fn dump(url: &str, place: &mut impl Write) -> Outcome<()> {
    let mut tool = connected("pg_dump", url)?;
    tool.args(["--format=custom", "--no-owner", "--no-privileges"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = start(&mut tool)?;
    let copied = match child.stdout.take() {
        Some(mut from) => std::io::copy(&mut from, place).map(drop),
        None => Ok(()),
    };
    if copied.is_err() {
        let _ = child.kill();
    }
    let ended = end(child, "pg_dump");
    copied.map_err(|error| Fault::internal(format!("pg_dump: {error}")))?;
    ended.map(drop)
}

/// Reads the list of contents and returns how many tables have data in it.
///
/// # Errors
/// A dump that `pg_restore` cannot read.
pub fn check(dump: &mut impl Read) -> Outcome<usize> {
    let mut tool = Command::new("pg_restore");
    tool.arg("--list").stdout(Stdio::piped());
    let contents = fed(tool, dump)?;
    let tables = contents.lines().filter(|line| line.contains(" TABLE DATA ")).count();
    if tables == 0 { Err(Fault::internal("the backup holds no tables")) } else { Ok(tables) }
}

/// Restores in one transaction; with `replace` what the dump holds is dropped first.
pub fn put_back(url: &str, dump: &mut impl Read, replace: bool) -> Outcome<()> {
    let mut tool = connected("pg_restore", url)?;
    tool.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]).stdout(Stdio::piped());
    if replace {
        tool.args(["--clean", "--if-exists"]);
    }
    fed(tool, dump).map(drop)
}

/// Runs a tool with `dump` as its input; gives what it says.
fn fed(mut tool: Command, dump: &mut impl Read) -> Outcome<String> {
    let mut child = start(tool.stdin(Stdio::piped()))?;
    let (input, mut output) = (child.stdin.take(), child.stdout.take());
    let (fed, said) = std::thread::scope(|scope| {
        let listening = scope.spawn(move || {
            let mut said = String::new();
            output.as_mut().map_or(Ok(0), |from| from.read_to_string(&mut said)).map(|_| said)
        });
        let fed = input.map_or(Ok(0), |mut into| std::io::copy(dump, &mut into));
        (fed, listening.join())
    });
    // A tool that has seen enough (or failed, and says so below) closes its input early.
    if let Err(error) = fed.as_ref()
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Fault::internal(format!("the backup: {error}")));
    }
    end(child, &tool.get_program().to_string_lossy())?;
    said.map_err(|_| Fault::internal("the tool's words were lost"))?.map_err(Fault::internal)
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

fn start(tool: &mut Command) -> Outcome<Child> {
    let name = tool.get_program().to_string_lossy().into_owned();
    tool.stderr(Stdio::piped()).spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::Unavailable(format!(
            "{name} is not installed: it comes with the package postgresql-client, in the server's version or newer"
        )),
        _ => Fault::internal(format!("{name}: {error}")),
    })
}

fn end(child: Child, name: &str) -> Outcome<()> {
    let output = child.wait_with_output().map_err(|error| Fault::internal(format!("{name}: {error}")))?;
    if output.status.success() {
        Ok(())
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
